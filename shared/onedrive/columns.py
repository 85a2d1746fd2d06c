"""The columns of a library: what SharePoint shows as text, and text as SharePoint wants it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, tzinfo
from typing import Any

from shared.domain.items import Columns, Value
from shared.errors import NameProblem, ValueDoesNotFit
from shared.onedrive.answers import Json
from shared.onedrive.items import moment_of

NOON = time(12)  # of a day, in a zone near the site's: where that is up to eleven hours off, it is the same day still
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$", re.IGNORECASE)  # no weeks, and nothing without its hyphens
ANNOTATION = "@odata.type"  # "Languages@odata.type": "Collection(Edm.String)" has to stand beside a list
LOOKUP = "LookupId"  # how the name of a person or lookup column ends where only the number of its value is given
TRUE, FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_SIMPLE = ("text", "number", "boolean", "currency", "lookup", "calculated", "hyperlinkOrPicture", "thumbnail")


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is text, choice, multiChoice, dateTime, dateOnly, number, boolean, person, lookup, term …"""

    name: str
    display: str
    type: str
    choices: tuple[str, ...] = ()
    free_text: bool = False  # values besides the choices are taken, too
    read_only: bool = False


def definition_of(raw: Json) -> Column:
    name = str(raw.get("name", ""))
    choice = raw.get("choice")
    choices = choice.get("choices") if isinstance(choice, dict) else None
    return Column(
        name=name,
        display=str(raw.get("displayName") or name),
        type=_type(raw),
        choices=tuple(str(option) for option in choices) if isinstance(choices, list) else (),
        free_text=isinstance(choice, dict) and bool(choice.get("allowTextEntry")),
        read_only=bool(raw.get("readOnly")),
    )


def _type(raw: Json) -> str:
    if isinstance(choice := raw.get("choice"), dict):
        return "multiChoice" if choice.get("displayAs") == "checkBoxes" else "choice"
    if isinstance(date := raw.get("dateTime"), dict):
        return "dateOnly" if date.get("format") == "dateOnly" else "dateTime"
    if "personOrGroup" in raw:
        return "person"
    if "term" in raw:
        return "term"
    return next((facet for facet in _SIMPLE if facet in raw), "unknown")


def columns_of(fields: object, definitions: Iterable[Column]) -> Columns:
    """What a fields object says, together with the names and types of the library's columns."""
    known = tuple(definitions)
    display: dict[str, tuple[str, ...]] = {}
    for column in known:
        display[column.display] = (*display.get(column.display, ()), column.name)
    values, unreadable = values_of(fields, known)
    return Columns(values, display, {column.name: column.type for column in known}, unreadable)


def values_of(fields: object, definitions: Iterable[Column]) -> tuple[dict[str, Value], frozenset[str]]:
    """Internal name → text, and the names of columns whose value has a shape that is not understood."""
    values: dict[str, Value] = {}
    unreadable: set[str] = set()
    types = {column.name: column.type for column in definitions}
    raw = fields if isinstance(fields, dict) else {}
    for name, value in raw.items():
        if "@" in name or name == "id":
            continue
        if name.endswith(LOOKUP) and name.removesuffix(LOOKUP) in types:
            if name.removesuffix(LOOKUP) not in raw:
                unreadable.add(name.removesuffix(LOOKUP))  # the number of a person or entry, without a word about it
            continue
        text = _text_of(value, types.get(name, ""))
        if text is None:
            unreadable.add(name)
        else:
            values[name] = text
    return values, frozenset(unreadable)


def _text_of(value: object, kind: str) -> Value | None:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case str():
            return _moment_text(value) if kind in {"dateTime", "dateOnly"} else value
        case list():
            return _texts_of(value, kind)
        case dict():
            return _label(value)
        case _:
            return None


def _texts_of(values: list[object], kind: str) -> Value | None:
    texts = [_text_of(value, kind) for value in values]
    plain = tuple(text for text in texts if isinstance(text, str))
    return plain if len(plain) == len(texts) else None


def _label(value: Mapping[str, object]) -> str | None:
    """A person's address, a term's label, a lookup's value, a hyperlink's address."""
    for member in ("Email", "email", "Label", "LookupValue", "Url", "url"):
        if isinstance(text := value.get(member), str) and text:
            return text
    return None


def _moment_text(text: str) -> str:
    moment = moment_of(text)
    return text if moment is None else iso(moment)


def iso(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="seconds" if not moment.microsecond else "milliseconds")
    return text.replace("+00:00", "Z")


def write_body(values: Mapping[str, Value], definitions: Iterable[Column], zone: tzinfo = UTC) -> Json:
    """The body of a fields PATCH: internal names, values of the column's own type. Empty text clears.

    `zone` is where a day begins and ends, for columns that hold a day.
    """
    known = tuple(definitions)
    body: Json = {}
    for name, value in values.items():
        column = find(name, known)
        body[column.name] = _typed(column, value, zone)
        if column.type == "multiChoice":
            body[column.name + ANNOTATION] = "Collection(Edm.String)"
    return body


def find(name: str, definitions: tuple[Column, ...]) -> Column:
    """By internal name, else by display name; NameProblem when there is none or more than one."""
    for column in definitions:
        if column.name == name:
            return column
    hits = [column for column in definitions if column.display.casefold() == name.casefold()]
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise NameProblem("column", name, candidates=tuple(hit.name for hit in hits), ambiguous=True)
    raise NameProblem("column", name, candidates=tuple(sorted({column.display for column in definitions})))


def _typed(column: Column, value: Value, zone: tzinfo) -> Any:  # noqa: ANN401 (goes into a JSON body as it is)
    if column.read_only:
        raise ValueDoesNotFit(column.display, _shown(value), "nothing: the column is read-only")
    if column.type == "multiChoice":
        return [_choice(column, text) for text in ((value,) if isinstance(value, str) else value) if text] or None
    if not isinstance(value, str):
        if len(value) > 1:
            raise ValueDoesNotFit(column.display, _shown(value), "one value")
        value = value[0] if value else ""
    return _single(column, value.strip() if column.type != "text" else value, zone) if value else None


def _single(column: Column, text: str, zone: tzinfo) -> Any:  # noqa: ANN401
    match column.type:
        case "text" | "unknown":
            return text
        case "choice":
            return _choice(column, text)
        case "number" | "currency":
            return _number(column, text)
        case "boolean" if text.casefold() in TRUE | FALSE:
            return text.casefold() in TRUE
        case "boolean":
            raise ValueDoesNotFit(column.display, text, "true or false")
        case "dateTime" | "dateOnly":
            return _date(column, text, zone)
        case _:
            raise ValueDoesNotFit(column.display, text, f"nothing: a column of type {column.type} cannot be written")


def _choice(column: Column, text: str) -> str:
    if column.choices and not column.free_text and text not in column.choices:
        raise ValueDoesNotFit(column.display, text, ", ".join(column.choices))
    return text


def _number(column: Column, text: str) -> int | float:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise ValueDoesNotFit(column.display, text, "a number, with a point before its decimals")
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else number


def _date(column: Column, text: str, zone: tzinfo) -> str:
    moment = moment_of(text) if _DATE.match(text) else None
    if moment is None or moment.year == MAXYEAR:  # some zone's calendar ends before that does
        raise ValueDoesNotFit(column.display, text, "a date such as 2026-11-24 or 2026-11-24T10:30:00Z")
    if column.type == "dateOnly":
        day = moment.astimezone(zone).date() if "T" in text.upper() or " " in text else moment.date()
        return iso(datetime.combine(day, NOON, zone))
    return iso(moment)


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(value)
