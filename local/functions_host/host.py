"""Puts the parts together: index, check, make ready, serve until told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.functions_host import settings, worker
from local.functions_host.clock import Clock
from local.functions_host.errors import HostError
from local.functions_host.functions import Function
from local.functions_host.host_json import HostOptions, read_host_json
from local.functions_host.queues import POISON, QueueListener
from local.functions_host.routes import Keys, Router, level
from local.functions_host.runs import Runs
from local.functions_host.schedule import Schedule
from local.functions_host.storage import Storage
from local.functions_host.timers import Monitor, Timer

log = logging.getLogger("host")

HOST_ID = "AzureFunctionsWebHost__hostid"
STOP_SECONDS = 1  # for answers that are written already when the host stops


@dataclass(frozen=True, slots=True)
class Options:
    app_dir: Path
    port: int = 0
    grace: timedelta = timedelta(seconds=30)


class Host:
    """One function app, from index to stop."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._stop = clock.stopping

    async def run(self, announce: Callable[[str], None]) -> None:
        """Serves until `stop` is called; `announce` gets the base URL once everything is ready."""
        host_options = read_host_json(self._options.app_dir / "host.json")
        functions = await load(self._options.app_dir)
        async with Storage(host_options.queues.message_encoding) as storage:
            runs = Runs(worker.Worker(host_options.function_timeout), storage)
            router = Router(functions, host_options.route_prefix, _keys(functions), runs)
            loops = await self._prepare(functions, host_options, storage, runs)
            runner = web.AppRunner(router.application(), access_log=None, shutdown_timeout=STOP_SECONDS)
            await runner.setup()
            try:
                site = await self._listen(runner)
                tasks = [asyncio.create_task(loop()) for loop in loops]
                announce(_base_url(runner))
                await self._until_stopped(tasks)
                router.stopping = True
                await site.stop()
                await self._drain(runs)
            finally:
                await runner.cleanup()

    def stop(self) -> None:
        """Takes nothing new from now on."""
        log.info("Stopping: nothing new is started, running functions get %s", self._options.grace)
        self._stop.set()

    async def _prepare(
        self, functions: list[Function], options: HostOptions, storage: Storage, runs: Runs
    ) -> list[Callable[[], Coroutine[None, None, None]]]:
        """Makes queues, arms timers; gives the loops that then do the work."""
        try:
            listeners = [
                self._listener(f, options, storage, runs) for f in functions if f.trigger.type == "queueTrigger"
            ]
            for listener in listeners:
                await listener.prepare()
            for function in functions:
                for binding in function.bindings:
                    if binding.type == "queue":
                        await storage.queue(binding.text("connection"), binding.text("queueName")).create()
            timers = await self._timers(functions, storage, runs)
        except (AzureError, ValueError) as problem:
            raise HostError(f"The storage of the app cannot be used: {problem}") from problem
        return [*(listener.listen for listener in listeners), *(timer.tick for timer in timers)]

    def _listener(self, function: Function, options: HostOptions, storage: Storage, runs: Runs) -> QueueListener:
        trigger = function.trigger
        queue = storage.queue(trigger.text("connection"), trigger.text("queueName"))
        poison = storage.queue(trigger.text("connection"), queue.name + POISON)
        return QueueListener(function, queue, poison=poison, options=options.queues, clock=self._clock, runs=runs)

    async def _timers(self, functions: list[Function], storage: Storage, runs: Runs) -> list[Timer]:
        triggered = [function for function in functions if function.trigger.type == "timerTrigger"]
        if not triggered:
            return []
        container = await storage.host_container()
        await continue_clock(self._clock, container, self._host_id)
        timers = [self._timer(function, container, runs) for function in triggered]
        for timer in timers:
            await timer.arm()
        return timers

    def _timer(self, function: Function, container: ContainerClient, runs: Runs) -> Timer:
        try:
            schedule = Schedule(function.trigger.text("schedule"))
        except HostError as problem:
            raise HostError(f"Function {function.name}: {problem}") from problem
        monitored = function.trigger.values.get("useMonitor")
        if monitored is None:
            monitored = schedule.is_monitored_by_default(self._clock.now())
        monitor = Monitor(container, self._host_id, function.name) if monitored else None
        return Timer(function, schedule, monitor, self._clock, runs)

    @property
    def _host_id(self) -> str:
        return os.environ.get(HOST_ID) or default_host_id(self._options.app_dir)

    async def _listen(self, runner: web.AppRunner) -> web.TCPSite:
        site = web.TCPSite(runner, "127.0.0.1", self._options.port)
        try:
            await site.start()
        except OSError as problem:
            raise HostError(f"Port {self._options.port} cannot be used: {problem.strerror}") from problem
        return site

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        """A loop that ends before the host is told to stop is a defect of the host, not to be hidden."""
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            stopped.cancel()
            for task in tasks:
                if task.done():
                    task.result()

    async def _drain(self, runs: Runs) -> None:
        if left := await runs.idle(self._options.grace):
            log.warning("%d runs did not end within the grace period; their messages come again", left)


async def load(app_dir: Path) -> list[Function]:
    """Indexes the app; gives its enabled functions, ready to run."""
    functions = await worker.index(app_dir)
    for function in functions:
        function.check()
    for function in functions:
        if settings.is_disabled(function):
            log.warning("Function %s is disabled by its setting", function.name)
    return settings.resolve(function for function in functions if not settings.is_disabled(function))


async def continue_clock(clock: Clock, container: ContainerClient, host_id: str) -> None:
    """Under a time scale the origin is kept beside the timers, or a restarted host would live in their past."""
    if clock.scale == 1:
        return
    blob = container.get_blob_client(f"timers/{host_id}/origin of time scale {clock.scale:g}")
    try:
        clock.origin = datetime.fromisoformat((await (await blob.download_blob()).readall()).decode())
    except ResourceNotFoundError:
        await blob.upload_blob(clock.origin.isoformat().encode())


def default_host_id(app_dir: Path) -> str:
    """At most 32 characters, the same for the same folder; two apps on one storage account must differ."""
    name = re.sub(r"[^a-z0-9]+", "-", app_dir.name.lower()).strip("-")[:20]
    return f"{name}-{hashlib.sha256(str(app_dir).encode()).hexdigest()[:10]}"


def _keys(functions: list[Function]) -> Keys:
    levels = {level(function) for function in functions if function.trigger.type == "httpTrigger"}
    return Keys(
        function=_key("LOCAL_FUNCTION_KEY", shown="FUNCTION" in levels),
        master=_key("LOCAL_MASTER_KEY", shown="ADMIN" in levels),
    )


def _key(setting: str, *, shown: bool) -> str:
    if given := os.environ.get(setting):
        return given
    made = secrets.token_urlsafe(24)
    if shown:
        log.warning("%s is not set; for this run it is %s", setting, made)
    return made


def _base_url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
