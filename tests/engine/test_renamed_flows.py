"""A flow under another name: the ledger knows its files all the same (FLOWS §3, `link`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.engine.test_api import post
from tests.engine.test_two_flows import change_flows
from tests.kit.campaign import Campaign, campaign_in

OLD, NEW = FlowId("old"), FlowId("new")
FLOWS = """version: "1"
name: Acme
time_zone: Europe/Vienna
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
flows:
  - id: old
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/**"}
    to: {celum: dam, collection: "/Marketing/Campaigns/Spring-26", asset_type: Campaign asset}
    fields: {Usage rights: {default: x}}
"""
RENAMED = FLOWS.replace("id: old", "id: new")
FIRST, SECOND, THIRD = b"%PDF-1.4 first", b"%PDF-1.4 the second", b"%PDF-1.4 and the third"


async def settled_as_old(campaign: Campaign) -> str:
    item = campaign.drop("Launch.pdf", FIRST)
    await campaign.world.until_quiet()
    assert (await campaign.link(item, OLD)).state is LinkState.SETTLED
    return item


@pytest.mark.parametrize("is_retired", [False, True])
async def test_an_edit_under_the_new_name_is_a_version_of_the_same_asset(tmp_path: Path, is_retired: bool) -> None:
    async with campaign_in(None, tmp_path, f"renamed {is_retired}", flows=FLOWS) as campaign:
        item = await settled_as_old(campaign)
        await change_flows(campaign, RENAMED)
        if is_retired:
            assert (await post(campaign, "retire", flow=OLD, assets="keep")).status == 200

        for data in (SECOND, THIRD):
            campaign.drop("Launch.pdf", data)
            await campaign.world.until_quiet()

        assert len(campaign.assets()) == 1
        assert len(campaign.asset("Launch")["versions"]) == 3
        assert (await campaign.link(item, NEW)).state is LinkState.SETTLED
        assert campaign.world.errors == []


async def test_a_flow_renamed_back_takes_note_of_what_came_under_the_other_name(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "back", flows=FLOWS) as campaign:
        item = await settled_as_old(campaign)
        await change_flows(campaign, RENAMED)
        campaign.drop("Launch.pdf", SECOND)
        await campaign.world.until_quiet()

        await change_flows(campaign, FLOWS)
        campaign.drop("Launch.pdf", THIRD)
        await campaign.world.until_quiet()

        assert len(campaign.assets()) == 1
        assert len(campaign.asset("Launch")["versions"]) == 3
        assert (await campaign.link(item, OLD)).state is LinkState.SETTLED
        assert campaign.world.errors == []


async def test_what_the_former_flow_left_unfinished_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Its links stand still for good: `after` of the new one does not wait for them."""
    after = "    after: {move_to: /Done}\n"
    async with campaign_in(None, tmp_path, "unfinished", flows=FLOWS) as campaign:
        item = await settled_as_old(campaign)
        campaign.world.celum.add_version(campaign.asset_id("Launch"), "Retouched.pdf", b"%PDF-1.4 retouched")
        campaign.drop("Launch.pdf", SECOND)
        await campaign.world.until_quiet()
        assert (await campaign.link(item, OLD)).state is LinkState.HELD
        asset = campaign.asset_id("Launch")
        first = campaign.world.celum.asset(asset).versions[0].id
        campaign.world.celum.patch_asset(asset, {"currentVersion": first})

        await change_flows(campaign, RENAMED + after)
        campaign.drop("Launch.pdf", THIRD)
        await campaign.world.until_quiet()

        assert campaign.world.onedrive.item(campaign.drive, item).name == "Launch.pdf"
        assert campaign.world.onedrive.drive(campaign.drive).path(
            campaign.world.onedrive.item(campaign.drive, item)
        ) == ("/Done/Launch.pdf")
        assert len(campaign.assets()) == 1
        assert campaign.world.errors == []
