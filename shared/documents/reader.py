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


class UnsafeContent(ContentProblem):
    """A file that contradicts itself, or would take more than it may: nothing in it is believed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the document cannot be read safely: {why}")


class UnsafeArchive(UnsafeContent):
    """The same of an Office package."""


class Protected(ContentProblem):
    """Encrypted, so that nobody can read it without a password or a right. `by` says with what."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(
            f"the document is protected by {by}, so nothing in it can be read: "
            "take the protection off in the program that set it, and save the file again"
        )


class NoOfficeFile(ContentProblem):
    """Cut off, or something else under the name of an Office document."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is no Office file, whatever its name says, so its properties cannot be read: save it again"
        )
