from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings

from tests.properties.history import History, histories
from tests.properties.playing import play

QUIET = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@QUIET
@given(history=histories)
def test_any_history_ends_as_a_fresh_look_at_the_drive_demands(history: History) -> None:
    asyncio.run(play(history))
