"""The process whose memory is measured: it moves one file either way and says how that went.

OneDrive → CELUM is a transfer of the engine, put back and taken up again as its due table says. CELUM → OneDrive joins
the two adapters. Reads a line of JSON from stdin for each act and answers with one on stdout.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from shared import settings as app_settings
from shared.celum import Celum
from shared.clock import SystemClock
from shared.documents.hashing import Hashes
from shared.domain.ids import AssetId, DriveId, ItemId, link_key
from shared.domain.items import Item
from shared.domain.links import Link
from shared.engine.bridge import Bridge
from shared.ledger import TableStore
from shared.messages import TransferMessage
from shared.onedrive import OneDrive
from shared.onedrive.placing import ROOT
from shared.onedrive.uploading import Session, Target, Upload
from shared.queues import MemoryOutbox
from tests.bench.product import FLOW, Product, forget_peak, kib

DUE_SECONDS = 1  # between two looks at what is due
HASHES = ("quickXor", "sha1")  # OneDrive's and the simulated CELUM's


class Mover(Product):
    async def bring(self, drive: str, item: str) -> dict[str, Any]:
        """OneDrive → CELUM: the transfer that waits, until it is over."""
        before, started = _begun(), time.perf_counter()
        runs = 0
        while (link := await self._link(drive, item)) is not None and link.transfer is not None:
            runs += await self._due_transfers()
        seconds, settled = time.perf_counter() - started, link.settled if link else None
        return {
            "seconds": seconds,
            "runs": runs,
            "state": str(link and link.state.value),
            "why": str(link and link.reasons),
            "checksum": settled and settled.checksum,
            "quick_xor": settled and settled.content.quick_xor,
            "verified": settled and settled.verified,
            **_memory(before),
        }

    async def _due_transfers(self) -> int:
        waiting = [message for _, message, _ in self.outbox.sent if isinstance(message, TransferMessage)]
        self.outbox.sent.clear()
        for message in waiting:
            await self.bridge.transfer(message)
        if not waiting:
            await asyncio.sleep(DUE_SECONDS)
            await self.bridge.send_due()
        return len(waiting)

    async def _link(self, drive: str, item: str) -> Link | None:
        return await self.bridge.context.ledger.link(link_key(FLOW, DriveId(drive), ItemId(item)))

    async def carry_out(self, asset: int, drive: str, name: str) -> dict[str, Any]:
        """CELUM → OneDrive: the original of the current version, into the library's root."""
        before, started = _begun(), time.perf_counter()
        context = self.bridge.context
        sent = await Outward(context.celum, context.onedrive).carry(AssetId(asset), DriveId(drive), name)
        return {"seconds": time.perf_counter() - started, **sent, **_memory(before)}


class Outward:
    """One file from CELUM to OneDrive; `opened` holds from which bytes on the source was read."""

    def __init__(self, celum: Celum, onedrive: OneDrive) -> None:
        self._celum = celum
        self._onedrive = onedrive
        self.opened: list[int] = []
        self.sessions: set[str] = set()

    async def carry(
        self,
        asset: AssetId,
        drive: DriveId,
        name: str,
        *,
        session: Session | None = None,
        digest: Hashes | None = None,
    ) -> dict[str, Any]:
        """`session` and `digest` as an earlier process has left them, to go on from there."""
        found = await self._celum.asset(asset)
        assert found is not None, f"there is no asset {asset}"
        version, wanted = found.current_version, await self._celum.renditions.original()
        source = self._celum.renditions.source(asset, wanted.id, version.id, same_bytes=True, size=version.size)

        def opened(offset: int) -> AsyncIterator[bytes]:
            self.opened.append(offset)
            return source.stream(offset)

        digest = digest or Hashes(HASHES)
        target = Target(drive, ROOT, name)
        upload = Upload(target, version.size, opened, digest, self.remember)
        item: Item = await self._onedrive.uploading.upload(upload, session)
        digests = await digest.digests()
        return {
            "opened": self.opened,
            "sessions": len(self.sessions),
            "size": item.content and item.content.size,
            "stored": item.content and item.content.quick_xor,
            "quick_xor": digests["quickXor"],
            "checksum": version.checksum,
            "sha1": digests["sha1"],
        }

    async def remember(self, session: Session) -> None:
        """As a ledger would; a test may do more."""
        self.sessions.add(session.url)


def _begun() -> int:
    forget_peak()
    return kib("VmRSS:")


def _memory(before: int) -> dict[str, int]:
    return {"idle": before, "peak": kib("VmHWM:")}


async def main() -> None:
    settings, clock = app_settings.load(os.environ), SystemClock()
    store = TableStore.from_connection_string(settings.storage.connection_string or "", "soak")
    await store.prepare()
    bridge = Bridge.put_together(settings, clock, store, outbox := MemoryOutbox())
    mover = Mover(bridge, outbox)
    print(json.dumps({"rss": kib("VmRSS:")}), flush=True)
    while question := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(question)
        print(json.dumps(await getattr(mover, asked.pop("do"))(**asked)), flush=True)
    await bridge.close()


if __name__ == "__main__":
    asyncio.run(main())
