"""The wire between one instance of the bridge and everything it calls: counted, and cut where a test says so.

Each instance has a wire of its own, on the same ports as the one before it, since links are stored: four small proxies,
in front of OneDrive, CELUM, tables and queues. What the instance asks passes through unchanged, but for the addresses
in answers, which are made to lead through the wire too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from yarl import URL

from tests.kit.storage import Sent

HOP = {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "content-encoding"}
TEXT = ("application/json", "application/xml", "text/")


class Ill(StrEnum):
    """What may befall one call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    LOST = "answer lost"
    TOO_MANY = "429"
    BUSY = "503"
    CUT = "reset in the body"


@dataclass(frozen=True, slots=True)
class Fault:
    """`ill` befalls the call with this number, counted from 0; with `like`, of those whose label matches it."""

    call: int
    ill: Ill
    like: str = ""


@dataclass(slots=True)
class Wire:
    upstream: dict[str, str]  # name → http://127.0.0.1:port
    fault: Fault | None = None
    on_sent: Callable[[Sent], None] | None = None
    calls: list[str] = field(default_factory=list)
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    struck: bool = False
    urls: dict[str, str] = field(default_factory=dict)
    _runners: list[web.AppRunner] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def start(self, ports: dict[str, int]) -> None:
        """Listen on the ports given by name; those that are taken free are written there."""
        self._session = aiohttp.ClientSession(auto_decompress=False)
        for name in self.upstream:
            app = web.Application(client_max_size=1 << 30)
            app.router.add_route("*", "/{path:.*}", self._handler(name))
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", ports.get(name, 0), reuse_address=True).start()
            self._runners.append(runner)
            ports[name] = runner.addresses[0][1]
            self.urls[name] = f"http://127.0.0.1:{ports[name]}"

    async def stop(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def _handler(self, name: str) -> Callable[[web.Request], asyncio.Future[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._pass(name, request)

        return handle  # type: ignore[return-value]  # a coroutine function, as aiohttp wants it

    async def _pass(self, name: str, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = f"{name}: {request.method} {label(request.path)}"
        self.calls.append(call)
        fault = self.fault
        if fault is None or not re.match(fault.like, call) or self._passed(fault) != fault.call:
            return await self._forward(name, request, body)
        self.struck = True
        return await self._befall(fault.ill, name, request, body)

    def _passed(self, fault: Fault) -> int:
        """How many calls the fault had to count before the last one."""
        return sum(bool(re.match(fault.like, call)) for call in self.calls[:-1])

    async def _befall(self, ill: Ill, name: str, request: web.Request, body: bytes) -> web.StreamResponse:
        if ill is Ill.KILLED_BEFORE:
            await self._die()
        if ill is Ill.TOO_MANY:
            return web.Response(status=429, headers={"Retry-After": "1"}, text="{}")
        if ill is Ill.BUSY:
            return web.Response(status=503, text="{}")
        answer = await self._forward(name, request, body)
        if ill is Ill.KILLED_AFTER:
            await self._die()
        if ill is Ill.CUT:
            return await self._cut(request, answer)
        return reset(request)

    async def _die(self) -> NoReturn:
        """The process is gone: nobody reads an answer, and nothing it would have done later happens."""
        self.killed.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def _cut(self, request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = answer.body if isinstance(answer.body, bytes) else b""
        partial = web.StreamResponse(status=answer.status, headers=answer.headers)
        partial.content_length = max(len(body), 1)
        await partial.prepare(request)
        await partial.write(body[: len(body) // 2])
        return reset(request)

    async def _forward(self, name: str, request: web.Request, body: bytes) -> web.Response:
        assert self._session is not None
        port = urlsplit(str(request.url)).port
        host = "localhost" if (request.host or "").startswith("localhost") else "127.0.0.1"
        target = self.upstream[name].replace("127.0.0.1", host) + request.raw_path
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        async with self._session.request(
            request.method, URL(target, encoded=True), headers=headers, data=body or None, allow_redirects=False
        ) as got:
            content = await got.read()
            status, answer = got.status, {k: v for k, v in got.headers.items() if k.lower() not in HOP}
            answer |= {k: v for k, v in got.headers.items() if k.lower() == "content-encoding"}
            if got.content_type.startswith(TEXT) and "content-encoding" not in {k.lower() for k in answer}:
                content = self._through(name, content, port)
        if "Location" in answer:
            answer["Location"] = self._through(name, answer["Location"].encode(), port).decode()
        if name == "queue" and request.method == "POST" and status == 201 and self.on_sent is not None:
            self.on_sent(sent(request, body))
        return web.Response(status=status, headers=answer, body=content)

    def _through(self, name: str, content: bytes, port: int | None) -> bytes:
        """Addresses of the upstream, in answers, lead through the wire."""
        theirs = urlsplit(self.upstream[name]).port
        return re.sub(rb"(127\.0\.0\.1|localhost):%d\b" % (theirs or 0), rb"\g<1>:%d" % (port or 0), content)


def reset(request: web.Request) -> NoReturn:
    """Drop the connection; the server above takes a cancelled handler quietly, an error it would log."""
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError


def sent(request: web.Request, body: bytes) -> Sent:
    text = ET.fromstring(body).findtext("MessageText") or ""
    delay = float(parse_qs(request.query_string).get("visibilitytimeout", ["0"])[0])
    return Sent(request.path.split("/")[2], text, delay)


def label(path: str) -> str:
    """The path without ids, so that a list of calls can be read."""
    return re.sub(
        r"t[0-9a-f]{16}(?=[a-z$])|[^/()='|,]*[0-9][^/()='|,]{7,}", lambda found: shortened(found[0]), unquote(path)
    )


def shortened(part: str) -> str:
    return "" if part.startswith("t") and part[1:].isalnum() and len(part) == 17 else "…"
