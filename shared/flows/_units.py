"""Durations, spans of the calendar and sizes, as people write them."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from shared.flows._shapes import Unit

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_LONGEST_DIGITS = 6  # more is a slip of the finger, and would leave the range of dates


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the calendar, which a number of seconds cannot say."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """29 February plus a year is 28 February; a date beyond the calendar raises OverflowError or ValueError."""
        years, month = divmod(day.month - 1 + self.months, 12)
        year = day.year + years
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)

    def __str__(self) -> str:
        if not self.months:
            return f"{self.days}d"
        return f"{self.months}mo" if self.months % 12 else f"{self.months // 12}y"


def parse_duration(text: str) -> timedelta | None:
    if text == "0":
        return timedelta()
    number, unit = _split(text)
    return timedelta(seconds=number * _SECONDS[unit]) if number is not None and unit in _SECONDS else None


def duration_text(duration: timedelta) -> str:
    """As it would be written: 10m, never 600s."""
    seconds = round(duration.total_seconds())
    unit = next((unit for unit in ("d", "h", "m") if seconds and seconds % _SECONDS[unit] == 0), "s")
    return f"{seconds // _SECONDS[unit]}{unit}"


def parse_span(text: str) -> Span | None:
    number, unit = _split(text)
    if number is None:
        return None
    match unit:
        case "d":
            return Span(days=number)
        case "w":
            return Span(days=7 * number)
        case "mo":
            return Span(months=number)
        case "y":
            return Span(months=12 * number)
        case _:
            return None


def parse_size(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([KMG]?i?B)", text, re.IGNORECASE | re.ASCII)
    return round(float(found[1]) * _BYTES[found[2].upper()]) if found else None


def size_text(size: int) -> str:
    unit = next((unit for unit in ("GB", "MB", "KB") if size and size % _BYTES[unit] == 0), "B")
    return f"{size // _BYTES[unit]}{unit}"


def parse_count(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII) else None


def _split(text: str) -> tuple[int | None, str]:
    found = re.fullmatch(rf"(\d{{1,{_LONGEST_DIGITS}}})(s|m|h|d|w|mo|y)", text, re.ASCII)
    return (int(found[1]), found[2]) if found else (None, "")


def parse_days(text: str) -> timedelta | None:
    """A span as a number of days, for what is counted back from today."""
    span = parse_span(text)
    return None if span is None else timedelta(days=span.days + round(span.months * 365.25 / 12))


DURATION = Unit(parse_duration, "a duration such as 30s, 2m, 1h or 1d", r"^(0|\d{1,6}[smhd])$")
SPAN = Unit(parse_span, "a span such as 30d, 2w, 6mo or 7y", r"^\d{1,6}(d|w|mo|y)$")
DAYS = Unit(parse_days, SPAN.words, SPAN.pattern)
SIZE = Unit(parse_size, "a size such as 500KB, 20MB or 2GB", r"^\d{1,9}(\.\d{1,3})?\s*([KMGkmg][Ii]?)?[Bb]$")
COUNT = Unit(parse_count, "a whole number above 0", r"^[1-9]\d{0,8}$")
