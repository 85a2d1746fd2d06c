"""Too much at once: nothing of it is done before a person has decided."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.domain.links import LinkState
from shared.engine import operating
from shared.engine.operating import CannotBeDone
from tests.engine.test_api import get
from tests.engine.test_explaining import explained
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, FLOW, Campaign, campaign_in
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SHIPPED = CAMPAIGN_FLOWS
TIGHT = SHIPPED.replace(
    "deletes_per_hour: 20, new_versions_per_hour: 500", "deletes_per_hour: 2, new_versions_per_hour: 2"
)
FREE = TIGHT.replace("changed_after_ready: hold", "changed_after_ready: accept")
MANY = SHIPPED.replace("deletes_per_hour: 20", "deletes_per_hour: 1000")


@contextlib.asynccontextmanager
async def settled(azurite: Azurite, folder: Path, name: str, text: str, count: int) -> AsyncIterator[Campaign]:
    """A campaign with so many files in CELUM."""
    async with campaign_in(azurite, folder, name, flows=text) as campaign:
        for number in range(count):
            campaign.drop(f"Film {number}.pdf", b"%%PDF %d" % number, **READY)
        await campaign.world.until_quiet()
        assert len(campaign.assets()) == count
        yield campaign


async def states(campaign: Campaign) -> list[LinkState]:
    ledger, store = campaign.world.ledger()
    try:
        return sorted([link.state async for link in ledger.all_links() if link.settled])
    finally:
        await store.close()


async def braked(campaign: Campaign) -> str:
    ledger, store = campaign.world.ledger()
    try:
        standing = await ledger.standing(FLOW)
    finally:
        await store.close()
    assert standing is not None
    return standing.braked


@shows("limits.deletes_per_hour")
async def test_a_few_deletions_are_carried_out(azurite: Azurite, tmp_path: Path) -> None:
    async with settled(azurite, tmp_path, "few", TIGHT, 2) as campaign:
        campaign.delete(f"{APPROVED}/Film 0.pdf")
        await campaign.world.until_quiet()
        assert await states(campaign) == [LinkState.CLOSED, LinkState.SETTLED]
        assert await braked(campaign) == ""


@shows("limits.deletes_per_hour")
async def test_C29_H70_H73_more_deletions_than_allowed_wait_until_a_person_goes_on(
    azurite: Azurite, tmp_path: Path
) -> None:
    async with settled(azurite, tmp_path, "go on", TIGHT, 3) as campaign:
        for number in range(3):
            campaign.delete(f"{APPROVED}/Film {number}.pdf")
        await campaign.world.until_quiet()
        assert await states(campaign) == [LinkState.SETTLED] * 3, "not one of them"
        assert "3 files were deleted" in await braked(campaign)

        context = (await campaign.world.instance()).bridge.context
        with pytest.raises(CannotBeDone):
            await operating.resume(context, FLOW, "a person")
        await operating.go_on(context, FLOW, "a person")
        await campaign.world.until_quiet()
        assert await states(campaign) == [LinkState.CLOSED] * 3
        assert campaign.world.errors == []


async def test_H73_discarded_deletions_keep_their_assets_and_the_flow_goes_on(azurite: Azurite, tmp_path: Path) -> None:
    async with settled(azurite, tmp_path, "discard", TIGHT, 4) as campaign:
        for number in range(3):
            campaign.delete(f"{APPROVED}/Film {number}.pdf")
        campaign.drop("New.pdf", b"%PDF new", **READY)
        await campaign.world.until_quiet()
        assert len(campaign.assets()) == 4, "the flow stands still"

        await operating.discard((await campaign.world.instance()).bridge.context, FLOW, "a person")
        await campaign.world.until_quiet()
        assert len(campaign.assets()) == 5
        assert await states(campaign) == [LinkState.CLOSED] * 3 + [LinkState.SETTLED] * 2


async def test_a_folder_that_leaves_with_its_files_is_counted_too(azurite: Azurite, tmp_path: Path) -> None:
    async with settled(azurite, tmp_path, "folder", TIGHT, 3) as campaign:
        campaign.move(APPROVED, name="Away")
        await campaign.world.until_quiet()
        assert await states(campaign) == [LinkState.SETTLED] * 3
        assert "3 files were deleted or moved away" in await braked(campaign)


@shows("limits.new_versions_per_hour")
async def test_H72_new_content_of_many_files_waits_and_can_be_discarded(azurite: Azurite, tmp_path: Path) -> None:
    async with settled(azurite, tmp_path, "versions", FREE, 3) as campaign:
        for number in range(3):
            campaign.drop(f"Film {number}.pdf", b"%%PDF encrypted %d" % number)
        await campaign.world.until_quiet()
        assert "3 files got new content" in await braked(campaign)
        assert [len(asset["versions"]) for asset in campaign.assets()] == [1, 1, 1]

        await operating.discard((await campaign.world.instance()).bridge.context, FLOW, "a person")
        await campaign.world.until_quiet()
        assert [len(asset["versions"]) for asset in campaign.assets()] == [1, 1, 1]
        assert await states(campaign) == [LinkState.SETTLED] * 3
        why = "new content was discarded at the brake by a person, on 20"
        assert str(campaign.columns("Film 1.pdf")["SyncNote"]).startswith(why)
        file, _ = await explained(campaign, f"{APPROVED}/Film 1.pdf")
        found, *_ = (await get(campaign, "find", name="film 1"))["files"]
        assert [one["reasons"][-1]["text"][: len(why)] for one in (file, found)] == [why, why]
        campaign.set("Film 1.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()
        assert str(campaign.columns("Film 1.pdf")["SyncNote"]).startswith(why)

        campaign.drop("Film 0.pdf", b"%PDF the next one")
        await campaign.world.until_quiet()
        assert sorted(len(asset["versions"]) for asset in campaign.assets()) == [1, 1, 2]
        assert not campaign.columns("Film 0.pdf").get("SyncNote")


async def test_C29_an_emptied_source_stops_whatever_the_limit(azurite: Azurite, tmp_path: Path) -> None:
    async with settled(azurite, tmp_path, "emptied", MANY, 22) as campaign:
        for number in range(22):
            campaign.world.onedrive.delete(campaign.drive, f"{APPROVED}/Film {number}.pdf")
        await campaign.world.until_quiet()
        assert "the source was emptied" in await braked(campaign)
        assert await states(campaign) == [LinkState.SETTLED] * 22
