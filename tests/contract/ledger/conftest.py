from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.azurite import Azurite
from shared.ledger import Ledger, MemoryStore, Store, TableStore


class StandingClock:
    """Time stands until a test moves it; each look is a microsecond later, so that no two records share an instant."""

    time_scale: float = 1

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 24, 10, 59, 59, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def after(self, seconds: float) -> datetime:
        return self._now + timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def before_next(store: Store, method: str, another_writer: Callable[[], Awaitable[object]]) -> None:
    """Let another writer run between what the next caller of `method` has read and what it writes."""
    original = getattr(store, method)

    async def interrupted(*arguments: Any, **named: Any) -> object:
        setattr(store, method, original)
        await another_writer()
        return await original(*arguments, **named)

    setattr(store, method, interrupted)


def fresh_prefix() -> str:
    return f"t{secrets.token_hex(6)}"


@pytest.fixture(params=["memory", "tables"])
def connection_string(request: pytest.FixtureRequest) -> str | None:
    """None for the store in memory, which needs no Azurite."""
    if request.param == "memory":
        return None
    azurite: Azurite = request.getfixturevalue("azurite")
    return azurite.connection_string


@pytest.fixture
async def store(connection_string: str | None) -> AsyncIterator[Store]:
    opened: Store = MemoryStore()
    if connection_string is not None:
        opened = TableStore.from_connection_string(connection_string, fresh_prefix())
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def ledger(store: Store, clock: StandingClock) -> Ledger:
    return Ledger(store, clock)
