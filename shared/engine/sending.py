"""Which transfers may run: a slot for each, one pool for the whole deployment, waiting in `due` for the rest."""

from __future__ import annotations

from datetime import datetime

from shared.domain.links import Link
from shared.engine.context import LEASE_SECONDS, Context
from shared.engine.waiting import come_back_at
from shared.errors import FlowFileProblem, System
from shared.ledger.rows import DueEntry, DueKind
from shared.messages import Queue, TransferMessage

BIG_BYTES = 1 << 30  # files above take at most half of the slots, so that small ones never stand behind them


async def slots_for(context: Context, link: Link) -> int:
    """How many of the slots this link's transfer may choose from: half of them while OneDrive has little left to give.

    What already runs keeps its slot and ends; fewer begin in its place.
    """
    parallel = 1 if isinstance(context.flow_file, FlowFileProblem) else context.flow_file.limits.parallel
    if await context.shortage.lasts(context.ledger, context.clock, context.onedrive.headroom):
        parallel = max(1, parallel // 2)
    return max(1, parallel // 2) if is_big(link) else parallel


def is_big(link: Link) -> bool:
    return link.content is not None and link.content.size > BIG_BYTES


def is_running(link: Link, now: datetime) -> bool:
    transfer = link.transfer
    return transfer is not None and transfer.lease_until is not None and transfer.lease_until > now


async def try_to_send(context: Context, link: Link) -> bool:
    """Send the link's transfer if its systems are not paused and a slot is free."""
    transfer = link.transfer
    if transfer is None or await context.stops(link.flow):
        return False  # nothing to send, or its flow stands still
    if await context.paused_until(System.ONEDRIVE, System.CELUM) is not None:
        return False
    until = context.clock.after(LEASE_SECONDS)
    if await context.ledger.take_slot(transfer.id, until, await slots_for(context, link)) is None:
        return False
    await context.outbox.send(Queue.TRANSFER, TransferMessage(link=link.key, transfer=transfer.id))
    return True


async def send_or_wait(context: Context, link: Link) -> None:
    """Send the link's transfer now, or leave it in `due` for the next free slot or the end of the pause."""
    if not await try_to_send(context, link):
        at = await come_back_at(context, System.ONEDRIVE, System.CELUM) or context.clock.now()
        await context.ledger.add_due(DueEntry(at, link.key, DueKind.TRANSFER))
