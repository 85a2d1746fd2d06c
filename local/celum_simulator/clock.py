"""Time that a test can move, and the ways a tenant may write it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        now = datetime.now(UTC) + self._offset
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def advance(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        self._offset = instant - datetime.now(UTC)


def written(instant: datetime, style: str) -> str | int:
    instant = instant.astimezone(UTC)
    match style:
        case "epoch_ms":
            return int(instant.timestamp() * 1000)
        case "iso":
            return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
        case "offset":
            return instant.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
        case _:
            return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """An ISO 8601 date-time; one without a zone, or a bare date, is a ValueError."""
    if "T" not in text:
        raise ValueError(text)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant.astimezone(UTC)
