"""What a transfer hears of at its last steps is done before it settles."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from local.celum_simulator.stage import Availability
from local.serving import Fault
from shared.domain.ids import DriveId, ItemId
from shared.domain.links import LinkState
from shared.domain.transfers import Step
from shared.messages import DecideMessage
from tests.engine.test_leases import begun, transfer_of
from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
HOLD = "    changed_after_ready: hold\n"
LOST = CAMPAIGN_FLOWS.replace(HOLD, f"{HOLD}    on_ready_lost: unavailable\n")
PATIENCE = 30  # seconds, against a test that hangs


async def test_a_field_that_changes_while_the_asset_is_completed_is_written_before_it_settles(tmp_path: Path) -> None:
    """The transfer hears of it when it notes what stood in CELUM: what it then writes is of before."""
    async with campaign_in(None, tmp_path, "late", flows=LOST) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await campaign.world.until_quiet()
        asset = campaign.asset_id("Launch")
        embargo = Availability(start=datetime(2099, 1, 1, tzinfo=UTC))  # it has to be remembered
        campaign.world.celum.change_asset(asset, availability=embargo)
        campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
        message = await begun(campaign, item)
        reading = Fault(rf"^GET .*/assets/{asset}\b", delay=1)
        campaign.world.celum.faults.append(reading)
        bridge = (await campaign.world.instance()).bridge
        async with asyncio.timeout(PATIENCE):
            work = asyncio.ensure_future(bridge.transfer(message))
            while reading.times:
                assert not work.done(), "the asset was not read"
                await asyncio.sleep(0.01)
            campaign.set("Launch.pdf", "UsageRights", "web")
            await bridge.decide(DecideMessage(drive=DriveId(campaign.drive), items=(ItemId(item),)))
            transfer = await transfer_of(campaign, item)
            assert transfer is not None
            assert (transfer.step, transfer.again) == (Step.PREPARE, True)
            await work

        link = await campaign.link(item)
        assert (link.state, link.transfer) == (LinkState.SETTLED, None)
        assert campaign.asset("Launch")["availability"] == {"available": False}
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "web"
