"""Whose library is it: one installation works in it, and every other stands still until it is handed over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from local.serving import Exchange, Fault
from shared import settings as app_settings
from shared.console import Request, answer
from shared.console.health import details
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import MARKER_NAME
from shared.engine.bridge import Bridge
from shared.engine.installation import may_work
from shared.engine.marker import understood
from shared.ledger import MemoryStore, Store
from shared.messages import DecideMessage, Queue, ScanMessage, ScanReason, TransferMessage
from tests.kit.campaign import CAMPAIGN_FLOWS, JANE, Campaign, campaign_in
from tests.kit.storage import MemoryStorage, Sent

MARKER = f"/{MARKER_NAME}"
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
IN_URL = quote(MARKER_NAME)
NOT_FOUND = '{"error":{"code":"itemNotFound","message":"as ordered"}}'


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


@pytest.fixture
async def fresh(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    """A library that no installation has looked at."""
    async with campaign_in(None, tmp_path, request.node.name, is_known=False) as campaign:
        yield campaign


@dataclass(slots=True)
class Other:
    """Another installation on the same library and the same CELUM, with a ledger of its own."""

    bridge: Bridge
    sent: list[Sent] = field(default_factory=list)

    async def minute(self) -> None:
        """The timers ring, and what they send is carried through; what is to come later stays in `sent`."""
        await self.bridge.send_due()
        await self.bridge.keep_subscriptions()
        while at_once := next((one for one in self.sent if one.delay == 0), None):
            self.sent.remove(at_once)
            match Queue(at_once.queue):
                case Queue.SCAN:
                    await self.bridge.scan(ScanMessage.parse(at_once.text))
                case Queue.DECIDE:
                    await self.bridge.decide(DecideMessage.parse(at_once.text))
                case Queue.TRANSFER:
                    await self.bridge.transfer(TransferMessage.parse(at_once.text))
        await self.bridge.send_due()


@contextlib.asynccontextmanager
async def another(campaign: Campaign, *, below: str = "/second", store: Store | None = None) -> AsyncIterator[Other]:
    """At an address below the first one's; "" is the same address."""
    environment = campaign.world.environment((await campaign.world.instance()).wire)
    address = environment["BRIDGE_PUBLIC_URL"] + below
    settings = app_settings.load(environment | {"BRIDGE_PUBLIC_URL": address})
    sent: list[Sent] = []
    rows = store or MemoryStore()
    bridge = Bridge.put_together(settings, campaign.world.clock, rows, MemoryStorage().outbox(sent.append))
    await bridge.store.prepare()
    try:
        yield Other(bridge, sent)
    finally:
        await bridge.close()


async def status(bridge: Bridge) -> Any:
    found = await answer(bridge.context, Request("GET", "status", {}, {}))
    assert found.status == 200, found.body
    return json.loads(found.body.model_dump_json())


async def mine(campaign: Campaign) -> Bridge:
    return (await campaign.world.instance()).bridge


async def state(campaign: Campaign) -> tuple[str, str]:
    """Of the first installation: the flow's and the library's."""
    shown = await status(await mine(campaign))
    return shown["flows"][0]["state"], shown["drives"][0]["marker"]


def owner(campaign: Campaign) -> str:
    marker = understood(campaign.world.onedrive.read_file(campaign.drive, MARKER))
    assert marker is not None
    return marker.owner


def is_marked(campaign: Campaign) -> bool:
    return campaign.world.onedrive.drive(campaign.drive).find(MARKER) is not None


def overwrite(campaign: Campaign, data: bytes) -> None:
    campaign.world.clock.jump(1)
    campaign.world.onedrive.put_file(campaign.drive, MARKER, data, by=JANE)


# --- one installation ----------------------------------------------------------------------------------------------


async def test_the_first_scan_of_a_library_marks_it_in_words_that_people_understand(campaign: Campaign) -> None:
    text = campaign.world.onedrive.read_file(campaign.drive, MARKER).decode()

    assert "Please leave this file here" in text
    marker = understood(text.encode())
    assert marker is not None
    assert marker.address == (await mine(campaign)).context.settings.public_url
    assert await state(campaign) == ("running", "ours")


async def test_while_the_library_is_ours_no_call_is_spent_on_the_marker_for_a_day(campaign: Campaign) -> None:
    asked: list[str] = []

    def observe(exchange: Exchange) -> None:
        if IN_URL in exchange.path_and_query:
            asked.append(f"{exchange.method} {exchange.path_and_query}")

    campaign.world.onedrive.serving.observers.append(observe)
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()
    assert asked == []

    campaign.world.clock.jump(25 * 3600)
    campaign.drop("Logo.pdf", b"%PDF logo", **READY)
    await campaign.world.until_quiet()
    assert len(asked) == 1


@pytest.mark.parametrize("act", ["delete", "rename", "move"])
async def test_a_marker_that_a_person_takes_away_is_written_again(campaign: Campaign, act: str) -> None:
    before = owner(campaign)
    match act:
        case "delete":
            campaign.delete(MARKER)
        case "rename":
            campaign.move(MARKER, name="What is this.txt")
        case "move":
            campaign.move(MARKER, to="/Elsewhere")

    await campaign.world.until_quiet()

    assert owner(campaign) == before
    assert await state(campaign) == ("running", "ours")


async def test_the_marker_is_never_carried_nor_counted_whatever_the_flow_says(tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS.replace("start: new", "start: existing")
    path = next(line for line in flows.splitlines() if line.strip().startswith("path:"))
    flows = flows.replace("      types: [image, video, document]\n", "")  # else a text file is none of them
    flows = flows.replace(path, f'{path.partition("path:")[0]}path: "/{{campaign}}/**"')
    async with campaign_in(None, tmp_path, "whole library", flows=flows, is_known=False) as campaign:
        campaign.world.onedrive.make_folder(campaign.drive, "/Spring-26")
        await campaign.world.until_quiet()
        data = campaign.world.onedrive.read_file(campaign.drive, MARKER)
        before = (await status(await mine(campaign)))["flows"][0]["files_listed"]

        campaign.world.onedrive.put_file(campaign.drive, f"/Spring-26/{MARKER_NAME}", data, by=JANE)
        await campaign.world.restart()
        item = campaign.world.onedrive.item(campaign.drive, f"/Spring-26/{MARKER_NAME}").id
        message = DecideMessage(drive=DriveId(campaign.drive), items=(ItemId(item),))
        campaign.world.put(Queue.DECIDE, message.model_dump_json())
        await campaign.world.until_quiet()

        assert await campaign.link_or_none(item) is None
        assert campaign.assets() == []
        assert (await status(await mine(campaign)))["flows"][0]["files_listed"] == before


# --- a second one ----------------------------------------------------------------------------------------------------


async def test_H87_a_second_installation_stands_still_and_says_whose_the_library_is(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    first = (await mine(campaign)).context.settings.public_url
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    async with another(campaign) as other:
        with caplog.at_level(logging.ERROR, "bridge"):
            await other.minute()

        assert await other.bridge.context.ledger.cursor(DriveId(campaign.drive)) is None, "nothing was scanned"
        assert campaign.assets() == []
        shown = await status(other.bridge)
        told = shown["drives"][0]["marker_problem"]
        assert (shown["flows"][0]["state"], shown["drives"][0]["marker"]) == ("barred", "foreign")
        assert shown["flows"][0]["why"] == told
        assert f"the installation at {first}, of 20" in told
        assert f'delete the file "{MARKER_NAME}"' in told
        assert (await details(other.bridge.context, {})).problems == (told,)
        assert told in caplog.text

    await campaign.world.until_quiet()
    assert campaign.asset("Photo")


async def test_a_library_is_handed_over_and_back_and_nothing_is_lost(campaign: Campaign) -> None:
    """The first one is stopped, its marker deleted; later the other way round."""
    before = owner(campaign)
    async with another(campaign) as other:
        await other.minute()
        campaign.delete(MARKER)  # the world stands: no instance of the first runs meanwhile
        await other.minute()
        assert owner(campaign) != before
        assert (await status(other.bridge))["drives"][0]["marker"] == "ours"

        await campaign.world.restart()
        campaign.drop("Photo.pdf", b"%PDF photo", **READY)
        await campaign.world.until_quiet()
        assert await state(campaign) == ("barred", "foreign")
        assert campaign.assets() == []

    campaign.delete(MARKER)
    await (await mine(campaign)).keep_subscriptions()  # rings each quarter of an hour, should no notification come
    await campaign.world.until_quiet()
    assert owner(campaign) == before
    assert await state(campaign) == ("running", "ours")
    assert campaign.asset("Photo")


async def test_of_two_installations_that_write_at_once_one_works(campaign: Campaign) -> None:
    """The second one reads before the first has written, and writes after it."""
    fault = Fault(f"GET .*{IN_URL}", status=404, body=NOT_FOUND)
    campaign.world.onedrive.serving.faults.append(fault)
    before = owner(campaign)
    async with another(campaign) as other:
        await other.minute()

        assert (await status(other.bridge))["drives"][0]["marker"] == "foreign"
    assert (fault.times, owner(campaign)) == (0, before)


async def test_two_instances_of_one_installation_that_start_at_once_are_one(fresh: Campaign) -> None:
    first = await mine(fresh)
    rows = fresh.world.storage.store()
    async with another(fresh, below="", store=rows) as second:
        drive, flows = DriveId(fresh.drive), first.context.flows
        both = [may_work(bridge.context, drive, flows) for bridge in (first, second.bridge)]

        assert await asyncio.gather(*both) == [True, True]

        fault = Fault(f"GET .*{IN_URL}", status=404, body=NOT_FOUND)
        fresh.world.onedrive.serving.faults.append(fault)
        second.bridge.context.markers.clear()
        assert await may_work(second.bridge.context, drive, flows), "its write meets the file of its own installation"
        assert fault.times == 0
        assert (await second.bridge.context.ledger.marks())[0].owner == owner(fresh)


async def test_what_no_timer_replaces_is_asked_again_while_another_installation_works(campaign: Campaign) -> None:
    async with another(campaign) as other:
        await other.minute()
        drive = DriveId(campaign.drive)
        for reason in (ScanReason.CHANGE, ScanReason.SWEEP, ScanReason.FOLDER_MOVED, ScanReason.LIFECYCLE):
            message = ScanMessage(drive=drive, reason=reason)
            await other.bridge.scan(message)

        again = {ScanMessage.parse(one.text).reason: one.delay for one in other.sent}
        assert again == {ScanReason.FOLDER_MOVED: 900, ScanReason.LIFECYCLE: 900}


# --- a ledger that is gone -------------------------------------------------------------------------------------------


async def test_with_a_lost_ledger_the_app_stands_still_until_a_person_says_how_to_go_on(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()
    async with another(campaign, below="") as successor:
        await successor.minute()
        (library,) = (await status(successor.bridge))["drives"]
        assert library["marker"] == "lost"
        assert "Point AzureWebJobsStorage to the storage account of that ledger" in library["marker_problem"]

        campaign.delete(MARKER)
        await successor.minute()
        assert (await status(successor.bridge))["drives"][0]["marker"] == "ours"
    assert len(campaign.assets()) == 1


# --- markers that say nothing, or cannot be had ---------------------------------------------------------------------


async def test_a_marker_edited_into_garbage_stops_the_flows_until_it_is_restored(campaign: Campaign) -> None:
    before = campaign.world.onedrive.read_file(campaign.drive, MARKER)
    overwrite(campaign, b"my shopping list")
    await campaign.world.until_quiet()
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()

    assert await state(campaign) == ("barred", "unreadable")
    (problem,) = (await details((await mine(campaign)).context, {})).problems
    assert "cannot be understood" in problem
    assert campaign.assets() == []

    overwrite(campaign, before)
    await campaign.world.until_quiet()
    assert await state(campaign) == ("running", "ours")
    assert campaign.asset("Photo")


async def test_a_file_that_is_known_already_waits_too_while_the_library_is_not_ours(campaign: Campaign) -> None:
    """A quiet period that ends, and a transfer that was sent, meet a flow that stands still."""
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    while not any(waiting.queue == Queue.TRANSFER for waiting in campaign.world.queue):
        assert await campaign.world.step()
    async with another(campaign, below="", store=campaign.world.storage.store()) as rival_instance:
        overwrite(campaign, b"my shopping list")
        await rival_instance.bridge.scan(ScanMessage(drive=DriveId(campaign.drive), reason=ScanReason.SWEEP))
        campaign.world.clock.jump(5)
        first = (await mine(campaign)).context
        assert not await may_work(first, DriveId(campaign.drive), first.flows), "it has heard of it from the ledger"
        await campaign.world.until_quiet()
        assert campaign.assets() == []

    campaign.delete(MARKER)
    await campaign.world.until_quiet()
    assert campaign.asset("Photo")


@pytest.mark.parametrize("there", ["a folder", "malware", "far too long", "hidden"])
async def test_whatever_else_stands_in_the_place_of_the_marker_is_not_ours(fresh: Campaign, there: str) -> None:
    onedrive = fresh.world.onedrive
    match there:
        case "a folder":
            onedrive.make_folder(fresh.drive, MARKER)
        case "malware":
            onedrive.put_file(fresh.drive, MARKER, b"x")
            onedrive.item(fresh.drive, MARKER).malware = True
        case "far too long":
            onedrive.put_file(fresh.drive, MARKER, b"{" + b" " * 100_000 + b"}")
        case "hidden":
            onedrive.put_file(fresh.drive, MARKER, b"{}")
            onedrive.serving.faults.append(Fault(f"GET .*{IN_URL}", times=99, status=404, body=NOT_FOUND))
    await fresh.world.step()
    await fresh.world.step()

    assert (await state(fresh))[1] == "unreadable"
    onedrive.serving.faults.clear()
    onedrive.delete(fresh.drive, MARKER)
    await fresh.world.until_quiet()
    assert await state(fresh) == ("running", "ours")


@pytest.mark.parametrize("status", [403, 423, 500, 507])
async def test_where_no_marker_can_be_written_work_goes_on_with_a_warning(fresh: Campaign, status: int) -> None:
    body = '{"error":{"code":"accessDenied","message":"as ordered"}}'
    fault = Fault(f"PUT .*{IN_URL}", times=99, status=status, body=body)
    fresh.world.onedrive.serving.faults.append(fault)
    await fresh.world.until_quiet()
    fresh.drop("Photo.pdf", b"%PDF photo", **READY)
    await fresh.world.until_quiet()

    assert fresh.asset("Photo")
    assert await state(fresh) == ("running", "unwritten")
    (problem,) = (await details((await mine(fresh)).context, {})).problems
    assert f"could not be written: OneDrive: could not put a file into a folder: {status}" in problem
    assert 99 - fault.times == 1, "tried once an hour, not with every scan"

    fresh.world.onedrive.serving.faults.clear()
    fresh.world.clock.jump(3601)
    fresh.drop("Logo.pdf", b"%PDF logo", **READY)
    await fresh.world.until_quiet()
    assert is_marked(fresh)
    assert await state(fresh) == ("running", "ours")
    assert (await details((await mine(fresh)).context, {})).status == "ok"


@pytest.mark.parametrize("status", [429, 503, 502])
async def test_while_onedrive_does_not_say_whose_it_is_nothing_is_done_and_nothing_lost(
    fresh: Campaign, status: int
) -> None:
    fault = Fault(f"(GET|PUT) .*{IN_URL}", times=3, status=status, headers={"Retry-After": "30"}, body="{}")
    fresh.world.onedrive.serving.faults.append(fault)
    await fresh.world.until_quiet()

    assert fault.times == 0
    assert await state(fresh) == ("running", "ours")


async def test_an_installation_that_has_moved_works_on_and_says_what_to_do(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    async with another(campaign, store=campaign.world.storage.store()) as moved:
        await moved.minute()

        assert (await status(moved.bridge))["drives"][0]["marker"] == "ours"
    assert "the marker names this installation at" in caplog.text
