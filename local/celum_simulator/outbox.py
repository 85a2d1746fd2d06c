"""Posts events to the address that was configured; keeps all of them for whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from local.celum_simulator.clock import written
from local.celum_simulator.refusals import Json
from local.celum_simulator.tenant import Event, Tenant

ATTEMPT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    url: str
    body: object
    headers: dict[str, str]


class Outbox:
    """`sent`: every event that came about, whether or not it goes out; `statuses`: what the receiver answered."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.statuses: list[int] = []
        self._held: list[Json] = []
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()

    def put(self, tenant: Tenant, event: Event) -> None:
        kind, user_id, date, members = event
        members = _as_ordered(tenant, members)
        body: Json = {"type": kind, "userId": user_id, "date": written(date, tenant.quirks.date_style), **members}
        self.sent.append(body)
        times = {"never": 0, "twice": 2}.get(tenant.quirks.events_delivery, 1)
        if tenant.quirks.events_held:
            self._held += [body] * times
        else:
            self._post(tenant, [body] * times, tenant.quirks.events_secret)

    def release(self, tenant: Tenant, *, backwards: bool = False) -> int:
        """Let out what was held, late or in another order than it came about."""
        held, self._held = self._held, []
        self._post(tenant, reversed(held) if backwards else held, tenant.quirks.events_secret)
        return len(held)

    def forge(self, tenant: Tenant, bodies: Iterable[object], secret: str | None) -> None:
        """What somebody else posts to the same address."""
        self._post(tenant, bodies, secret)

    def forget(self) -> None:
        self.sent.clear()
        self.statuses.clear()
        self._held.clear()

    def _post(self, tenant: Tenant, bodies: Iterable[object], secret: str | None) -> None:
        headers = {tenant.quirks.events_secret_header: secret} if secret else {}
        if tenant.quirks.events_url:
            for body in bodies:
                self._queue.put_nowait(Delivery(tenant.quirks.events_url, body, headers))

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
                one = await self._queue.get()
                # nobody knows whether CELUM repeats a delivery: it is tried once
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(one.url, json=one.body, headers=one.headers) as answer:
                        self.statuses.append(answer.status)
                self._queue.task_done()

    async def emptied(self) -> None:
        """Wait until everything that was put is delivered or given up."""
        await self._queue.join()


def _as_ordered(tenant: Tenant, members: Json) -> Json:
    """What stands in an event where the specification leaves it open (reference 25)."""
    named, extra = tenant.quirks.updated_fields, tenant.quirks.entity_bytes
    if named is not None and "updatedFields" in members:
        members = {**members, "updatedFields": list(named)}
    if extra and isinstance(entity := members.get("entity"), dict):
        members = {**members, "entity": {**entity, "padding": "x" * extra}}
    return members
