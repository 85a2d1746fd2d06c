"""How the inside of a document is reached without fetching the whole of it."""

from __future__ import annotations

from typing import Protocol

from shared.errors import ContentProblem


class RangeReader(Protocol):
    """Bytes of a file that lies elsewhere; each read is a request."""

    async def size(self) -> int:
        """As announced; a first read may correct it."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer only at the end of the file."""
        ...


class UnsafeArchive(ContentProblem):
    """A package that contradicts itself, or would take more than it may: nothing in it is believed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the document cannot be read safely: {why}")
