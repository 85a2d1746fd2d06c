"""A tenant of one answer: whatever a test wants CELUM to say, and what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from shared.celum import Celum, CelumSettings
from shared.clock import SystemClock

KEY = "acme-secret-key"

type Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class OddServer:
    origin: str
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def saying(
    answer: Answer, *, time_scale: float = 1, **settings: object
) -> AsyncIterator[tuple[Celum, OddServer]]:
    """A client of a server that answers every request with `answer`."""
    asked: list[Asked] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked.append(Asked(request.method, request.path_qs, headers, await request.read()))
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    origin = f"http://{host}:{port}"
    celum = Celum(CelumSettings(f"{origin}/content-api", KEY, **settings), SystemClock(time_scale))  # type: ignore[arg-type]  # by name
    try:
        yield celum, OddServer(origin, asked)
    finally:
        await celum.close()
        await runner.cleanup()


def just(status: int = 200, text: str = "", content_type: str = "application/json", **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, content_type=content_type, headers=named)

    return answer
