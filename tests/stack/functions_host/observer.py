"""How a test sees into a function app in another process: the app tells, and goes on when the test lets it."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
from aiohttp import web

type Event = dict[str, Any]

URL = "OBSERVER_URL"
PATIENCE = 30  # seconds until a test that waits in vain fails instead of hanging


async def tell(name: str, **facts: Any) -> None:
    """For `async def` functions of a sample app: returns when the test allows."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(os.environ[URL], json={"name": name, **facts}) as answer,
    ):
        answer.raise_for_status()


def tell_blocking(name: str, **facts: Any) -> None:
    """The same for `def` functions, which run on threads."""
    body = json.dumps({"name": name, **facts}).encode()
    request = urllib.request.Request(os.environ[URL], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request):
        pass


class Observer:
    def __init__(self) -> None:
        self.url = ""
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._held: dict[str, asyncio.Event] = {}
        self._open = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        app = web.Application()
        app.router.add_post("/", self._receive)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = "http://127.0.0.1:{1}/".format(*runner.addresses[0])
        try:
            yield self
        finally:
            self.release_all()
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        event = await request.json()
        async with self._news:
            self.events.append(event)
            self._news.notify_all()
        for key in (event["name"], event.get("id", "")):
            if key in self._held:
                await self._held[key].wait()
        return web.Response()

    def hold(self, key: str) -> None:
        """Whoever tells under this name or id waits from now on."""
        self._held[key] = asyncio.Event()

    def release(self, key: str) -> None:
        self._held.pop(key, asyncio.Event()).set()

    def release_all(self) -> None:
        for key in list(self._held):
            self.release(key)

    def seen(self, name: str, **facts: Any) -> list[Event]:
        return [event for event in self.events if {"name": name, **facts}.items() <= event.items()]

    async def told(self, name: str, *, times: int = 1, **facts: Any) -> Event:
        """Waits until so many events fit, those already seen included; gives the last of these."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: len(self.seen(name, **facts)) >= times)
        except TimeoutError as problem:
            found = "\n".join(map(str, self.seen(name)))
            raise AssertionError(f"{name} {facts} was not told {times} times, but:\n{found}") from problem
        return self.seen(name, **facts)[times - 1]
