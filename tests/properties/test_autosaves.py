"""DESIGN §1: while somebody works on a file, its autosaves cost no call beyond the page that tells of them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.serving import Exchange
from shared.engine.context import DRIVE_CACHE_SECONDS
from tests.kit.campaign import APPROVED, JANE, Campaign, campaign_in

AUTOSAVES = 8
SECONDS_BETWEEN = 10  # eight of them end within the quiet period of two minutes
READY = {"UsageRights": "web", "Market": "NO", "ApprovalStatus": "Approved"}


@asynccontextmanager
async def known_campaign() -> AsyncIterator[Campaign]:
    with tempfile.TemporaryDirectory() as folder:
        async with campaign_in(None, Path(folder), "autosaves") as campaign:
            yield campaign


async def calls_of_autosaves(campaign: Campaign, path: str, *, told_after: float = 0) -> list[str]:
    """Every request to OneDrive or CELUM while a person saves again and again, and each save is told at once."""
    campaign.world.clock.jump(DRIVE_CACHE_SECONDS)  # where the library is, is looked up every ten minutes: now
    campaign.world.onedrive.put_file(campaign.drive, "/Elsewhere/Other.pdf", b"%PDF-1.7 other", by=JANE)
    await all_that_is_due_now(campaign)
    campaign.world.onedrive.quirks.notification_coalesce_seconds = told_after
    calls: list[str] = []

    def note(exchange: Exchange) -> None:
        what = re.sub(r"\(token=.*", "", exchange.path_and_query.partition("?")[0].rpartition("/")[2])
        calls.append(f"{exchange.method} {what}")

    for serving in (campaign.world.onedrive.serving, campaign.world.celum.serving):
        serving.observers.append(note)
    for number in range(AUTOSAVES):
        campaign.world.clock.jump(SECONDS_BETWEEN)
        campaign.world.onedrive.put_file(campaign.drive, path, b"%%PDF-1.7 save %d" % number, by=JANE)
        await all_that_is_due_now(campaign)
    return calls


async def all_that_is_due_now(campaign: Campaign) -> None:
    world = campaign.world
    await world.onedrive.settle()
    while world.queue and world.queue[0].visible <= world.clock.now():
        await world.step()


async def test_autosaves_of_a_new_file_cost_nothing_but_the_pages() -> None:
    async with known_campaign() as campaign:
        assert await calls_of_autosaves(campaign, f"{APPROVED}/New.pdf") == ["GET delta"] * AUTOSAVES


async def test_autosaves_outside_of_every_pattern_cost_nothing_but_the_pages() -> None:
    async with known_campaign() as campaign:
        path = "/Campaigns/Spring-26/Working/Draft.pdf"
        assert await calls_of_autosaves(campaign, path) == ["GET delta"] * AUTOSAVES


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(READY, id="in CELUM"),
        pytest.param(READY | {"ApprovalStatus": "Draft"}, id="not approved"),
        pytest.param({"ApprovalStatus": "Approved"}, id="held"),
    ],
)
async def test_autosaves_of_a_file_that_is_known_cost_nothing_but_the_pages(columns: dict[str, str]) -> None:
    async with known_campaign() as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.7 launch", **columns)
        await campaign.world.until_quiet()

        assert await calls_of_autosaves(campaign, f"{APPROVED}/Launch.pdf") == ["GET delta"] * AUTOSAVES
        await campaign.world.until_quiet()
        assert campaign.world.errors == []


async def test_saves_that_are_told_together_cost_one_page() -> None:
    async with known_campaign() as campaign:
        later = AUTOSAVES * SECONDS_BETWEEN
        calls = await calls_of_autosaves(campaign, f"{APPROVED}/New.pdf", told_after=later)
        assert calls == []
        campaign.world.clock.jump(SECONDS_BETWEEN)
        await all_that_is_due_now(campaign)
        assert calls == ["GET delta"]
