"""What changed in a drive: who reads it now, who comes later, and what becomes of a reading that does not end well."""

from __future__ import annotations

import uuid

from shared.engine.baseline import list_files
from shared.engine.changes import OF_OUR_OWN, Run
from shared.engine.context import SCAN_LEASE_SECONDS, Context, log
from shared.engine.installation import may_work
from shared.engine.libraries import LONG_SCANS, retire
from shared.engine.moved import look_into_moved
from shared.engine.opening import list_behind
from shared.engine.waiting import pause
from shared.errors import BridgeError, Locked, Missing, NotAuthorised, System, Throttled, Unavailable
from shared.flows import IngestFlow
from shared.ledger.rows import Busy, ScanEnd, ScanLease
from shared.messages import DROPPABLE, Queue, ScanMessage, ScanReason

CLOCKS_DISAGREE_SECONDS = 2  # of two instances; a message must not come before the lease has ended
RETRY_SECONDS = 60  # after an answer that says nothing about when to come back
STUCK_SECONDS = 900  # after a scan that led nowhere …
STUCK_AT_ONCE = 2  # … so many times in a row; then the sweep comes back
BARRED_SECONDS = 900  # how often a message that nothing else replaces asks whether the library is ours now
REPLACED = DROPPABLE | {ScanReason.BACKFILL}  # what comes again by itself: by the timers, or the watch over the flow


async def scan(context: Context, message: ScanMessage) -> None:
    """Read what changed. At most one scan of a drive at a time; a message that comes meanwhile makes it run again."""
    drive = message.drive
    flows = await context.flows_of(drive)
    if not flows:
        log.warning("a scan of drive %s was asked for, which no flow names; dropped", drive)
        return
    if not await _may_begin(context, message, flows):
        return
    if message.reason in {ScanReason.FOLDER_MOVED, ScanReason.BACKFILL, ScanReason.GATE_OPENED}:
        await _list(context, message, flows)
        return
    lease = await context.ledger.ring(drive, uuid.uuid4().hex, context.clock.after(SCAN_LEASE_SECONDS))
    if isinstance(lease, Busy):
        await _after(context, message, lease)
        return
    run = Run(context, drive, flows, lease)
    try:
        end = await run.to_the_end(message.reason)
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
    except Unavailable as problem:
        log.warning("scan of drive %s stopped: %s", drive, problem)
    except (Missing, Locked) as problem:
        await retire(context, drive, problem)
        await _give_back(context, run.lease)
        return
    except BridgeError:
        await _give_back(context, run.lease)
        raise
    else:
        await _go_on(context, message, run.lease, end)
        return
    await _give_back(context, run.lease)
    await _again_at(context, message, RETRY_SECONDS / context.clock.time_scale)


async def _go_on(context: Context, message: ScanMessage, lease: ScanLease, end: ScanEnd) -> None:
    """After a scan that has not come to the end of the changes. Its place is kept; the sweep comes back in any case."""
    if end is ScanEnd.READ:
        return
    await _give_back(context, lease, end)
    if end is ScanEnd.UNENDED and lease.unended + 1 < LONG_SCANS:
        reason = ScanReason.SWEEP if message.reason in OF_OUR_OWN else ScanReason.CHANGE
        await context.outbox.send(Queue.SCAN, ScanMessage(drive=message.drive, reason=reason))
    elif end is ScanEnd.UNENDED and lease.unended + 1 == LONG_SCANS:
        log.error("drive %s: %d scans have found no end of its changes; the place is kept", message.drive, LONG_SCANS)
    if end is ScanEnd.STUCK:
        if lease.stuck == 0:
            log.error("drive %s: OneDrive repeats the same page for ever, or empty ones; place kept", message.drive)
        if lease.stuck < STUCK_AT_ONCE:
            await _again_at(context, message, STUCK_SECONDS / context.clock.time_scale)


async def _after(context: Context, message: ScanMessage, busy: Busy) -> None:
    """Come again when the lease of who scans ends, unless another message does so already."""
    if not (busy.was_dirty and message.reason in DROPPABLE and message.attempt == 0):
        left = (busy.until - context.clock.now()).total_seconds()
        await _again_at(context, message, left + CLOCKS_DISAGREE_SECONDS / context.clock.time_scale)


async def _may_begin(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> bool:
    """Whether OneDrive may be asked, and the library is ours. If that cannot be told now, the message comes again."""
    if paused := await context.paused_until(System.ONEDRIVE):
        await _again_at(context, message, (paused - context.clock.now()).total_seconds())
        return False
    try:
        if await may_work(context, message.drive, flows):
            return True
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
        seconds = RETRY_SECONDS
    except Unavailable as problem:
        log.warning("whose drive %s is could not be read: %s", message.drive, problem)
        seconds = RETRY_SECONDS
    except (Missing, Locked) as problem:  # the whole library: the timers ask again, and nothing in it counts as deleted
        await retire(context, message.drive, problem)
        return False
    else:
        if message.reason in REPLACED:
            return False
        seconds = BARRED_SECONDS
    await _again_at(context, message, seconds / context.clock.time_scale)
    return False


async def _give_back(context: Context, lease: ScanLease, end: ScanEnd = ScanEnd.BROKEN_OFF) -> None:
    """Somebody may have rung meanwhile: the message that comes again serves both."""
    if not await context.ledger.release_scan(lease, end):
        await context.ledger.release_scan(lease, ScanEnd.BROKEN_OFF)


async def _list(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> None:
    """Without the scan lease: these messages carry themselves on."""
    try:
        if message.reason is ScanReason.BACKFILL:
            await list_files(context, message)
        elif message.reason is ScanReason.GATE_OPENED:
            await list_behind(context, message)
        else:
            await look_into_moved(context, message, flows)
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
    except Unavailable as problem:
        log.warning("a folder could not be listed: %s", problem)
    else:
        return
    await _again_at(context, message, RETRY_SECONDS / context.clock.time_scale)


async def _again_at(context: Context, message: ScanMessage, seconds: float) -> None:
    again = message.model_copy(update={"attempt": message.attempt + 1})
    await context.outbox.send(Queue.SCAN, again, delay=max(seconds, 0))
