"""What a transfer hears of at its last steps is done before it settles, and whoever is killed meanwhile is missed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from local.serving import Fault
from shared.domain.ids import DriveId, ItemId
from shared.domain.links import LinkState
from shared.domain.transfers import Step
from shared.messages import DecideMessage
from tests.engine.test_leases import begun, transfer_of
from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
LINKING = CAMPAIGN_FLOWS.replace(
    "    changed_after_ready: hold\n",
    "    changed_after_ready: hold\n    on_existing: {same_content: update_fields}\n",
)
PATIENCE = 30  # seconds, against a test that hangs


async def test_a_field_that_changes_while_the_asset_is_completed_is_written_before_it_settles(tmp_path: Path) -> None:
    """The transfer hears of it when it notes that it adds the collection: what it then writes is of before."""
    async with campaign_in(None, tmp_path, "late", flows=LINKING) as campaign:
        there = campaign.world.celum.add_asset(
            "old.pdf",
            b"%PDF launch",
            parents=["/Marketing/Office"],
            name="Launch",
            type="Campaign asset",
            fields={"Usage rights": "print", "Campaign": "Old"},
        )
        item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        message = await begun(campaign, item)
        reading = Fault(rf"^GET .*/assets/{there}\b", times=10, delay=1)
        campaign.world.celum.faults.append(reading)
        bridge = (await campaign.world.instance()).bridge
        async with asyncio.timeout(PATIENCE):
            work = asyncio.ensure_future(bridge.transfer(message))
            while (begins := await transfer_of(campaign, item)) and begins.step is not Step.COMPLETE:
                assert not work.done(), "the asset was not read"
                await asyncio.sleep(0.01)
            campaign.set("Launch.pdf", "UsageRights", "web")
            await bridge.decide(DecideMessage(drive=DriveId(campaign.drive), items=(ItemId(item),)))
            transfer = await transfer_of(campaign, item)
            assert transfer is not None
            assert (transfer.step, transfer.again, transfer.adds) == (Step.COMPLETE, True, False)
            reading.times = 0
            await work

        link = await campaign.link(item)
        assert (link.state, link.transfer) == (LinkState.SETTLED, None)
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "web"
