"""Calendar days in the flow file's zone, and the instants where they begin and end."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HALF_A_DAY = timedelta(hours=12)
LAST_SECOND = time(23, 59, 59)

type Moment = date | datetime  # a whole day, or an instant with its zone


def moment_of(text: str, column_type: str, zone: ZoneInfo) -> Moment | None:
    """None where the text is no date. A time without zone is UTC, as Graph writes it."""
    text = text.strip()
    try:
        if len(text) <= len("2026-11-24"):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    try:
        local = instant.astimezone(zone)
        if column_type == "dateOnly":
            # Midnight in the site's zone; where that is not quite the flow's, the nearest midnight is meant.
            return (local.replace(tzinfo=None) + HALF_A_DAY).date()
    except OverflowError:
        return date.max if instant.year == MAXYEAR else None
    return local.date() if not column_type and local.time() == time() else instant


def day_of(moment: Moment, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def start_of(moment: Moment, zone: ZoneInfo) -> datetime:
    """A day begins at its first midnight in the zone, also where the clock changes that day."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), zone).astimezone(UTC)


def end_of(moment: Moment, zone: ZoneInfo) -> datetime:
    """The last second of a day: CELUM's own examples end a period at 23:59:59. Never is the end of the calendar."""
    try:
        if isinstance(moment, datetime):
            return moment.astimezone(UTC)
        if moment == date.max:
            return datetime.combine(moment, LAST_SECOND, zone).astimezone(UTC)
        return start_of(moment + timedelta(days=1), zone) - timedelta(seconds=1)
    except OverflowError:
        if moment.year == MAXYEAR:
            return datetime.combine(date.max, LAST_SECOND, UTC)
        raise
