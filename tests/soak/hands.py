"""What a soak does to the servers: puts a large file there, lets URLs expire, looks at what was stored."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.celum_simulator.seeds import ACME_KEY
from shared.celum import Celum, CelumSettings, CreateAsset
from shared.clock import SystemClock
from shared.domain.ids import CollectionId
from tests.bench.servers import FRAGMENT_BYTES, Child, Servers, process
from tests.soak.blocks import blocks, first_wrong

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Source:
    """A large file where it begins its way, and what it must be at the end of it."""

    id: str
    sha1: str


@contextlib.asynccontextmanager
async def mover(there: Servers) -> AsyncIterator[Child]:
    async with process("tests.soak.mover", env={**os.environ, **there.settings()}) as child:
        await child.said()
        yield child


async def put_into_onedrive(there: Servers, path: str, size: int) -> Source:
    made = await there.graph("POST", f"/drives/{there.drive}/root:{path}:/createUploadSession")
    sha1, last = hashlib.sha1(usedforsecurity=False), {}
    for start in range(0, size, FRAGMENT_BYTES):
        piece = b"".join(blocks(min(start + FRAGMENT_BYTES, size), start))
        sha1.update(piece)
        span = {"Content-Range": f"bytes {start}-{start + len(piece) - 1}/{size}"}
        async with there.session.put(made["uploadUrl"], data=piece, headers=span) as answer:
            answer.raise_for_status()
            last = await answer.json()
    return Source(str(last["id"]), sha1.hexdigest())


async def put_into_celum(there: Servers, name: str, size: int) -> Source:
    sha1 = hashlib.sha1(usedforsecurity=False)

    async def pieces() -> AsyncIterator[bytes]:
        for piece in blocks(size):
            sha1.update(piece)
            yield piece

    celum = Celum(CelumSettings(f"{there.celum}/content-api/v1", ACME_KEY), SystemClock())
    try:
        upload = await celum.begin_upload(name, size)
        await celum.send(upload, size, pieces())
        parent = await celum.directory.collection("Bridge/Intake")
        kind = await celum.directory.asset_type("Office document")
        asset = await celum.create(CreateAsset(name, CollectionId(parent.id), upload.handle, kind.id, ()))
    finally:
        await celum.close()
    return Source(str(asset.id), sha1.hexdigest())


async def told(there: Servers, base: str) -> dict[str, Any]:
    """What clients asked of a simulator, and the bytes that each request moved."""
    return await there.control(base, "GET", "requests")


async def expire(there: Servers, base: str, line: str, seconds: float) -> None:
    """As soon as a second request for content is on its way, let so much time pass that its URL is of no use again."""
    while sum(move["line"] == line for move in (await told(there, base))["moves"]) < 2:  # noqa: ASYNC110  it is elsewhere
        await asyncio.sleep(POLL_SECONDS)
    await there.control(base, "POST", "clock", advance=seconds)


def stored_wrongly(folder: Path, size: int) -> str:
    """What is wrong with the only large file of a simulator, as it lies on the disk; "" for nothing."""
    large = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size == size]
    if len(large) != 1:
        return f"{len(large)} files of this size lie in {folder.name}"
    wrong = first_wrong(large[0], size)
    return "" if wrong is None else f"block {wrong} is not what it should be"
