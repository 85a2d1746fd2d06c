"""However a file is read, in whatever pieces, over whatever faults: the same bytes, and the same hash of them."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from shared.documents import QuickXor
from shared.domain.items import Content
from shared.errors import SourceChanged
from shared.onedrive import DriveContent
from tests.contract.onedrive.faulty_source import (
    Behaviour,
    FaultySource,
    answers,
    cut_after,
    faulty,
    good,
    ignores_range,
    window,
)
from tests.properties.budget import modest

ASKS_IN_A_ROW = 4  # one fault less than the reader gives up at
MODEST = modest(20)


def short(count: int) -> Behaviour:
    """A range of its own choice, shorter than what was asked for."""

    async def behave(request: web.Request, source: FaultySource) -> web.StreamResponse:
        start, end = window(request, len(source.data))
        until = min(start + max(count, 1), end)
        if "Range" not in request.headers or until <= start:
            return await good(request, source)
        headers = {"ETag": source.etag, "Content-Range": f"bytes {start}-{until - 1}/{len(source.data)}"}
        return web.Response(status=206, body=source.data[start:until], headers=headers)

    return behave


def wrong(request: web.Request, source: FaultySource) -> web.StreamResponse:
    """A range that begins a byte too early."""
    start, end = window(request, len(source.data))
    first = max(start - 1, 0)
    headers = {"ETag": source.etag, "Content-Range": f"bytes {first}-{end - 1}/{len(source.data)}"}
    return web.Response(status=206, body=source.data[first:end], headers=headers)


async def begins_too_early(request: web.Request, source: FaultySource) -> web.StreamResponse:
    return wrong(request, source) if window(request, len(source.data))[0] else await good(request, source)


lengths = st.one_of(st.integers(0, 300), st.integers(0, 200_000))
faults = st.one_of(
    st.builds(cut_after, lengths),
    st.builds(short, lengths),
    st.sampled_from((401, 403, 404, 410)).map(lambda status: answers(status, body="expired")),
    st.sampled_from((500, 502, 504)).map(answers),
    st.just(ignores_range),
    st.just(begins_too_early),
)
scripts = st.lists(faults, max_size=ASKS_IN_A_ROW)


def bytes_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def digest(data: bytes) -> str:
    hasher = QuickXor()
    hasher.update(data)
    return hasher.digest()


async def until(content: DriveContent, expected: Content, start: int, end: int) -> bytes:
    """What a run reads before it is killed at a byte."""
    got = bytearray()
    stream = content.stream(expected=expected, start=start)
    async for chunk in stream:
        got += chunk
        if start + len(got) >= end:
            break
    await stream.aclose()
    return bytes(got[: end - start])


@MODEST
@given(size=lengths, stops=st.lists(lengths, max_size=4), runs=st.lists(scripts, min_size=5, max_size=5))
def test_any_split_into_runs_and_any_faults_end_with_the_same_bytes_and_hash(
    size: int, stops: list[int], runs: list[list[Behaviour]]
) -> None:
    data = bytes_of(size)
    ends = [*sorted(stop for stop in stops if stop < size), size]

    async def in_runs() -> tuple[bytes, str]:
        gathered, state = b"", QuickXor().state()
        async with faulty(data) as source:
            for end, script in zip(ends, runs, strict=False):
                source.script = list(script)
                hasher = QuickXor.from_state(state)  # as another process takes it up
                part = await until(source.content(), Content(size, digest(data)), len(gathered), end)
                hasher.update(part)
                gathered, state = gathered + part, hasher.state()
        return gathered, QuickXor.from_state(state).digest()

    gathered, hashed = asyncio.run(in_runs())
    assert gathered == data
    assert hashed == digest(data)


@MODEST
@given(
    size=st.integers(1, 100_000),
    reads=st.lists(st.tuples(lengths, lengths), min_size=1, max_size=5),
    script=st.lists(faults, max_size=ASKS_IN_A_ROW - 1),
)
def test_any_range_is_read_as_it_stands_in_the_file(
    size: int, reads: list[tuple[int, int]], script: list[Behaviour]
) -> None:
    data = bytes_of(size)

    async def ranges() -> list[bytes]:
        async with faulty(data) as source:
            source.script = list(script)
            content = source.content()
            return [await content.read(offset, length) for offset, length in reads]

    assert asyncio.run(ranges()) == [data[offset : offset + length] for offset, length in reads]


@MODEST
@given(size=st.integers(2, 100_000), cut=st.floats(0, 1), script=scripts, grows=st.booleans())
def test_a_file_that_changes_between_two_requests_is_refused_not_mixed(
    size: int, cut: float, script: list[Behaviour], *, grows: bool
) -> None:
    data = bytes_of(size)
    at = min(int(size * cut), size - 1)

    async def read() -> bytes:
        async with faulty(data) as source:

            async def changes(request: web.Request, changing: FaultySource) -> web.StreamResponse:
                response = await cut_after(max(at - window(request, size)[0], 0))(request, changing)
                changing.data = data + b"more" if grows else bytes(reversed(data[1:])) + b"\0"
                changing.script = list(script[:1])
                return response

            source.script = [changes]
            return await until(source.content(), Content(size, digest(data)), 0, size)

    try:
        gathered = asyncio.run(read())
    except SourceChanged:
        return
    raise AssertionError(f"{len(gathered)} bytes were taken of a file that changed after byte {at}")
