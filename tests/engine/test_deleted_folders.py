"""A folder that is deleted takes its files along, whether or not OneDrive reports each of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.engine.test_brake import TIGHT, braked, states
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SHIPPED = CAMPAIGN_FLOWS


@contextlib.asynccontextmanager
async def with_files(
    azurite: Azurite | None, folder: Path, name: str, *names: str, text: str = SHIPPED, omits: bool = True
) -> AsyncIterator[tuple[Campaign, list[str]]]:
    """A campaign with these files in CELUM; `omits`: the delta names a deleted folder alone."""
    async with campaign_in(azurite, folder, name, flows=text) as campaign:
        campaign.world.onedrive.quirks.delta_omits_deleted_descendants = omits
        items = [campaign.drop(name, f"%PDF {name}".encode(), **READY) for name in names]
        await campaign.world.until_quiet()
        assert len(campaign.assets()) == len(names)
        yield campaign, items
        assert campaign.world.errors == []


async def state(campaign: Campaign, item: str) -> LinkState:
    return (await campaign.link(item)).state


async def test_the_links_of_all_files_in_a_deleted_folder_are_closed(azurite: Azurite, tmp_path: Path) -> None:
    async with with_files(azurite, tmp_path, "closed", "set/a.pdf", "set/deep/b.pdf", "settle.pdf") as (
        campaign,
        items,
    ):
        waiting = campaign.drop("set/c.pdf", b"%PDF c", ApprovalStatus="Draft")
        await campaign.world.until_quiet()
        assert await state(campaign, waiting) is LinkState.SEEN

        campaign.delete(f"{APPROVED}/set")
        await campaign.world.until_quiet()

        closed = [LinkState.CLOSED, LinkState.CLOSED, LinkState.SETTLED, LinkState.CLOSED]
        assert [await state(campaign, item) for item in (*items, waiting)] == closed
        assert len(campaign.assets()) == 3


@pytest.mark.parametrize("omits", [True, False])
async def test_a_folder_out_of_the_recycle_bin_opens_the_links_in_it_again(
    azurite: Azurite, tmp_path: Path, omits: bool
) -> None:
    files = ("set/a.pdf", "set/deep/b.pdf")
    async with with_files(azurite, tmp_path, f"restored {omits}", *files, omits=omits) as (campaign, items):
        folder = campaign.delete(f"{APPROVED}/set")
        await campaign.world.until_quiet()
        assert [await state(campaign, item) for item in items] == [LinkState.CLOSED] * 2
        calls = (await campaign.world.instance()).wire.calls
        calls.clear()

        campaign.restore(folder)
        await campaign.world.until_quiet()

        assert [await state(campaign, item) for item in items] == [LinkState.SETTLED] * 2
        assert [len(asset["versions"]) for asset in campaign.assets()] == [1, 1]
        assert [call for call in calls if "/children" in call], "nobody looked for what the delta may not have named"


async def test_files_that_went_with_their_folder_count_before_anything_is_done(
    azurite: Azurite, tmp_path: Path
) -> None:
    files = ("set/a.pdf", "set/b.pdf", "c.pdf", "d.pdf")
    async with with_files(azurite, tmp_path, "counted", *files, text=TIGHT) as (campaign, _):
        campaign.delete(f"{APPROVED}/c.pdf")
        campaign.delete(f"{APPROVED}/set")
        await campaign.world.until_quiet()

        assert "3 files were deleted" in await braked(campaign)
        assert await states(campaign) == [LinkState.SETTLED] * 4, "not one of them"


@pytest.mark.parametrize("omits", [True, False])
async def test_a_file_that_went_with_its_folder_counts_once(azurite: Azurite, tmp_path: Path, omits: bool) -> None:
    files = ("set/a.pdf", "set/deep/b.pdf")
    async with with_files(azurite, tmp_path, f"once {omits}", *files, text=TIGHT, omits=omits) as (campaign, items):
        campaign.delete(f"{APPROVED}/set")
        await campaign.world.until_quiet()

        assert await braked(campaign) == "", "two are allowed"
        assert [await state(campaign, item) for item in items] == [LinkState.CLOSED] * 2


async def test_a_file_moved_away_before_its_folder_was_deleted_is_not_gone(azurite: Azurite, tmp_path: Path) -> None:
    files = ("set/a.pdf", "set/b.pdf", "set/c.pdf")
    async with with_files(azurite, tmp_path, "moved", *files, text=TIGHT) as (campaign, items):
        campaign.move(f"{APPROVED}/set/c.pdf", to=APPROVED)
        campaign.delete(f"{APPROVED}/set")
        await campaign.world.until_quiet()

        assert await braked(campaign) == "", "two are allowed"
        assert [await state(campaign, item) for item in items] == [LinkState.CLOSED] * 2 + [LinkState.SETTLED]


@pytest.mark.parametrize("deleted", ["third", "third/deep"])
async def test_files_nobody_looked_at_since_their_folder_was_moved_are_found_when_it_is_deleted(
    tmp_path: Path, deleted: str
) -> None:
    async with with_files(None, tmp_path, "unseen", "first/deep/a.pdf") as (campaign, (item,)):
        for before, after in (("first", "second"), ("second", "third")):
            campaign.move(f"{APPROVED}/{before}", name=after)
            while not any('"folder moved"' in waiting.text for waiting in campaign.world.queue):
                assert await campaign.world.step()
            campaign.world.queue = [one for one in campaign.world.queue if '"folder moved"' not in one.text]
        assert (await campaign.link(item)).path == f"{APPROVED}/first/deep/a.pdf"
        campaign.delete(f"{APPROVED}/{deleted}")
        await campaign.world.until_quiet()

        assert await state(campaign, item) is LinkState.CLOSED


PLAIN = """
  - id: archive
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    ready: [unchanged_for: 2m]
    to: {celum: dam, intake: /Bridge/Intake, collection: /Marketing/Office, asset_type: Campaign asset}
"""


async def test_a_folder_renamed_before_it_was_deleted_closes_its_links_where_nothing_else_followed(
    azurite: Azurite, tmp_path: Path
) -> None:
    text = SHIPPED[: SHIPPED.index("\n  - id: campaign-masters")] + PLAIN
    async with with_files(azurite, tmp_path, "renamed", "set/a.pdf", text=text) as (campaign, (item,)):
        campaign.move(f"{APPROVED}/set", name="other")
        await campaign.world.until_quiet()
        assert (await campaign.link(item, FlowId("archive"))).path == f"{APPROVED}/other/a.pdf"

        campaign.delete(f"{APPROVED}/other")
        await campaign.world.until_quiet()

        assert (await campaign.link(item, FlowId("archive"))).state is LinkState.CLOSED


async def test_a_folder_deleted_while_the_delta_link_had_expired_opens_its_links_again_when_it_is_restored(
    tmp_path: Path,
) -> None:
    async with with_files(None, tmp_path, "expired", "set/a.pdf", "set/deep/b.pdf") as (campaign, items):
        folder = campaign.delete(f"{APPROVED}/set")
        campaign.world.onedrive.force_resync(campaign.drive)
        await campaign.world.until_quiet()
        assert [await state(campaign, item) for item in items] == [LinkState.CLOSED] * 2

        campaign.restore(folder)
        await campaign.world.until_quiet()

        assert [await state(campaign, item) for item in items] == [LinkState.SETTLED] * 2
