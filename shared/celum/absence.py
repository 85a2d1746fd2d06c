"""Why an asset that was there cannot be read any more. A deletion is the last explanation, never the first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from shared.domain.ids import CollectionId


class Absence(StrEnum):
    """What one look says; GONE is one of the two confirmations that a deletion takes (G12)."""

    THERE = "there"
    EXPIRED = "expired"  # hidden from users who may not see what is unavailable, as its known end has passed (G122)
    HIDDEN = "hidden"  # none of the collections where it was last seen can be read either (G91)
    GONE = "gone"


def explained(
    until: datetime | None, parents: Iterable[CollectionId], readable: Iterable[CollectionId], now: datetime
) -> Absence:
    """Of an asset that cannot be read: `until` and `parents` as last seen, `readable` those of them that still are."""
    if until is not None and until <= now:
        return Absence.EXPIRED
    if list(parents) and not list(readable):
        return Absence.HIDDEN
    return Absence.GONE
