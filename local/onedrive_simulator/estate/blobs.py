"""File content on disk, written once as a stream and hashed on the way; versions share it by name."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.onedrive_simulator.estate.quickxor import QuickXor

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Where the bytes lie, how many there are, and their quickXorHash."""

    path: Path
    size: int
    quick_xor: str


@dataclass(frozen=True, slots=True)
class Mark:
    size: int
    state: QuickXor


class Draft:
    """Content being written; `mark` and `rewind` undo what a broken fragment has left."""

    def __init__(self, path: Path, unfinished: set[Draft]) -> None:
        self.path = path
        self.size = 0
        self._state = QuickXor()
        self._file = path.open("wb")
        self._unfinished = unfinished
        unfinished.add(self)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._state.update(data)
        self.size += len(data)

    def mark(self) -> Mark:
        return Mark(self.size, self._state.copy())

    def rewind(self, mark: Mark) -> None:
        self._file.flush()
        self._file.seek(mark.size)
        self._file.truncate()
        self.size, self._state = mark.size, mark.state

    def finish(self) -> Content:
        self._unfinished.discard(self)
        self._file.close()
        return Content(self.path, self.size, self._state.base64())

    def discard(self) -> None:
        self._unfinished.discard(self)
        self._file.close()
        self.path.unlink(missing_ok=True)


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / "bytes"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._unfinished: set[Draft] = set()
        self.clear()

    def close(self) -> None:
        """Nobody will go on with what is being uploaded."""
        for draft in tuple(self._unfinished):
            draft.discard()

    def clear(self) -> None:
        self.close()
        for leftover in self._folder.glob("*.blob"):
            leftover.unlink()

    def draft(self) -> Draft:
        return Draft(self.free_path(), self._unfinished)

    def free_path(self) -> Path:
        return self._folder / f"{uuid.uuid4().hex}.blob"

    def store(self, data: bytes) -> Content:
        draft = self.draft()
        draft.write(data)
        return draft.finish()

    async def receive(self, chunks: AsyncIterator[bytes], *, limit: int) -> Content | None:
        """Keep a whole stream; None when it is longer than `limit` bytes. A broken stream leaves nothing."""
        draft = self.draft()
        try:
            async for chunk in chunks:
                draft.write(chunk)
                if draft.size > limit:
                    draft.discard()
                    return None
        except BaseException:
            draft.discard()
            raise
        return draft.finish()

    @staticmethod
    def measure(path: Path) -> Content:
        state, size = QuickXor(), 0
        for chunk in pieces(path, 0, path.stat().st_size):
            state.update(chunk)
            size += len(chunk)
        return Content(path, size, state.base64())


def pieces(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while length > 0 and (chunk := source.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
