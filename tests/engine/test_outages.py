"""One of the two systems is away, refuses everything, or gives wrong bytes: work waits, and nothing is lost by it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.onedrive_simulator.estate.model import Item
from local.serving import Exchange, Fault
from shared.console.health import details
from shared.domain.ids import DriveId
from shared.domain.links import LinkState
from shared.engine.context import DRIVE_CACHE_SECONDS
from shared.messages import Queue, ScanMessage
from tests.kit.campaign import APPROVED, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000
HOUR = 3600
REFUSED = json.dumps({"error": {"code": "as ordered", "message": "as ordered"}})


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


async def goes_on(campaign: Campaign, hours: float) -> int:
    """Whatever happens in these hours; how many requests met a fault."""
    world = campaign.world
    faults = [*world.onedrive.serving.faults, *world.celum.faults]
    left = sum(fault.times for fault in faults)
    end = world.clock.after(hours * HOUR)
    while world.clock.now() < end:
        if not await world.step():
            world.clock.jump(60)
    return left - sum(fault.times for fault in faults)


async def problems(campaign: Campaign) -> str:
    return "; ".join((await details((await campaign.world.instance()).bridge.context, {})).problems)


def wrong_hash(item: Item) -> None:
    """OneDrive names another hash than that of the bytes it hands out."""
    version = item.current
    assert version.content is not None
    version.content = dataclasses.replace(version.content, quick_xor="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")


# --- the bytes ----------------------------------------------------------------------------------------------------


async def test_E9_the_same_wrong_bytes_twice_end_visibly_and_nothing_of_them_is_seen_in_celum(
    campaign: Campaign,
) -> None:
    item = campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    wrong_hash(campaign.world.onedrive.item(campaign.drive, f"{APPROVED}/Logo.pdf"))
    uploads: list[str] = []

    def note(exchange: Exchange) -> None:
        if exchange.path_and_query.startswith("/upload/"):
            uploads.append(exchange.path_and_query)

    campaign.world.celum.serving.observers.append(note)
    await campaign.world.until_quiet()

    link = await campaign.link(item)
    assert (link.state, len(uploads)) == (LinkState.FAILED, 2)
    assert "announced the hash AAAA" in link.reasons[0].text
    assert campaign.columns("Logo.pdf")["SyncStatus"] == "Failed"
    assert "files have failed" in await problems(campaign)
    assert campaign.assets() == []


@pytest.mark.parametrize("status", [500, 507])
async def test_E14_a_target_that_takes_no_bytes_loses_none(campaign: Campaign, status: int) -> None:
    campaign.world.celum.faults.append(Fault("^POST /upload/", times=3, status=status))
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    for _ in range(3):
        campaign.world.clock.jump(HOUR)
        await campaign.world.until_quiet()

    assert campaign.world.poison == []
    assert len(campaign.asset("Logo")["versions"]) == 1
    assert campaign.columns("Logo.pdf")["SyncStatus"] == "In CELUM"


# --- asked to wait ------------------------------------------------------------------------------------------------


async def test_F1_when_onedrive_throttles_one_call_all_work_on_it_waits(campaign: Campaign) -> None:
    onedrive = campaign.world.onedrive
    for number in range(5):
        campaign.drop(f"Film {number}.pdf", b"%%PDF-1.7 film %d" % number, **READY)
    onedrive.serving.faults.append(Fault("", skip=12, status=429, headers={"Retry-After": "600"}, body=REFUSED))

    await campaign.world.until_quiet()

    assert onedrive.serving.faults[0].times == 0
    assert onedrive.tenant.refusals == [], "somebody did not wait"
    assert len(campaign.assets()) == 5
    assert campaign.world.errors == []


@pytest.mark.parametrize("system", ["OneDrive", "CELUM"])
async def test_F4_G9_a_system_that_is_away_for_hours_is_asked_rarely_and_loses_nothing(
    campaign: Campaign, system: str
) -> None:
    world = campaign.world
    faults = world.onedrive.serving.faults if system == "OneDrive" else world.celum.faults
    items = [campaign.drop(f"Film {n}.pdf", b"%%PDF-1.7 film %d" % n, **READY) for n in range(3)]
    faults.append(Fault("", times=FOR_EVER, status=503, body="{}"))

    first, later = await goes_on(campaign, 1), await goes_on(campaign, 5)

    assert later / 5 < first, "the pauses grow longer"
    assert later < 5 * 12, "from some point on it is asked every few minutes"
    assert f"{system} takes no work since" in await problems(campaign)
    assert world.poison == []
    faults.clear()
    await world.until_quiet()
    assert [(await campaign.link(item)).state for item in items] == [LinkState.SETTLED] * 3
    await goes_on(campaign, 0.6)
    assert await problems(campaign) == ""


@pytest.mark.parametrize("is_fresh", [False, True])
async def test_F4_a_decision_that_meets_the_outage_is_not_lost(campaign: Campaign, is_fresh: bool) -> None:
    """Where the library is has to be looked up again by then, or for the first time by this process."""
    world = campaign.world
    item = campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    while not any(waiting.queue == Queue.DECIDE for waiting in world.queue):
        await world.step()
    if is_fresh:
        await world.restart()
    world.clock.jump(DRIVE_CACHE_SECONDS)
    world.onedrive.serving.faults.append(Fault("", times=FOR_EVER, status=503, body="{}"))
    await goes_on(campaign, 2)

    world.onedrive.serving.faults.clear()
    await world.until_quiet()
    assert world.poison == []
    assert (await campaign.link(item)).state is LinkState.SETTLED


# --- not let in ---------------------------------------------------------------------------------------------------


async def test_G2_while_celum_does_not_take_the_key_everything_waits_and_nothing_is_blamed(campaign: Campaign) -> None:
    world = campaign.world
    items = [campaign.drop(f"Film {n}.pdf", b"%%PDF-1.7 film %d" % n, **READY) for n in range(3)]
    world.celum.faults.append(Fault("", times=FOR_EVER, status=401, body="{}"))

    await goes_on(campaign, 0.1)
    assert "CELUM takes no work since" in await problems(campaign), "told at once: nobody but a person ends this"
    await goes_on(campaign, 1)
    assert await goes_on(campaign, 24) < 24 * 12, "from some point on it is asked every few minutes"

    assert "CELUM takes no work since" in await problems(campaign)
    links = [await campaign.link(item) for item in items]
    assert {link.state for link in links} == {LinkState.SEEN}
    assert {link.transfer.attempt for link in links if link.transfer} <= {0}
    world.celum.faults.clear()
    await world.until_quiet()
    assert [(await campaign.link(item)).state for item in items] == [LinkState.SETTLED] * 3


@pytest.mark.parametrize("status", [401, 403])
async def test_F7_B14_while_onedrive_lets_nobody_in_nothing_counts_as_deleted(campaign: Campaign, status: int) -> None:
    world = campaign.world
    kept = campaign.drop("Kept.pdf", b"%PDF-1.7 kept", **READY)
    await world.until_quiet()
    before = campaign.asset("Kept")
    campaign.set("Kept.pdf", "UsageRights", "web")
    gone = campaign.drop("Gone.pdf", b"%PDF-1.7 gone", **READY)
    world.onedrive.serving.faults.append(Fault("", times=FOR_EVER, status=status, body=REFUSED))
    world.put(Queue.SCAN, ScanMessage(drive=DriveId(campaign.drive)).model_dump_json())

    await goes_on(campaign, 6)

    assert (await campaign.link(kept)).state is LinkState.SETTLED
    assert campaign.asset("Kept") == before
    world.onedrive.serving.faults.clear()
    await goes_on(campaign, 1)
    assert campaign.asset("Kept")["fields"]["Usage rights"] == "web"
    assert (await campaign.link(gone)).state is LinkState.SETTLED
