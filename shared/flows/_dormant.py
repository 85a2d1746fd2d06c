"""Gates elsewhere: a folder's columns or a collection's fields, behind which files lie dormant until they say yes."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain import Columns, Decision, Kind, Need, Outcome, Reason, Value
from shared.flows._gates import matches, not_yet
from shared.flows._model import Gate, GateKind
from shared.flows._reading import Lacks, Reading, Unfit, as_text, internal_name


def dormant(reading: Reading) -> Decision | None:
    """Ignored behind the first gate that is closed: no link, no journal; closing again undoes nothing.

    A gate that cannot be judged is closed for a cause outside the file, so that its one line says why.
    """
    for gate in reading.flow.ready.gates:
        need = Need(Kind(gate.kind.value), _path(gate, reading))
        try:
            reasons = _closed(gate, need.of, reading)
        except Unfit as unfit:
            reasons = (Reason(f"ready.{gate.kind}", unfit.reason.text, outside=True),)
        if reasons:
            return Decision(Outcome.IGNORE, reasons, gate_open=False, behind=need, used=dict(reading.used))
    return None


def _path(gate: Gate, reading: Reading) -> str:
    return "".join(part if isinstance(part, str) else reading.captures[part.name] for part in gate.path.parts)


def _closed(gate: Gate, path: str, reading: Reading) -> tuple[Reason, ...]:
    facts = reading.facts
    known: Mapping[str, object] = facts.folders if gate.kind is GateKind.FOLDER else facts.collections
    if path not in known:
        raise Lacks(Need(Kind(gate.kind.value), path))
    found = facts.folders[path] if gate.kind is GateKind.FOLDER else facts.collections[path]
    if found is None:
        return (Reason(f"ready.{gate.kind}", f'there is no {gate.kind} "{path}"', outside=True),)
    reasons: list[Reason] = []
    for name, accepted in gate.wanted:
        value = _value(found, name)
        reading.used[f"{gate.kind}.{name}"] = as_text(value)
        if not matches(value, accepted):
            text = f"{path}: {not_yet(name, as_text(value), accepted)}"
            reasons.append(Reason(f"ready.{gate.kind}.{name}", text, outside=True))
    return tuple(reasons)


def _value(found: Columns | Mapping[str, Value], name: str) -> Value:
    if not isinstance(found, Columns):
        return found.get(name, "")
    internal = internal_name(found, name)
    if internal in found.unreadable:
        raise Unfit("ready.folder", f'the column "{name}" holds a value of a shape that is not understood')
    return found.values.get(internal, "")
