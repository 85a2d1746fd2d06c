"""Gates of the library on a file itself, and gates elsewhere, behind which files lie dormant."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.azurite import Azurite
from local.serving import Exchange
from shared.console.views import status
from shared.domain.ids import DriveId, FlowId, ItemId, link_key
from shared.domain.links import LinkState
from shared.engine.explaining import explain_path
from shared.engine.gates import collection_changed
from shared.engine.rules import Verdict
from shared.ledger.gates import GateState
from shared.ledger.rows import Aside, DueKind, RefKind, item_ref
from shared.messages import ScanMessage
from tests.kit.campaign import JANE, Campaign, campaign_in
from tests.kit.wire import Fault, Ill
from tests.unit.flows.covering import shows

ARCHIVE = FlowId("archive")
FINAL = "/Campaigns/Spring-26/Final"
FLOW_FILE = """
version: "1"
name: Acme archive
time_zone: Europe/Vienna
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
flows:
  - id: archive
    about: At the end of a campaign its final files are archived.
    start: START
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Final/**"}
    ready: READY
    to: {celum: dam, intake: /Bridge/Intake, collection: /Marketing/Office, asset_type: Office document}
"""
FOLDER = "folder: {path: '/Campaigns/{campaign}', column: {ApprovalStatus: Approved}}"
COLLECTION = "collection: {path: '/Plan/{campaign}', field: {Status: Closed}}"


@contextlib.asynccontextmanager
async def archive(
    folder: Path,
    ready: str,
    *,
    azurite: Azurite | None = None,
    start: str = "new",
    is_known: bool = True,
    with_contracts: bool = True,
) -> AsyncIterator[Campaign]:
    def prepare(campaign: Campaign) -> None:
        celum = campaign.world.celum
        celum.add_field("Status", "DROPDOWN", options=("Open", "Closed"))
        celum.add_collection_type("Campaign", fields=["Status"])
        celum.add_collection("/Plan", type="Campaign")
        celum.add_collection("/Plan/Spring-26")
        campaign.world.onedrive.make_folder(campaign.drive, FINAL)

    flows = FLOW_FILE.replace("READY", ready).replace("START", start)
    async with campaign_in(
        azurite,
        folder,
        f"{folder}",
        flows=flows,
        prepare=prepare,
        is_known=is_known,
        with_contracts=with_contracts,
    ) as campaign:
        yield campaign


def put(campaign: Campaign, name: str, text: str = "", *, folder: str = FINAL) -> str:
    data = f"%PDF-1.4 {name} {text}".encode()
    campaign.world.clock.jump(1)
    return campaign.world.onedrive.put_file(campaign.drive, f"{folder}/{name}", data, by=JANE)


def set_folder(campaign: Campaign, value: str | None, *, at: str = "/Campaigns/Spring-26") -> None:
    campaign.world.clock.jump(1)
    campaign.world.onedrive.set_column(campaign.drive, at, "ApprovalStatus", value, by=JANE)


def set_plan(campaign: Campaign, value: str | None) -> None:
    campaign.world.celum.change_collection("/Plan/Spring-26", fields={"Status": value})


async def gates(campaign: Campaign) -> tuple[GateState, ...]:
    ledger, store = campaign.world.ledger()
    try:
        return await ledger.gates(ARCHIVE)
    finally:
        await store.close()


async def hours(campaign: Campaign, count: float) -> None:
    """Time passes; what is due then happens."""
    campaign.world.clock.jump(count * 3600)
    await campaign.world.until_quiet()


def names(campaign: Campaign) -> list[str]:
    return sorted(asset["name"] for asset in campaign.assets())


async def nothing_is_known_of(campaign: Campaign, item: str) -> None:
    """No link, no reference, no entry of its own in any list, no journal."""
    ledger, store = campaign.world.ledger()
    key = link_key(ARCHIVE, DriveId(campaign.drive), ItemId(item))
    try:
        assert await ledger.link(key) is None
        assert await ledger.refs(RefKind.ITEM, item_ref(DriveId(campaign.drive), ItemId(item))) == ()
        assert await ledger.journal(key) == ()
        due = await ledger.due(campaign.world.clock.now() + timedelta(days=30), 1000)
        assert [entry for entry in due if entry.kind is not DueKind.GATE] == []
        assert await ledger.asides(Aside.STOPPED, ARCHIVE) == []
        assert await ledger.asides(Aside.FIRST_RUN, ARCHIVE) == []
    finally:
        await store.close()


# --- on the file itself -------------------------------------------------------------------------------------------


@shows("ready.checked_in")
async def test_a_checked_out_file_waits_until_it_is_checked_in(tmp_path: Path) -> None:
    async with archive(tmp_path, "[unchanged_for: 0s, checked_in: true]") as campaign:
        sim = campaign.world.onedrive
        item = put(campaign, "Book.pdf")
        sim.check_out(campaign.drive, f"{FINAL}/Book.pdf", by=JANE)
        await campaign.world.until_quiet()

        link = await campaign.link(item, ARCHIVE)
        assert link.state is LinkState.SEEN
        assert names(campaign) == []
        assert await why(campaign, f"{FINAL}/Book.pdf") == ["the file is checked out"]

        sim.check_in(campaign.drive, f"{FINAL}/Book.pdf", by=JANE)
        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]
        assert campaign.world.errors == []


async def why(campaign: Campaign, path: str) -> list[str]:
    """What `bridge explain` says."""
    instance = await campaign.world.instance()
    (found,) = await explain_path(instance.bridge.context, path)
    return [reason.text for reason in found.decision.reasons]


@shows("ready.content_approval")
async def test_a_file_waits_for_the_content_approval_of_its_library(tmp_path: Path) -> None:
    async with archive(tmp_path, "[unchanged_for: 0s, content_approval: [Approved, Scheduled]]") as campaign:
        sim, path = campaign.world.onedrive, f"{FINAL}/Book.pdf"
        sim.require_approval(campaign.drive)
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()

        assert names(campaign) == []
        assert await why(campaign, path) == ['content approval is "Pending", not "Approved" or "Scheduled"']
        sim.moderate(campaign.drive, path, "Denied")
        await campaign.world.until_quiet()
        assert names(campaign) == []

        sim.moderate(campaign.drive, path, "Approved")
        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]
        put(campaign, "Book.pdf", "changed")  # which asks for approval anew
        await campaign.world.until_quiet()
        assert len(campaign.asset("Book")["versions"]) == 1
        assert campaign.world.errors == []


async def test_a_library_without_content_approval_approves_nothing(tmp_path: Path) -> None:
    async with archive(tmp_path, "[unchanged_for: 0s, content_approval: Approved]") as campaign:
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()

        assert names(campaign) == []
        assert await why(campaign, f"{FINAL}/Book.pdf") == ['content approval is empty, not "Approved"']


@shows("ready.any", "ready.not")
async def test_states_of_the_library_count_inside_any_and_not(tmp_path: Path) -> None:
    ready = "[unchanged_for: 0s, any: [name: '*_FINAL.*', content_approval: Approved], not: {content_approval: Denied}]"
    async with archive(tmp_path, ready) as campaign:
        sim = campaign.world.onedrive
        sim.require_approval(campaign.drive)
        for name in ("A_FINAL.pdf", "B.pdf", "C_FINAL.pdf", "D.pdf"):
            put(campaign, name)
        sim.moderate(campaign.drive, f"{FINAL}/C_FINAL.pdf", "Denied")
        sim.moderate(campaign.drive, f"{FINAL}/D.pdf", "Approved")
        await campaign.world.until_quiet()
        assert names(campaign) == ["A_FINAL", "D"]


async def test_who_wants_files_that_are_checked_out_gets_those(tmp_path: Path) -> None:
    async with archive(tmp_path, "[unchanged_for: 0s, not: {checked_in: true}]") as campaign:
        put(campaign, "A.pdf")
        put(campaign, "B.pdf")
        campaign.world.onedrive.check_out(campaign.drive, f"{FINAL}/B.pdf", by=JANE)
        await campaign.world.until_quiet()
        assert names(campaign) == ["B"]


# --- elsewhere: dormant, then opened ------------------------------------------------------------------------------


async def test_files_behind_a_closed_folder_cost_one_row_and_one_look(tmp_path: Path) -> None:
    ready = f"[unchanged_for: 0s, name: '*_FINAL.*', {FOLDER}]"
    async with archive(tmp_path, ready, with_contracts=False) as campaign:  # which would take most of the time here
        sim, asked = campaign.world.onedrive, Counter[str]()

        def observe(exchange: Exchange) -> None:
            asked[exchange.path_and_query.partition("?")[0].rpartition("/")[2]] += 1

        items = [
            sim.put_file(
                campaign.drive, f"{FINAL}/{number % 8 == 0}/{number:03}.pdf", f"%PDF {number}".encode(), by=JANE
            )
            for number in range(250)
        ]
        sim.quirks.delta_page_size = 60
        campaign.world.celum.requests.clear()
        sim.serving.observers.append(observe)
        await campaign.world.until_quiet()

        (row,) = await gates(campaign)
        assert (row.kind, row.path, len(row.seen)) == ("folder", "/Campaigns/Spring-26", 250)
        assert [reason.text for reason in row.reasons] == [
            '/Campaigns/Spring-26: ApprovalStatus is empty, not "Approved"'
        ]
        assert not campaign.world.celum.requests
        assert asked["Spring-26"] <= 3, f"once for the pages, once for the row, once a minute later: {asked}"
        await nothing_is_known_of(campaign, items[0])
        await nothing_is_known_of(campaign, items[-1])

        asked.clear()
        put(campaign, "late.pdf")
        await campaign.world.until_quiet()
        assert len((await gates(campaign))[0].seen) == 251

        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()
        assert await gates(campaign) == ()
        states = [(await campaign.link(item, ARCHIVE)).state for item in items]
        assert Counter(states) == {LinkState.SEEN: 250}, "they wait for their own condition, the name"
        assert campaign.world.errors == []


@shows("ready.folder.path", "ready.folder.column")
async def test_an_opened_folder_lets_its_files_through_and_no_others(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 2m, {FOLDER}]") as campaign:
        put(campaign, "Book.pdf")
        put(campaign, "Film.pdf", folder=f"{FINAL}/deep/er")
        put(campaign, "Other.pdf", folder="/Campaigns/Autumn-26/Final")
        await campaign.world.until_quiet()
        assert names(campaign) == []
        assert len(await gates(campaign)) == 2

        put(campaign, "Book.pdf", "edited while nobody looked")
        await campaign.world.until_quiet()
        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()

        assert names(campaign) == ["Book", "Film"]
        assert b"edited" in campaign.world.celum.content(campaign.asset_id("Book"))
        assert [row.path for row in await gates(campaign)] == ["/Campaigns/Autumn-26"]
        assert campaign.world.errors == []


async def test_closing_again_undoes_nothing_and_keeps_back_what_comes(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {FOLDER}]") as campaign:
        set_folder(campaign, "Approved")
        book = put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]
        assert await gates(campaign) == (), "an open gate leaves no trace"

        set_folder(campaign, "Draft")
        put(campaign, "Book.pdf", "second edition")
        film = put(campaign, "Film.pdf")
        await campaign.world.until_quiet()
        assert (names(campaign), len(campaign.asset("Book")["versions"])) == (["Book"], 1)
        assert (await campaign.link(book, ARCHIVE)).state is LinkState.SETTLED
        assert await campaign.link_or_none(film, ARCHIVE) is None
        assert len((await gates(campaign))[0].seen) == 2

        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()
        assert (names(campaign), len(campaign.asset("Book")["versions"])) == (["Book", "Film"], 2)
        assert campaign.world.errors == []


@shows("ready.collection.path", "ready.collection.field")
async def test_a_collection_is_asked_once_an_hour_and_opens_what_lies_behind_it(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {COLLECTION}]") as campaign:
        items = [put(campaign, f"{number}.pdf") for number in range(5)]
        celum = campaign.world.celum
        await campaign.world.until_quiet()
        await nothing_is_known_of(campaign, items[0])
        (row,) = await gates(campaign)
        assert [reason.text for reason in row.reasons] == ['/Plan/Spring-26: Status is empty, not "Closed"']

        celum.requests.clear()
        await hours(campaign, 1)
        await hours(campaign, 1)
        assert celum.requests["GET /collections/{collectionId}"] == 2, "one look an hour, however many files"

        set_plan(campaign, "Closed")
        await campaign.world.until_quiet()
        assert names(campaign) == [], "nobody has told"
        await hours(campaign, 1)
        assert names(campaign) == [f"{number}" for number in range(5)]
        assert await gates(campaign) == ()
        assert campaign.world.errors == []


async def test_who_learns_that_a_collection_changed_need_not_wait_for_the_hour(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {COLLECTION}]") as campaign:
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        set_plan(campaign, "Closed")

        instance = await campaign.world.instance()
        await collection_changed(instance.bridge.context, campaign.world.celum.collection("/Plan/Spring-26").id)
        await campaign.world.until_quiet()

        assert names(campaign) == ["Book"]


async def test_a_gate_that_is_not_there_is_closed_until_it_comes(tmp_path: Path) -> None:
    gate = "folder: {path: '/Released/{campaign}', column: {ApprovalStatus: Approved}}"
    async with archive(tmp_path, f"[unchanged_for: 0s, {gate}]") as campaign:
        sim = campaign.world.onedrive
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        (row,) = await gates(campaign)
        assert [reason.text for reason in row.reasons] == ['there is no folder "/Released/Spring-26"']

        sim.make_folder(campaign.drive, "/Away/Spring-26")
        set_folder(campaign, "Approved", at="/Away/Spring-26")
        await campaign.world.until_quiet()
        assert names(campaign) == []
        campaign.move("/Away", name="Released")  # the folder above it: of the gate itself the delta says nothing
        await campaign.world.until_quiet()

        assert names(campaign) == ["Book"]
        assert campaign.world.errors == []


async def test_a_file_that_moves_behind_an_open_gate_passes(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {FOLDER}]") as campaign:
        put(campaign, "Book.pdf", folder="/Campaigns/Autumn-26/Final")
        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()
        assert names(campaign) == []

        campaign.move("/Campaigns/Autumn-26/Final/Book.pdf", to=FINAL)
        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]


async def test_two_gates_have_to_open_both(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {FOLDER}, {COLLECTION}]") as campaign:
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        assert [row.kind for row in await gates(campaign)] == ["folder"], "the second is not asked behind the first"

        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()
        assert [row.kind for row in await gates(campaign)] == ["collection"]
        set_plan(campaign, "Closed")
        await hours(campaign, 1)
        assert names(campaign) == ["Book"]


async def test_while_a_gate_cannot_be_asked_its_files_lie_dormant(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {COLLECTION}]") as campaign:
        set_plan(campaign, "Closed")
        campaign.world.celum.quirks.throttle_next = 2
        campaign.world.celum.quirks.retry_after = "90"
        item = put(campaign, "Book.pdf")
        campaign.world.put("bridge-scan", scan_of(campaign))
        while not await gates(campaign):
            assert await campaign.world.step()
        assert "could not be asked" in (await gates(campaign))[0].reasons[0].text
        assert await campaign.link_or_none(item, ARCHIVE) is None

        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]
        assert campaign.world.celum.impatient == 0, "a system that asked to be left alone is"


def scan_of(campaign: Campaign) -> str:
    return ScanMessage(drive=DriveId(campaign.drive)).model_dump_json()


async def test_status_and_explain_show_the_gate_and_how_much_lies_behind_it(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {COLLECTION}]") as campaign:
        for name in ("A.pdf", "B.pdf"):
            put(campaign, name)
        await campaign.world.until_quiet()

        context = (await campaign.world.instance()).bridge.context
        ((gate,),) = [flow.closed_gates for flow in (await status(context, {})).flows]
        assert (gate.gate, gate.path, gate.files, gate.opening) == ("collection", "/Plan/Spring-26", 2, False)
        assert [reason.text for reason in gate.reasons] == ['/Plan/Spring-26: Status is empty, not "Closed"']
        (found,) = await explain_path(context, f"{FINAL}/A.pdf")
        assert [rule.rule for rule in found.rules if rule.verdict is Verdict.FAILED] == ["ready.collection.Status"]
        assert found.would_change[-1] == "then all that lie behind it are taken up: 2 files were seen"


# --- with what was there before -----------------------------------------------------------------------------------


async def test_files_that_were_there_before_lie_dormant_and_are_not_put_up_for_release(tmp_path: Path) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {FOLDER}]", start="existing", is_known=False) as campaign:
        item = put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        await nothing_is_known_of(campaign, item)
        assert len((await gates(campaign))[0].seen) == 1

        set_folder(campaign, "Approved")
        await campaign.world.until_quiet()
        assert names(campaign) == ["Book"]


@pytest.mark.parametrize("ready", [FOLDER, "name: '*.pdf'"])
async def test_a_flow_that_is_changed_does_not_take_dormant_files_for_its_baseline(tmp_path: Path, ready: str) -> None:
    async with archive(tmp_path, f"[unchanged_for: 0s, {FOLDER}]") as campaign:
        put(campaign, "Book.pdf")
        await campaign.world.until_quiet()
        assert len((await gates(campaign))[0].seen) == 1

        text = FLOW_FILE.replace("READY", f"[unchanged_for: 1s, {ready}]").replace("START", "new")
        campaign.world.flows.write_text(text)
        campaign.world.clock.jump(3600)
        await campaign.world.restart()
        await campaign.world.until_quiet()
        if ready == FOLDER:
            assert names(campaign) == []
            set_folder(campaign, "Approved")
            await campaign.world.until_quiet()

        assert names(campaign) == ["Book"]
        assert await gates(campaign) == ()
        assert campaign.world.errors == []


# --- nothing is lost ----------------------------------------------------------------------------------------------


async def test_a_kill_amid_the_opening_loses_no_file(azurite: Azurite, tmp_path: Path) -> None:
    """At every so many of the calls: a whole opening each, which takes its time."""
    struck = []
    for number in range(5, 1_000, 37):
        if not await _opened_with_a_kill(azurite, tmp_path, number):
            break
        struck.append(number)
    assert len(struck) > 2, "the kills met the opening"


async def _opened_with_a_kill(azurite: Azurite, tmp_path: Path, number: int) -> bool:
    ready = f"[unchanged_for: 0s, name: '*_FINAL.*', {FOLDER}]"
    folder = tmp_path / str(number)
    folder.mkdir()
    async with archive(folder, ready, azurite=azurite, with_contracts=False) as campaign:
        items = [put(campaign, f"{n}.pdf", folder=f"{FINAL}/{n % 2}") for n in range(4)]
        await campaign.world.until_quiet()
        set_folder(campaign, "Approved")
        campaign.world.fault = Fault(number, Ill.KILLED_AFTER)
        await campaign.world.arm()
        armed = campaign.world.armed
        assert armed is not None
        await campaign.world.until_quiet()

        links = [await campaign.link_or_none(item, ARCHIVE) for item in items]
        states = [link.state if link else None for link in links]
        assert states == [LinkState.SEEN] * 4, f"killed after call {number}: {armed.calls[-1:]}"
        assert await gates(campaign) == ()
        return armed.struck
