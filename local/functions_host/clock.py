from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta


class Clock:
    """The one time scale: a host at scale 60 lives through an hour in a minute.

    `now` is origin + (real time - origin) * scale; a pause of the host lasts its length divided by the scale and ends
    early when the host stops.
    """

    def __init__(self, scale: float = 1) -> None:
        self.scale = scale
        self.origin = datetime.now(UTC)
        self.stopping = asyncio.Event()

    def now(self) -> datetime:
        return self.origin + (datetime.now(UTC) - self.origin) * self.scale

    def real_seconds(self, wait: timedelta) -> float:
        return wait.total_seconds() / self.scale

    def storage_seconds(self, wait: timedelta) -> int:
        """The wait as storage takes it: whole seconds, never shorter than asked."""
        return math.ceil(self.real_seconds(wait))

    async def pause(self, real_seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), max(real_seconds, 0))

    async def pause_until(self, when: datetime) -> None:
        """Returns at `when` by this clock, never before it, or when the host stops."""
        while not self.stopping.is_set() and (left := when - self.now()) > timedelta(0):
            await self.pause(self.real_seconds(left))
