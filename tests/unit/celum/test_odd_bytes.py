"""Downloads from a server that does not say how long its answers are."""

from __future__ import annotations

import pytest
from aiohttp import web

from shared.celum import Source
from shared.domain.ids import AssetId, VersionId
from shared.errors import ContentMismatch, HostNotAllowed
from tests.unit.celum.odd_server import Answer, saying

SIZE = 1000


def streaming(length: int, url: str = "/bytes") -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/download"):
            return web.json_response({"url": url, "filename": "hero.psd"})
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"x" * length)
        await response.write_eof()
        return response

    return answer


async def read(source: Source) -> bytes:
    return b"".join([chunk async for chunk in source.stream()])


async def test_bytes_of_no_announced_length_are_counted() -> None:
    async with saying(streaming(SIZE)) as (celum, _):
        source = celum.renditions.source(AssetId(1), 1, VersionId(1), same_bytes=True, size=SIZE)
        assert len(await read(source)) == SIZE


@pytest.mark.parametrize("length", [0, SIZE - 1, SIZE + 1])
async def test_G63_fewer_or_more_bytes_than_the_version_has_are_never_whole(length: int) -> None:
    async with saying(streaming(length), time_scale=1000) as (celum, _):
        source = celum.renditions.source(AssetId(1), 1, VersionId(1), same_bytes=True, size=SIZE)
        with pytest.raises(ContentMismatch, match="bytes came"):
            await read(source)


@pytest.mark.parametrize("url", ["https://evil.example/bytes", "http://10.0.0.1/bytes", "ftp://x/y", "http://[bad"])
async def test_G15_a_download_is_not_followed_to_a_host_that_nobody_named(url: str) -> None:
    async with saying(streaming(SIZE, url)) as (celum, _):
        source = celum.renditions.source(AssetId(1), 1, size=SIZE)
        with pytest.raises(HostNotAllowed):
            await read(source)
