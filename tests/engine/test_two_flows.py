"""A flow that waits for an earlier one of the same file says so, and asks for nothing meanwhile."""

from __future__ import annotations

from pathlib import Path

from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.kit.campaign import CAMPAIGN_FLOWS, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SECOND = FlowId("second")
TWO = (
    CAMPAIGN_FLOWS.replace("      SyncStatus: run.status\n", "").replace("      SyncNote: run.reason\n", "").rstrip()
    + """

  - id: second
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    to: {celum: dam, collection: /Marketing/Office, asset_type: Campaign asset}
    fields: {Usage rules: {from: file.name}}
    columns: {SyncStatus: run.status, SyncNote: run.reason}
"""
)


async def held_first(campaign: Campaign) -> str:
    item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
    await campaign.world.until_quiet()
    campaign.drop("Launch.pdf", b"%PDF-1.4 edited afterwards")
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.HELD
    return item


async def test_a_second_flow_is_held_with_the_first_and_rests(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "rests", flows=TWO) as campaign:
        item = await held_first(campaign)
        link = await campaign.link(item, SECOND)
        assert (link.state, "is held: see there" in link.reasons[0].text) == (LinkState.HELD, True)
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"

        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()

        assert (await campaign.link(item, SECOND)).state is LinkState.SETTLED
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"
        assert campaign.world.errors == []
