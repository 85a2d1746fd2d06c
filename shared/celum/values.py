"""What instants and field values look like on the wire."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from shared.domain.assets import FieldContent, FieldType

TEXTS = frozenset({FieldType.TEXT, FieldType.TEXT_AREA})
LOCALIZED = frozenset({FieldType.LOCALIZED_TEXT, FieldType.LOCALIZED_TEXT_AREA})
REFERENCES = frozenset({FieldType.COLLECTION_REFERENCE, FieldType.TAG_REFERENCE})

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


def instant(value: object) -> datetime | None:
    """Reference 25 "Date precision and zone": with or without fraction, Z, offset, no zone (UTC), epoch ms."""
    match value:
        case bool():
            return None
        case int() | float():
            return _from_epoch(value)
        case str() if re.fullmatch(r"-?\d{5,20}", value.strip()):
            return _from_epoch(int(value))
        case str():
            return _from_iso(value.strip())
        case _:
            return None


def _from_epoch(milliseconds: float) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(re.sub(r"\[.*\]$", "", text))  # Java appends the zone's name in brackets
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def iso(moment: datetime) -> str:
    """ISO 8601 with Z, never epoch milliseconds (reference 24, row 9)."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def read(kind: FieldType, value: object) -> FieldContent | None:
    """A value as it stands in `informationFieldValues`; None = no value. References are read by id (G89)."""
    if value is None:
        return None
    try:
        return _read(kind, value)
    except (TypeError, ValueError, ArithmeticError):
        _log.warning("a value of an information field of type %s has a shape that is not understood", kind)
        return None


def _read(kind: FieldType, value: object) -> FieldContent | None:
    match kind:
        case FieldType.TEXT | FieldType.TEXT_AREA:
            return str(value) or None
        case FieldType.LOCALIZED_TEXT | FieldType.LOCALIZED_TEXT_AREA:
            return texts(value) or None
        case FieldType.NUMBER | FieldType.DROPDOWN:
            return integer(value)
        case FieldType.DOUBLE:
            return _double(value)
        case FieldType.BOOLEAN:
            return _boolean(value)
        case FieldType.DATE:
            return instant(value)
        case FieldType.COLLECTION_REFERENCE | FieldType.TAG_REFERENCE:
            return _references(value) or None


def texts(value: object) -> dict[str, str]:
    """A map of locale to text without its empty entries; whatever else comes is no text."""
    if not isinstance(value, Mapping):
        return {}
    return {str(locale): str(text) for locale, text in value.items() if text is not None and text != ""}


def integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value.strip()):
        return int(value)
    if not number.is_integer():
        raise ValueError
    return int(value if isinstance(value, int) else number)


def _double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).lower()] if str(value).lower() in {"true", "false"} else _odd()


def _odd() -> bool:
    raise ValueError


def _references(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return tuple(sorted({integer(entry["id"] if isinstance(entry, Mapping) else entry) for entry in value}))


def to_wire(content: FieldContent) -> object:
    """The raw value as reference 9.2 has it on create, and inside SET."""
    match content:
        case datetime():
            return iso(content)
        case Mapping():
            return dict(content)
        case tuple():
            return list(content)
        case _:
            return content


def same(one: FieldContent | None, other: FieldContent | None) -> bool:
    """Whether two contents say the same, with what a server may do to them: line ends, outer spaces, rounding."""
    match one, other:
        case str(), str():
            return _plain(one) == _plain(other)
        case Mapping(), Mapping():
            return {k: _plain(v) for k, v in one.items()} == {k: _plain(v) for k, v in other.items()}
        case datetime(), datetime():
            return one.replace(microsecond=0) == other.replace(microsecond=0)
        case (int() | float(), int() | float()):
            return math.isclose(float(one), float(other), rel_tol=1e-9)
        case _:
            return one == other


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
