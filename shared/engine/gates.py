"""Gates elsewhere: asked once for all files behind them, and asked again when they may have opened.

What lies behind a closed gate is `dormant`; once it is found open, that is listed and decided (`opening`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from shared.domain.decisions import Reason
from shared.domain.facts import Facts, Kind, Need
from shared.domain.ids import DriveId, LinkKey
from shared.domain.items import Item
from shared.engine.context import Context, log
from shared.engine.gate_answers import GateAnswer
from shared.engine.paths import Paths
from shared.engine.waiting import pause
from shared.errors import LedgerConflict, NameProblem, NotAuthorised, RemoteError, System, Throttled, Unavailable
from shared.flows import IngestFlow, folder_gates, shut_because
from shared.ledger.gates import GateState, collection_ref, gate_key
from shared.ledger.rows import DueEntry, DueKind, RefKind
from shared.messages import Queue, ScanMessage, ScanReason

GATES = frozenset({Kind.FOLDER, Kind.COLLECTION})
KEPT_SECONDS = 30  # an answer serves all files that are looked at meanwhile
# A folder's change comes with the delta, the daily look is for what that misses; of a collection nothing tells.
LOOK_SECONDS = {Kind.FOLDER: 86_400, Kind.COLLECTION: 3_600}
UNTOLD_SECONDS = 300  # after a look that told nothing
WATCH_SECONDS = 300  # how often a listing behind an opened gate is looked after
TRIES = 4  # against other writers of the same row


# --- asking a gate --------------------------------------------------------------------------------------------------


async def ask(context: Context, drive: DriveId, need: Need, *, fresh: bool = False) -> GateAnswer:
    """What stands at the place of the gate, as it was a moment ago or is now."""
    key = _answer_key(drive, need)
    if fresh:
        context.gate_answers.forget(key)

    async def question() -> GateAnswer:
        return await (_folder(context, drive, need.of) if need.kind is Kind.FOLDER else _collection(context, need.of))

    return await context.gate_answers.get(key, context.clock.now(), context.clock.after(KEPT_SECONDS), question)


def _answer_key(drive: DriveId, need: Need) -> tuple[str, ...]:
    return (drive, need.kind, need.of)


async def _folder(context: Context, drive: DriveId, path: str) -> GateAnswer:
    there = await context.onedrive.item_at(drive, path)
    if there is None or not there.is_folder:
        return GateAnswer(None)
    item, columns = await context.onedrive.item(drive, there.id)
    return GateAnswer(columns, item.id, item.etag)


async def _collection(context: Context, path: str) -> GateAnswer:
    if await context.paused_until(System.CELUM) is not None:
        raise Unavailable(System.CELUM, f"read the collection {path}", "it has asked to be left alone")
    try:
        found = await context.celum.directory.collection_values(path)
    except NameProblem as problem:
        log.warning("a gate of a flow is not clear: %s", problem)
        return GateAnswer(None)
    return GateAnswer(None) if found is None else GateAnswer(found[1], str(found[0]))


def with_answer(facts: Facts, need: Need, answer: GateAnswer) -> Facts:
    known: Mapping[str, object] = facts.folders if need.kind is Kind.FOLDER else facts.collections
    member = "folders" if need.kind is Kind.FOLDER else "collections"
    return dataclasses.replace(facts, **{member: {**known, need.of: answer.found}})  # type: ignore[arg-type]  # by name


# --- looking again --------------------------------------------------------------------------------------------------


async def watch_gate(context: Context, entry: DueEntry) -> None:
    """Ask a closed gate again; of one that was found open, see that its files go on being listed."""
    row = await context.ledger.gate(entry.link)
    flow = _flow(context, row)
    if row is not None and row.due_at == entry.at and flow is not None:
        try:
            await (_list_behind(context, row) if row.is_opening else _look(context, flow, row))
        except LedgerConflict:
            return  # somebody writes it this moment; the entry is looked at again in a minute
    await context.ledger.drop_due(entry)


def _flow(context: Context, row: GateState | None) -> IngestFlow | None:
    return next((flow for flow in context.flows if row is not None and flow.id == row.flow), None)


async def _look(context: Context, flow: IngestFlow, row: GateState) -> None:
    judged, is_told = await judge(context, flow, row)
    if judged.reasons:
        await reschedule(context, judged, LOOK_SECONDS[Kind(row.kind)] if is_told else UNTOLD_SECONDS)
    else:
        log.info("flow %s: a gate has opened; %d files and more lay behind it", row.flow, len(row.seen))
        await _list_behind(context, dataclasses.replace(judged, is_opening=True))


async def _list_behind(context: Context, row: GateState) -> None:
    """The row first, then the message; a message too many is harmless, and the watch sends one that is lost again."""
    await reschedule(context, row, WATCH_SECONDS)
    message = ScanMessage(drive=row.drive, reason=ScanReason.GATE_OPENED, gate=row.key)
    await context.outbox.send(Queue.SCAN, message)


async def cannot_be_asked(context: Context, need: Need, problem: RemoteError) -> Reason:
    if isinstance(problem, Throttled | NotAuthorised):
        await pause(context, problem)
    log.warning("a gate could not be asked, and what is behind it waits: %s", problem)
    return Reason(f"ready.{need.kind}", f"{need.of} could not be asked: {problem.came_back}", outside=True)


async def judge(context: Context, flow: IngestFlow, row: GateState) -> tuple[GateState, bool]:
    """The row as a fresh look has it, without reasons where the gate is open; and whether the look told anything."""
    need = Need(Kind(row.kind), row.path)
    try:
        answer = await ask(context, row.drive, need, fresh=True)
    except RemoteError as problem:
        return dataclasses.replace(row, reasons=(await cannot_be_asked(context, need, problem),)), False
    reasons = shut_because(flow, need, row.captures, answer.found)
    if row.kind == Kind.COLLECTION and answer.place not in {"", row.place}:
        await context.ledger.add_ref(RefKind.GATE, collection_ref(answer.place), row.key)
    return dataclasses.replace(row, reasons=reasons, place=answer.place, place_etag=answer.etag), True


async def reschedule(context: Context, row: GateState, seconds: float) -> GateState:
    """The entry stands before the row that names it; then the one it replaces goes."""
    at = context.clock.after(seconds)
    await context.ledger.add_due(DueEntry(at, row.key, DueKind.GATE))
    stored = await context.ledger.put_gate(dataclasses.replace(row, due_at=at))
    if row.due_at is not None and row.due_at != at:
        await context.ledger.drop_due(DueEntry(row.due_at, row.key, DueKind.GATE))
    return stored


async def forget_gate(context: Context, row: GateState) -> None:
    """Nothing lies behind it any more."""
    await context.ledger.drop_gate(row)
    if row.kind == Kind.COLLECTION and row.place:
        await context.ledger.drop_ref(RefKind.GATE, collection_ref(row.place), row.key)
    if row.due_at is not None:
        await context.ledger.drop_due(DueEntry(row.due_at, row.key, DueKind.GATE))


# --- what tells that a gate may have opened -------------------------------------------------------------------------


async def folders_changed(
    context: Context, flows: tuple[IngestFlow, ...], folders: Iterable[Item], paths: Paths
) -> None:
    """Folders as a page shows them: those that are gates and look otherwise than when they were asked, are asked."""
    gated = [flow for flow in flows if flow.ready.gates]
    for folder in folders if gated else ():
        placed = await paths.of(folder)
        for flow in gated:
            for need in folder_gates(flow, placed.path or ""):
                await _folder_changed(context, flow, need, placed)


async def _folder_changed(context: Context, flow: IngestFlow, need: Need, folder: Item) -> None:
    kept = context.gate_answers.kept(_answer_key(folder.drive, need))
    if kept is not None and kept.etag != folder.etag:
        context.gate_answers.forget(_answer_key(folder.drive, need))
    row = await context.ledger.gate(gate_key(flow.id, need.kind, need.of))
    if row is not None and (row.place, row.place_etag) != (folder.id, folder.etag):
        await ask_soon(context, row.key)


async def collection_changed(context: Context, number: int) -> None:
    """For whoever learns that a collection's fields have changed: the gates that it is are asked at once."""
    for key in await context.ledger.refs(RefKind.GATE, collection_ref(str(number))):
        row = await context.ledger.gate(key)
        if row is not None:
            context.gate_answers.forget(_answer_key(row.drive, Need(Kind(row.kind), row.path)))
            await ask_soon(context, key)


async def ask_soon(context: Context, key: LinkKey) -> None:
    """By the timer, so that whoever noticed it does not wait for another system."""
    for attempt in range(TRIES):
        row = await context.ledger.gate(key)
        if row is None or row.is_opening or (row.due_at is not None and row.due_at <= context.clock.now()):
            return
        try:
            await reschedule(context, row, 0)
        except LedgerConflict:
            if attempt == TRIES - 1:
                raise
        else:
            return
