"""Gates elsewhere: a folder's columns or a collection's fields, behind which files lie dormant until they say yes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache

from shared.domain.decisions import Decision, Outcome, Reason
from shared.domain.facts import Kind, Need
from shared.domain.items import Columns, Value
from shared.flows._gates import forgets, matches, not_yet
from shared.flows._model import Gate, GateKind, IngestFlow
from shared.flows._paths import nfc
from shared.flows._reading import Lacks, Reading, Unfit, as_day, as_text, internal_name
from shared.flows._sources import Source, Template

type Found = Columns | Mapping[str, Value] | None  # what stands at the path of a gate; None = nothing does


def dormant(reading: Reading) -> Decision | None:
    """Ignored behind the first gate that is closed: no link, no journal; closing again undoes nothing."""
    for gate in reading.flow.ready.gates:
        need = Need(Kind(gate.kind.value), _path(gate, reading.captures))
        reasons = _closed(reading.flow, gate, need.of, _found(need, reading), reading.used)
        if reasons:
            return Decision(
                Outcome.IGNORE,
                reasons,
                gate_open=False,
                forgets=forgets(reading),
                behind=need,
                used=dict(reading.used),
            )
    return None


def shut_because(flow: IngestFlow, need: Need, captures: Mapping[str, str], found: Found) -> tuple[Reason, ...]:
    """Why a gate keeps every file behind it dormant; nothing while it is open, or the flow has no such gate."""
    for gate in _gates_at(flow, need, captures):
        if reasons := _closed(flow, gate, need.of, found, {}):
            return reasons
    return ()


def gate_captures(flow: IngestFlow, need: Need, captures: Mapping[str, str]) -> dict[str, str]:
    """Those of a file's captures that all files behind the gate share."""
    names = {source.name for gate in _gates_at(flow, need, captures) for source in gate.path.sources}
    return {name: captures[name] for name in sorted(names)}


def folder_gates(flow: IngestFlow, path: str) -> frozenset[Need]:
    """The gates of the flow that a folder at this path is."""
    needs: set[Need] = set()
    for gate in flow.ready.gates:
        captures = _expression(gate.path).fullmatch(nfc(path)) if gate.kind is GateKind.FOLDER else None
        if captures is not None:
            needs.add(Need(Kind.FOLDER, _path(gate, captures.groupdict())))
    return frozenset(needs)


def _gates_at(flow: IngestFlow, need: Need, captures: Mapping[str, str]) -> Iterator[Gate]:
    for gate in flow.ready.gates:
        is_bound = all(source.name in captures for source in gate.path.sources)
        if gate.kind.value == need.kind.value and is_bound and _path(gate, captures) == need.of:
            yield gate


def _path(gate: Gate, captures: Mapping[str, str]) -> str:
    return "".join(part if isinstance(part, str) else captures[part.name] for part in gate.path.parts)


@lru_cache(maxsize=256)
def _expression(path: Template) -> re.Pattern[str]:
    """A capture that stands twice has to be the same both times."""
    seen: set[str] = set()
    pieces: list[str] = []
    for part in path.parts:
        if not isinstance(part, Source):
            pieces.append(re.escape(nfc(part)))
        else:
            pieces.append(f"(?P={part.name})" if part.name in seen else f"(?P<{part.name}>[^/]+)")
            seen.add(part.name)
    return re.compile("".join(pieces).rstrip("/"), re.IGNORECASE)


def _found(need: Need, reading: Reading) -> Found:
    facts = reading.facts
    known: Mapping[str, Found] = facts.folders if need.kind is Kind.FOLDER else facts.collections
    if need.of not in known:
        raise Lacks(need)
    return known[need.of]


def _closed(flow: IngestFlow, gate: Gate, path: str, found: Found, used: dict[str, str]) -> tuple[Reason, ...]:
    """A gate that cannot be judged is closed for a cause outside the file, so that its one line says why."""
    if found is None:
        return (Reason(f"ready.{gate.kind}", f'there is no {gate.kind} "{path}"', outside=True),)
    reasons: list[Reason] = []
    for name, accepted in gate.wanted:
        try:
            value = _value(flow, found, name)
        except Unfit as unfit:
            return (Reason(f"ready.{gate.kind}", unfit.reason.text, outside=True),)
        used[f"{gate.kind}.{name}"] = as_text(value)
        if not matches(value, accepted):
            text = f"{path}: {not_yet(name, as_text(value), accepted)}"
            reasons.append(Reason(f"ready.{gate.kind}.{name}", text, outside=True))
    return tuple(reasons)


def _value(flow: IngestFlow, found: Columns | Mapping[str, Value], name: str) -> Value:
    if not isinstance(found, Columns):
        return _field(found, name)
    internal = internal_name(found, name)
    if internal in found.unreadable:
        raise Unfit("ready.folder", f'the column "{name}" holds a value of a shape that is not understood')
    return as_day(found.values.get(internal, ""), found.types.get(internal, ""), flow)


def _field(fields: Mapping[str, Value], name: str) -> Value:
    """Empty fields are there; where nothing is there at all, nothing is known of the fields."""
    if name not in fields and fields:
        near = get_close_matches(name, fields, n=3, cutoff=0.5)
        hint = f": the nearest are {', '.join(near)}" if near else ""
        raise Unfit("ready.collection", f'the collection has no information field "{name}"{hint}')
    return fields.get(name, "")
