"""Flows that stand still: what comes for them is set aside as it is, and taken up again when they run."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.engine.context import Context
from shared.ledger.rows import Aside, DueEntry, DueKind, RefKind, Standing, item_ref
from shared.messages import IDS_PER_DECIDE, DecideMessage, Queue

AT_ONCE = 500  # entries taken up in one run


def flow_of(key: LinkKey) -> FlowId:
    return FlowId(key.split("|", 1)[0])


def item_of(key: LinkKey) -> tuple[DriveId, ItemId]:
    _, drive, item = key.split("|", 2)
    return DriveId(drive), ItemId(item)


async def set_aside_decide(context: Context, key: LinkKey, note: str = "") -> None:
    entry = DueEntry(context.clock.now(), key, DueKind.DECIDE, note)
    await context.ledger.set_aside(Aside.STOPPED, flow_of(key), [entry])


async def set_aside_frozen(context: Context, drive: DriveId, item: ItemId) -> None:
    """A change of a file that only a frozen flow knows is decided when the flow comes back."""
    frozen = {flow for flow, standing in (await context.standings()).items() if standing.stops == "frozen"}
    if not frozen:
        return
    for key in await context.ledger.refs(RefKind.ITEM, item_ref(drive, item)):
        if flow_of(key) in frozen:
            await set_aside_decide(context, key)


async def running(context: Context, entries: Sequence[DueEntry]) -> list[DueEntry]:
    """The entries whose flow runs; the others are set aside, and no longer due."""
    kept: list[DueEntry] = []
    stopped: dict[FlowId, list[DueEntry]] = {}
    for entry in entries:
        flow = flow_of(entry.link)
        if entry.kind is DueKind.FLOW or not await context.stops(flow):
            kept.append(entry)
        else:
            stopped.setdefault(flow, []).append(entry)
    for flow, held in stopped.items():
        await context.ledger.set_aside(Aside.STOPPED, flow, held)
        for entry in held:
            await context.ledger.drop_due(entry)
    return kept


async def take_up(context: Context) -> None:
    """Of every flow that runs, what was set aside; of a retired one it goes away."""
    for standing in (await context.standings(fresh=True)).values():
        if standing.retired:
            await _forget(context, standing)
        elif not await context.stops(standing.flow) and not standing.surge.open:
            await release(context, standing.flow)


async def _forget(context: Context, standing: Standing) -> None:
    for why in Aside:
        for entry in await context.ledger.asides(why, standing.flow, AT_ONCE):
            await context.ledger.drop_aside(why, standing.flow, entry)


async def release(context: Context, flow: FlowId) -> None:
    """Send the decides, and make the rest due again at the time it was; only then it is no longer aside."""
    if await context.stops(flow, fresh=True):
        return
    entries = await context.ledger.asides(Aside.STOPPED, flow, AT_ONCE)
    decides = [entry for entry in entries if entry.kind is DueKind.DECIDE]
    for entry in entries:
        if entry.kind is not DueKind.DECIDE:
            await context.ledger.add_due(entry)
    await send_entries(context, decides)
    for entry in entries:
        await context.ledger.drop_aside(Aside.STOPPED, flow, entry)


async def send_entries(context: Context, entries: Sequence[DueEntry]) -> None:
    drives: dict[DriveId, list[ItemId]] = {}
    for entry in entries:
        drive, item = item_of(entry.link)
        drives.setdefault(drive, []).append(item)
    for drive, items in drives.items():
        unique = list(dict.fromkeys(items))
        for start in range(0, len(unique), IDS_PER_DECIDE):
            message = DecideMessage(drive=drive, items=tuple(unique[start : start + IDS_PER_DECIDE]))
            await context.outbox.send(Queue.DECIDE, message)
