"""Gates elsewhere: asked once for all files behind them, which lie dormant while they are closed.

Of dormant files the ledger holds one row a gate: no link, no journal, no due entry of their own. Before a file is
passed over, that row stands, with a time at which the gate is asked again; found open, all behind it is listed and
decided (`opening`). A file is passed over only after the row was read as closed: one that lay there before the gate was
found open is listed afterwards, whatever a process believed meanwhile.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from shared.domain import Decision, DriveId, Facts, FlowId, Item, ItemId, Kind, Link, LinkKey, Need, Reason
from shared.engine.context import Context, log
from shared.engine.gate_answers import GateAnswer
from shared.engine.paths import Paths
from shared.engine.waiting import pause
from shared.errors import LedgerConflict, NameProblem, RemoteError, System, Throttled, Unavailable
from shared.flows import IngestFlow, decide, folder_gates, gate_captures, needs, selects, shut_because
from shared.ledger.gates import GateState, collection_ref, gate_key
from shared.ledger.rows import DueEntry, DueKind, RefKind
from shared.messages import Queue, ScanMessage, ScanReason

GATES = frozenset({Kind.FOLDER, Kind.COLLECTION})
KEPT_SECONDS = 30  # an answer serves all files that are looked at meanwhile
FIRST_LOOK_SECONDS = 60  # after a gate was found closed: it may have opened while that was being written down
# A folder's change comes with the delta, the daily look is for what that misses; of a collection nothing tells.
LOOK_SECONDS = {Kind.FOLDER: 86_400, Kind.COLLECTION: 3_600}
UNTOLD_SECONDS = 300  # after a look that told nothing
WATCH_SECONDS = 300  # how often a listing behind an opened gate is looked after
SEEN_AT_MOST = 2_000  # files behind a gate that are told apart; "many" is all that helps beyond
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


# --- files behind closed gates --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Shut:
    flow: IngestFlow
    need: Need
    captures: Mapping[str, str]
    reasons: tuple[Reason, ...]
    files: dict[ItemId, None] = field(default_factory=dict)


class Dormant:
    """The files of one page that lie behind closed gates, written down once the page is through."""

    def __init__(self, context: Context, drive: DriveId) -> None:
        self._context = context
        self._drive = drive
        self._shut: dict[tuple[FlowId, Need], _Shut] = {}

    async def takes(self, flow: IngestFlow, item: Item, link: Link | None) -> Facts | None:
        """The file's facts with all that its gates say; None once it is known to lie behind a closed one."""
        context = self._context
        facts = Facts(now=context.clock.now(), item=item, time_scale=context.clock.time_scale)
        while wanted := [need for need in needs(flow, facts, link) if need.kind in GATES] if flow.ready.gates else []:
            need = wanted[0]
            try:
                facts = with_answer(facts, need, await ask(context, self._drive, need))
            except RemoteError as problem:
                self._add(flow, item, need, (await cannot_be_asked(context, need, problem),))
                return None
        if not flow.ready.gates or needs(flow, facts, link):
            return facts
        decision = decide(flow, facts, link)
        if decision.behind is None:
            return facts
        self._add(flow, item, decision.behind, decision.reasons)
        return None

    def _add(self, flow: IngestFlow, item: Item, need: Need, reasons: tuple[Reason, ...]) -> None:
        captures = gate_captures(flow, need, selects(flow, item) or {})
        shut = self._shut.setdefault((flow.id, need), _Shut(flow, need, captures, reasons))
        shut.files[item.id] = None

    async def write(self) -> list[ItemId]:
        """One row a gate. What comes back wants a decision: its gate has opened meanwhile."""
        opened: dict[ItemId, None] = {}
        for shut in self._shut.values():
            if not await _keep(self._context, self._drive, shut):
                opened |= shut.files
        self._shut.clear()
        return list(opened)


async def keep_dormant(context: Context, flow: IngestFlow, facts: Facts, decision: Decision) -> None:
    """Of a file that was decided by itself. LedgerConflict where its gate has opened meanwhile: then decide anew."""
    if decision.behind is None:
        return
    item, need = facts.item, decision.behind
    captures = gate_captures(flow, need, selects(flow, item) or {})
    if not await _keep(context, item.drive, _Shut(flow, need, captures, decision.reasons, {item.id: None})):
        raise LedgerConflict(f"the gate in front of item {item.id} has opened meanwhile")


async def cannot_be_asked(context: Context, need: Need, problem: RemoteError) -> Reason:
    if isinstance(problem, Throttled):
        await pause(context, problem)
    log.warning("a gate could not be asked, and what is behind it waits: %s", problem)
    return Reason(f"ready.{need.kind}", f"{need.of} could not be asked: {problem.came_back}", outside=True)


async def _keep(context: Context, drive: DriveId, shut: _Shut) -> bool:
    """Write the files down in the row of their gate. Where there is none, or it opens, only a fresh look counts."""
    for attempt in range(TRIES):
        row = await context.ledger.gate(gate_key(shut.flow.id, shut.need.kind, shut.need.of))
        try:
            if row is not None and not row.is_opening:
                seen = _with_marks(row.seen, shut.files)
                if seen != row.seen:
                    await context.ledger.put_gate(dataclasses.replace(row, seen=seen))
                return True
            known = row or _new(context, drive, shut)
            judged, _ = await _judge(context, shut.flow, known)
            if not judged.reasons:
                return False
            seen = _with_marks(judged.seen, shut.files)
            await _reschedule(context, _closed(judged, seen), FIRST_LOOK_SECONDS)
        except LedgerConflict:
            if attempt == TRIES - 1:
                raise
        else:
            return True
    raise AssertionError("unreachable")


def _new(context: Context, drive: DriveId, shut: _Shut) -> GateState:
    return GateState(
        flow=shut.flow.id,
        kind=shut.need.kind.value,
        path=shut.need.of,
        drive=drive,
        since=context.clock.now(),
        captures=shut.captures,
    )


def _closed(row: GateState, seen: tuple[str, ...]) -> GateState:
    return dataclasses.replace(row, seen=seen, is_opening=False, is_listing=False)


def _with_marks(seen: tuple[str, ...], files: Iterable[ItemId]) -> tuple[str, ...]:
    known = set(seen)
    fresh = [mark for mark in map(mark_of, files) if mark not in known]
    return (*seen, *fresh)[:SEEN_AT_MOST]


def mark_of(item: ItemId) -> str:
    return blake2b(item.encode(), digest_size=5).hexdigest()


def was_behind(gates: Iterable[GateState], captures: Mapping[str, str], item: ItemId) -> bool:
    """Whether the file was seen behind one of the gates; of a gate with very many, whether it might have been."""
    mark = mark_of(item)
    return any(
        mark in gate.seen or (len(gate.seen) == SEEN_AT_MOST and gate.captures.items() <= captures.items())
        for gate in gates
    )


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
    judged, is_told = await _judge(context, flow, row)
    if judged.reasons:
        await _reschedule(context, judged, LOOK_SECONDS[Kind(row.kind)] if is_told else UNTOLD_SECONDS)
    else:
        log.info("flow %s: a gate has opened; %d files and more lay behind it", row.flow, len(row.seen))
        await _list_behind(context, dataclasses.replace(judged, is_opening=True))


async def _list_behind(context: Context, row: GateState) -> None:
    """The row first, then the message; a message too many is harmless, and the watch sends one that is lost again."""
    await _reschedule(context, row, WATCH_SECONDS)
    message = ScanMessage(drive=row.drive, reason=ScanReason.GATE_OPENED, gate=row.key)
    await context.outbox.send(Queue.SCAN, message)


async def _judge(context: Context, flow: IngestFlow, row: GateState) -> tuple[GateState, bool]:
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


async def _reschedule(context: Context, row: GateState, seconds: float) -> GateState:
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
        await _ask_soon(context, row.key)


async def collection_changed(context: Context, number: int) -> None:
    """For whoever learns that a collection's fields have changed: the gates that it is are asked at once."""
    for key in await context.ledger.refs(RefKind.GATE, collection_ref(str(number))):
        row = await context.ledger.gate(key)
        if row is not None:
            context.gate_answers.forget(_answer_key(row.drive, Need(Kind(row.kind), row.path)))
            await _ask_soon(context, key)


async def _ask_soon(context: Context, key: LinkKey) -> None:
    """By the timer, so that whoever noticed it does not wait for another system."""
    for attempt in range(TRIES):
        row = await context.ledger.gate(key)
        if row is None or row.is_opening or (row.due_at is not None and row.due_at <= context.clock.now()):
            return
        try:
            await _reschedule(context, row, 0)
        except LedgerConflict:
            if attempt == TRIES - 1:
                raise
        else:
            return
