"""The doorbell of a library: made, renewed, replaced, and what happens when it does not ring."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.serving import Exchange, Fault
from shared.console.health import details
from shared.domain.ids import DriveId
from shared.domain.links import LinkState
from shared.engine.heartbeat import beat
from shared.engine.subscriptions import LIFETIME
from shared.messages import Queue, ScanMessage, ScanReason
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000
DAY = 24 * 3600


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


async def timers(campaign: Campaign) -> None:
    """Those that the world does not ring by itself."""
    instance = await campaign.world.instance()
    await instance.bridge.keep_subscriptions()
    await instance.bridge.sweep_drives()
    await campaign.world.until_quiet()


async def problems(campaign: Campaign) -> str:
    """What health says after the next sign of life."""
    context = (await campaign.world.instance()).bridge.context
    await beat(context)
    return "; ".join((await details(context, {})).problems)


def subscriptions(campaign: Campaign) -> list[str]:
    return sorted(campaign.world.onedrive.tenant.subscriptions)


def requests_of(campaign: Campaign) -> list[str]:
    """From here on: those about subscriptions."""
    found: list[str] = []

    def note(exchange: Exchange) -> None:
        if "/subscriptions" in exchange.path_and_query:
            found.append(f"{exchange.method} {exchange.status}")

    campaign.world.onedrive.serving.observers.append(note)
    return found


def refuse(campaign: Campaign, status: int, code: str) -> None:
    body = json.dumps({"error": {"code": code, "message": "as ordered"}})
    fault = Fault("^(POST|PATCH) .*/subscriptions", times=FOR_EVER, status=status, body=body)
    campaign.world.onedrive.serving.faults.append(fault)


async def arrives(campaign: Campaign, name: str) -> None:
    assert campaign.world.errors == []
    assert len(campaign.asset(name)["versions"]) == 1


async def test_B10_a_subscription_is_renewed_at_half_its_life_whatever_clock_is_ten_minutes_off(
    campaign: Campaign,
) -> None:
    """Half of it is left by then: more than a day, on whichever clock."""
    await timers(campaign)  # the first of an installation looks for orphans
    requests = requests_of(campaign)
    campaign.world.clock.jump(LIFETIME.total_seconds() / 2 - 700)
    await timers(campaign)
    assert requests == [], "not before its time"

    campaign.world.clock.jump(1_400)
    await timers(campaign)
    assert requests == ["PATCH 200"]
    await timers(campaign)
    assert requests == ["PATCH 200"]


@pytest.mark.parametrize(("status", "code"), [(400, "ValidationError"), (403, "accessDenied"), (403, "quotaReached")])
async def test_B3_B4_C31_without_a_subscription_the_library_is_read_all_the_same(
    campaign: Campaign, caplog: pytest.LogCaptureFixture, status: int, code: str
) -> None:
    refuse(campaign, status, code)
    campaign.world.clock.jump(LIFETIME.total_seconds() + 60)
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await timers(campaign)

    assert "has no subscription and is read once a day only" in caplog.text
    await arrives(campaign, "Logo")


async def test_B9_renewals_that_were_missed_for_days_lose_no_change(campaign: Campaign) -> None:
    [before] = subscriptions(campaign)
    campaign.world.clock.jump(LIFETIME.total_seconds() + 2 * DAY)
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await timers(campaign)

    assert [one for one in subscriptions(campaign) if one != before]
    await arrives(campaign, "Logo")


async def test_B11_two_instances_that_renew_at_once_leave_one_subscription(campaign: Campaign) -> None:
    world = campaign.world
    world.clock.jump(LIFETIME.total_seconds() - 3600)
    world.with_rival = True
    await timers(campaign)
    world.with_rival = False

    assert len(subscriptions(campaign)) == 1
    requests = requests_of(campaign)
    await timers(campaign)
    assert requests == []


@pytest.mark.parametrize("event", ["subscriptionRemoved", "missed", "reauthorizationRequired"])
async def test_B12_B13_whatever_is_wrong_with_a_subscription_it_is_mended_and_the_changes_are_read(
    campaign: Campaign, event: str
) -> None:
    onedrive = campaign.world.onedrive
    [known] = subscriptions(campaign)
    onedrive.quirks.notifications_lost = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    assert campaign.assets() == []

    if event == "subscriptionRemoved":
        del onedrive.tenant.subscriptions[known]
    message = ScanMessage(drive=campaign.drive, reason=ScanReason.LIFECYCLE)  # type: ignore[arg-type]  # a plain string
    for _ in range(3):
        campaign.world.put(Queue.SCAN, message.model_dump_json())
    await campaign.world.until_quiet()

    assert len(subscriptions(campaign)) == 1
    await arrives(campaign, "Logo")


async def test_B15_a_library_that_is_gone_is_said_and_nothing_in_it_counts_as_deleted(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    item = campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    before = campaign.asset("Logo")

    campaign.world.onedrive.remove_drive(campaign.drive)
    requests: list[str] = []
    campaign.world.onedrive.serving.observers.append(lambda exchange: requests.append(exchange.path_and_query))
    for _ in range(3):
        campaign.world.clock.jump(2 * DAY)
        await timers(campaign)

    said = [record for record in caplog.records if record.levelname == "ERROR" and "retired" in record.getMessage()]
    assert len(said) == 1, "once, however often the timers ask"
    assert "cannot be read" in await problems(campaign)
    assert len(requests) < 60, "it is asked for by the timers alone"
    assert campaign.world.poison == []
    assert (await campaign.link(item)).state is LinkState.SETTLED
    assert campaign.asset("Logo") == before


async def test_C31_what_no_doorbell_told_is_found_within_the_day(campaign: Campaign) -> None:
    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await timers(campaign)
    assert campaign.assets() == [], "the library was read just now"

    campaign.world.clock.jump(DAY + 60)
    await timers(campaign)
    await arrives(campaign, "Logo")


async def test_C31_H89_changes_that_only_the_daily_look_found_are_said_for_a_day(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    campaign.world.clock.jump(DAY + 60)
    await timers(campaign)
    assert "silence" not in caplog.text, "nothing had changed"

    campaign.world.onedrive.quirks.notifications_lost = True
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    campaign.world.clock.jump(DAY + 60)
    await timers(campaign)
    assert caplog.text.count("silence: drive") == 1
    assert "told nothing of 1 change in" in await problems(campaign)

    campaign.world.onedrive.quirks.notifications_lost = False
    campaign.drop("Poster.pdf", b"%PDF-1.7 poster", **READY)
    campaign.world.clock.jump(DAY + 60)
    await timers(campaign)
    assert caplog.text.count("silence: drive") == 1, "the doorbell rang"
    assert "told nothing" not in await problems(campaign)


async def test_B15_a_library_that_was_locked_for_a_while_is_subscribed_to_again(campaign: Campaign) -> None:
    campaign.world.onedrive.serving.faults.append(Fault("/delta", status=423, body="{}"))
    campaign.world.put(Queue.SCAN, ScanMessage(drive=DriveId(campaign.drive)).model_dump_json())
    await campaign.world.until_quiet()
    assert "cannot be read" in await problems(campaign)

    await timers(campaign)
    assert "cannot be read" not in await problems(campaign)
    assert len(subscriptions(campaign)) == 1


async def test_C26_a_file_that_the_app_may_not_see_for_a_while_keeps_its_asset(campaign: Campaign) -> None:
    item = campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    before = campaign.asset("Logo")

    campaign.world.onedrive.hide(campaign.drive, f"{APPROVED}/Logo.pdf")
    campaign.world.clock.jump(2 * DAY)
    await timers(campaign)
    assert campaign.asset("Logo") == before

    campaign.world.onedrive.hide(campaign.drive, f"{APPROVED}/Logo.pdf", hidden=False)
    campaign.set("Logo.pdf", "UsageRights", "web")
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.SETTLED
    assert campaign.asset("Logo")["fields"]["Usage rights"] == "web"
    await arrives(campaign, "Logo")


async def test_C26_what_leaves_the_view_of_the_app_was_deleted_by_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hold = "    changed_after_ready: hold\n"
    assert hold in CAMPAIGN_FLOWS
    flows = CAMPAIGN_FLOWS.replace(hold, hold + "    on_source_deleted: unavailable\n")
    async with campaign_in(None, tmp_path, "out of view", flows=flows) as campaign:
        hidden = campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
        campaign.drop("Poster.pdf", b"%PDF-1.7 poster", **READY)
        await campaign.world.until_quiet()

        campaign.world.onedrive.hide(campaign.drive, hidden)
        campaign.delete(f"{APPROVED}/Poster.pdf")
        await campaign.world.until_quiet()
        assert campaign.asset("Poster")["availability"] == {"available": False}
        assert campaign.asset("Logo")["availability"] == {"available": True}
        assert (await campaign.link(hidden)).state is LinkState.SETTLED
        assert "left our view" in caplog.text


async def test_C30_a_library_that_comes_later_is_discovered(tmp_path: Path) -> None:
    assert "library: Documents" in CAMPAIGN_FLOWS
    flows = CAMPAIGN_FLOWS.replace("library: Documents", "library: Drafts")
    async with campaign_in(None, tmp_path, "a library that comes later", flows=flows) as campaign:
        onedrive = campaign.world.onedrive
        assert subscriptions(campaign) == []

        columns = tuple(onedrive.drive(campaign.drive).columns.values())
        site = next(site.id for site in onedrive.tenant.sites.values() if campaign.drive in site.drive_ids)
        campaign.drive = onedrive.add_drive("Drafts", site=site, columns=columns)
        campaign.world.clock.jump(3600)
        await timers(campaign)
        assert len(subscriptions(campaign)) == 1

        campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
        await campaign.world.until_quiet()
        await arrives(campaign, "Logo")
