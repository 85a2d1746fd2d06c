"""Files behind closed gates: of all of them the ledger holds one row a gate, and nothing of any by itself.

No link, no journal, no due entry. Before a file is passed over, the row of its gate stands, with a time at which the
gate is asked again. A file is passed over only after the row was read as closed: one that lay there before the gate was
found open is listed afterwards, whatever a process believed meanwhile.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from shared.domain.decisions import Decision, Reason
from shared.domain.facts import Facts, Need
from shared.domain.ids import DriveId, FlowId, ItemId, link_key
from shared.domain.items import Item
from shared.domain.links import Link
from shared.engine.context import Context
from shared.engine.gates import GATES, ask, cannot_be_asked, judge, reschedule, with_answer
from shared.errors import LedgerConflict, RemoteError
from shared.flows import IngestFlow, decide, gate_captures, needs, selects
from shared.ledger.gates import GateState, gate_key
from shared.ledger.rows import DueEntry, DueKind

FIRST_LOOK_SECONDS = 60  # after a gate was found closed: it may have opened while that was being written down
SEEN_AT_MOST = 2_000  # files behind a gate that are told apart; "many" is all that helps beyond
TRIES = 4  # against other writers of the same row


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
        """The file's facts with all that its gates say; None where it lies behind a closed one and that is all."""
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
        if decision.behind is None or decision.forgets:
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
            judged, _ = await judge(context, shut.flow, known)
            if not judged.reasons:
                return False
            seen = _with_marks(judged.seen, shut.files)
            await reschedule(context, _closed(judged, seen), FIRST_LOOK_SECONDS)
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
    fresh = [mark for mark in map(_mark_of, files) if mark not in known]
    return (*seen, *fresh)[:SEEN_AT_MOST]


def _mark_of(item: ItemId) -> str:
    return blake2b(item.encode(), digest_size=5).hexdigest()


def _was_behind(gates: Iterable[GateState], captures: Mapping[str, str], item: ItemId) -> bool:
    """Whether the file was seen behind one of the gates; of a gate with very many, whether it might have been."""
    mark = _mark_of(item)
    return any(
        mark in gate.seen or (len(gate.seen) == SEEN_AT_MOST and gate.captures.items() <= captures.items())
        for gate in gates
    )


class Behind:
    """For the listing of a flow that is being taken in: what lies, or lay, behind its gates."""

    def __init__(self, context: Context, gates: tuple[GateState, ...]) -> None:
        self._context = context
        self._gates = gates
        self._dormant: dict[DriveId, Dormant] = {}

    def was_dormant(self, flow: IngestFlow, file: Item) -> bool:
        return _was_behind(self._gates, selects(flow, file) or {}, file.id)

    async def is_dormant(self, flow: IngestFlow, file: Item) -> bool:
        dormant = self._dormant.setdefault(file.drive, Dormant(self._context, file.drive))
        return await dormant.takes(flow, file, None) is None

    async def write(self, flow: IngestFlow) -> list[DueEntry]:
        """What has to be decided after all, because its gate opened meanwhile."""
        now = self._context.clock.now()
        return [
            DueEntry(now, link_key(flow.id, drive, item), DueKind.DECIDE)
            for drive, dormant in self._dormant.items()
            for item in await dormant.write()
        ]
