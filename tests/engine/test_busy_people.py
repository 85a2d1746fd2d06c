"""People who do not wait: edits on top of edits, moves while bytes travel, other places, other systems asleep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from local.serving import Exchange, Fault
from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.engine.test_outages import goes_on
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000
MINUTE = 60
SPRING = "/Marketing/Campaigns/Spring-26"
FREE = CAMPAIGN_FLOWS.replace("changed_after_ready: hold", "changed_after_ready: accept")
TO_FINAL = FREE.replace("id: campaign-masters", "id: finals").replace("/Approved/**", "/Final/**")
TWO = FREE + TO_FINAL[TO_FINAL.index("  # Approved creative work") :]


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name, flows=FREE) as campaign:
        yield campaign


def pdf(text: str) -> bytes:
    return f"%PDF-1.7 {text}".encode()


def put(campaign: Campaign, name: str, data: bytes) -> str:
    """At this very moment of what goes on, as Jane."""
    return campaign.world.onedrive.put_file(campaign.drive, f"{APPROVED}/{name}", data, by=JANE)


def once(campaign: Campaign, path: str, act: Callable[[], object]) -> None:
    """When CELUM has answered a request to such a path for the first time."""
    left = [act]

    def watch(exchange: Exchange) -> None:
        if left and exchange.path_and_query.startswith(path):
            left.pop()()

    campaign.world.celum.serving.observers.append(watch)


# --- edits ----------------------------------------------------------------------------------------------------------


async def test_H42_an_edit_that_comes_with_the_echo_of_our_columns_is_carried(campaign: Campaign) -> None:
    campaign.drop("Launch.pdf", pdf("first"), **READY)
    edited: list[str] = []

    def edit(exchange: Exchange) -> None:
        if exchange.method == "PATCH" and exchange.path_and_query.endswith("/fields") and not edited:
            edited.append(put(campaign, "Launch.pdf", pdf("second")))

    campaign.world.onedrive.serving.observers.append(edit)
    await campaign.world.until_quiet()

    assert edited
    assert campaign.world.errors == []
    assert len(campaign.asset("Launch")["versions"]) == 2
    assert campaign.world.celum.content(campaign.asset_id("Launch")) == pdf("second")


async def test_H79_H80_a_file_saved_every_minute_for_an_hour_is_one_version(campaign: Campaign) -> None:
    for number in range(60):
        campaign.drop("Launch.pdf", pdf(f"save {number}"), **(READY if number == 0 else {}))
        await goes_on(campaign, 1 / 60)
        assert campaign.assets() == [], "while it is written nobody takes it"
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert len(campaign.asset("Launch")["versions"]) == 1
    assert campaign.world.celum.content(campaign.asset_id("Launch")) == pdf("save 59")


async def test_H45_what_a_person_brought_to_both_sides_is_no_second_version(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", pdf("first"), **READY)
    await campaign.world.until_quiet()
    campaign.world.celum.add_version(campaign.asset_id("Launch"), "Launch.pdf", pdf("second"))
    campaign.drop("Launch.pdf", pdf("second"))
    await campaign.world.until_quiet()

    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    assert "version 2 is current, not 1 that the bridge added" in link.reasons[0].text
    assert len(campaign.asset("Launch")["versions"]) == 2


# --- other places ---------------------------------------------------------------------------------------------------


async def test_H52_a_file_moved_to_another_flow_while_its_bytes_travel_ends_in_that_one(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "two flows", flows=TWO) as campaign:
        item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
        final = "/Campaigns/Spring-26/Final"
        once(campaign, "/upload/", lambda: campaign.move(f"{APPROVED}/Launch.pdf", to=final))
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        left, came = await campaign.link(item), await campaign.link(item, FlowId("finals"))
        assert (left.state, came.state) == (LinkState.CLOSED, LinkState.SETTLED)
        assert left.transfer is None
        assert len(campaign.assets()) == 1


async def test_H53_a_file_from_another_library_is_known_by_its_bytes(campaign: Campaign) -> None:
    onedrive = campaign.world.onedrive
    item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()
    other = onedrive.add_drive("Elsewhere")
    campaign.world.clock.jump(MINUTE)
    onedrive.move_to_drive(campaign.drive, f"{APPROVED}/Launch.pdf", other, by=JANE)
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.CLOSED

    campaign.world.clock.jump(25 * 3600)  # too late to be taken for a save by delete and create
    onedrive.move_to_drive(other, "/Launch.pdf", campaign.drive, folder=APPROVED, by=JANE)
    for column, value in READY.items():
        campaign.set("Launch.pdf", column, value)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert len(campaign.asset("Launch")["versions"]) == 1
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"


async def test_H54_a_file_to_which_the_server_gives_another_id_stays_the_same_asset(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()
    asset = campaign.asset_id("Launch")
    campaign.world.clock.jump(MINUTE)
    another = campaign.world.onedrive.change_id(campaign.drive, f"{APPROVED}/Launch.pdf")
    for column, value in READY.items():
        campaign.set("Launch.pdf", column, value)
    await campaign.world.until_quiet()

    assert another != item
    assert campaign.world.errors == []
    assert (campaign.asset_id("Launch"), len(campaign.assets())) == (asset, 1)
    assert len(campaign.asset("Launch")["versions"]) == 1
    assert (await campaign.link(item)).state is LinkState.CLOSED
    assert (await campaign.link(another)).state is LinkState.SETTLED


# --- a system that sleeps -------------------------------------------------------------------------------------------


async def test_H82_after_a_day_without_celum_only_the_newest_bytes_travel(campaign: Campaign) -> None:
    campaign.drop("Launch.pdf", pdf("first"), **READY)
    await campaign.world.until_quiet()
    campaign.world.celum.faults.append(Fault("", times=FOR_EVER, status=503, body="{}"))
    for number in range(4):
        campaign.drop("Launch.pdf", pdf(f"edit {number}"))
        campaign.drop(f"Film {number}.pdf", pdf(f"film {number}"), **READY)
        await goes_on(campaign, 6)

    campaign.world.celum.faults.clear()
    await campaign.world.until_quiet()
    assert campaign.world.poison == []
    assert len(campaign.asset("Launch")["versions"]) == 2
    assert campaign.world.celum.content(campaign.asset_id("Launch")) == pdf("edit 3")
    assert len(campaign.assets()) == 5


async def test_H83_when_both_systems_throttle_each_is_left_alone_for_as_long_as_it_asked(campaign: Campaign) -> None:
    onedrive, celum = campaign.world.onedrive, campaign.world.celum
    for number in range(4):
        campaign.drop(f"Film {number}.pdf", pdf(f"film {number}"), **READY)
    onedrive.serving.faults.append(Fault("", skip=15, times=2, status=429, headers={"Retry-After": "300"}, body="{}"))
    celum.quirks.throttle_next, celum.quirks.retry_after = 2, "900"
    await campaign.world.until_quiet()

    assert onedrive.serving.faults[0].times == 0
    assert (onedrive.tenant.refusals, celum.impatient) == ([], 0)
    assert len(campaign.assets()) == 4
    assert campaign.world.errors == []


# --- afterwards -----------------------------------------------------------------------------------------------------


async def test_H93_every_version_in_celum_says_which_bytes_of_which_file_it_was_and_who_approved_them(
    tmp_path: Path,
) -> None:
    async with campaign_in(None, tmp_path, "evidence") as campaign:
        item = campaign.drop("Launch.pdf", pdf("first"), **READY)
        await campaign.world.until_quiet()
        campaign.drop("Launch.pdf", pdf("second"))
        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()
        link = await campaign.link(item)
        assert link.settled is not None

        ledger, store = campaign.world.ledger()
        try:
            evidence = [record.entry for record in await ledger.evidence(link.settled.asset)]
            journal = [record.entry["what"] for record in await ledger.journal(link.key)]
        finally:
            await store.close()
        assert len(evidence) == 2
        assert {entry["item"] for entry in evidence} == {f"{campaign.drive}|{item}"}
        assert len({(entry["version"], entry["quick_xor"], entry["checksum"]) for entry in evidence}) == 2
        assert str(link.settled.version) in {entry["version"] for entry in evidence}
        assert len({entry["approved_at"] for entry in evidence}) == 2
        assert journal.count("settled") == 2
