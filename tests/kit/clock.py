"""A clock that jumps: nothing in a test waits for real, and both systems' own clocks jump along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class JumpClock:
    time_scale: float = 1

    def __init__(self, *along: Callable[[float], None]) -> None:
        self._ahead = timedelta()
        self._along = along

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def after(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
        for advance in self._along:
            advance(seconds)

    def jump_to(self, instant: datetime) -> None:
        seconds = (instant - self.now()).total_seconds()
        if seconds > 0:
            self.jump(seconds)
