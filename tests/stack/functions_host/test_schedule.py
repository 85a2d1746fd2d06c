from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.functions_host.clock import Clock
from local.functions_host.errors import HostError
from local.functions_host.host_json import QueueOptions
from local.functions_host.queues import Backoff
from local.functions_host.schedule import Schedule
from local.functions_host.timers import NEVER, Status, standing

NOW = datetime(2026, 11, 24, 10, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("*/15 * * * * *", datetime(2026, 11, 24, 10, 2, 45, tzinfo=UTC)),
        ("0 */5 * * * *", datetime(2026, 11, 24, 10, 5, tzinfo=UTC)),
        ("0 0 9-17 * * MON-FRI", datetime(2026, 11, 24, 11, tzinfo=UTC)),
        ("0 0 0 1 JAN *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("0 30 9 13 * FRI", datetime(2027, 8, 13, 9, 30, tzinfo=UTC)),  # both the day and the day of the week
    ],
)
def test_a_schedule_has_six_fields_in_utc(expression: str, following: datetime) -> None:
    assert Schedule(expression).after(NOW) == following


@pytest.mark.parametrize("expression", ["*/5 * * * *", "@hourly", "00:05:00", "0 0 0 L * *", "0 61 * * * *", ""])
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(HostError, match="is no NCRONTAB expression"):
        Schedule(expression)


def test_schedules_of_less_than_a_minute_are_not_monitored_by_default() -> None:
    assert Schedule("0 * * * * *").is_monitored_by_default(NOW)
    assert not Schedule("*/30 * * * * *").is_monitored_by_default(NOW)


def test_a_timer_seen_for_the_first_time_is_not_past_due() -> None:
    assert standing(None, Schedule("0 */5 * * * *"), NOW) == Status(
        NEVER, datetime(2026, 11, 24, 10, 5, tzinfo=UTC), NOW
    )


def test_a_status_of_the_same_schedule_counts_however_old_it_is() -> None:
    known = Status(NOW - timedelta(days=1), datetime(2026, 11, 23, 10, 5, tzinfo=UTC), NOW - timedelta(days=1))
    assert standing(known, Schedule("0 */5 * * * *"), NOW) == known


def test_a_changed_schedule_is_not_past_due() -> None:
    known = Status(NOW - timedelta(days=1), datetime(2026, 11, 23, 10, 5, tzinfo=UTC), NOW - timedelta(days=1))
    assert standing(known, Schedule("0 0 * * * *"), NOW).next == datetime(2026, 11, 24, 11, tzinfo=UTC)


def test_a_timer_that_never_ran_goes_by_the_time_of_its_first_status() -> None:
    seen = NOW - timedelta(hours=3)
    known = Status(NEVER, datetime(2026, 11, 24, 7, 5, tzinfo=UTC), seen)
    assert standing(known, Schedule("0 */5 * * * *"), NOW) == known


def test_the_time_scale_divides_waits_and_multiplies_time() -> None:
    clock = Clock(scale=60)
    assert clock.real_seconds(timedelta(minutes=10)) == 10
    assert clock.storage_seconds(timedelta(minutes=10)) == 10
    assert clock.storage_seconds(timedelta(seconds=30)) == 1, "storage counts whole seconds, and never too few"
    assert clock.storage_seconds(timedelta(0)) == 0
    clock.origin -= timedelta(hours=1)
    assert clock.now() - datetime.now(UTC) >= timedelta(hours=59)


async def test_a_pause_ends_early_when_the_host_stops() -> None:
    clock = Clock()
    clock.stopping.set()
    await clock.pause(3600)
    await clock.pause_until(datetime.now(UTC) + timedelta(hours=1))


def test_polling_backs_off_at_random_from_100_ms_to_the_longest_interval() -> None:
    backoff = Backoff(QueueOptions().max_polling_interval)
    waits = [backoff.next() / timedelta(milliseconds=100) for _ in range(14)]
    assert waits[0] == 1
    for exponent, wait in enumerate(waits[1:9]):
        assert 1 + 0.8 * 2**exponent <= wait <= 1 + 1.2 * 2**exponent
    assert waits[-1] == 600
    backoff.found()
    assert backoff.next() == timedelta(milliseconds=100)
