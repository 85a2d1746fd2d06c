"""From what a flow wants a field to hold, as text, to the field's own type; pure but for the look-up of names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from shared.celum import values
from shared.celum.definitions import FieldDefinition
from shared.celum.values import LOCALIZED, REFERENCES
from shared.domain.assets import FieldContent, FieldType
from shared.domain.decisions import FieldWish
from shared.domain.ids import CollectionId
from shared.errors import NameProblem, ValueDoesNotFit

# What a person or a column may write for a yes-or-no field; compared without regard to case.
BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}

LARGEST_NUMBER = 2**63 - 1  # CELUM's integers are int64
JOIN = "; "  # between the parts of a list that goes into a text field


class Names(Protocol):
    """The look-ups that a conversion needs; `Directory` is the real one."""

    async def option(self, field: FieldDefinition, label: str) -> int: ...

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId: ...

    async def system_language(self) -> str: ...


async def convert(wish: FieldWish, definition: FieldDefinition, names: Names) -> FieldContent | None:
    """The wish in the field's own terms; None = empty. ValueDoesNotFit says what would be accepted."""
    parts = _parts(wish)
    if not parts:
        return None
    kind = definition.type
    if kind in REFERENCES:
        return await _references(wish, parts, definition, names)
    if kind == FieldType.DROPDOWN:
        return await _option(wish, parts, definition, names)
    if kind in LOCALIZED:
        locale = wish.locale or await names.system_language()
        if definition.locales and locale not in definition.locales:
            raise ValueDoesNotFit(wish.label, locale, f"one of the locales {', '.join(definition.locales)}")
        return {locale: _text(wish, JOIN.join(parts), definition)}
    if kind in values.TEXTS:
        return _text(wish, JOIN.join(parts), definition)
    return _single(wish, _only(wish, parts, accepted(definition)), definition)


def read(definition: FieldDefinition, value: object) -> FieldContent | None:
    """A value as CELUM's answers have it; None = no value."""
    return values.read(definition.type, value)


def _parts(wish: FieldWish) -> tuple[str, ...]:
    given = (wish.value,) if isinstance(wish.value, str) else wish.value
    return tuple(part.strip() for part in given if part.strip())


def _only(wish: FieldWish, parts: Sequence[str], takes: str) -> str:
    if len(parts) > 1:
        raise ValueDoesNotFit(wish.label, JOIN.join(parts), f"one value: {takes}")
    return parts[0]


def _text(wish: FieldWish, text: str, definition: FieldDefinition) -> str:
    """The pattern is only searched for: whether it must cover the whole value is not said; CELUM has the last word."""
    length = len(text)
    too_short = definition.min_length is not None and length < definition.min_length
    too_long = definition.max_length is not None and length > definition.max_length
    if too_short or too_long or not _fits_pattern(text, definition.pattern):
        raise ValueDoesNotFit(wish.label, text, accepted(definition))
    return text


def _fits_pattern(text: str, pattern: str | None) -> bool:
    try:
        return pattern is None or re.search(pattern, text) is not None
    except re.error:  # the pattern is Java's, which knows a little more
        return True


def _single(wish: FieldWish, text: str, definition: FieldDefinition) -> FieldContent:
    content: FieldContent | None = None
    match definition.type:
        case FieldType.NUMBER:
            content = _number(text)
        case FieldType.DOUBLE:
            content = _double(text)
        case FieldType.BOOLEAN:
            content = BOOLEANS.get(text.casefold())
        case FieldType.DATE:
            content = _day(text)
    if content is None or not _within(content, definition):
        raise ValueDoesNotFit(wish.label, text, accepted(definition))
    return content


def _number(text: str) -> int | None:
    """Also "12.0", as SharePoint writes whole numbers."""
    number = _decimal(text)
    if number is None or number != number.to_integral_value() or abs(number) > LARGEST_NUMBER:
        return None
    return int(number)


def _double(text: str) -> float | None:
    """None also where it is too large: JSON has no infinity."""
    number = _decimal(text)
    return float(number) if number is not None and math.isfinite(float(number)) else None


def _decimal(text: str) -> Decimal | None:
    """Digits and a point; a comma could mean either thousands or decimals, so it is not guessed at."""
    try:
        return Decimal(text) if re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d{1,3})?", text, re.ASCII) else None
    except InvalidOperation:
        return None


def _day(text: str) -> datetime | None:
    """Midnight UTC of the calendar day as it is written; a time and an offset behind it do not move the day."""
    try:
        day = date.fromisoformat(text) if len(text) <= len("2026-02-14") else datetime.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _within(content: FieldContent, definition: FieldDefinition) -> bool:
    if isinstance(content, bool) or not isinstance(content, int | float):
        return True
    too_small = definition.minimum is not None and content < definition.minimum
    too_large = definition.maximum is not None and content > definition.maximum
    return not too_small and not too_large


async def _option(wish: FieldWish, parts: Sequence[str], definition: FieldDefinition, names: Names) -> int:
    text = _only(wish, parts, accepted(definition))
    try:
        return await names.option(definition, text)
    except NameProblem as problem:
        raise ValueDoesNotFit(wish.label, text, accepted(definition)) from problem


async def _references(
    wish: FieldWish, parts: Sequence[str], definition: FieldDefinition, names: Names
) -> tuple[int, ...] | None:
    limit = definition.max_selections
    found: set[int] = set()
    for part in parts:
        try:
            found.add(await names.reference(definition, part))
        except NameProblem as problem:
            near = f", such as {', '.join(problem.candidates)}" if problem.candidates else ""
            which = "exactly one" if problem.ambiguous else "the name or path of a"
            raise ValueDoesNotFit(wish.label, part, f"{which} {_target(definition)}{near}") from problem
    if limit and len(found) > limit:
        raise ValueDoesNotFit(wish.label, JOIN.join(parts), f"at most {limit} of them")
    return tuple(sorted(found))


def _target(definition: FieldDefinition) -> str:
    what = "tag" if definition.type == FieldType.TAG_REFERENCE else "collection"
    return what if definition.root is None else f"{what} below the collection at which the field begins"


def accepted(definition: FieldDefinition) -> str:
    """What the field takes, for people: type, length, pattern, limits, options."""
    match definition.type:
        case FieldType.NUMBER | FieldType.DOUBLE:
            example = "a whole number such as 1200" if definition.type == FieldType.NUMBER else "a number such as 12.5"
            return example + _limits(" from ", definition.minimum, " up to ", definition.maximum)
        case FieldType.BOOLEAN:
            return ", ".join(BOOLEANS)
        case FieldType.DATE:
            return "a day such as 2026-02-14"
        case FieldType.DROPDOWN:
            labels = dict.fromkeys(option.label for options in definition.options.values() for option in options)
            return "one of " + ", ".join(labels) if labels else "one of the options (CELUM lists none)"
        case _:
            pattern = f", matching the pattern {definition.pattern}" if definition.pattern else ""
            limits = _limits(" of at least ", definition.min_length, " and at most ", definition.max_length)
            return f"a text{limits}{' characters' if limits else ''}{pattern}"


def _limits(before: str, low: float | None, between: str, high: float | None) -> str:
    return (f"{before}{low:g}" if low is not None else "") + (f"{between}{high:g}" if high is not None else "")
