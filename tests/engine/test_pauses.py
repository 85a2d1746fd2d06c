from tests.kit.campaign import Campaign

READY = {"UsageRights": "worldwide", "ApprovalStatus": "Approved"}


async def test_what_was_sent_before_a_pause_leaves_the_system_alone_too(campaign: Campaign) -> None:
    celum = campaign.world.celum
    for name in ("One", "Two", "Three"):
        campaign.drop(f"{name}.pdf", b"%PDF-1.7 " + name.encode(), **READY)
    celum.quirks.throttle_next, celum.quirks.retry_after = 1, "600"

    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert celum.impatient == 0
    assert {asset["name"] for asset in campaign.assets()} == {"One", "Two", "Three"}
