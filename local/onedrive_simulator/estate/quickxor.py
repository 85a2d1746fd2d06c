"""quickXorHash: byte i of the content goes, by XOR, to bit 11·i mod 160; the length to the last 8 of 20 bytes."""

from __future__ import annotations

import base64

import numpy as np

PERIOD = 160  # byte i and byte i + 160 fall on the same bit
STEP = 11
_ROW = PERIOD * 64  # wide rows keep numpy's inner loop busy
_MASK = (1 << 160) - 1


class QuickXor:
    def __init__(self) -> None:
        self._columns = np.zeros(PERIOD, dtype=np.uint8)
        self._length = 0

    def copy(self) -> QuickXor:
        twin = QuickXor()
        twin._columns, twin._length = self._columns.copy(), self._length
        return twin

    def update(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        lead = min(-self._length % PERIOD, len(view))
        if lead:
            at = self._length % PERIOD
            self._columns[at : at + lead] ^= np.frombuffer(view[:lead], dtype=np.uint8)
        rest = np.frombuffer(view[lead:], dtype=np.uint8)
        wide = len(rest) // _ROW * _ROW
        if wide:
            folded = np.bitwise_xor.reduce(rest[:wide].view(np.uint64).reshape(-1, _ROW // 8), axis=0)
            self._columns ^= np.bitwise_xor.reduce(folded.view(np.uint8).reshape(-1, PERIOD), axis=0)
        for start in range(wide, len(rest), PERIOD):
            row = rest[start : start + PERIOD]
            self._columns[: len(row)] ^= row
        self._length += len(view)

    def digest(self) -> bytes:
        bits = 0
        for index, value in enumerate(self._columns.tolist()):
            shifted = value << (STEP * index % PERIOD)
            bits ^= (shifted & _MASK) ^ (shifted >> PERIOD)
        bits ^= self._length << 96
        return (bits & _MASK).to_bytes(20, "little")

    def base64(self) -> str:
        return base64.b64encode(self.digest()).decode()


def quick_xor(data: bytes) -> str:
    state = QuickXor()
    state.update(data)
    return state.base64()
