"""Who is at work keeps the others away, for as long as it takes and no longer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from local.serving import Fault
from shared import settings as app_settings
from shared.domain.links import LinkState
from shared.domain.transfers import Step, Transfer
from shared.engine.bridge import Bridge
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS
from shared.ledger.rows import DueEntry, DueKind
from shared.messages import TransferMessage
from tests.kit.campaign import Campaign, slides
from tests.kit.clock import JumpClock

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
READING_SECONDS = 2.0  # several leases of the hasty clock below
RENEWALS = 6  # by then the watch entry that stood there at the beginning has passed
PATIENCE = 30  # seconds, against a test that hangs


class HastyClock(JumpClock):
    """A lease of 120 seconds lasts a fifth of one."""

    time_scale = 600

    def __init__(self, begin: datetime) -> None:
        super().__init__()
        self.jump((begin - self.now()).total_seconds())

    def after(self, seconds: float) -> datetime:
        return super().after(seconds / self.time_scale)


async def transfer_of(campaign: Campaign, item: str) -> Transfer | None:
    link = await campaign.link_or_none(item)
    return link.transfer if link else None


async def begun(campaign: Campaign, item: str) -> TransferMessage:
    """The transfer's first message, not delivered yet."""
    while (transfer := await transfer_of(campaign, item)) is None:
        assert await campaign.world.step()
    return TransferMessage(link=(await campaign.link(item)).key, transfer=transfer.id)


@contextlib.asynccontextmanager
async def hasty_bridge(campaign: Campaign) -> AsyncIterator[Bridge]:
    settings = app_settings.load(campaign.world.environment((await campaign.world.instance()).wire))
    clock = HastyClock(campaign.world.clock.now())
    bridge = Bridge.put_together(settings, clock, campaign.world.storage.store(settings.storage.connection_string))
    try:
        yield bridge
    finally:
        await bridge.close()


async def watch_soon(bridge: Bridge, message: TransferMessage) -> datetime:
    """The watch entry as the hasty clock would have set it when the transfer began."""
    ledger, soon = bridge.context.ledger, bridge.context.clock.after(LEASE_SECONDS + WATCH_SLACK_SECONDS)
    link = await ledger.link(message.link)
    assert link is not None
    assert link.transfer is not None
    assert link.transfer.watch_at is not None
    await ledger.add_due(DueEntry(soon, link.key, DueKind.WATCH))
    await ledger.put_link(replace(link, transfer=replace(link.transfer, watch_at=soon)))
    await ledger.drop_due(DueEntry(link.transfer.watch_at, link.key, DueKind.WATCH))
    return soon


async def test_the_leases_on_file_and_content_are_kept_while_the_asset_is_read_back(campaign: Campaign) -> None:
    """A lease of 600 seconds lasts one here."""
    campaign.world.celum.quirks.checksum = "none"
    item = campaign.drop("Launch.pptx", slides("Launch", title="Launch"), **READY)
    message = await begun(campaign, item)
    campaign.world.celum.faults.append(Fault("^GET .*download", delay=READING_SECONDS))
    async with hasty_bridge(campaign) as bridge, asyncio.timeout(PATIENCE):
        work = asyncio.ensure_future(bridge.transfer(message))
        tries = 0
        while not work.done():
            transfer = await transfer_of(campaign, item)
            if transfer is not None and transfer.step is Step.VERIFY:
                now = bridge.context.clock.now()
                theirs = await bridge.context.ledger.take_lease(f"item {campaign.drive}|{item}", "another", now)
                assert theirs is None, "another may take the file up"
                tries += 1
            await asyncio.sleep(0.1)
        await work
    assert tries > 10, "the reading took less than a lease lasts"
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_a_lease_is_kept_while_facts_are_read_for_longer_than_it_lasts(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pptx", slides("Launch", title="Launch"), **READY)
    message = await begun(campaign, item)
    campaign.world.onedrive.serving.faults.append(Fault("^GET .*download", delay=READING_SECONDS))
    async with hasty_bridge(campaign) as bridge:
        first = await watch_soon(bridge, message)
        work = asyncio.ensure_future(bridge.transfer(message))
        leases: set[datetime] = set()
        async with asyncio.timeout(PATIENCE):
            while len(leases) < RENEWALS:
                await asyncio.sleep(0.02)
                transfer = await transfer_of(campaign, item)
                assert transfer is not None
                leases |= {transfer.lease_until} if transfer.lease_until else set()
        assert transfer is not None
        assert transfer.step is Step.PREPARE, "renewed only after the reading"
        assert transfer.watch_at is not None
        assert transfer.lease_until is not None
        assert transfer.watch_at >= transfer.lease_until, "the watch has not moved along"
        assert transfer.watch_at > first
        due = await bridge.context.ledger.due(transfer.watch_at, 100)
        watches = {entry.at for entry in due if entry.kind is DueKind.WATCH}
        assert transfer.watch_at in watches, "a run that is killed now is never revived"
        assert first not in watches, "each renewal leaves an entry behind"
        await work
    assert (await campaign.link(item)).state is LinkState.SETTLED
