"""What ended in a poison queue: made visible, never lost, never thrown again."""

from __future__ import annotations

import dataclasses

from shared.domain.decisions import Reason
from shared.domain.ids import link_key
from shared.domain.links import Link, LinkState
from shared.engine.context import Context, log
from shared.engine.holding import put_attention
from shared.errors import BridgeError
from shared.ledger.rows import AttentionKind, DueEntry, DueKind
from shared.messages import DecideMessage, Queue, ScanMessage

AFTER_FAILURE_SECONDS = 3600  # a file that could not be decided is tried again so much later
AGAIN_SECONDS = 600  # a scan is asked for again so much later: the drive's changes are still there


async def mark(context: Context, queue: Queue, body: bytes) -> None:
    """Must not throw: a poison handler that does repeats for ever (reference 1.1, no. 6)."""
    try:
        match queue:
            case Queue.SCAN:
                message = ScanMessage.parse(body)
                await context.outbox.send(queue, message, delay=AGAIN_SECONDS / context.clock.time_scale)
            case Queue.DECIDE:
                await _decide_failed(context, DecideMessage.parse(body))
            case Queue.TRANSFER:
                log.error("a transfer message failed for good; its watch entry sends it again: %s", body.decode()[:400])
    except Exception:  # noqa: BLE001  the message must not come back for ever; it stands in the log with its trace
        log.exception("a message of %s could not be put aside: %s", queue, body[:400])


async def _decide_failed(context: Context, message: DecideMessage) -> None:
    """Each file on its own once more; those that fail again are shown."""
    if len(message.items) > 1:
        for item in message.items:
            await context.outbox.send(Queue.DECIDE, message.model_copy(update={"items": (item,)}))
        return
    reasons = (Reason("decide", "deciding about this file failed again and again; see the log, then `bridge replay`"),)
    for flow in await context.flows_of(message.drive):
        key = link_key(flow.id, message.drive, message.items[0])
        link = await context.ledger.link(key)
        await context.ledger.add_due(DueEntry(context.clock.after(AFTER_FAILURE_SECONDS), key, DueKind.DECIDE))
        known = link or Link(key, flow.id, message.drive, message.items[0], LinkState.SEEN)
        failed = dataclasses.replace(known, state=LinkState.FAILED, reasons=reasons)
        await put_attention(context, AttentionKind.FAILED, failed)
        if link is None:
            continue
        try:
            await context.ledger.put_link(failed)
        except BridgeError:
            log.exception("link %s could not be marked as failed; it stands in the attention list", link.key)
