"""What a soak has measured, and what of it does not hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

MIB = 1 << 20
MEMORY_KIB = 64 * 1024  # DESIGN §8: above idle
OVERLAP_BYTES = 4 * MIB  # what a cut may lose that was sent: it stood in the buffers of sockets and clients


@dataclass(frozen=True, slots=True)
class Move:
    """Bytes that one request moved, as the server counted them."""

    line: str
    first: int
    size: int

    @property
    def end(self) -> int:
        return self.first + self.size


def moves_of(told: dict[str, Any], line: str) -> list[Move]:
    return [move for move in (Move(**one) for one in told["moves"]) if move.line == line]


def wrongly_resumed(reads: Sequence[Move], *, restarts: int = 0) -> str:
    """What is wrong with a source's requests, each of which must go on where the one before ended; "" for nothing."""
    begun = sum(1 for read in reads if read.first == 0)
    if begun != restarts + 1:
        return f"read from byte 0 {begun} times instead of {restarts + 1}"
    for before, after in itertools.pairwise(reads):
        if after.first and not 0 <= before.end - after.first <= OVERLAP_BYTES:
            return f"resumed at byte {after.first} when {before.end} had been sent"
    return ""


@dataclass(slots=True)
class Findings:
    """`problems` is empty when everything holds."""

    direction: str
    size: int
    figures: dict[str, Any]  # of the mover
    cuts: str = ""
    renewed: str = ""
    read: int = 0
    written: int = 0
    problems: list[str] = field(default_factory=list)

    def expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)

    def expect_flat_memory(self) -> None:
        self.expect(self.above < MEMORY_KIB, f"the mover took {self.above / 1024:.0f} MiB above idle")

    @property
    def above(self) -> int:
        return int(self.figures["peak"]) - int(self.figures["idle"])

    @property
    def hold(self) -> bool:
        return not self.problems

    def rows(self) -> Iterator[tuple[str, str]]:
        seconds = float(self.figures["seconds"])
        yield "direction", self.direction
        yield "size", f"{self.size / MIB:.0f} MiB"
        yield "time", f"{seconds:.0f} s, {self.size / 1e6 / seconds:.0f} MB/s"
        yield "cuts met", self.cuts
        yield "URLs renewed", self.renewed
        yield "bytes moved", f"{self.read / MIB:.0f} MiB left the source, {self.written / MIB:.0f} MiB the mover"
        yield "memory above idle", f"{self.above / 1024:.0f} MiB (idle {self.figures['idle'] / 1024:.0f}, budget 64)"
        yield "hashes and blocks equal, all of it", "holds" if self.hold else f"MISSED: {'; '.join(self.problems)}"
