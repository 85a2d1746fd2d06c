"""Scenarios of a flow as a whole: its first start, the files that were there before it, and the brake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from shared.domain.ids import FlowId
from shared.engine import operating
from shared.engine.context import Context
from shared.ledger.rows import Aside, Phase, Standing
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, FLOW, Campaign

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SHIPPED = CAMPAIGN_FLOWS


async def first_start_while_files_arrive(campaign: Campaign) -> None:
    for number in range(3):
        campaign.drop(f"Old {number}.pdf", b"%%PDF old %d" % number, **READY)
    await campaign.world.arm()
    while (await standing(campaign)).phase is not Phase.LISTING and await campaign.world.step():
        pass
    campaign.drop("New.pdf", b"%PDF new", **READY)
    campaign.set("Old 1.pdf", "UsageRights", "print")
    await campaign.world.until_quiet()


async def backfill_of_30_files(campaign: Campaign) -> None:
    for number in range(30):
        campaign.drop(f"Old {number}.pdf", b"%%PDF old %d" % number, **READY)
    await campaign.world.arm()
    await campaign.world.until_quiet()
    while await to_release(campaign):
        await by_a_person(campaign, operating.resume)
        await campaign.world.until_quiet()


async def the_brake(campaign: Campaign) -> None:
    for number in range(3):
        campaign.drop(f"Film {number}.pdf", b"%%PDF film %d" % number, **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    for number in range(3):
        campaign.delete(f"{APPROVED}/Film {number}.pdf")
    await campaign.world.until_quiet()
    assert (await standing(campaign)).braked, "three at once are too many"
    while (await standing(campaign)).braked:
        await by_a_person(campaign, operating.go_on)
    await campaign.world.until_quiet()


async def a_folder_of_300_files_moved(campaign: Campaign) -> None:
    """Listed over two pages of 200, decided 32 at a time; three of them are in CELUM, the others wait for approval."""
    world = campaign.world
    world.celum.add_collection("/Marketing/Campaigns/Summer-26")
    world.onedrive.make_folder(campaign.drive, "/Campaigns/Summer-26/Approved")
    for number in range(300):
        columns = READY if number % 100 == 50 else {}
        campaign.drop(f"set/{number}.pdf", b"%%PDF-1.7 %d" % number, **columns)
    await world.until_quiet()
    world.onedrive.quirks.delta_page_size = 2
    await world.arm()
    for name in ("a", "b", "c"):
        world.onedrive.put_file(campaign.drive, f"/Elsewhere/{name}.txt", name.encode())
    campaign.move(f"{APPROVED}/set", to="/Campaigns/Summer-26/Approved")


async def by_a_person(campaign: Campaign, action: Callable[[Context, FlowId, str], Awaitable[object]]) -> None:
    """Once; where the app dies or fails meanwhile, whoever asked looks again."""
    instance = await campaign.world.instance()
    await campaign.world.guarded(instance, action(instance.bridge.context, FLOW, "a person"))


async def standing(campaign: Campaign) -> Standing:
    ledger, store = campaign.world.ledger()
    try:
        return await ledger.standing(FLOW) or Standing(FLOW)
    finally:
        await store.close()


async def to_release(campaign: Campaign) -> int:
    ledger, store = campaign.world.ledger()
    try:
        return len(await ledger.asides(Aside.FIRST_RUN, FLOW))
    finally:
        await store.close()


FLOW_FILES: Mapping[str, str] = {
    backfill_of_30_files.__name__: SHIPPED.replace("start: new", "start: existing\n    limits: {first_run: 12}"),
    the_brake.__name__: SHIPPED.replace("deletes_per_hour: 20", "deletes_per_hour: 2"),
}
ON_A_NEW_DRIVE = {first_start_while_files_arrive.__name__, backfill_of_30_files.__name__}
SCENARIOS = (first_start_while_files_arrive, backfill_of_30_files, the_brake, a_folder_of_300_files_moved)
# Of those with thousands of calls only each n-th case is run, odd so that every ill is met.
LARGE: Mapping[str, int] = {backfill_of_30_files.__name__: 23, a_folder_of_300_files_moved.__name__: 401}
