from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from shared.clock import Clock
from shared.errors import LedgerConflict
from shared.ledger.store import Store

ATTEMPTS = 20  # a row that many writers fight over is free within a few; each attempt means that another one got on


class Part:
    """What every part of the ledger stands on."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock


async def undisturbed[T](attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat a read with its conditional write until nobody wrote in between."""
    for _ in range(ATTEMPTS - 1):
        with suppress(LedgerConflict):
            return await attempt()
    return await attempt()
