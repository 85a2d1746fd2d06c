from collections.abc import AsyncIterator

import pytest_asyncio
from hypothesis import settings

from local.azurite import Azurite

# `make test` draws the same few examples each time; `make soak` thousands of new ones.
settings.register_profile("default", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("soak", max_examples=1_000, deadline=None, derandomize=False, print_blob=True)
settings.load_profile("default")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def azurite() -> AsyncIterator[Azurite]:
    """One Azurite in memory for all tests: keep apart by names, and by host id for timers."""
    async with Azurite() as running:
        yield running
