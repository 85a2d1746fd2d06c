from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from local.azurite import Azurite
from tests.stack.functions_host.observer import Observer
from tests.stack.functions_host.queue_access import Queues


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def observer() -> AsyncIterator[Observer]:
    async with Observer().serving() as serving:
        yield serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def queues(azurite: Azurite) -> AsyncIterator[Queues]:
    async with Queues(azurite.connection_string) as access:
        yield access
