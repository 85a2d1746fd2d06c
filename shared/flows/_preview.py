"""Each rule of a flow on its own: the values it reads of a file, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from shared.domain.facts import Facts
from shared.domain.links import Link
from shared.flows._gates import judge
from shared.flows._model import (
    AnyOf,
    CheckedIn,
    ColumnIs,
    Condition,
    ContentApprovalIs,
    IngestFlow,
    NameIs,
    Not,
    OfficeIs,
    Ready,
)
from shared.flows._reading import Lacks, Reading, Unfit, file_value
from shared.flows._selection import selects
from shared.flows._wishing import parts

type _Part = tuple[str, Callable[[Reading], str]]


@dataclass(frozen=True, slots=True)
class Previewed:
    """`value` is what would be written, or what is wrong with it; "" where the facts were not gathered."""

    value: str = ""
    used: Mapping[str, str] = field(default_factory=dict)


def preview(flow: IngestFlow, facts: Facts, link: Link | None) -> Mapping[str, Previewed]:
    """Rule → what is known of it, for every rule that reads values."""
    captures = selects(flow, facts.item)
    found: dict[str, Previewed] = {}
    for rule, make in (*_conditions(flow), *_accepted(flow), *parts(flow)):
        reading = Reading(flow, facts, link, captures or {})
        try:
            found[rule] = Previewed() if captures is None else Previewed(make(reading), reading.used)
        except Unfit as unfit:
            found[rule] = Previewed(unfit.reason.text, reading.used)
        except Lacks:
            found[rule] = Previewed(used=reading.used)
    return found


def target_of(flow: IngestFlow, facts: Facts, link: Link | None) -> str | None:
    """The path of the collection where the file is to stand, whatever else may hold it; None: it cannot be said."""
    captures = selects(flow, facts.item)
    if captures is None:
        return None
    try:
        return dict(parts(flow))["to.collection"](Reading(flow, facts, link, captures))
    except (Unfit, Lacks):
        return None


# --- ready --------------------------------------------------------------------------------------------------------


def _conditions(flow: IngestFlow) -> Iterator[_Part]:
    for condition in flow.ready.conditions:
        yield _rule_of(condition), partial(_judged, condition)


def _rule_of(condition: Condition) -> str:
    match condition:
        case ColumnIs(column):
            return f"ready.column.{column}"
        case OfficeIs(name):
            return f"ready.office.{name}"
        case NameIs():
            return "ready.name"
        case CheckedIn():
            return "ready.checked_in"
        case ContentApprovalIs():
            return "ready.content_approval"
        case AnyOf():
            return "ready.any"
        case Not():
            return "ready.not"


def _judged(condition: Condition, reading: Reading) -> str:
    alone = Reading(
        replace(reading.flow, ready=Ready(conditions=(condition,))), reading.facts, reading.link, reading.captures
    )
    alone.used = reading.used
    found = judge(alone)
    wrong = [reason.text for reason in (*found.wrong, *found.closed)]
    return "; ".join(wrong or dict.fromkeys(reading.used.values()))


# --- accept -------------------------------------------------------------------------------------------------------


def _accepted(flow: IngestFlow) -> Iterator[_Part]:
    accept = flow.accept
    if accept.types:
        yield "accept.types", lambda reading: file_value(reading.facts.item, "extension")
    if accept.max_size is not None:
        yield "accept.max_size", lambda reading: f"{file_value(reading.facts.item, 'size')} bytes"
    if accept.name is not None:
        yield "accept.name", lambda reading: reading.facts.item.name
    if accept.min_pixels is not None:
        yield "accept.min_pixels", _pixels


def _pixels(reading: Reading) -> str:
    pixels = reading.pixels()
    return f"{pixels[0]} by {pixels[1]}" if pixels else "unknown"
