from shared.domain.ids import LinkKey
from tests.kit.campaign import Campaign

DAY = 86_400
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def lines(campaign: Campaign, link: LinkKey) -> int:
    ledger, store = campaign.world.ledger()
    try:
        return len(await ledger.journal(link))
    finally:
        await store.close()


async def test_the_journal_is_kept_as_long_as_the_flow_file_says(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await campaign.world.until_quiet()
    link = await campaign.link(item)
    written = await lines(campaign, link.key)
    bridge = (await campaign.world.instance()).bridge

    campaign.world.clock.jump(400 * DAY)  # as long as the shipped flow file says
    await bridge.sweep_drives()
    assert await lines(campaign, link.key) == written > 0

    campaign.world.clock.jump(31 * DAY)  # until the month is over too
    await bridge.sweep_drives()
    assert await lines(campaign, link.key) == 0
    assert await campaign.link(item) == link
