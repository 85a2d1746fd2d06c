"""The throughput of QuickXor beside that of SHA-1 and of copying memory, and whether it is right."""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import time
from collections.abc import Callable

from shared.documents.hashing import BATCH_BYTES
from shared.documents.quickxor import QuickXor
from tests.bench.report import heading, line, verdict

PIECE = 256 * 1024  # as a socket delivers it
TOTAL = 256 * 1024 * 1024
RUNS = 3


async def bench(_options: argparse.Namespace) -> bool:
    heading(f"quickxor: pieces of {PIECE // 1024} KiB, batches of {BATCH_BYTES // 1024} KiB in a transfer")
    sha1, target = hashlib.sha1(usedforsecurity=False), bytearray(PIECE)

    def copy(data: bytes) -> None:
        target[:] = data

    xor = speed(QuickXor().update)
    sha, memory = speed(sha1.update), speed(copy)
    line("QuickXor", f"{xor:.0f} MB/s")
    line("hashlib.sha1", f"{sha:.0f} MB/s, QuickXor is {xor / sha:.1f} times as fast")
    line("copying memory", f"{memory:.0f} MB/s, QuickXor is {xor / memory:.2f} times as fast")
    return verdict("equal to the definition, however it is cut", "", holds=is_right())


def speed(update: Callable[[bytes], object]) -> float:
    data = os.urandom(PIECE)
    best = 0.0
    for _ in range(RUNS):
        started = time.perf_counter()
        for _ in range(TOTAL // PIECE):
            update(data)
        best = max(best, TOTAL / 1e6 / (time.perf_counter() - started))
    return best


def is_right() -> bool:
    data = os.urandom(1_000_003)
    hasher = QuickXor()
    start = 0
    for length in (1, 159, 160, 161, 40_960, 65_536, 300_001, len(data)):
        hasher.update(data[start : start + length])
        start += length
    return hasher.digest() == by_definition(data)


def by_definition(data: bytes) -> str:
    """Byte i goes, by XOR, to bit 11·i mod 160 of a ring; the length to the last eight bytes."""
    ring = 0
    for index, byte in enumerate(data):
        at = 11 * index % 160
        ring ^= byte << at if at <= 152 else (byte << at & (1 << 160) - 1) | byte >> (160 - at)
    return base64.b64encode((ring ^ len(data) << 96).to_bytes(20, "little")).decode()
