"""OneDrive has no hash of a file for a while: it is the same file all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.onedrive_simulator.estate.model import Identity
from shared.domain.links import LinkState
from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@pytest_asyncio.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


def versions(campaign: Campaign, name: str) -> int:
    return len(campaign.asset(name)["versions"])


def downloads(campaign: Campaign) -> int:
    return campaign.world.onedrive.tenant.requests["GET download url"]


async def test_a_hash_that_comes_late_makes_no_second_version(campaign: Campaign) -> None:
    campaign.world.onedrive.quirks.hash_missing = True
    item = campaign.drop("Film.mp4", b"film", **READY)
    await campaign.world.until_quiet()

    campaign.world.onedrive.quirks.hash_missing = False
    campaign.set("Film.mp4", "Title", "A film")
    await campaign.world.until_quiet()

    assert versions(campaign, "Film") == 1
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_a_hash_that_goes_missing_holds_nothing_and_costs_no_read(campaign: Campaign) -> None:
    item = campaign.drop("Film.mp4", b"film", **READY)
    await campaign.world.until_quiet()
    before = downloads(campaign)

    campaign.world.onedrive.quirks.hash_missing = True
    for title in ("One", "Two", "Two"):  # the last one changes nothing that the flow reads
        campaign.set("Film.mp4", "Title", title)
        await campaign.world.until_quiet()

    link = await campaign.link(item)
    assert (link.state, link.reasons) == (LinkState.SETTLED, ())
    assert link.settled is not None
    assert link.settled.content.quick_xor is not None
    assert versions(campaign, "Film") == 1
    assert downloads(campaign) == before


async def test_a_rename_without_a_hash_is_settled_by_one_read(campaign: Campaign) -> None:
    """OneDrive's mark of the content may change with a name, so the bytes are asked."""
    item = campaign.drop("Film.mp4", b"film", **READY)
    await campaign.world.until_quiet()
    before = downloads(campaign)

    campaign.world.onedrive.quirks.hash_missing = True
    campaign.world.onedrive.quirks.ctag_changes_on_rename = True
    campaign.move("/Campaigns/Spring-26/Approved/Film.mp4", name="Cut.mp4")
    await campaign.world.until_quiet()
    campaign.set("Cut.mp4", "Title", "A film")
    await campaign.world.until_quiet()

    assert (await campaign.link(item)).state is LinkState.SETTLED
    assert versions(campaign, "Cut") == 1
    assert downloads(campaign) - before <= 2


async def test_an_edit_of_the_same_size_is_seen_without_a_hash(campaign: Campaign) -> None:
    campaign.drop("Film.mp4", b"one", **READY)
    await campaign.world.until_quiet()

    campaign.world.onedrive.quirks.hash_missing = True
    campaign.drop("Film.mp4", b"two")
    campaign.approve("Film.mp4")
    await campaign.world.until_quiet()

    assert versions(campaign, "Film") == 2


async def test_an_edit_after_approval_is_held_without_a_hash(campaign: Campaign) -> None:
    item = campaign.drop("Film.mp4", b"one", **READY)
    await campaign.world.until_quiet()

    campaign.world.onedrive.quirks.hash_missing = True
    campaign.drop("Film.mp4", b"two")
    await campaign.world.until_quiet()

    assert (await campaign.link(item)).state is LinkState.HELD
    assert versions(campaign, "Film") == 1


async def test_a_column_filled_after_approval_does_not_take_the_approval_without_a_hash(campaign: Campaign) -> None:
    campaign.world.onedrive.quirks.hash_missing = True
    campaign.drop("Film.mp4", b"one", **READY)
    campaign.set("Film.mp4", "Title", "A film")
    await campaign.world.until_quiet()

    assert versions(campaign, "Film") == 1


async def test_bytes_that_change_on_the_way_do_not_arrive_under_the_approval_of_others(campaign: Campaign) -> None:
    """Without a hash, and with the size as it was, only what was read for the decision tells."""
    world = campaign.world
    world.onedrive.quirks.hash_missing = True
    item = campaign.drop("Film.mp4", b"one", **READY)
    before = downloads(campaign)

    def edit(_: object) -> None:
        if downloads(campaign) > before and campaign.bytes_of("Film.mp4") == b"one":
            campaign.world.onedrive.put_file(
                campaign.drive, "/Campaigns/Spring-26/Approved/Film.mp4", b"two", by=Identity("Jane Doe", "jane")
            )

    world.celum.serving.observers.append(edit)  # the file was read for the decision, and not yet to be sent
    await world.until_quiet()

    assert campaign.bytes_of("Film.mp4") == b"two", "nothing was read"
    assert campaign.assets() == []
    assert (await campaign.link(item)).state is LinkState.HELD


async def test_a_baseline_whose_hash_goes_missing_is_no_change(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "baseline", is_known=False) as campaign:
        item = campaign.drop("Old.mp4", b"an old film", **READY)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.BEFORE

        campaign.world.onedrive.quirks.hash_missing = True
        campaign.set("Old.mp4", "Region", "North")  # a column that the flow does not read, so that the file is reported
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.BEFORE

        campaign.world.onedrive.quirks.hash_missing = False
        campaign.drop("Old.mp4", b"a new film!")
        campaign.approve("Old.mp4")
        await campaign.world.until_quiet()
        assert [asset["name"] for asset in campaign.assets()] == ["Old"], "as long as before, and another content"
        assert campaign.world.errors == []
