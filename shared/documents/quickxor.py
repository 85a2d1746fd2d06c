"""quickXorHash, the only hash that OneDrive for Business gives.

Byte i is XORed in at bit 11·i mod 160. That position repeats every 160 bytes, so whole streams fold into one row of 160
bytes by plain XOR, and the bit arithmetic happens once, at the end.
"""

from __future__ import annotations

import base64
from typing import Self

ROW = 160  # bytes after which the bit position repeats
BITS = 160
WIDE = ROW * 64  # bytes: rows side by side, so that numpy XORs long vectors of 64-bit words
SMALL = 32 * ROW  # bytes below which calling numpy costs more than it saves
_MASK = (1 << BITS) - 1


class QuickXor:
    """Not thread-safe; may be updated in another thread as long as only one does it at a time."""

    name = "quickXor"

    def __init__(self) -> None:
        self._row = 0  # ROW bytes as one little-endian number
        self._length = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data).cast("B")
        self._row ^= _rotated(_fold(view), self._length % ROW)
        self._length += len(view)

    def digest(self) -> str:
        """Base64, as Graph spells it."""
        total = 0
        for column, byte in enumerate(self._row.to_bytes(ROW, "little")):
            shifted = byte << (11 * column % BITS)
            total ^= (shifted & _MASK) ^ (shifted >> BITS)
        total ^= self._length << (BITS - 64)
        return base64.b64encode((total & _MASK).to_bytes(BITS // 8, "little")).decode()

    def state(self) -> str:
        """Everything needed to go on in another process."""
        return f"{self._length}:{base64.b64encode(self._row.to_bytes(ROW, 'little')).decode()}"

    @classmethod
    def from_state(cls, state: str) -> Self:
        length, _, row = state.partition(":")
        restored = cls()
        restored._length = int(length)
        restored._row = int.from_bytes(base64.b64decode(row, validate=True), "little")
        return restored


def _rotated(row: int, by: int) -> int:
    """`row` as it lies when its first byte stands in column `by`."""
    shifted = row << (8 * by)
    return (shifted & ((1 << 8 * ROW) - 1)) | (shifted >> (8 * ROW))


def _fold(view: memoryview) -> int:
    if len(view) < SMALL:
        return _fold_small(view)
    whole = len(view) - len(view) % ROW
    return _fold_rows(view[:whole]) ^ _fold_small(view[whole:])


def _fold_small(view: memoryview) -> int:
    row = 0
    for start in range(0, len(view), ROW):
        row ^= int.from_bytes(view[start : start + ROW], "little")
    return row


def _fold_rows(view: memoryview) -> int:
    import numpy as np  # noqa: PLC0415 (only transfers pay for the import)

    words = np.frombuffer(view, dtype="<u8")
    wide = len(words) - len(words) % (WIDE // 8)
    abreast = np.bitwise_xor.reduce(words[:wide].reshape(-1, WIDE // 8), axis=0)
    rows = np.concatenate((abreast, words[wide:])).reshape(-1, ROW // 8)
    row = np.bitwise_xor.reduce(rows, axis=0)
    return int.from_bytes(row.tobytes(), "little")
