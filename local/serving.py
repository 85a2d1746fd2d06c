"""What both simulators need to be servers: a port of their own, faults on demand, and somebody who may watch.

A fault is ordered by a test, or over HTTP at `POST /_control/faults`, for the next requests that match it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, NoReturn, Self

from aiohttp import web

CUT_AFTER = web.RequestKey("cut_after", int)  # so many bytes of the body, then the connection drops
MOVES = web.RequestKey("moves", list)  # of Move: a handler that moves the bytes of a file adds one
READ_BUFFER_BYTES = 1024 * 1024  # aiohttp's own 64 KiB makes it pause and resume a large upload all the time


class Dropped(ConnectionResetError):
    """A fault that was ordered: the server need not tell of it."""


def _is_news(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], Dropped)


logging.getLogger("aiohttp.server").addFilter(_is_news)

type Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they stood on the wire. Bodies of file content are left out (None)."""

    method: str
    path_and_query: str
    request_headers: dict[str, str]
    request_body: bytes | None
    status: int
    response_headers: dict[str, str]
    response_body: bytes | None
    faulted: bool


@dataclass(slots=True)
class Move:
    """Bytes of a file that one request moves: from which one on, and how many it were so far."""

    line: str  # the method and the first part of the path, such as "GET _content"
    first: int
    size: int = 0


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests whose "METHOD /path?query" matches `match` (a regular expression).

    `status` answers instead of the simulator (nothing takes effect); `reset` closes the connection before anything
    happens; `lost` lets the request take effect and closes the connection without an answer; `cut_after` sends so many
    bytes of the real answer's body and closes, or takes so many of an upload, and does nothing to what is shorter;
    `delay` waits (seconds) before anything else.
    """

    match: str
    times: int = 1
    skip: int = 0
    delay: float = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    kind: Literal["none", "reset", "lost", "cut"] = "none"
    cut_after: int = 0

    def takes(self, line: str) -> bool:
        if self.times <= 0 or not re.search(self.match, line):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Serving:
    """Runs one aiohttp application on a loopback port; knows faults and observers."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.observers: list[Callable[[Exchange], None]] = []
        self.moves: list[Move] = []
        self.base_url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, app: web.Application, *, port: int = 0) -> None:
        """Serve `app` on 127.0.0.1; port 0 takes a free one. Sets `base_url`."""
        app.middlewares.append(self.middleware)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, read_bufsize=READ_BUFFER_BYTES)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{bound}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @asynccontextmanager
    async def running(self, app: web.Application, *, port: int = 0) -> AsyncIterator[Self]:
        await self.start(app, port=port)
        try:
            yield self
        finally:
            await self.stop()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Next) -> web.StreamResponse:
        line = f"{request.method} {request.path_qs}"
        request[MOVES] = self.moves
        fault = next((f for f in self.faults if f.takes(line)), None)
        if fault is None:
            response = await answer(request, handler)
            await self._observe(request, response, faulted=False)
            return response
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.kind == "reset":
            abort(request)
        if fault.status is not None:
            return web.Response(status=fault.status, headers=fault.headers, text=fault.body)
        if fault.kind == "cut":
            request[CUT_AFTER] = fault.cut_after  # a handler that streams a file cuts it itself
        response = await answer(request, handler)
        if fault.kind == "lost":
            abort(request)
        if fault.kind == "cut" and fault.cut_after < _length(response):
            await self._cut(request, response, fault.cut_after)
        await self._observe(request, response, faulted=True)
        return response

    async def _cut(self, request: web.Request, response: web.StreamResponse, after: int) -> None:
        """Promise the whole body, send a part of it, then drop the connection."""
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        partial = web.StreamResponse(status=response.status, headers=response.headers)
        partial.content_length = len(response.body)
        await partial.prepare(request)
        await partial.write(response.body[:after])
        abort(request)

    async def _observe(self, request: web.Request, response: web.StreamResponse, *, faulted: bool) -> None:
        if not self.observers or request.path.startswith("/_control"):
            return
        small = request.content_type in {"application/json", "text/plain"}
        sent = await request.read() if small and not response.prepared else None
        got = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else None
        exchange = Exchange(
            method=request.method,
            path_and_query=request.path_qs,
            request_headers={k.lower(): v for k, v in request.headers.items()},
            request_body=sent,
            status=response.status,
            response_headers={k.lower(): v for k, v in response.headers.items()},
            response_body=got,
            faulted=faulted,
        )
        for observer in self.observers:
            observer(exchange)


async def answer(request: web.Request, handler: Next) -> web.StreamResponse:
    """The simulator's answer; what aiohttp raises as an answer (404 of an unknown route) is one too."""
    try:
        return await handler(request)
    except web.HTTPException as problem:
        return web.Response(status=problem.status, headers=problem.headers, body=problem.body)


def _length(response: web.StreamResponse) -> int:
    """Of an answer that was not sent yet; where a file is streamed, its handler has seen to the cut."""
    return len(response.body) if isinstance(response, web.Response) and isinstance(response.body, bytes) else 0


def move(request: web.Request, first: int) -> Move:
    """Note that this request moves bytes from `first` on; whoever moves them counts them."""
    begun = Move(f"{request.method} {request.path.split('/')[1]}", first)
    request.get(MOVES, []).append(begun)
    return begun


def abort(request: web.Request) -> NoReturn:
    """Drop the connection without an answer, as a dying server or network does."""
    if request.transport is not None:
        request.transport.abort()
    raise Dropped("dropped by a fault")
