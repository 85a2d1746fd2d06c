"""CELUM keeps fewer bytes than it was sent, and says nothing of it (G22)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.domain.links import LinkState
from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign
        assert campaign.world.errors == []


async def hours_pass(campaign: Campaign) -> None:
    for _ in range(4):
        await campaign.world.until_quiet()
        campaign.world.clock.jump(3600)
    await campaign.world.until_quiet()


async def test_G22_an_asset_of_which_bytes_are_missing_stays_in_intake_and_is_held(campaign: Campaign) -> None:
    campaign.world.celum.quirks.change({"upload_keeps": 5, "size_check": "none"})
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await hours_pass(campaign)

    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    assert "CELUM holds 5 bytes, 11 were sent" in link.reasons[0].text
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"
    assert campaign.asset("Launch")["parents"] == ["/Bridge/Intake"]


async def test_G22_a_version_of_which_bytes_are_missing_makes_way_for_the_one_before(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await campaign.world.until_quiet()
    before = campaign.asset("Launch")
    campaign.world.celum.quirks.change({"upload_keeps": 5, "size_check": "none"})
    campaign.drop("Launch.pdf", b"%PDF another")
    campaign.approve("Launch.pdf")
    await hours_pass(campaign)

    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    assert "CELUM holds 5 bytes, 12 were sent" in link.reasons[0].text
    current = [version for version in campaign.asset("Launch")["versions"] if version["current"]]
    assert current == before["versions"]
