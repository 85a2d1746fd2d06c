"""Everything that has to happen at a time, sent when the time has come; and transfers whose lease lapsed, revived."""

from __future__ import annotations

import dataclasses

from shared.engine.baseline import watch_flow
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS, Context, log
from shared.engine.gates import watch_gate
from shared.engine.sending import is_big, is_running, try_to_send
from shared.engine.stopping import running, send_entries, take_up
from shared.errors import LedgerConflict
from shared.ledger.rows import DueEntry, DueKind

AT_ONCE = 5_000  # entries read in one run; the rest is read a minute later, or by the next transfer that ends


async def send_due(context: Context) -> None:
    """What is due now: decide messages, transfers that waited for a slot, and transfers that nobody carries on."""
    if not context.flows:
        return  # an invalid or empty flow file: all work keeps waiting where it is
    await take_up(context)
    entries = await running(context, await context.ledger.due(context.clock.now(), AT_ONCE))
    await _send_decides(context, [entry for entry in entries if entry.kind is DueKind.DECIDE])
    for entry in entries:
        if entry.kind is DueKind.WATCH:
            await _watch(context, entry)
        elif entry.kind is DueKind.FLOW:
            await watch_flow(context, entry)
        elif entry.kind is DueKind.GATE:
            await watch_gate(context, entry)
    await send_waiting_transfers(context, [entry for entry in entries if entry.kind is DueKind.TRANSFER])


async def send_next(context: Context) -> None:
    """Called by each transfer that ends: its slot is free, somebody may be waiting for it."""
    entries = await running(context, await context.ledger.due(context.clock.now(), AT_ONCE))
    await send_waiting_transfers(context, [entry for entry in entries if entry.kind is DueKind.TRANSFER])


async def send_waiting_transfers(context: Context, entries: list[DueEntry]) -> None:
    """Oldest first, one flow after the other, until no slot is free for a file of ordinary size."""
    for entry in _round_robin(entries):
        link = await context.ledger.link(entry.link)
        over = link is None or link.transfer is None or is_running(link, context.clock.now())
        if over or (link is not None and await try_to_send(context, link)):
            await context.ledger.drop_due(entry)
        elif link is not None and not is_big(link):
            return


def _round_robin(entries: list[DueEntry]) -> list[DueEntry]:
    flows: dict[str, list[DueEntry]] = {}
    for entry in entries:
        flows.setdefault(entry.link.split("|", 1)[0], []).append(entry)
    turns = max((len(waiting) for waiting in flows.values()), default=0)
    return [waiting[turn] for turn in range(turns) for waiting in flows.values() if turn < len(waiting)]


async def _send_decides(context: Context, entries: list[DueEntry]) -> None:
    await send_entries(context, entries)
    for entry in entries:
        await context.ledger.drop_due(entry)


async def _watch(context: Context, entry: DueEntry) -> None:
    """A transfer nobody carries on is sent again; one that runs has its entry moved along."""
    link = await context.ledger.link(entry.link)
    transfer = link.transfer if link else None
    if link is None or transfer is None or transfer.watch_at != entry.at:
        await context.ledger.drop_due(entry)
        return
    later = context.clock.after(LEASE_SECONDS + WATCH_SLACK_SECONDS)
    await context.ledger.add_due(DueEntry(later, link.key, DueKind.WATCH))
    try:
        moved = await context.ledger.put_link(
            dataclasses.replace(link, transfer=dataclasses.replace(transfer, watch_at=later))
        )
    except LedgerConflict:
        return  # it is being worked on this moment; the entry is looked at again in a minute
    if not is_running(moved, context.clock.now()):
        log.info("transfer %s is not being carried on; sending it again", transfer.id)
        await try_to_send(context, moved)  # if no slot is free, this entry's successor comes in minutes
    await context.ledger.drop_due(entry)
