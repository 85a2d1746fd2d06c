"""What stands at the place of a gate, asked once for the many files behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.items import Columns, Value

MOST = 2_000  # answers kept; one is a few hundred bytes


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """`found` is None where nothing stands there."""

    found: Columns | Mapping[str, Value] | None
    place: str = ""  # id of the folder or collection
    etag: str | None = None  # of the folder


class GateAnswers:
    """Kept for moments only: how long is the caller's. Failures are not kept; equal questions at once are one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[GateAnswer, datetime]] = {}
        self._asking: dict[tuple[str, ...], asyncio.Lock] = {}

    async def get(
        self, key: tuple[str, ...], now: datetime, until: datetime, ask: Callable[[], Awaitable[GateAnswer]]
    ) -> GateAnswer:
        async with self._asking.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None and known[1] > now:
                return known[0]
            answer = await ask()
            if len(self._known) >= MOST:
                self._known.clear()
                self._asking = {other: lock for other, lock in self._asking.items() if lock.locked()}
            self._known[key] = (answer, until)
            return answer

    def kept(self, key: tuple[str, ...]) -> GateAnswer | None:
        known = self._known.get(key)
        return known[0] if known else None

    def forget(self, key: tuple[str, ...]) -> None:
        self._known.pop(key, None)
