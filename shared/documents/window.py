"""A file seen through a window: fetched in blocks, each block once, and never more than a bound in all."""

from __future__ import annotations

from shared.documents.reader import RangeReader, UnsafeContent

BLOCK_BYTES = 64 * 1024  # the metadata of most photos stand in the first one
MOST_BYTES = 8 * 1024 * 1024  # fetched of one file; a photo with all its histories and profiles stays below 2 MiB
MOST_REQUESTS = 200


class Window:
    def __init__(self, reader: RangeReader, *, block: int = BLOCK_BYTES, most: int = MOST_BYTES) -> None:
        self._reader = reader
        self._block = block
        self._blocks: dict[int, bytes] = {}
        self._left = most
        self._requests = MOST_REQUESTS * max(BLOCK_BYTES // block, 1)

    async def size(self) -> int:
        """The true one as soon as something was read."""
        return await self._reader.size()

    async def read(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer only at the end of the file. UnsafeContent beyond the bound."""
        if length <= 0 or offset < 0:
            return b""
        first, last = offset // self._block, (offset + length - 1) // self._block
        await self._fetch(first, last)
        gathered = b"".join(self._blocks.get(index, b"") for index in range(first, last + 1))
        start = offset - first * self._block
        return gathered[start : start + length]

    async def _fetch(self, first: int, last: int) -> None:
        """What is missing between two blocks, neighbours in one request."""
        if (last - first) * self._block > self._left + len(self._blocks) * self._block:
            raise UnsafeContent("it asks for more than any metadata take")
        missing = [index for index in range(first, last + 1) if index not in self._blocks]
        while missing:
            run = next((n for n, index in enumerate(missing) if index != missing[0] + n), len(missing))
            await self._run(missing[0], run)
            missing = missing[run:]

    async def _run(self, first: int, count: int) -> None:
        length = count * self._block
        self._left -= length
        self._requests -= 1
        if self._left < 0 or self._requests < 0:
            raise UnsafeContent("its metadata are scattered over more of it than can be read")
        data = await self._reader.read(first * self._block, length)
        for n in range(count):
            self._blocks[first + n] = data[n * self._block : (n + 1) * self._block]


class Memory:
    """Bytes that are here already, as a reader."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def size(self) -> int:
        return len(self._data)

    async def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]
