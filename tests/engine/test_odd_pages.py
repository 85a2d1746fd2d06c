"""Pages of changes that come in an odd order, over and over, from the beginning again, or never to their end."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from local.serving import Exchange, Fault
from shared.console.views import status
from shared.domain.ids import DriveId
from shared.domain.links import LinkState
from shared.engine import changes, gone
from shared.engine.libraries import LONG_SCANS
from shared.ledger.rows import Cursor
from shared.messages import Queue, ScanMessage
from tests.engine.test_doorbells import arrives, problems
from tests.kit.campaign import APPROVED, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


async def cursor(campaign: Campaign) -> Cursor:
    ledger, store = campaign.world.ledger()
    try:
        found = await ledger.cursor(DriveId(campaign.drive))
    finally:
        await store.close()
    assert found is not None
    return found


async def page_at(link: str | None) -> dict[str, Any]:
    """As OneDrive gives it to anybody."""
    assert link is not None
    token = {"Authorization": "Bearer local"}
    async with aiohttp.ClientSession() as session, session.get(link, headers=token) as answer:
        page: dict[str, Any] = await answer.json()
        return page


def answer_next(campaign: Campaign, page: dict[str, Any]) -> None:
    fault = Fault("^GET .*/delta", status=200, headers=JSON, body=json.dumps(page))
    campaign.world.onedrive.serving.faults.append(fault)


async def scan(campaign: Campaign) -> None:
    message = ScanMessage(drive=DriveId(campaign.drive))
    campaign.world.put(Queue.SCAN, message.model_dump_json())
    await campaign.world.until_quiet()


def asked_for_changes(campaign: Campaign) -> list[str]:
    """From here on."""
    found: list[str] = []

    def note(exchange: Exchange) -> None:
        if "/delta" in exchange.path_and_query:
            found.append(exchange.path_and_query)

    campaign.world.onedrive.serving.observers.append(note)
    return found


# --- parents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [1, 2])
async def test_C9_a_file_that_comes_before_the_folders_above_it_is_placed(campaign: Campaign, pages: int) -> None:
    link = (await cursor(campaign)).delta_link
    campaign.world.onedrive.quirks.notifications_lost = True
    item = campaign.drop("Print/A4/Logo.pdf", b"%PDF-1.7 logo", **READY)
    page = await page_at(link)
    entries, end = page["value"][::-1], page["@odata.deltaLink"]
    assert [entry["name"] for entry in entries[:3]] == ["Logo.pdf", "A4", "Print"], "the ledger knows neither folder"

    if pages == 1:
        answer_next(campaign, page | {"value": entries})
    else:
        answer_next(campaign, {"value": entries[:1], "@odata.nextLink": end})
        answer_next(campaign, {"value": entries[1:], "@odata.deltaLink": end})
    await scan(campaign)

    assert campaign.world.errors == []
    assert (await campaign.link(item)).path == f"{APPROVED}/Print/A4/Logo.pdf"
    assert campaign.asset("Logo")["parents"] == ["/Marketing/Campaigns/Spring-26"]


async def test_C9_a_file_whose_folder_is_gone_before_anybody_asks_for_it_waits_for_what_comes(
    campaign: Campaign,
) -> None:
    link = (await cursor(campaign)).delta_link
    campaign.world.onedrive.quirks.notifications_lost = True
    item = campaign.drop("Print/Logo.pdf", b"%PDF-1.7 logo", **READY)
    page = await page_at(link)
    file = page["value"][-1]
    campaign.delete(f"{APPROVED}/Print")

    answer_next(campaign, {"value": [file], "@odata.deltaLink": page["@odata.deltaLink"]})
    await scan(campaign)
    assert campaign.assets() == []
    await scan(campaign)

    assert campaign.world.errors == []
    assert await campaign.link_or_none(item) is None


async def test_C5_a_file_that_looks_alive_and_is_not_found_counts_as_deleted(campaign: Campaign) -> None:
    """Before anybody looked at it, and after (onedrive-api-docs#561)."""
    onedrive = campaign.world.onedrive
    onedrive.quirks.notifications_lost = onedrive.quirks.delta_deleted_look_alive = True
    never = campaign.drop("Never.pdf", b"%PDF-1.7 never", **READY)
    campaign.delete(f"{APPROVED}/Never.pdf")
    gone = campaign.drop("Gone.pdf", b"%PDF-1.7 gone", **READY)
    await scan(campaign)
    assert (await campaign.link(never)).state is LinkState.CLOSED
    assert (await campaign.link(gone)).state is LinkState.SETTLED
    assert [asset["name"] for asset in campaign.assets()] == ["Gone"]

    campaign.set("Gone.pdf", "UsageRights", "web")
    campaign.delete(f"{APPROVED}/Gone.pdf")
    await scan(campaign)
    assert campaign.world.errors == []
    assert (await campaign.link(gone)).state is LinkState.CLOSED


# --- from the beginning again -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences"])
async def test_C11_after_an_expired_cursor_everything_is_read_and_nothing_is_done_twice(
    campaign: Campaign, variant: str
) -> None:
    kept = campaign.drop("Kept.pdf", b"%PDF-1.7 kept", **READY)
    gone = campaign.drop("Gone.pdf", b"%PDF-1.7 gone", **READY)
    await campaign.world.until_quiet()
    before = campaign.assets()
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.delete(f"{APPROVED}/Gone.pdf")
    campaign.drop("New.pdf", b"%PDF-1.7 new", **READY)
    campaign.world.onedrive.force_resync(campaign.drive, variant)

    await scan(campaign)

    assert campaign.world.errors == []
    assert (await campaign.link(kept)).state is LinkState.SETTLED
    assert (await campaign.link(gone)).state is LinkState.CLOSED
    assert [asset for asset in campaign.assets() if asset["name"] != "New"] == before
    assert campaign.asset("New")["parents"] == ["/Marketing/Campaigns/Spring-26"]


async def test_C11_the_look_for_what_is_gone_goes_on_where_onedrive_asked_for_a_pause(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gone, "READ_AT_ONCE", 1)
    monkeypatch.setattr(gone, "KEPT_EVERY", 1)
    items = [campaign.drop(f"Film {n}.pdf", b"%%PDF-1.7 film %d" % n, **READY) for n in range(4)]
    await campaign.world.until_quiet()
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.delete(f"{APPROVED}/Film 0.pdf")
    campaign.delete(f"{APPROVED}/Film 3.pdf")
    campaign.world.onedrive.force_resync(campaign.drive)
    headers = {"Retry-After": "30"}
    looked = f"^GET .*/items/({'|'.join(items)})[?]"
    campaign.world.onedrive.serving.faults.append(Fault(looked, skip=2, status=429, headers=headers))
    asked: list[str] = []

    def note(exchange: Exchange) -> None:
        asked.extend(re.findall(looked, f"{exchange.method} {exchange.path_and_query}"))

    campaign.world.onedrive.serving.observers.append(note)
    await scan(campaign)

    states = [(await campaign.link(item)).state for item in items]
    assert states == [LinkState.CLOSED, LinkState.SETTLED, LinkState.SETTLED, LinkState.CLOSED]
    settled = items[1:3]
    assert [asked.count(item) for item in settled] == [1, 1], "what was looked at before the pause is not asked again"


@pytest.mark.parametrize("times", [1, 2, FOR_EVER])
async def test_C12_410_without_a_place_to_go_to_ends_each_scan_and_loses_nothing(
    campaign: Campaign, times: int
) -> None:
    body = json.dumps({"error": {"code": "resyncRequired", "message": "as ordered"}})
    fault = Fault("^GET .*/delta", times=times, status=410, headers=JSON, body=body)
    campaign.world.onedrive.serving.faults.append(fault)
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    assert fault.times >= times - 18, "each of the few times that the bell rang it was tried three times at most"

    campaign.world.onedrive.serving.faults.clear()
    await scan(campaign)

    assert campaign.world.errors == []
    assert len(campaign.asset("Logo")["versions"]) == 1


async def test_C12_410_with_another_place_to_go_to_each_time_ends_the_scan(campaign: Campaign) -> None:
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    campaign.world.onedrive.quirks.delta_expires_again = FOR_EVER
    asked = asked_for_changes(campaign)

    await scan(campaign)
    assert len(asked) <= 12, "three scans, each of which gives up at the third answer of this kind"
    assert "is not read to its end" in await problems(campaign)

    campaign.world.onedrive.quirks.delta_expires_again = 2
    asked.clear()
    await scan(campaign)
    assert campaign.world.errors == []
    assert "token" not in asked[-1], "the beginning, not where the second answer led"
    assert len(campaign.asset("Logo")["versions"]) == 1
    assert "is not read to its end" not in await problems(campaign)


@pytest.mark.parametrize("location", [True, False])
async def test_C12_410_in_the_middle_of_the_pages_loses_nothing(tmp_path: Path, *, location: bool) -> None:
    async with campaign_in(None, tmp_path, f"expires {location}", with_contracts=location) as campaign:
        await _expires_in_the_middle(campaign, location=location)


async def _expires_in_the_middle(campaign: Campaign, *, location: bool) -> None:
    onedrive = campaign.world.onedrive
    kept, gone = (campaign.drop(f"{name}.pdf", b"%PDF-1.7 " + name.encode(), **READY) for name in ("Kept", "Gone"))
    await campaign.world.until_quiet()
    onedrive.quirks.notifications_lost, onedrive.quirks.delta_page_at_most = True, 2
    onedrive.quirks.delta_gone_without_location = not location
    campaign.delete(f"{APPROVED}/Gone.pdf")
    for number in range(4):
        campaign.drop(f"Film {number}.pdf", b"%%PDF-1.7 film %d" % number, **READY)
    asked = asked_for_changes(campaign)

    def expire_at_the_second(_: Exchange) -> None:
        if len(asked) == 1:
            onedrive.force_resync(campaign.drive)

    onedrive.serving.observers.append(expire_at_the_second)
    await scan(campaign)

    assert campaign.world.errors == []
    assert (await campaign.link(kept)).state is LinkState.SETTLED
    assert (await campaign.link(gone)).state is LinkState.CLOSED
    films = [asset for asset in campaign.assets() if asset["name"].startswith("Film")]
    assert [len(asset["versions"]) for asset in films] == [1] * 4
    assert "is not read to its end" not in await problems(campaign)
    assert len(asked) > 6


# --- without an end -----------------------------------------------------------------------------------------------


async def test_C14_a_page_that_leads_to_itself_ends_the_scan_and_the_place_is_kept(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    before = await cursor(campaign)
    campaign.world.onedrive.quirks.delta_repeats_next_link = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    while "repeats the same page for ever" not in caplog.text:
        assert await campaign.world.step()
    assert (await cursor(campaign)).delta_link == before.delta_link

    campaign.world.onedrive.quirks.delta_repeats_next_link = False
    await scan(campaign)

    assert campaign.world.errors == []
    assert len(campaign.asset("Logo")["versions"]) == 1
    assert (await cursor(campaign)).next_link is None


async def test_C14_a_library_whose_pages_lead_nowhere_is_not_taken_for_read(campaign: Campaign) -> None:
    onedrive = campaign.world.onedrive
    onedrive.quirks.notifications_lost, onedrive.quirks.delta_repeats_next_link = True, True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    ledger, store = campaign.world.ledger()
    before = await ledger.last_scan(DriveId(campaign.drive))

    for _ in range(3):
        campaign.world.clock.jump(24 * 3600)
        await (await campaign.world.instance()).bridge.sweep_drives()
        await campaign.world.until_quiet()
        assert "OneDrive answers with the same page again and again" in await problems(campaign)
        context = (await campaign.world.instance()).bridge.context
        assert "again and again" in "; ".join((await status(context, {})).drives[0].problems)
    assert await ledger.last_scan(DriveId(campaign.drive)) == before
    await store.close()

    onedrive.quirks.delta_repeats_next_link = False
    await (await campaign.world.instance()).bridge.sweep_drives()
    await campaign.world.until_quiet()
    assert await problems(campaign) == "", "and what it read late, no doorbell had to tell"
    await arrives(campaign, "Logo")


async def test_C14_a_link_that_leads_nowhere_twice_is_given_up_and_what_is_gone_is_noticed(campaign: Campaign) -> None:
    """Only the stored link is broken, for good: it leads to itself, whatever follows."""
    kept, gone = (campaign.drop(f"{name}.pdf", b"%PDF-1.7 " + name.encode(), **READY) for name in ("Kept", "Gone"))
    await campaign.world.until_quiet()
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.delete(f"{APPROVED}/Gone.pdf")
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    link = (await cursor(campaign)).delta_link
    assert link is not None
    page = json.dumps({"value": [], "@odata.nextLink": link})
    broken = Fault(re.escape(urlsplit(link).path), times=FOR_EVER, status=200, headers=JSON, body=page)
    campaign.world.onedrive.serving.faults.append(broken)

    await scan(campaign)

    assert campaign.world.errors == []
    assert await problems(campaign) == ""
    assert (await campaign.link(kept)).state is LinkState.SETTLED
    assert (await campaign.link(gone)).state is LinkState.CLOSED
    await arrives(campaign, "Logo")


async def test_C14_empty_pages_without_an_end_end_the_scan(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "PAGES_PER_SCAN", 20)
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.world.onedrive.quirks.delta_endless = "empty"
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    asked = asked_for_changes(campaign)

    await scan(campaign)
    assert len(asked) == 3 * 20
    assert "OneDrive answers with the same page again and again" in await problems(campaign)

    campaign.world.onedrive.quirks.delta_endless = ""
    await scan(campaign)
    await arrives(campaign, "Logo")


async def test_C14_more_pages_than_one_scan_reads_are_read_by_several(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGES_PER_SCAN", 2)
    onedrive = campaign.world.onedrive
    onedrive.quirks.notifications_lost, onedrive.quirks.delta_page_at_most = True, 4
    for number in range(6):
        campaign.drop(f"Film {number}.pdf", b"%%PDF-1.7 film %d" % number, **READY)
    asked = asked_for_changes(campaign)

    await scan(campaign)

    assert len(asked) > 4, "else there was no third scan"
    assert len(set(asked)) == len(asked), "each goes on where the one before it ended"
    assert campaign.world.errors == []
    assert len(campaign.assets()) == 6
    assert await problems(campaign) == ""


async def test_C14_ten_thousand_pages_without_an_end_are_told(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGES_PER_SCAN", 3)
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    campaign.world.onedrive.quirks.delta_endless = "same"
    asked = asked_for_changes(campaign)

    await scan(campaign)
    assert len(asked) == 3 * LONG_SCANS
    assert "its changes have no end" in await problems(campaign)

    campaign.world.onedrive.quirks.delta_endless = ""
    await (await campaign.world.instance()).bridge.sweep_drives()
    await campaign.world.until_quiet()
    assert await problems(campaign) == ""
    await arrives(campaign, "Logo")


async def test_C33_a_page_of_a_thousand_items_costs_no_request_for_any_of_them(campaign: Campaign) -> None:
    """What parsing it costs stands in `make bench`: times are not tested."""
    onedrive = campaign.world.onedrive
    onedrive.quirks.delta_page_size, onedrive.quirks.notifications_lost = 2_000, True
    campaign.world.clock.jump(3600)  # a folder made right after the listing might have been there before
    onedrive.put_file(campaign.drive, "/Elsewhere/Other.pdf", b"")
    await scan(campaign)
    for number in range(990):  # the page brings the folders along
        onedrive.put_file(campaign.drive, f"/Working/{number}.pdf", b"")
    requests: list[str] = []

    def note(exchange: Exchange) -> None:
        requests.append(f"{exchange.method} {exchange.path_and_query}")

    onedrive.serving.observers.append(note)
    await scan(campaign)

    assert [request.partition("/delta")[1] for request in requests] == ["/delta"], requests


# --- killed on the way --------------------------------------------------------------------------------------------


async def test_C15_killed_after_the_second_of_three_pages_it_goes_on_there(campaign: Campaign) -> None:
    world = campaign.world
    world.onedrive.quirks.notifications_lost = True
    link = (await cursor(campaign)).delta_link
    for number in range(4):
        campaign.drop(f"Film {number}.pdf", b"%%PDF-1.7 film %d" % number, **READY)
    page = await page_at(link)
    entries, third = page["value"], page["@odata.deltaLink"]
    second = third.replace("token='", "token='second-")
    answer_next(campaign, {"value": entries[:-2], "@odata.nextLink": second})
    answer_next(campaign, {"value": entries[-2:], "@odata.nextLink": third})
    campaign.drop("Film 4.pdf", b"%PDF-1.7 film 4", **READY)
    wire, asked = (await world.instance()).wire, []

    def kill_at_the_third(exchange: Exchange) -> None:
        if "/delta" in exchange.path_and_query:
            asked.append(exchange.path_and_query)
            wire.killed.set()

    world.onedrive.serving.observers.append(kill_at_the_third)
    await scan(campaign)

    assert asked[:2] == [urlsplit(third).path] * 2, "the third page, and after the death the third page again"
    assert urlsplit(link).path not in asked
    assert world.errors == []
    assert sorted(asset["name"] for asset in campaign.assets()) == [f"Film {number}" for number in range(5)]
    assert [len(asset["versions"]) for asset in campaign.assets()] == [1] * 5
