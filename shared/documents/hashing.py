"""Hashes of a stream, computed beside it.

Fast algorithms take each piece at once, while the processor still has it at hand: handing it to a thread costs half as
much again as hashing it. As soon as a slow one is asked for, batches go to threads while the next is being read.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterable
from typing import Protocol

from shared.documents.quickxor import QuickXor

BATCH_BYTES = 1024 * 1024  # handed to a thread at once; smaller pieces cost more to hand over than to hash
SLOW = frozenset({"md5"})  # takes as long as all others together, which share the other thread


class _Algorithm(Protocol):
    def update(self, data: bytes, /) -> None: ...


class Hashes:
    """Several algorithms over one stream. Names are hashlib's, and `quickXor` (base64); all others digest to hex.

    At most two batches are in memory: the one being hashed and the one being filled; where nothing is slow, none is.
    """

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._algorithms: dict[str, QuickXor | hashlib._Hash] = {
            name: QuickXor() if name == QuickXor.name else hashlib.new(name, usedforsecurity=False)
            for name in algorithms
        }
        shares = ([a for name, a in self._algorithms.items() if (name in SLOW) is slow] for slow in (True, False))
        self._shares = [share for share in shares if share]
        self._at_once = SLOW.isdisjoint(self._algorithms)
        self._batch: list[bytes] = []
        self._batched = 0
        self._running: asyncio.Future[list[None]] | None = None
        self.size = 0

    async def update(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self._at_once:
            _absorb(self._algorithms.values(), [chunk])
            return
        self._batch.append(chunk)
        self._batched += len(chunk)
        if self._batched >= BATCH_BYTES:
            await self._hand_over()

    async def digests(self) -> dict[str, str]:
        """Algorithm → digest of everything so far."""
        await self._hand_over()
        await self._finish()
        return {name: _text(algorithm) for name, algorithm in self._algorithms.items()}

    async def _hand_over(self) -> None:
        await self._finish()
        batch, self._batch, self._batched = self._batch, [], 0
        if batch:
            self._running = asyncio.gather(*(asyncio.to_thread(_absorb, share, batch) for share in self._shares))

    async def _finish(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            await running


def hex_of(quick_xor: str) -> str:
    """A quickXorHash in hex, where base64 cannot be used in a key."""
    return base64.b64decode(quick_xor).hex()


def _absorb(share: Iterable[_Algorithm], batch: list[bytes]) -> None:
    for chunk in batch:
        for algorithm in share:
            algorithm.update(chunk)


def _text(algorithm: QuickXor | hashlib._Hash) -> str:
    return algorithm.digest() if isinstance(algorithm, QuickXor) else algorithm.hexdigest()
