"""What changed in CELUM since last time, asked by modification date, one page a step. Pure but for `Poll`'s question.

The clock is CELUM's own: a round begins at the largest date *seen*, less an overlap, because the index may lag. A list
that shifts while it is read loses nothing, because only first pages are asked for: each step begins at the last date of
the step before. Where more rows bear one date than fit on a page, a step walks through that date by id. A row of the
overlap that looks as it did is not reported again.

The watermark is the caller's to keep, and to advance only after what a step reported is safely queued (H20).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.clock import Clock
from shared.errors import System, Unavailable

OVERLAP = timedelta(minutes=5)  # more than an index lags
OVERLAP_KEPT = 800  # rows remembered, so that a watermark fits into one column of a table (32 Ki characters);
# of a fuller overlap the oldest are reported once more, which is harmless
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# Reference 25 "Date precision and zone": a date without a fraction may stand for any instant of its second; and whether
# the ends of a range belong to it is not said either, so a range begins and ends this much outside.
SECOND, MILLISECOND = timedelta(milliseconds=999), timedelta(milliseconds=1)
# By so much the two clocks may differ. A later date is a mistake, or CELUM's clock is wrong: it does not move the
# watermark, or nothing would be asked for until then; its row is read again each round and reported once. Less than the
# overlap, so that a round always begins in the past.
AHEAD = timedelta(minutes=2)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Sight:
    """A row as it was seen; the version of a collection is 0."""

    date: datetime
    id: int
    version: int = 0


@dataclass(frozen=True, slots=True)
class Watermark:
    """`seen`: the largest date so far. `at`: where the round under way stands, if one is; `after`: the id within it.

    `known`: the rows of the overlap, and those of the round under way that may come again.
    """

    seen: datetime | None = None
    at: datetime | None = None
    after: int | None = None
    known: frozenset[Sight] = frozenset()

    def text(self) -> str:
        """For the ledger; `parse` reads it back."""
        known = [[_micro(sight.date), sight.id, sight.version] for sight in sorted(self.known)]
        moments = {name: None if m is None else _micro(m) for name, m in (("seen", self.seen), ("at", self.at))}
        return json.dumps(moments | {"after": self.after, "known": known}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """ValueError, KeyError or TypeError for what `text` has not written."""
        told = json.loads(text)
        seen, at = (None if told[name] is None else _moment(told[name]) for name in ("seen", "at"))
        known = frozenset(Sight(_moment(date), number, version) for date, number, version in told["known"])
        return cls(seen, at, told["after"], known)

    @property
    def since(self) -> datetime:
        """Where the next step begins."""
        if self.at is not None:
            return self.at
        return BEGINNING if self.seen is None else max(BEGINNING, self.seen - OVERLAP)


def _micro(moment: datetime) -> int:
    return (moment - BEGINNING) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return BEGINNING + timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True)
class Window:
    """What a step asks for: dates within; with `after` only higher ids, sorted by id instead of date and id."""

    since: datetime
    until: datetime | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    rows: Sequence[tuple[Sight, T]]
    more: bool


@dataclass(frozen=True, slots=True)
class Step[T]:
    """`changed`, in the order of the list; `watermark`: to be kept once they are queued; `more`: the round goes on."""

    changed: tuple[T, ...]
    watermark: Watermark
    more: bool


class Poll[T]:
    """`ask` answers a window with its first page; `newest` tells the largest date up to an instant."""

    def __init__(
        self,
        ask: Callable[[Window], Awaitable[Page[T]]],
        newest: Callable[[datetime], Awaitable[datetime | None]],
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._newest = newest
        self._clock = clock

    async def from_now_on(self) -> Watermark:
        """A watermark that reports only what changes after this."""
        newest = await self._newest(self._clock.now() + AHEAD)
        if newest is None:
            return Watermark()
        mark, more = Watermark(newest), True
        while more:
            step = await self.step(mark)
            mark, more = step.watermark, step.more
        return mark

    async def step(self, mark: Watermark) -> Step[T]:
        page = await self._ask(window(mark))
        if page.more and not page.rows:
            raise Unavailable(System.CELUM, "read what changed", "an empty page that promises more")
        fresh = tuple(row for sight, row in page.rows if sight not in mark.known)
        after, more = advanced(mark, [sight for sight, _ in page.rows], more=page.more, now=self._clock.now())
        return Step(fresh, after, more)


def window(mark: Watermark) -> Window:
    if mark.after is None:
        return Window(max(BEGINNING, mark.since - MILLISECOND))
    return Window(mark.since - MILLISECOND, mark.since + _granule(mark.since) + MILLISECOND, mark.after)


def advanced(mark: Watermark, rows: Sequence[Sight], *, more: bool, now: datetime) -> tuple[Watermark, bool]:
    """The watermark after a page, and whether the round goes on."""
    latest = now + AHEAD
    believed = [sight.date for sight in rows if sight.date <= latest]
    if any(sight.date > latest for sight in rows if sight not in mark.known):
        _log.warning("CELUM has entries modified in the future; they do not move the watermark")
    seen = max([*believed, *([min(mark.seen, latest)] if mark.seen is not None else [])], default=None)
    at, after = _position(mark, rows, more=more)
    kept = frozenset(_kept(mark.known.union(rows), seen, at))
    return replace(mark, seen=seen, at=at, after=after, known=kept), at is not None


def _position(mark: Watermark, rows: Sequence[Sight], *, more: bool) -> tuple[datetime | None, int | None]:
    """Where to go on: None = the round has ended."""
    if mark.after is not None:  # within one date, by id
        if more:
            return mark.since, max(sight.id for sight in rows)
        return mark.since + _granule(mark.since), None
    if not more:
        return None, None
    last = max(sight.date for sight in rows)
    return (last, None) if last > mark.since else (mark.since, 0)


def _granule(moment: datetime) -> timedelta:
    """For how long a date as it is shown may stand."""
    return MILLISECOND if moment.microsecond else SECOND


def _kept(sights: Iterable[Sight], seen: datetime | None, at: datetime | None) -> list[Sight]:
    """What may come again: all that is not older than where the next steps or the next round begin."""
    begins = [
        moment - 2 * MILLISECOND for moment in (at, None if seen is None else seen - OVERLAP) if moment is not None
    ]
    still = [sight for sight in sights if not begins or sight.date >= min(begins)]
    return sorted(still)[-OVERLAP_KEPT:]
