"""Where a file stands on its way, read from the bridge's ledger. Only read: the demo acts as people do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from shared.clock import SystemClock
from shared.domain.ids import DriveId, FlowId, ItemId, link_key
from shared.domain.links import Link, LinkState
from shared.domain.transfers import Step, Transfer
from shared.ledger import Ledger, TableStore

SENT = 0.8  # of the whole way: when all bytes are in CELUM
STEPS = {
    Step.PREPARE: (0.05, "is about to go"),
    Step.UPLOAD: (0.05, "its bytes go to CELUM"),
    Step.IDENTIFY: (SENT, "is looked for in CELUM"),
    Step.REGISTER: (0.84, "becomes an asset"),
    Step.VERIFY: (0.88, "its bytes are compared"),
    Step.COMPLETE: (0.92, "gets its fields and its collection"),
    Step.SETTLE: (0.96, "its columns are written"),
}
STATES = {
    LinkState.HELD: (0.0, "held"),
    LinkState.SETTLED: (1.0, "in CELUM"),
    LinkState.FAILED: (0.0, "failed"),
}


@dataclass(frozen=True, slots=True)
class Way:
    part: float  # of the way that lies behind it, 0 to 1
    words: str


class Watching:
    def __init__(self, ledger: Ledger, drive: str) -> None:
        self._ledger = ledger
        self._drive = DriveId(drive)

    @classmethod
    @asynccontextmanager
    async def the_ledger(cls, connection_string: str, drive: str) -> AsyncIterator[Self]:
        store = TableStore.from_connection_string(connection_string)
        try:
            yield cls(Ledger(store, SystemClock()), drive)
        finally:
            await store.close()

    async def way_of(self, item: str, flow: str) -> Way:
        link = await self._ledger.link(link_key(FlowId(flow), self._drive, ItemId(item)))
        return Way(0, "not noticed yet") if link is None else _way(link)


def _way(link: Link) -> Way:
    if link.transfer is not None:
        return _way_of_transfer(link.transfer)
    return Way(*STATES.get(link.state, (0, "waits until it is finished")))


def _way_of_transfer(transfer: Transfer) -> Way:
    part, words = STEPS[transfer.step]
    if transfer.step is Step.UPLOAD and transfer.size and transfer.progress:
        sent = transfer.progress / transfer.size
        return Way(part + sent * (SENT - part), f"{words}, {sent:.0%}")
    return Way(part, words)
