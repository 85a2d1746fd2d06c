from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass(slots=True)
class Receiver:
    """A notification endpoint on loopback: answers the handshake, keeps what arrives."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)  # of the next notifications; then 202
    reflection: str | None = None  # answered instead of the validation token
    posts: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    handshakes: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncIterator[Self]:
        receiver = cls()
        app = web.Application()
        app.router.add_post("/{path}", receiver._receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield receiver
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        if token := request.query.get("validationToken"):
            self.handshakes.append(request.path_qs)
            return web.Response(text=token if self.reflection is None else self.reflection)
        status = self.statuses.pop(0) if self.statuses else 202
        self.posts.put_nowait(await request.json())
        return web.Response(status=status)

    async def next(self) -> list[dict[str, Any]]:
        notes = (await self.posts.get())["value"]
        assert isinstance(notes, list)
        return notes
