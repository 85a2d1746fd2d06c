"""Posts events to the address that was configured; keeps all of them for whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from local.celum_simulator.clock import written
from local.celum_simulator.refusals import Json
from local.celum_simulator.tenant import Event, Tenant

ATTEMPT_SECONDS = 10


class Outbox:
    def __init__(self) -> None:
        self.sent: list[Json] = []
        self._queue: asyncio.Queue[tuple[str, list[Json]]] = asyncio.Queue()

    def put(self, tenant: Tenant, event: Event) -> None:
        kind, user_id, date, members = event
        body: Json = {"type": kind, "userId": user_id, "date": written(date, tenant.quirks.date_style), **members}
        self.sent.append(body)
        times = {"never": 0, "twice": 2}.get(tenant.quirks.events_delivery, 1)
        if tenant.quirks.events_url and times:
            self._queue.put_nowait((tenant.quirks.events_url, [body] * times))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._deliver())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _deliver(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ATTEMPT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                url, bodies = await self._queue.get()
                for body in bodies:
                    # nobody knows whether CELUM repeats a delivery: it is tried once
                    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                        async with session.post(url, json=body):
                            pass
                self._queue.task_done()

    async def emptied(self) -> None:
        """Wait until everything that was put is delivered or given up."""
        await self._queue.join()
