"""A drive with one file whose content host misbehaves as a test orders, one request after the other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shared.clock import SystemClock
from shared.documents import QuickXor
from shared.domain.ids import DriveId, ItemId
from shared.onedrive import DriveContent, OneDrive
from tests.contract.onedrive.conftest import settings_for

type Behaviour = Callable[[web.Request, FaultySource], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class FaultySource:
    data: bytes
    etag: str = '"{GUID},1"'
    mime_type: str = "application/octet-stream"
    script: list[Behaviour] = field(default_factory=list)  # for the next requests; then everything is well
    announced: int | None = None  # size in the metadata, where it lies
    hashed: bool = True
    more: dict[str, Any] = field(default_factory=dict)  # members of the item
    url: str | None = None  # a download URL of the test's own
    ranges: list[str | None] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw_paths: list[str] = field(default_factory=list)
    base: str = ""
    asked: int = 0
    onedrive: OneDrive | None = None

    def content(self, version: str | None = None) -> DriveContent:
        assert self.onedrive is not None
        return self.onedrive.content(DriveId("b!drive"), ItemId("item"), version=version)

    async def graph(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        url = self.url or f"{self.base.replace('127.0.0.1', 'localhost')}/c/a%2Bb%20c'd?tempauth={self.asked}%2F%3D"
        if request.path.endswith("/content"):
            return web.Response(status=302, headers={"Location": url})
        hasher = QuickXor()
        hasher.update(self.data)
        body = {
            "id": "item",
            "name": "a.bin",
            "size": len(self.data) if self.announced is None else self.announced,
            "file": {"mimeType": self.mime_type}
            | ({"hashes": {"quickXorHash": hasher.digest()}} if self.hashed else {}),
            "@microsoft.graph.downloadUrl": url,
        }
        return web.json_response(body | self.more)

    async def bytes_host(self, request: web.Request) -> web.StreamResponse:
        self.ranges.append(request.headers.get("Range"))
        self.headers.append(dict(request.headers))
        self.tokens.append(request.query.get("tempauth", ""))
        self.raw_paths.append(request.raw_path)
        behaviour = self.script.pop(0) if self.script else good
        return await behaviour(request, self)


@asynccontextmanager
async def faulty(data: bytes, *, stall_seconds: float = 60) -> AsyncIterator[FaultySource]:
    source = FaultySource(data)
    app = web.Application()
    app.router.add_get("/v1.0/{rest:.*}", source.graph)
    app.router.add_get("/c/{rest:.*}", source.bytes_host)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    source.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings = settings_for(source.base, stall_seconds=stall_seconds)
    source.onedrive = OneDrive(settings, SystemClock(time_scale=10_000))
    try:
        yield source
    finally:
        await source.onedrive.close()
        await runner.cleanup()


def window(request: web.Request, size: int) -> tuple[int, int]:
    """First byte and the byte after the last one of the range that was asked for."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", "bytes=0-"))
    assert found is not None
    return int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)


async def good(request: web.Request, source: FaultySource) -> web.StreamResponse:
    start, end = window(request, len(source.data))
    if "Range" not in request.headers:
        return web.Response(body=source.data, headers={"ETag": source.etag}, content_type=source.mime_type)
    if start >= len(source.data):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(source.data)}"})
    headers = {"ETag": source.etag, "Content-Range": f"bytes {start}-{end - 1}/{len(source.data)}"}
    return web.Response(status=206, body=source.data[start:end], headers=headers, content_type=source.mime_type)


def answers(status: int, *, body: str = "", content_type: str = "text/plain", **headers: str) -> Behaviour:
    async def behave(_request: web.Request, _source: FaultySource) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named, content_type=content_type)

    return behave


def cut_after(count: int) -> Behaviour:
    """The right answer up to so many bytes, then the connection is gone."""

    async def behave(request: web.Request, source: FaultySource) -> web.StreamResponse:
        response = await _begun(request, source)
        start, _ = window(request, len(source.data))
        await response.write(source.data[start : start + count])
        assert request.transport is not None
        request.transport.close()
        return response

    return behave


def stalls_after(count: int, freed: asyncio.Event) -> Behaviour:
    """The right answer up to so many bytes, then silence until the client gives up."""

    async def behave(request: web.Request, source: FaultySource) -> web.StreamResponse:
        response = await _begun(request, source)
        start, _ = window(request, len(source.data))
        await response.write(source.data[start : start + count])
        try:
            await asyncio.Event().wait()
        finally:
            freed.set()
        return response

    return behave


async def _begun(request: web.Request, source: FaultySource) -> web.StreamResponse:
    start, end = window(request, len(source.data))
    partial = "Range" in request.headers
    response = web.StreamResponse(status=206 if partial else 200, headers={"ETag": source.etag})
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(source.data)}"
    response.content_length = end - start
    await response.prepare(request)
    return response


async def ignores_range(_request: web.Request, source: FaultySource) -> web.StreamResponse:
    return web.Response(body=source.data, headers={"ETag": source.etag}, content_type=source.mime_type)


def sends(first: int, last: int, total: int, body: bytes) -> Behaviour:
    """206 with a Content-Range of the test's choice."""

    async def behave(_request: web.Request, source: FaultySource) -> web.StreamResponse:
        headers = {"ETag": source.etag, "Content-Range": f"bytes {first}-{last}/{total}"}
        return web.Response(status=206, body=body, headers=headers)

    return behave


async def chunked(request: web.Request, source: FaultySource) -> web.StreamResponse:
    """The whole file without a length."""
    response = web.StreamResponse(headers={"ETag": source.etag})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(source.data)
    await response.write_eof()
    return response
