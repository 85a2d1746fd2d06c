from collections.abc import AsyncIterator

import pytest_asyncio

from local.azurite import Azurite


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def azurite() -> AsyncIterator[Azurite]:
    """One Azurite in memory for all tests: keep apart by names, and by host id for timers."""
    async with Azurite() as running:
        yield running
