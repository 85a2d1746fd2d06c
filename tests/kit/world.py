"""A whole world in one process: both systems, storage, and instances of the bridge that may die and be followed.

The world delivers queue messages as the platform does (again after a failure, again after a death, to the poison queue
after five tries) and rings the one-minute timer; its time jumps from one thing to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from local.celum_simulator import CelumSimulator
from local.onedrive_simulator import OneDriveSimulator
from shared import settings as app_settings
from shared.engine.bridge import Bridge
from shared.ledger import Ledger, Store
from shared.messages import DecideMessage, Queue, ScanMessage, ScanReason, TransferMessage
from shared.onedrive import notifications
from tests.kit.clock import JumpClock
from tests.kit.storage import Sent, Storage
from tests.kit.wire import Fault, Wire

LEASE_SECONDS = 600  # of a message whose reader died
RETRY_SECONDS = 30  # host.json: visibilityTimeout
TRIES = 5  # host.json: maxDequeueCount
HORIZON = timedelta(minutes=20)  # what is due later (the hourly look at what is held) is not waited for


@dataclass(order=True, slots=True)
class Waiting:
    visible: datetime
    number: int
    queue: str = field(compare=False)
    text: str = field(compare=False)
    deliveries: int = field(compare=False, default=0)


@dataclass(slots=True)
class Instance:
    bridge: Bridge
    wire: Wire


class World:
    def __init__(self, storage: Storage, folder: Path, flows: Path) -> None:
        self.storage = storage
        self.flows = flows
        self.onedrive = OneDriveSimulator(folder / "onedrive")
        self.onedrive.quirks.notification_coalesce_seconds = 0  # rung at once, so that settling waits for it
        self.celum = CelumSimulator(folder / "celum")
        self.clock = JumpClock(self.onedrive.clock.advance, self.celum.clock.advance)
        self.queue: list[Waiting] = []
        self.poison: list[Waiting] = []
        self.delivered = 0
        self.errors: list[str] = []
        self._numbers = itertools.count()
        self._instance: Instance | None = None
        self._ports: dict[str, int] = {}
        self._next_tick = self.clock.now()
        self.is_new = True  # the timer has not run to its end yet
        self._is_stirred = False  # something was delivered since: the timer may find more to do
        self._webhook_url = ""
        self.with_rival = False  # a second instance gets every message and tick at the same time
        self._rival: Instance | None = None
        self.fault: Fault | None = None  # befalls the instance that `arm` starts
        self.armed: Wire | None = None

    # --- The place ---

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[World]:
        async with self.onedrive.running(), self.celum.running(), self._webhook():
            await self.storage.prepare()
            try:
                yield self
            finally:
                await self._bury()

    @contextlib.asynccontextmanager
    async def _webhook(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/api/graph/notifications", self._notified)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _notified(self, request: web.Request) -> web.Response:
        token = notifications.validation_token(request.query)
        if isinstance(token, str):
            return web.Response(text=token)
        rung = notifications.doorbells(await request.read(), tenant=self.onedrive.tenant.id, secrets=self._secrets())
        for drive, _ in rung.drives:
            self.put(Queue.SCAN, ScanMessage(drive=drive, reason=ScanReason.CHANGE).model_dump_json())
        return web.Response(status=rung.status)

    def _secrets(self) -> notifications.Secrets:
        return notifications.Secrets(("k1", "a secret of the tests"))

    def environment(self, wire: Wire) -> dict[str, str]:
        return {
            "AzureWebJobsStorage": self.storage.connection(wire.urls),
            "BRIDGE_TENANT_ID": self.onedrive.tenant.id,
            "BRIDGE_PUBLIC_URL": self._webhook_url,
            "NOTIFICATION_SECRET": "k1:a secret of the tests",
            "GRAPH_URL": wire.urls["onedrive"],
            "GRAPH_LOCAL_TOKEN": "local",
            "ONEDRIVE_CONTENT_HOSTS": "localhost",
            "CELUM_URL": f"{wire.urls['celum']}/content-api/v1",
            "CELUM_API_KEY": "acme-local-key",
            "CELUM_ASSET_URL": "http://127.0.0.1/?asset={id}",
            "FLOWS_FILE": str(self.flows),
        }

    async def instance(self) -> Instance:
        """The living instance; after a death a new one with a wire of its own, on which nothing is wrong."""
        if self._instance is None:
            self._instance = await self.open_instance()
        return self._instance

    async def restart(self) -> None:
        """All instances end; the next one reads the flow file anew."""
        await self._bury()
        self.is_new = True

    async def arm(self) -> None:
        """From here on calls are counted: a fresh instance, which remembers nothing, meets the fault."""
        await self._bury()
        self._instance = await self.open_instance(self.fault)
        self.armed = self._instance.wire

    async def _opponent(self, first: Instance) -> Instance:
        if self._rival is None:
            self._rival = Instance(self.bridge(first.wire), first.wire)
        return self._rival

    async def open_instance(self, fault: Fault | None = None) -> Instance:
        upstream = {"onedrive": self.onedrive.base_url, "celum": self.celum.base_url, **self.storage.servers}
        wire = Wire(upstream, fault, self._sent)
        if self.storage.servers:
            await wire.start(self._ports)
        else:
            wire.urls = upstream
        return Instance(self.bridge(wire), wire)

    def bridge(self, wire: Wire) -> Bridge:
        settings = app_settings.load(self.environment(wire))
        store = self.storage.store(settings.storage.connection_string)
        return Bridge.put_together(settings, self.clock, store, self.storage.outbox(self._sent))

    def ledger(self) -> tuple[Ledger, Store]:
        """A view of the ledger past every wire, for assertions; the store is to be closed."""
        store = self.storage.store()
        return Ledger(store, self.clock), store

    async def _bury(self) -> None:
        for instance in filter(None, (self._instance, self._rival)):
            await instance.bridge.close()
            await instance.wire.stop()
        self._instance = self._rival = None

    # --- The platform ---

    def put(self, queue: str, text: str, delay: float = 0) -> None:
        heapq.heappush(self.queue, Waiting(self.clock.after(delay), next(self._numbers), str(queue), text))

    def _sent(self, sent: Sent) -> None:
        self.put(sent.queue, sent.text, sent.delay)

    async def until_quiet(self) -> None:
        """Deliver, ring the timer and jump, until no message waits and nothing is due before the horizon."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """The next thing that happens; False when nothing is left to happen."""
        await self.onedrive.settle()
        if self.queue and self.queue[0].visible <= self.clock.now():
            await self._deliver(heapq.heappop(self.queue))
        elif self._next_tick <= self.clock.now():
            await self._tick()
        elif self.queue or self.is_new or self._is_stirred or await self._something_is_due():
            self.clock.jump_to(min([self._next_tick, *(waiting.visible for waiting in self.queue[:1])]))
        else:
            return False
        return True

    async def _something_is_due(self) -> bool:
        """Whether the ledger holds anything for the next minutes; looked up past the wire."""
        ledger, store = self.ledger()
        try:
            return bool(await ledger.due(self.clock.now() + HORIZON, 1))
        finally:
            await store.close()

    async def _tick(self) -> None:
        instance = await self.instance()
        self._is_stirred = False
        self.is_new = await self.guarded(instance, instance.bridge.send_due()) is None
        self._next_tick = self.clock.after(60)

    async def _deliver(self, waiting: Waiting) -> None:
        instance = await self.instance()
        self._is_stirred = True
        self.delivered += 1
        waiting.deliveries += 1
        if self.with_rival and '"attempt":0' in waiting.text:  # what was put back by the loser comes to one alone
            rival = await self._opponent(instance)
            theirs = asyncio.ensure_future(self.guarded(rival, self._call(rival.bridge, waiting)))
            done = await self.guarded(instance, self._call(instance.bridge, waiting))
            done = done and await theirs
        else:
            done = await self.guarded(instance, self._call(instance.bridge, waiting))
        if done is True:
            return
        if done is False and waiting.deliveries >= TRIES:
            self.poison.append(waiting)
            await self.guarded(instance, instance.bridge.failed(Queue(waiting.queue), waiting.text.encode()))
            return
        waiting.visible = self.clock.after(LEASE_SECONDS if done is None else RETRY_SECONDS)
        heapq.heappush(self.queue, waiting)

    async def _call(self, bridge: Bridge, waiting: Waiting) -> None:
        match Queue(waiting.queue):
            case Queue.SCAN:
                await bridge.scan(ScanMessage.parse(waiting.text))
            case Queue.DECIDE:
                await bridge.decide(DecideMessage.parse(waiting.text))
            case Queue.TRANSFER:
                await bridge.transfer(TransferMessage.parse(waiting.text))

    async def guarded(self, instance: Instance, work: object) -> bool | None:
        """True: done. False: it raised. None: the process died on the way, and its work stays where it stood."""
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        death = asyncio.ensure_future(instance.wire.killed.wait())
        await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
        if death.done():
            task.cancel()  # no code of the bridge catches this: it is the nearest to a kill within one process
            await asyncio.wait({task})
            await self._bury()
            self._is_stirred = True
            return None
        death.cancel()
        if (problem := task.exception()) is not None:
            self.errors.append(f"{type(problem).__name__}: {problem}")
            return False
        return True
