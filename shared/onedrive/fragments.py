"""A file cut into fragments: one is sent while the next is filled, and there are never more than two."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from shared.errors import ContentMismatch

type Source = Callable[[int], AsyncIterator[bytes]]  # the bytes of the file from an offset on


@dataclass(frozen=True, slots=True)
class Fragment:
    """The chunks as they came, so that nothing is copied.

    Emptied when it is let go: the traceback of a cut stays in a reference cycle, and with it all that its frames held.
    """

    start: int
    end: int
    chunks: list[bytes]

    def after(self, offset: int) -> list[bytes]:
        """What is left of it from a byte of the file on."""
        skip, left = offset - self.start, []
        for chunk in self.chunks:
            if skip < len(chunk):
                left.append(chunk[skip:] if skip > 0 else chunk)
            skip -= len(chunk)
        return left


class Fragments:
    """Reads a source from `start` and cuts from `first` on; what lies before goes to `absorb` alone.

    ContentMismatch when the source ends early or goes on after `size` bytes; its own errors come through.
    """

    def __init__(
        self,
        source: Source,
        *,
        start: int,
        first: int,
        size: int,
        fragment_bytes: int,
        absorb: Callable[[int, bytes], Awaitable[None]],
    ) -> None:
        self._chunks = source(start)
        self._start = start
        self._first = first
        self._size = size
        self._fragment_bytes = fragment_bytes
        self._absorb = absorb
        self._rest = b""  # of the last chunk, behind the end of its fragment
        self._filling: asyncio.Task[Fragment] | None = None

    async def each(self, *, to_the_end: bool = False) -> AsyncGenerator[Fragment]:
        """Every fragment in order; the one before is let go when the next is asked for.

        `to_the_end`: also make sure that nothing follows where no fragment is left to be cut.
        """
        try:
            await self._skip()
            filling = self._fill(self._first)
            while filling is not None:
                fragment = await filling
                filling = self._fill(fragment.end)
                try:
                    yield fragment
                finally:
                    fragment.chunks.clear()
            if to_the_end:
                await self._check_end()
        finally:
            await self.close()

    async def _skip(self) -> None:
        position = self._start
        while position < self._first:
            chunk = await self._next(self._first - position)
            if not chunk:
                raise self._ended(position)
            await self._absorb(position, chunk)
            position += len(chunk)

    def _fill(self, start: int) -> asyncio.Task[Fragment] | None:
        self._filling = asyncio.create_task(self._fragment(start)) if start < self._size else None
        return self._filling

    async def _fragment(self, start: int) -> Fragment:
        fragment = Fragment(start, min(start + self._fragment_bytes, self._size), [])
        position = start
        while position < fragment.end:
            chunk = await self._next(fragment.end - position)
            if not chunk:
                raise self._ended(position)
            fragment.chunks.append(chunk)
            position += len(chunk)
        if fragment.end == self._size:
            await self._check_end()
        return fragment

    async def _check_end(self) -> None:
        if await self._next(1):
            raise ContentMismatch(f"the source goes on after the announced {self._size} bytes")

    async def _next(self, most: int) -> bytes:
        """Up to `most` bytes; b"" at the end."""
        while not self._rest:
            chunk = await anext(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        taken, self._rest = self._rest[:most], self._rest[most:]
        return taken

    def _ended(self, position: int) -> ContentMismatch:
        return ContentMismatch(f"the source ended at {position} bytes instead of {self._size}")

    async def close(self) -> None:
        """Whoever breaks off lets the source's connection go."""
        filling, self._filling = self._filling, None
        if filling is not None:
            filling.cancel()
            await asyncio.wait([filling])
            if not filling.cancelled():
                filling.exception()  # looked at: nobody will ask for this fragment
        if isinstance(self._chunks, AsyncGenerator):
            with contextlib.suppress(RuntimeError):
                await self._chunks.aclose()
