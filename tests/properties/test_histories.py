from __future__ import annotations

import asyncio

from hypothesis import given

from tests.properties.budget import modest
from tests.properties.history import History, histories
from tests.properties.playing import play


@modest(25)
@given(history=histories)
def test_any_history_ends_as_a_fresh_look_at_the_drive_demands(history: History) -> None:
    asyncio.run(play(history))
