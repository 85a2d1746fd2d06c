"""Work that cannot be done now, or ever: it is tried as long as is promised, ends visibly, and stops nothing else."""

from __future__ import annotations

from local.serving import Fault
from shared.domain import LinkState
from shared.engine import accepting
from shared.engine.transfers import ATTEMPTS, LONGEST_RETRY_SECONDS
from tests.kit.campaign import Campaign

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000


async def uploads(campaign: Campaign) -> int:
    return sum("POST /upload/" in call for call in (await campaign.world.instance()).wire.calls)


async def until_it_fails(campaign: Campaign, item: str) -> None:
    campaign.world.celum.faults.append(Fault("^POST /upload/", times=FOR_EVER, status=500))
    for _ in range(ATTEMPTS):
        await campaign.world.until_quiet()
        if (await campaign.link(item)).state is LinkState.FAILED:
            return
        campaign.world.clock.jump(LONGEST_RETRY_SECONDS)
    raise AssertionError(f"still {(await campaign.link(item)).state}")


async def test_what_failed_for_good_is_shown_and_waits_for_a_person(campaign: Campaign) -> None:
    """The column that says so is a change of the file too, and must not begin it anew."""
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await until_it_fails(campaign, item)
    assert await uploads(campaign) == ATTEMPTS

    await campaign.world.until_quiet()
    assert await uploads(campaign) == ATTEMPTS
    link = await campaign.link(item)
    assert link.state is LinkState.FAILED
    assert link.transfer is None
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "Failed"

    campaign.world.celum.faults.clear()
    await accepting.replay((await campaign.world.instance()).bridge.context, link.key, "a person")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"
