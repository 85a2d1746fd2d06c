"""CELUM is changed by its administrators, or updated: what a flow names is looked for again, each hour."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.celum_simulator.model import AssetType
from local.serving import Fault
from shared.domain.links import LinkState
from shared.engine import operating
from shared.engine.contract import BY_THE_CHECK
from tests.kit.campaign import FLOW, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@pytest.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign
        assert campaign.world.errors == []


async def an_hour_later(campaign: Campaign) -> str:
    """Why the flow stands still; empty while it runs."""
    campaign.world.clock.jump(3600)
    instance = await campaign.world.instance()
    await instance.bridge.sweep_drives()
    await campaign.world.until_quiet()
    return (await instance.bridge.context.standings(fresh=True))[FLOW].paused_by


def without_field(campaign: Campaign, label: str) -> AssetType:
    """The asset type of the flow loses a field; as it was."""
    types = campaign.world.celum.tenant.asset_types
    before = campaign.world.celum.asset_type("Campaign asset")
    number = campaign.world.celum.field(label).id
    sets = tuple(
        dataclasses.replace(one, field_ids=tuple(given for given in one.field_ids if given != number))
        for one in before.sets
    )
    types[before.id] = dataclasses.replace(before, sets=sets)
    return before


async def test_G48_a_field_that_was_taken_away_pauses_the_flow_until_it_is_there_again(campaign: Campaign) -> None:
    assert await an_hour_later(campaign) == ""
    before = without_field(campaign, "Usage rights")

    why = await an_hour_later(campaign)
    assert why.startswith(BY_THE_CHECK)
    assert "Usage rights" in why
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await campaign.world.until_quiet()
    assert campaign.assets() == []

    campaign.world.celum.tenant.asset_types[before.id] = before
    assert await an_hour_later(campaign) == ""
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_G48_what_a_person_has_paused_the_check_does_not_resume(campaign: Campaign) -> None:
    context = (await campaign.world.instance()).bridge.context
    await operating.pause(context, FLOW, "a person")
    before = without_field(campaign, "Usage rights")
    assert await an_hour_later(campaign) == "a person"
    campaign.world.celum.tenant.asset_types[before.id] = before
    assert await an_hour_later(campaign) == "a person"


async def test_G48_a_celum_that_is_away_stops_no_flow(campaign: Campaign) -> None:
    campaign.world.celum.faults.append(Fault("asset-types", times=1, status=500))
    assert await an_hour_later(campaign) == ""


async def test_G14_another_version_of_celum_is_logged_and_what_the_flows_name_is_checked(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    await an_hour_later(campaign)
    campaign.world.celum.quirks.release_version = "2027.1"
    without_field(campaign, "Usage rights")

    assert "Usage rights" in await an_hour_later(campaign)
    assert "2027.1" in caplog.text

    caplog.clear()
    await an_hour_later(campaign)
    assert "of the version" not in caplog.text
