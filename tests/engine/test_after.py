"""Where a file goes once all is settled: `after.move_to` and `after: delete`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.onedrive_simulator.problems import GraphProblem
from local.serving import Exchange, Fault
from shared.domain.links import DELETED, Link, LinkState
from shared.engine import accepting
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign, campaign_in, word
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
LAUNCH = b"%PDF-1.4 launch"
SHIPPED = CAMPAIGN_FLOWS
HERE = "    changed_after_ready: hold\n"
MOVE, DELETE = "after: {move_to: '/Done/{campaign}'}", "after: delete"
DONE = "/Done/Spring-26"


@asynccontextmanager
async def campaign_with(folder: Path, *lines: str) -> AsyncIterator[Campaign]:
    flows = SHIPPED.replace(HERE, HERE + "".join(f"    {line}\n" for line in lines))
    async with campaign_in(None, folder, "after", flows=flows) as campaign:
        yield campaign


async def settled(campaign: Campaign, name: str = "Launch.pdf", data: bytes = LAUNCH) -> Link:
    item = campaign.drop(name, data, **READY)
    await campaign.world.until_quiet()
    return await campaign.link(item)


def stands(campaign: Campaign, path: str) -> bool:
    try:
        campaign.world.onedrive.item(campaign.drive, path)
    except (GraphProblem, KeyError):
        return False
    return True


async def edited_at_the_last_moment(campaign: Campaign) -> str:
    """The last that is asked before the file itself goes is where somebody saves other content."""
    edited: list[str] = []

    def edit(exchange: Exchange) -> None:
        asks = exchange.method == "GET" and re.search("root:/Done|/assets/", exchange.path_and_query)
        if asks and not edited and campaign.columns("Launch.pdf").get("SyncStatus") == "In CELUM":
            edited.append(campaign.drop("Launch.pdf", b"%PDF-1.4 edited"))

    item = campaign.drop("Launch.pdf", LAUNCH, **READY)
    for system in (campaign.world.onedrive, campaign.world.celum):
        system.serving.observers.append(edit)
    await campaign.world.until_quiet()
    assert edited
    return item


# --- move_to --------------------------------------------------------------------------------------------------------


@shows("after", "after.move_to")
async def test_a_settled_file_is_moved_and_its_asset_stays(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE, "on_source_deleted: unavailable") as campaign:
        link = await settled(campaign)

        assert campaign.world.errors == []
        assert stands(campaign, f"{DONE}/Launch.pdf"), "the folder was made"
        assert not stands(campaign, f"{APPROVED}/Launch.pdf")
        assert campaign.asset("Launch")["availability"] == {"available": True}
        assert (link.state, link.finished, link.transfer) == (LinkState.SETTLED, f"{DONE}/Launch.pdf", None)


async def test_a_word_file_is_moved_after_sharepoint_wrote_its_properties(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE) as campaign:
        link = await settled(campaign, "Brief.docx", word("brief"))

        assert campaign.world.errors == []
        assert link.finished == f"{DONE}/Brief.docx"


async def test_a_file_whose_name_is_taken_gets_the_assets_id_behind_it(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE) as campaign:
        campaign.world.onedrive.put_file(campaign.drive, f"{DONE}/Launch.pdf", b"somebody's", by=JANE)
        link = await settled(campaign)

        assert campaign.world.errors == []
        assert link.finished == f"{DONE}/Launch ({campaign.asset_id('Launch')}).pdf"
        assert campaign.world.onedrive.read_file(campaign.drive, f"{DONE}/Launch.pdf") == b"somebody's"


async def test_a_file_in_the_place_of_the_folder_holds_the_move_until_it_is_gone(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE) as campaign:
        campaign.world.onedrive.put_file(campaign.drive, "/Done", b"a file", by=JANE)
        link = await settled(campaign)
        assert (link.state, link.finished) == (LinkState.HELD, None)
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"

        campaign.delete("/Done")
        campaign.world.clock.jump(3600)
        await campaign.world.until_quiet()
        link = await campaign.link(link.item)
        assert (link.state, link.finished, link.reasons) == (LinkState.SETTLED, f"{DONE}/Launch.pdf", ())
        moved = campaign.world.onedrive.item(campaign.drive, f"{DONE}/Launch.pdf")
        assert moved.fields["SyncStatus"] == "In CELUM"


async def test_what_people_bring_back_stays_until_its_content_changes(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE) as campaign:
        link = await settled(campaign)
        campaign.move(f"{DONE}/Launch.pdf", to=APPROVED)
        await campaign.world.until_quiet()
        assert stands(campaign, f"{APPROVED}/Launch.pdf")

        campaign.drop("Launch.pdf", b"%PDF-1.4 second")
        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert stands(campaign, f"{DONE}/Launch.pdf")
        assert (await campaign.link(link.item)).finished == f"{DONE}/Launch.pdf"


def taken_on(campaign: Campaign) -> None:
    campaign.move(f"{DONE}/Launch.pdf", to="/Archive")


def deleted_there(campaign: Campaign) -> None:
    campaign.delete(f"{DONE}/Launch.pdf")


def deleted_with_its_folder(campaign: Campaign) -> None:
    campaign.world.onedrive.quirks.delta_omits_deleted_descendants = True
    campaign.delete(DONE)


def deleted_while_the_delta_link_expired(campaign: Campaign) -> None:
    campaign.delete(f"{DONE}/Launch.pdf")
    campaign.world.onedrive.force_resync(campaign.drive)


@pytest.mark.parametrize(
    "act", [taken_on, deleted_there, deleted_with_its_folder, deleted_while_the_delta_link_expired]
)
async def test_what_people_do_with_a_file_that_was_put_away_is_no_deletion_of_the_source(
    tmp_path: Path, act: Callable[[Campaign], None]
) -> None:
    async with campaign_with(tmp_path, MOVE, "on_source_deleted: unavailable") as campaign:
        link = await settled(campaign)
        act(campaign)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        after = await campaign.link(link.item)
        assert (after.state, after.finished) == (LinkState.SETTLED, f"{DONE}/Launch.pdf")
        assert campaign.asset("Launch")["availability"] == {"available": True}


async def test_a_file_that_people_brought_back_and_then_took_away_has_left_the_flow(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE, "on_source_deleted: unavailable") as campaign:
        link = await settled(campaign)
        campaign.move(f"{DONE}/Launch.pdf", to=APPROVED)
        await campaign.world.until_quiet()
        campaign.move(f"{APPROVED}/Launch.pdf", to="/Done/Spring-26")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(link.item)).state is LinkState.CLOSED
        assert campaign.asset("Launch")["availability"] == {"available": False}


async def test_a_file_that_is_open_is_moved_when_it_is_closed(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, MOVE) as campaign:
        item = campaign.drop("Launch.pdf", LAUNCH, **READY)

        def open_it(exchange: Exchange) -> None:  # as soon as its columns say that it is in CELUM
            if exchange.method == "PATCH" and exchange.path_and_query.endswith("/fields"):
                campaign.world.onedrive.lock(campaign.drive, item)

        campaign.world.onedrive.serving.observers.append(open_it)
        while (await campaign.link_or_none(item)) is None or (await campaign.link(item)).settled is None:
            assert await campaign.world.step()
        for _ in range(20):
            await campaign.world.step()
        assert stands(campaign, f"{APPROVED}/Launch.pdf")
        transfer = (await campaign.link(item)).transfer
        assert transfer is not None
        assert transfer.attempt == 0, "that somebody reads a file is no failure"
        campaign.world.onedrive.serving.observers.remove(open_it)
        campaign.world.onedrive.lock(campaign.drive, item, locked=False)
        await campaign.world.until_quiet()

        assert stands(campaign, f"{DONE}/Launch.pdf")
        assert campaign.world.errors == []


# --- delete ---------------------------------------------------------------------------------------------------------


@shows("after")
async def test_a_settled_file_goes_to_the_recycle_bin_and_its_asset_stays(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE, "on_source_deleted: unavailable") as campaign:
        link = await settled(campaign)

        assert campaign.world.errors == []
        assert not stands(campaign, f"{APPROVED}/Launch.pdf")
        assert campaign.asset("Launch")["availability"] == {"available": True}
        assert (link.state, link.finished) == (LinkState.SETTLED, DELETED)


async def test_a_file_restored_from_the_recycle_bin_lives_on(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE) as campaign:
        link = await settled(campaign)
        campaign.restore(link.item)
        await campaign.world.until_quiet()
        assert stands(campaign, f"{APPROVED}/Launch.pdf"), "a person wanted it back"

        campaign.set("Launch.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
        campaign.drop("Launch.pdf", b"%PDF-1.4 second")
        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert not stands(campaign, f"{APPROVED}/Launch.pdf")


async def test_a_restored_file_that_a_person_deletes_again_is_deleted_by_that_person(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE, "on_source_deleted: unavailable") as campaign:
        link = await settled(campaign)
        campaign.restore(link.item)
        await campaign.world.until_quiet()
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(link.item)).state is LinkState.CLOSED
        assert campaign.asset("Launch")["availability"] == {"available": False}


@pytest.mark.parametrize("after", [MOVE, DELETE])
async def test_an_edit_just_before_the_file_is_put_away_keeps_it(tmp_path: Path, after: str) -> None:
    async with campaign_with(tmp_path, after) as campaign:
        item = await edited_at_the_last_moment(campaign)

        link = await campaign.link(item)
        assert campaign.bytes_of("Launch.pdf") == b"%PDF-1.4 edited"
        assert (link.state, link.finished) == (LinkState.HELD, None), link
        assert "changed after approval" in link.reasons[0].text


async def test_a_file_is_not_deleted_while_somebody_elses_version_is_current(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE) as campaign:
        item = campaign.drop("Launch.pdf", LAUNCH, **READY)
        while (await campaign.link_or_none(item)) is None or (await campaign.link(item)).settled is None:
            assert await campaign.world.step()
        campaign.world.celum.add_version(campaign.asset_id("Launch"), "Launch.pdf", b"%PDF-1.4 by hand")
        await campaign.world.until_quiet()

        link = await campaign.link(item)
        assert stands(campaign, f"{APPROVED}/Launch.pdf")
        assert link.state is LinkState.HELD
        assert "so the file is not deleted" in link.reasons[0].text


async def test_H85_what_is_verified_by_size_only_is_never_deleted(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE) as campaign:
        campaign.world.celum.quirks.checksum = "none"
        campaign.world.celum.faults.append(Fault("GET .*/download", times=9, status=403))
        link = await settled(campaign)

        assert stands(campaign, f"{APPROVED}/Launch.pdf")
        assert link.state is LinkState.HELD
        assert "by size only" in link.reasons[0].text


async def test_without_a_checksum_the_original_is_read_back_twice_and_the_file_is_deleted(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE) as campaign:
        campaign.world.celum.quirks.checksum = "none"
        link = await settled(campaign)

        assert campaign.world.errors == []
        assert link.finished == DELETED


async def test_content_that_a_person_keeps_out_of_celum_is_never_put_away(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, DELETE) as campaign:
        link = await campaign.link(await edited_at_the_last_moment(campaign))
        bridge = (await campaign.world.instance()).bridge
        await accepting.accept(bridge.context, link.key, "ignore", "jane", "a mistake")
        campaign.set("Launch.pdf", "Market", "DE")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.bytes_of("Launch.pdf") == b"%PDF-1.4 edited"
        assert (await campaign.link(link.item)).state is LinkState.SETTLED


ARCHIVE = """
  - id: archive
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    ready: [unchanged_for: 10m]
    to: {celum: dam, intake: /Bridge/Intake, collection: /Marketing/Office, asset_type: Campaign asset}
"""


async def test_a_file_waits_for_the_other_flows_that_want_it(tmp_path: Path) -> None:
    flows = SHIPPED.replace(HERE, HERE + f"    {DELETE}\n") + ARCHIVE
    async with campaign_in(None, tmp_path, "two flows", flows=flows) as campaign:
        link = await settled(campaign)

        assert campaign.world.errors == []
        assert set(campaign.asset("Launch")["parents"]) == {"/Marketing/Campaigns/Spring-26", "/Marketing/Office"}
        assert link.finished == DELETED
