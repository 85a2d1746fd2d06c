"""A large file that costs nothing to make: each MiB says which one it is, so that no hash is equal by chance.

quickXorHash alone would not see two blocks that changed places 5 MiB apart; `first_wrong` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 1 << 20
HEAD_BYTES = 64
_PATTERN = bytes(range(251)) * (BLOCK_BYTES // 251 + 1)  # a prime number, so that no two KiB of it are alike


def block(number: int, size: int = BLOCK_BYTES) -> bytes:
    head = f"block {number:>9} of a large file. ".encode().ljust(HEAD_BYTES, b"-")
    return (head + _PATTERN[HEAD_BYTES:BLOCK_BYTES])[:size]


def blocks(size: int, start: int = 0) -> Iterator[bytes]:
    """The bytes from `start` (a multiple of a block) to `size`."""
    for at in range(start, size, BLOCK_BYTES):
        yield block(at // BLOCK_BYTES, min(BLOCK_BYTES, size - at))


def first_wrong(path: Path, size: int) -> int | None:
    """The number of the first block that is not what it should be; -1 for a file of another length."""
    if path.stat().st_size != size:
        return -1
    with path.open("rb") as file:
        for number, expected in enumerate(blocks(size)):
            if file.read(len(expected)) != expected:
                return number
    return None
