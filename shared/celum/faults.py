"""What CELUM's refusal of a create or an update means, in the words of whoever has to mend it (G29, G30, G47)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.celum.changes import RawField
from shared.celum.definitions import FieldDefinition
from shared.celum.fields import accepted
from shared.domain.assets import FieldType
from shared.errors import Fault, Refused

SHOWN = 80  # characters of a value


def explained(
    problem: Refused, definitions: Sequence[FieldDefinition], sent: Iterable[RawField] = ()
) -> tuple[str, ...]:
    """One line a fault, none lost: the field by its label, the value that was sent, what CELUM says, what it takes."""
    known: dict[int | None, FieldDefinition] = {definition.id: definition for definition in definitions}
    values = {entry.get("id"): entry.get("value") for entry in sent}
    if not problem.faults:
        return (problem.came_back,)
    return tuple(_line(fault, known.get(fault.field), values.get(fault.field)) for fault in problem.faults)


def _line(fault: Fault, definition: FieldDefinition | None, value: object) -> str:
    locale = f" ({fault.locale})" if fault.locale else ""
    if fault.field is None:
        return f"{fault.argument}{locale}: {fault.message}" if fault.argument else f"{fault.message}{locale}"
    number = f"information field {fault.field}"
    label = f'"{definition.label}" ({number})' if definition else number
    shown = "no value" if value is None else f'"{_shown(value, definition)}"'
    takes = f"; it takes {_rule(definition)}" if definition else ""
    return f"{label}{locale}: {shown} was sent, CELUM says: {fault.message}{takes}"


def _rule(definition: FieldDefinition) -> str:
    return accepted(definition) + (", and is required" if definition.required else "")


def _shown(value: object, definition: FieldDefinition | None) -> str:
    """The bare value, also out of an operation; an option by its label."""
    if isinstance(value, Mapping) and "op" in value:
        bare = [value[name] for name in ("value", "set", "add") if name in value]
        value = bare[0] if bare else ""
    if definition is not None and definition.type == FieldType.DROPDOWN:
        labels = {option.index: option.label for options in definition.options.values() for option in options}
        value = labels.get(value, value) if isinstance(value, int) else value
    text = ", ".join(_plain(value))
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def _plain(value: object) -> list[str]:
    match value:
        case Mapping():
            return [f"{locale}: {text}" for locale, text in value.items()]
        case list() | tuple():
            return [str(part) for part in value]
        case datetime():
            return [value.isoformat()]
        case _:
            return [str(value)]
