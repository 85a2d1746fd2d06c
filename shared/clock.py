"""The one source of time and of waiting, so that the local stack can run every wait faster and tests can jump."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    @property
    def time_scale(self) -> float:
        """Every wait is divided by it; 1 in Azure."""
        ...

    def now(self) -> datetime:
        """The present instant, UTC. Never scaled: it is compared with times that the two systems report."""
        ...

    def after(self, seconds: float) -> datetime:
        """The instant at which a wait of `seconds` (unscaled) that begins now is over."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` (unscaled). For a few seconds at the most: longer waits belong into `due`."""
        ...


class SystemClock:
    def __init__(self, time_scale: float = 1) -> None:
        self.time_scale = time_scale

    def now(self) -> datetime:
        return datetime.now(UTC)

    def after(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds / self.time_scale)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.time_scale)
