"""A flow that is switched on after it observed, or was off: what came meanwhile is no baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.links import LinkState
from tests.engine.test_taking_in import new_file
from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
OBSERVE, OFF = (CAMPAIGN_FLOWS.replace("mode: on", f"mode: {mode}") for mode in ("observe", "off"))


@pytest.mark.parametrize("quiet", ["2m", "0s"])
async def test_what_was_observed_is_carried_out_when_the_flow_is_switched_on(tmp_path: Path, quiet: str) -> None:
    on = CAMPAIGN_FLOWS.replace("unchanged_for: 2m", f"unchanged_for: {quiet}")
    observe = on.replace("mode: on", "mode: observe")
    async with campaign_in(None, tmp_path, "observed", flows=observe) as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        assert campaign.assets() == []

        await new_file(campaign, on)
        await campaign.world.until_quiet()

        assert [asset["name"] for asset in campaign.assets()] == ["Launch"]
        assert campaign.world.errors == []


async def test_what_changed_of_a_known_file_while_the_flow_observed_is_carried_out(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "field", flows=CAMPAIGN_FLOWS) as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        await new_file(campaign, OBSERVE)
        await campaign.world.until_quiet()
        campaign.set("Launch.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "worldwide"

        await new_file(campaign, CAMPAIGN_FLOWS)
        await campaign.world.until_quiet()

        assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
        assert campaign.world.errors == []


async def test_what_came_while_the_flow_was_off_is_taken_when_it_is_on_again(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "off", flows=CAMPAIGN_FLOWS) as campaign:
        await new_file(campaign, OFF)
        await campaign.world.until_quiet()
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()

        await new_file(campaign, CAMPAIGN_FLOWS)
        await campaign.world.until_quiet()

        assert [asset["name"] for asset in campaign.assets()] == ["Launch"]
        assert campaign.world.errors == []


@pytest.mark.parametrize("first", [OFF, OBSERVE])
async def test_what_was_there_before_the_flow_stays_alone_whatever_its_mode_was(tmp_path: Path, first: str) -> None:
    async with campaign_in(None, tmp_path, "before", flows=first, is_known=False) as campaign:
        item = campaign.drop("Old.pdf", b"%PDF-1.4 old", **READY)
        await campaign.world.until_quiet()

        await new_file(campaign, CAMPAIGN_FLOWS)
        await campaign.world.until_quiet()

        assert campaign.assets() == []
        assert (await campaign.link(item)).state is LinkState.BEFORE
        assert campaign.world.errors == []


async def test_what_a_flow_newly_speaks_of_was_there_before_it(tmp_path: Path) -> None:
    narrow = CAMPAIGN_FLOWS.replace("Approved/**", "Approved/*.png")
    assert narrow != CAMPAIGN_FLOWS
    async with campaign_in(None, tmp_path, "wider", flows=narrow) as campaign:
        item = campaign.drop("Old.pdf", b"%PDF-1.4 old", **READY)
        await campaign.world.until_quiet()

        await new_file(campaign, CAMPAIGN_FLOWS)
        await campaign.world.until_quiet()

        assert (await campaign.link(item)).state is LinkState.BEFORE
        assert campaign.world.errors == []
