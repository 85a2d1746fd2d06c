"""Answers that hold for ten minutes, because what they tell changes by administrators' hands only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from shared.clock import Clock

KEPT_SECONDS = 600
ENTRIES = 5000  # then everything is forgotten: a flow may name a collection for each file


class Cache:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[object, tuple[datetime, object]] = {}
        self._asking: dict[object, asyncio.Lock] = {}

    async def get[T](self, key: object, ask: Callable[[], Awaitable[T]]) -> T:
        """What was answered lately. Failures are not kept; equal questions at once are asked once."""
        async with self._asking.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None and self._clock.now() < known[0]:
                value: T = known[1]  # type: ignore[assignment]  # a key belongs to one kind of answer
                return value
            fresh = await ask()
            self.remember(key, fresh)
            return fresh

    def remember(self, key: object, value: object) -> None:
        if len(self._known) >= ENTRIES:
            self.forget()
        self._known[key] = (self._clock.after(KEPT_SECONDS), value)

    def forget(self) -> None:
        self._known.clear()
        self._asking = {key: lock for key, lock in self._asking.items() if lock.locked()}
