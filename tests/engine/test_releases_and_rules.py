"""Another flow file, another release, a dry run and a brake that is pulled twice: nothing is mixed, misread or lost."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.serving import Exchange
from shared.console.health import details
from shared.domain.links import LinkState
from shared.engine import operating
from shared.messages import DecideMessage, MessageNotUnderstood, Queue, ScanMessage, TransferMessage
from tests.engine.test_doorbells import arrives, problems, requests_of, timers
from tests.engine.test_outages import goes_on
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, FLOW, Campaign, campaign_in
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SHIPPED = CAMPAIGN_FLOWS
OTHER_RULES = SHIPPED.replace("Market: {from: column.Market, table: markets}", "Market: {default: Austria}")
OFF = SHIPPED.replace("mode: on", "mode: off")
OBSERVE = SHIPPED.replace("mode: on", "mode: observe")
TIGHT = SHIPPED.replace("deletes_per_hour: 20", "deletes_per_hour: 2")
NEWER = '{"v": 2, "kind": "decide", "drive": "b!x", "files": [{"id": "1"}]}'


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    """With a flow file of its own, that a test may change."""
    async with campaign_in(None, tmp_path, request.node.name, flows=SHIPPED) as campaign:
        yield campaign


async def package(campaign: Campaign, text: str) -> None:
    """A later package is deployed: every instance ends where it stands, and the next one has another file."""
    later = campaign.world.flows.stat().st_mtime + 60
    campaign.world.flows.write_text(text, "utf-8")
    os.utime(campaign.world.flows, (later, later))
    await campaign.world.restart()


async def until_uploaded(campaign: Campaign) -> None:
    """The process ends as soon as CELUM has the bytes, and knows nothing of it."""
    wire = (await campaign.world.instance()).wire
    dead: list[Exchange] = []

    def end(exchange: Exchange) -> None:
        if exchange.path_and_query.startswith("/upload/") and not dead:
            dead.append(exchange)
            wire.killed.set()

    campaign.world.celum.serving.observers.append(end)
    while not dead:
        await campaign.world.step()


# --- the flow file --------------------------------------------------------------------------------------------------


async def test_H60_a_transfer_that_meets_another_flow_file_ends_under_its_rules_alone(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **READY)
    await until_uploaded(campaign)
    before = (await campaign.link(item)).generation
    await package(campaign, OTHER_RULES)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["fields"]["Market"] == "Austria"
    assert len(campaign.asset("Launch")["versions"]) == 1
    link = await campaign.link(item)
    assert (link.state, link.generation > before) == (LinkState.SETTLED, True)


@shows("mode")
async def test_H61_a_transfer_whose_flow_is_switched_off_stops_and_goes_on_when_it_is_back(campaign: Campaign) -> None:
    kept = campaign.drop("Kept.pdf", b"%PDF-1.7 kept", **READY)
    await campaign.world.until_quiet()
    item = campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **READY)
    await until_uploaded(campaign)
    await package(campaign, OFF)
    await goes_on(campaign, 1)
    assert [asset["name"] for asset in campaign.assets()] == ["Kept"], "nothing half-visible, nothing retracted"

    await package(campaign, SHIPPED)
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert [(await campaign.link(one)).state for one in (kept, item)] == [LinkState.SETTLED] * 2
    assert len(campaign.asset("Launch")["versions"]) == 1


async def test_H62_with_an_invalid_flow_file_everything_waits_and_health_says_why(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    await package(campaign, SHIPPED.replace("fields:", "feilds:"))
    item = campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **READY)
    await goes_on(campaign, 1)
    assert await campaign.link_or_none(item) is None
    assert campaign.world.poison == []
    context = (await campaign.world.instance()).bridge.context
    assert "the flow file is invalid" in (await details(context, {})).problems[0]
    assert "flows.yaml:" in caplog.text
    assert "feilds" in caplog.text

    await package(campaign, SHIPPED)
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.SETTLED


# --- messages of other releases -------------------------------------------------------------------------------------


def test_H64_a_message_with_fewer_or_more_members_is_understood() -> None:
    assert ScanMessage.parse('{"kind": "scan", "drive": "b!x"}').flow is None
    assert DecideMessage.parse('{"drive": "b!x", "items": ["1"], "colour": "red"}').items == ("1",)
    assert TransferMessage.parse('{"v": 1, "link": "f|d|i", "transfer": "t"}').attempt == 0


@pytest.mark.parametrize("queue", Queue)
async def test_H64_H65_what_another_release_wrote_is_put_aside_with_a_reason_and_stops_nobody(
    campaign: Campaign, caplog: pytest.LogCaptureFixture, queue: Queue
) -> None:
    with pytest.raises(MessageNotUnderstood, match="v: Input should be 1"):
        DecideMessage.parse(NEWER.replace('"files": [{"id": "1"}]', '"items": ["1"]'))
    campaign.world.put(queue, NEWER)
    item = campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **READY)
    await campaign.world.until_quiet()

    assert [waiting.text for waiting in campaign.world.poison] == [NEWER]
    assert all("MessageNotUnderstood" in error for error in campaign.world.errors)
    assert '"v": 2' in caplog.text
    assert (await campaign.link(item)).state is LinkState.SETTLED


# --- without doing anything -----------------------------------------------------------------------------------------


@shows("mode")
async def test_H91_a_flow_that_only_observes_writes_nothing_and_says_what_it_would_do(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "observe", flows=OBSERVE) as campaign:
        writes: list[str] = []

        def note(exchange: Exchange) -> None:
            reads = ("/$batch", "/search", "/subscriptions")
            if exchange.method != "GET" and not exchange.path_and_query.partition("?")[0].endswith(reads):
                writes.append(f"{exchange.method} {exchange.path_and_query}")

        for serving in (campaign.world.onedrive.serving, campaign.world.celum.serving):
            serving.observers.append(note)
        done = campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **READY)
        held = campaign.drop("Held.pdf", b"%PDF-1.7 held", ApprovalStatus="Approved")
        await campaign.world.until_quiet()

        assert writes == []
        said = [await last_said(campaign, item) for item in (done, held)]
        assert [outcome for outcome, _ in said] == ["do", "hold"]
        assert "Usage rights is empty" in said[1][1]

        await package(campaign, SHIPPED)
        for name in ("Launch.pdf", "Held.pdf"):
            campaign.set(name, "Title", "again")
        await campaign.world.until_quiet()
        assert [(await campaign.link(item)).state for item in (done, held)] == [LinkState.SETTLED, LinkState.HELD]


async def last_said(campaign: Campaign, item: str) -> tuple[str, str]:
    ledger, store = campaign.world.ledger()
    try:
        [newest, *_] = await ledger.journal((await campaign.link(item)).key)
    finally:
        await store.close()
    return newest.entry["outcome"], newest.entry["why"]


# --- the brake ------------------------------------------------------------------------------------------------------


async def test_H74_a_brake_that_a_person_released_is_pulled_again(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "twice", flows=TIGHT) as campaign:
        items = [campaign.drop(f"Film {n}.pdf", b"%%PDF-1.7 film %d" % n, **READY) for n in range(7)]
        await campaign.world.until_quiet()
        for first in (0, 3):
            for number in range(first, first + 3):
                campaign.delete(f"{APPROVED}/Film {number}.pdf")
            await campaign.world.until_quiet()
            states = [(await campaign.link(item)).state for item in items]
            assert states == [LinkState.CLOSED] * first + [LinkState.SETTLED] * (7 - first), "not one of them"

            context = (await campaign.world.instance()).bridge.context
            await operating.go_on(context, FLOW, "a person")
            await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert [(await campaign.link(item)).state for item in items] == [LinkState.CLOSED] * 6 + [LinkState.SETTLED]


# --- what no flow names any more ------------------------------------------------------------------------------------


async def test_B16_a_library_that_no_flow_names_any_more_is_not_watched_until_one_does(campaign: Campaign) -> None:
    live = campaign.world.onedrive.tenant.subscriptions
    [ours] = list(live)
    live["theirs"] = dataclasses.replace(live[ours], id="theirs", client_state="somebody else's")

    await timers(campaign)
    assert sorted(live) == sorted([ours, "theirs"])
    await package(campaign, OFF)
    await timers(campaign)
    assert list(live) == ["theirs"]
    assert "cannot be read" not in await problems(campaign)

    asked = requests_of(campaign)
    await timers(campaign)
    assert asked == [], "nothing has changed since"

    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    del live["theirs"]
    await package(campaign, SHIPPED)
    await timers(campaign)
    assert len(live) == 1
    await arrives(campaign, "Logo")


async def test_B16_an_invalid_flow_file_ends_no_subscription(campaign: Campaign) -> None:
    before = list(campaign.world.onedrive.tenant.subscriptions)
    await package(campaign, "flows: [")
    await (await campaign.world.instance()).bridge.keep_subscriptions()
    assert list(campaign.world.onedrive.tenant.subscriptions) == before
