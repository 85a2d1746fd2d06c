"""`accept`, `to` and `fields`: what should be true in CELUM about a file, or why it may not pass."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from shared.domain.decisions import FieldWish, Reason, Wish
from shared.domain.facts import Need
from shared.domain.file_names import why_illegal
from shared.domain.items import Value
from shared.flows._categories import is_of_types
from shared.flows._days import day_of, end_of, start_of
from shared.flows._model import FieldMatch, FieldRule, IngestFlow, Table
from shared.flows._reading import Lacks, Reading, Unfit, as_text, is_empty
from shared.flows._sources import Source, Template


def wish(reading: Reading) -> Wish | tuple[Reason, ...]:
    """All reasons at once. Raises Lacks with everything that is missing at this stage."""
    attempt = _Attempt()
    flow, item = reading.flow, reading.facts.item
    attempt.reasons += attempt.to(partial(_not_acceptable, reading)) or []
    collection = attempt.to(partial(_path, flow.to.collection, reading, "to.collection"))
    name = attempt.to(partial(_name, reading))
    fields = [attempt.to(partial(_field, rule, reading)) for rule in flow.fields]
    matches = attempt.to(partial(_matches, reading))
    move_to = attempt.to(partial(_folder, flow.move_to, reading)) if flow.move_to else None
    window = attempt.to(partial(_availability, reading))
    attempt.finish()
    if attempt.reasons or collection is None or name is None or window is None:
        return tuple(dict.fromkeys(attempt.reasons))
    since, until = window
    return Wish(
        collection=collection,
        asset_type=flow.to.asset_type,
        name=name,
        filename=item.name,
        fields=tuple(field for field in fields if field is not None),
        intake=flow.to.intake,
        key_field=flow.to.key,
        available_since=since,
        available_until=until,
        create_collections=flow.to.create_collections,
        collection_type=flow.to.collection_type,
        matches=matches or (),
        move_to=move_to,
        delete=flow.after == "delete",
    )


def facts_hash(wanted: Wish) -> str:
    """Names what a flow wants, not where it read it; the file's own name counts only through the asset's."""
    named = [
        wanted.collection,
        wanted.name,
        wanted.asset_type,
        wanted.intake,
        [moment.isoformat() if moment else None for moment in (wanted.available_since, wanted.available_until)],
        sorted([field.label, field.locale or "", field.value] for field in wanted.fields),
        *(["unavailable"] if wanted.unavailable else []),
    ]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]


def parts(flow: IngestFlow) -> Iterator[tuple[str, Callable[[Reading], str]]]:
    """Each rule on its own → what it would have written, as text; raises Lacks or Unfit as `wish` does."""
    yield "to.collection", lambda reading: _path(flow.to.collection, reading, "to.collection")
    yield "to.name", _name
    for match in (way for way in flow.identity if isinstance(way, FieldMatch)):
        yield f"identity.{match.label}", partial(_source_text, match.source)
    for rule in flow.fields:
        yield f"fields.{rule.label}", partial(_field_text, rule)
    if flow.availability is not None:
        yield "availability", _window
    if flow.move_to is not None:
        yield "after.move_to", partial(_folder, flow.move_to)


class _Attempt:
    """Tries one part after the other and keeps what is missing and what is wrong."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []
        self._needs: set[Need] = set()

    def to[T](self, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Lacks as lacks:
            self._needs |= lacks.needs
        except Unfit as unfit:
            self.reasons.append(unfit.reason)
        return None

    def finish(self) -> None:
        if self._needs:
            raise Lacks(*self._needs)


# --- accept -------------------------------------------------------------------------------------------------------


def _not_acceptable(reading: Reading) -> list[Reason]:
    accept, item = reading.flow.accept, reading.facts.item
    reasons: list[Reason] = []
    if not is_of_types(item.name, item.mime_type, accept.types):
        reasons.append(Reason("accept.types", f"the type of {item.name} is none of {', '.join(accept.types)}"))
    if accept.max_size is not None and item.content and item.content.size > accept.max_size:
        reasons.append(
            Reason("accept.max_size", f"{item.content.size} bytes are more than the {accept.max_size} allowed")
        )
    if accept.name and accept.name.match(item.name) is None:
        reasons.append(Reason("accept.name", f'the name "{item.name}" does not follow "{accept.name.text}"'))
    if accept.min_pixels is not None:
        reasons += _too_small(reading.pixels(), accept.min_pixels)
    return reasons


def _too_small(pixels: tuple[int, int] | None, least: int) -> list[Reason]:
    if pixels is None:
        return [Reason("accept.min_pixels", f"the size in pixels is unknown, and at least {least} are required")]
    if max(pixels) < least:
        width, height = pixels
        return [Reason("accept.min_pixels", f"{width} by {height} pixels: the longer side must have at least {least}")]
    return []


# --- collection and name ------------------------------------------------------------------------------------------


def _path(template: Template, reading: Reading, rule: str) -> str:
    return "".join(
        part if isinstance(part, str) else _segment(part, reading.value(part), rule) for part in template.parts
    )


def _segment(source: Source, value: Value, rule: str) -> str:
    """One value is one segment of a path; nothing is bent to fit."""
    text = _one(source, value, rule).strip()
    if "/" in text or text in {".", ".."} or _has_control_characters(text):
        raise Unfit(
            rule,
            f'{source} is "{text}", which cannot be part of {"a collection" if rule == "to.collection" else "a"} path',
        )
    return text


def _folder(template: Template, reading: Reading) -> str:
    """Where the flow's own `after` takes the file: held before the attempt where OneDrive would refuse it."""
    path = _path(template, reading, "after.move_to")
    for segment in path.strip("/").split("/"):
        if why := why_illegal(segment):
            values = ", ".join(f'{source} is "{reading.used.get(str(source), "")}"' for source in template.sources)
            raise Unfit("after.move_to", f'the file cannot go to "{path}": {why} ({values})')
    return path


def _one(source: Source, value: Value, rule: str) -> str:
    if is_empty(value):
        raise Unfit(rule, f"{source} is empty, and {rule} needs it")
    if isinstance(value, str):
        return value
    if len(value) > 1:
        raise Unfit(rule, f'{source} has several values ("{as_text(value)}"), and {rule} takes one')
    return value[0]


def _name(reading: Reading) -> str:
    rule = reading.flow.to.name
    if isinstance(rule, Template):
        pieces = [part if isinstance(part, str) else _one(part, reading.value(part), "to.name") for part in rule.parts]
        name = "".join(pieces).strip()
    else:
        name = as_text(_first(rule, reading)).strip()
    if not name:
        raise Unfit("to.name", f"the name of the asset is empty ({_listed(reading)})")
    if _has_control_characters(name):
        raise Unfit("to.name", f'the name "{name!r}" holds control characters')
    return name


def _listed(reading: Reading) -> str:
    rule = reading.flow.to.name
    return rule.text if isinstance(rule, Template) else ", ".join(str(source) for source in rule)


def _has_control_characters(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)


def _matches(reading: Reading) -> tuple[FieldWish, ...]:
    """Identity by fields, asked only for a file that has no asset yet; an empty value identifies nothing."""
    if reading.link and reading.link.settled:
        return ()
    ways = [way for way in reading.flow.identity if isinstance(way, FieldMatch)]
    found = [FieldWish(way.label, reading.value(way.source)) for way in ways]
    return tuple(wish for wish in found if not is_empty(wish.value))


# --- fields -------------------------------------------------------------------------------------------------------


def _field(rule: FieldRule, reading: Reading) -> FieldWish:
    value = _date(rule, reading) if rule.is_date else _first(rule.sources, reading)
    if rule.split is not None and isinstance(value, str):
        value = tuple(part.strip() for part in value.split(rule.split) if part.strip())
    if rule.table is not None:
        value = _mapped(rule.label, value, rule.table)
    if is_empty(value):
        value = rule.default or ""
    if rule.required and is_empty(value):
        origin = ", ".join(str(source) for source in rule.sources)
        raise Unfit(f"fields.{rule.label}", f"{rule.label} is empty ({origin})")
    return FieldWish(rule.label, value, rule.authority, rule.locale)


def _first(sources: tuple[Source, ...], reading: Reading) -> Value:
    for source in sources:
        value = reading.value(source)
        if not is_empty(value):
            return value
    return ""


def _date(rule: FieldRule, reading: Reading) -> str:
    """A calendar day as 2026-11-24, or "" where every source is empty."""
    for source in rule.sources:
        moment = reading.moment(source)
        if moment is None:
            continue
        day = day_of(moment, reading.flow.time_zone)
        try:
            return (rule.add.after(day) if rule.add else day).isoformat()
        except (ValueError, OverflowError) as error:
            raise Unfit(f"fields.{rule.label}", f"{rule.label}: {day} is too far in the future to add to") from error
    return ""


def _mapped(label: str, value: Value, table: Table) -> Value:
    parts = (value,) if isinstance(value, str) else value
    keys = [part.strip() for part in parts if part.strip()]
    unknown = [key for key in keys if key not in table.entries]
    if unknown:
        listed = ", ".join(f'"{key}"' for key in unknown)
        verb = "is" if len(unknown) == 1 else "are"
        raise Unfit(f"fields.{label}", f"{label}: {listed} {verb} not in the table {table.name}")
    mapped = tuple(dict.fromkeys(table.entries[key] for key in keys))  # two keys may have one value
    if isinstance(value, str):
        return mapped[0] if mapped else ""
    return mapped


def _availability(reading: Reading) -> tuple[datetime | None, datetime | None]:
    rule = reading.flow.availability
    if rule is None:
        return None, None
    zone = reading.flow.time_zone
    since = reading.moment(rule.since) if rule.since else None
    until = reading.moment(rule.until) if rule.until else None
    try:
        first = start_of(since, zone) if since else None
        last = end_of(until, zone) if until else None
    except (ValueError, OverflowError) as error:
        raise Unfit("availability", "the period of availability lies outside the calendar") from error
    if first and last and first > last:
        raise Unfit("availability", f"available from {since} but only until {until}")
    return first, last


def _source_text(source: Source, reading: Reading) -> str:
    return as_text(reading.value(source))


def _field_text(rule: FieldRule, reading: Reading) -> str:
    return as_text(_field(rule, reading).value)


def _window(reading: Reading) -> str:
    since, until = _availability(reading)
    zone = reading.flow.time_zone
    ends = (("from", since), ("until", until))
    return " ".join(f"{word} {moment.astimezone(zone):%Y-%m-%d %H:%M}" for word, moment in ends if moment is not None)
