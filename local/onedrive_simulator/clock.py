"""Virtual time: it runs with the real clock, faster when told, and can be moved forward; never back."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_log = logging.getLogger(__name__)

type Job = Callable[[], Awaitable[None]]


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: str) -> datetime:
    """Read an ISO moment, with up to seven fractional digits; without an offset it is UTC. ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self._virtual = datetime.now(UTC)
        self._real = time.monotonic()
        self.speed = 1.0
        self.moved = asyncio.Event()

    def now(self) -> datetime:
        return self._virtual + timedelta(seconds=(time.monotonic() - self._real) * self.speed)

    def advance(self, seconds: float) -> None:
        self._rebase(self.now() + timedelta(seconds=max(seconds, 0)))

    def run_at(self, speed: float) -> None:
        self._rebase(self.now())
        self.speed = speed

    def _rebase(self, virtual: datetime) -> None:
        self._virtual, self._real = virtual, time.monotonic()
        self.moved.set()


@dataclass(order=True, slots=True)
class _Entry:
    due: datetime
    order: int
    job: Job = field(compare=False)


class Agenda:
    """Background work at virtual moments: one job after the other, in order of their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[_Entry] = []
        self._order = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._quiet = asyncio.Event()

    def add(self, job: Job, *, after: float = 0) -> None:
        due = self._clock.now() + timedelta(seconds=after)
        heapq.heappush(self._entries, _Entry(due, next(self._order), job))
        self._quiet.clear()
        self._clock.moved.set()

    def clear(self) -> None:
        self._entries.clear()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def settle(self) -> None:
        """Wait until nothing is due now and nothing is running; what lies in the future stays there."""
        self._quiet.clear()
        self._clock.moved.set()
        await self._quiet.wait()

    async def _run(self) -> None:
        while True:
            self._clock.moved.clear()
            if self._entries and self._entries[0].due <= self._clock.now():
                await self._carry_out(heapq.heappop(self._entries).job)
                continue
            self._quiet.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._clock.moved.wait(), self._real_seconds_to_next())

    @staticmethod
    async def _carry_out(job: Job) -> None:
        try:
            await job()
        except Exception:  # noqa: BLE001  one job must not stop those after it
            _log.exception("a background job of the simulator failed")

    def _real_seconds_to_next(self) -> float | None:
        if not self._entries:
            return None
        virtual = (self._entries[0].due - self._clock.now()).total_seconds()
        return max(virtual, 0) / self._clock.speed + 0.001
