"""The watermark over a list that lives: whatever is inserted, changed or deleted between two steps, nothing is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.celum.polling import OVERLAP, OVERLAP_KEPT, Page, Poll, Sight, Watermark, Window, advanced, window
from shared.clock import SystemClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Table:
    """A server's rows (id → date, version), a page size, and the precision of the dates that it shows."""

    size: int = 3
    shown: timedelta = timedelta(milliseconds=1)
    inclusive: bool = True
    rows: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    async def ask(self, wanted: Window) -> Page[int]:
        found = [(date, number, version) for number, (date, version) in self.rows.items() if self._within(date, wanted)]
        found = [row for row in found if wanted.after is None or row[1] > wanted.after]
        found.sort(key=lambda row: row[1] if wanted.after is not None else row[:2])
        page = found[: self.size]
        rows = [(Sight(self._rounded(date), number, version), number) for date, number, version in page]
        return Page(rows, len(found) > self.size)

    async def newest(self, until: datetime) -> datetime | None:
        dates = [date for date, _ in self.rows.values() if date <= until]
        return self._rounded(max(dates)) if dates else None

    def _within(self, date: datetime, wanted: Window) -> bool:
        if self.inclusive:
            return wanted.since <= date and (wanted.until is None or date <= wanted.until)
        return wanted.since < date and (wanted.until is None or date < wanted.until)

    def _rounded(self, date: datetime) -> datetime:
        return date - (date - START) % self.shown

    @property
    def poll(self) -> Poll[int]:
        return Poll(self.ask, self.newest, SystemClock())


async def round_of(poll: Poll[int], mark: Watermark) -> tuple[list[int], Watermark]:
    seen: list[int] = []
    more = True
    while more:
        step = await poll.step(mark)
        seen += step.changed
        mark, more = Watermark.parse(step.watermark.text()), step.more
    return seen, mark


async def test_a_second_round_reports_only_what_changed() -> None:
    table = Table(rows={number: (START + timedelta(seconds=number), 1) for number in range(1, 11)})
    seen, mark = await round_of(table.poll, Watermark())
    assert seen == list(range(1, 11))
    table.rows[4] = (START + timedelta(seconds=20), 2)
    assert (await round_of(table.poll, mark))[0] == [4]


async def test_a_watermark_of_now_reports_nothing_that_was_there() -> None:
    table = Table(rows=dict.fromkeys(range(1, 11), (START, 1)))
    mark = await table.poll.from_now_on()
    assert (await round_of(table.poll, mark))[0] == []
    table.rows[11] = (START, 1)
    assert (await round_of(table.poll, mark))[0] == [11]


async def test_in_an_empty_tenant_all_that_comes_is_new() -> None:
    table = Table()
    mark = await table.poll.from_now_on()
    table.rows[1] = (START, 1)
    assert (await round_of(table.poll, mark))[0] == [1]


async def test_G85_more_rows_of_one_second_than_fit_on_a_page_are_all_seen() -> None:
    dates = [START + timedelta(milliseconds=number * 7 % 1000) for number in range(1, 41)]
    for shown in (timedelta(seconds=1), timedelta(milliseconds=1)):
        for inclusive in (True, False):
            rows = {41 - number: (date, 1) for number, date in enumerate(dates, start=1)}
            table = Table(shown=shown, inclusive=inclusive, rows=rows | {99: (START + timedelta(seconds=5), 1)})
            seen, mark = await round_of(table.poll, Watermark())
            assert sorted(seen) == [*range(1, 41), 99]
            assert (await round_of(table.poll, mark))[0] == []


async def test_G90_what_the_index_shows_minutes_late_is_still_seen() -> None:
    table = Table(rows={1: (START + timedelta(minutes=10), 1)})
    _, mark = await round_of(table.poll, Watermark())
    table.rows[2] = (START + timedelta(minutes=6), 1)
    assert (await round_of(table.poll, mark))[0] == [2]


async def test_a_date_in_the_future_does_not_end_the_watching_of_the_present() -> None:
    table = Table(rows={1: (START, 1), 2: (datetime(2099, 1, 1, tzinfo=UTC), 1)})
    seen, mark = await round_of(table.poll, Watermark())
    assert seen == [1, 2]
    table.rows[3] = (START + timedelta(seconds=1), 1)
    assert (await round_of(table.poll, mark))[0] == [3]


@dataclass
class StandingClock(SystemClock):
    at: datetime = START

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(hours=23), timedelta(days=400)])
async def test_a_row_dated_ahead_hides_nothing_that_changes_before_its_date(ahead: timedelta) -> None:
    """It is reported once, read again each round, and believed when its time has come."""
    clock = StandingClock()
    table = Table(rows={1: (START, 1), 2: (START + ahead, 1)})
    poll = Poll(table.ask, table.newest, clock)
    seen, mark = await round_of(poll, Watermark())
    assert seen == [1, 2]
    for minute in range(1, 6):
        clock.at = START + timedelta(minutes=minute)
        table.rows[10 + minute] = (clock.at, 1)
        seen, mark = await round_of(poll, mark)
        assert seen == [10 + minute]
    table.rows[2] = (START + ahead, 2)
    assert (await round_of(poll, mark))[0] == [2]

    clock.at = START + ahead + timedelta(minutes=6)
    table.rows[99] = (clock.at, 1)
    seen, mark = await round_of(poll, mark)
    assert 99 in seen
    assert mark.seen == clock.at


async def test_a_watch_that_begins_among_rows_dated_ahead_begins_now() -> None:
    clock = StandingClock()
    table = Table(rows={1: (START, 1), 2: (START + timedelta(hours=23), 1)})
    poll = Poll(table.ask, table.newest, clock)
    mark = await poll.from_now_on()
    table.rows[3] = (START + timedelta(seconds=1), 1)
    assert (await round_of(poll, mark))[0] == [3]


async def test_a_watermark_that_stands_in_the_future_comes_back() -> None:
    clock = StandingClock()
    table = Table(rows={})
    poll = Poll(table.ask, table.newest, clock)
    _, mark = await round_of(poll, Watermark(START + timedelta(hours=23)))
    table.rows[3] = (START, 1)
    assert (await round_of(poll, mark))[0] == [3]


async def test_H20_a_step_whose_watermark_was_not_kept_reports_the_same_again() -> None:
    table = Table(rows={number: (START + timedelta(seconds=number), 1) for number in range(1, 11)})
    first = await table.poll.step(Watermark())
    assert (await table.poll.step(Watermark())).changed == first.changed == (1, 2, 3)


def test_a_watermark_fits_into_a_column_however_much_the_overlap_holds() -> None:
    rows = [Sight(START + timedelta(milliseconds=number), number * 1000, 10) for number in range(OVERLAP_KEPT + 50)]
    mark, _ = advanced(Watermark(), rows, more=False, now=START)
    assert len(mark.known) == OVERLAP_KEPT
    assert len(mark.text()) < 32 * 1024
    assert Watermark.parse(mark.text()) == mark


def test_a_round_begins_five_minutes_before_the_largest_date_seen() -> None:
    mark, more = advanced(Watermark(), [Sight(START, 1)], more=False, now=START)
    assert not more
    assert window(mark).since == START - OVERLAP - timedelta(milliseconds=1)


CHANGES = st.lists(
    st.tuples(st.sampled_from(("touch", "touch", "add", "delete", "step")), st.integers(1, 12)), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(changes=CHANGES, tick=st.sampled_from((0, 1, 400, 1000)), size=st.integers(1, 4), whole=st.booleans())
def test_G80_whatever_shifts_while_it_is_read_nothing_is_lost(
    changes: list[tuple[str, int]], tick: int, size: int, whole: bool
) -> None:
    asyncio.run(
        history(changes, tick, Table(size=size, shown=timedelta(seconds=1) if whole else timedelta(milliseconds=1)))
    )


async def history(changes: list[tuple[str, int]], tick: int, table: Table) -> None:
    now, mark, latest = START, Watermark(), dict[int, int]()
    for kind, number in changes:
        now += timedelta(milliseconds=tick)
        if kind == "step":
            step = await table.poll.step(mark)
            mark = step.watermark
            latest |= {one: table.rows[one][1] for one in step.changed if one in table.rows}
        elif kind == "delete":
            table.rows.pop(number, None)
        elif kind == "add" or number in table.rows:
            table.rows[number] = (now, table.rows.get(number, (now, 0))[1] + 1)
    for _ in range(2):
        seen, mark = await round_of(table.poll, mark)
        latest |= {one: table.rows[one][1] for one in seen if one in table.rows}
    assert {number: latest.get(number) for number in table.rows} == {
        n: version for n, (_, version) in table.rows.items()
    }
