"""The product in a process of its own: takes one file at a time through its own path and says how that went.

Run by the benches; reads a line of JSON from stdin for each file and answers with one on stdout.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from shared import settings as app_settings
from shared.clock import SystemClock
from shared.domain.ids import DriveId, FlowId, ItemId, link_key
from shared.engine.bridge import Bridge
from shared.ledger import TableStore
from shared.messages import DecideMessage, Message, Queue, ScanMessage, ScanReason, TransferMessage
from shared.queues import MemoryOutbox

FLOW = FlowId("bench")
STATUS = Path("/proc/self/status")


def kib(member: str) -> int:
    return next((int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(member)), 0)


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


class Product:
    def __init__(self, bridge: Bridge, outbox: MemoryOutbox) -> None:
        self.bridge = bridge
        self.outbox = outbox

    async def scan(self, drive: str) -> dict[str, Any]:
        """Take the flow up, read the changes, decide; what there is to transfer waits in the outbox."""
        await self.bridge.send_due()
        self.outbox.sent.append((Queue.SCAN, ScanMessage(drive=DriveId(drive)), 0))
        while open_ones := [sent for sent in self.outbox.sent if sent[0] is not Queue.TRANSFER]:
            self.outbox.sent = [sent for sent in self.outbox.sent if sent[0] is Queue.TRANSFER]
            for _, message, _ in open_ones:
                await self.handle(message)
        return {"waiting": len(self.outbox.sent), "rss": kib("VmRSS:")}

    async def handle(self, message: Message) -> None:
        """As the platform would; but nobody here answers the handshake of a subscription, so none is made."""
        match message:
            case DecideMessage():
                await self.bridge.decide(message)
            case ScanMessage(reason=ScanReason.SUBSCRIPTION):
                pass
            case ScanMessage():
                await self.bridge.scan(message)

    async def transfer(self, drive: str, item: str) -> dict[str, Any]:
        waiting = [message for _, message, _ in self.outbox.sent if isinstance(message, TransferMessage)]
        self.outbox.sent.clear()
        forget_peak()
        before, cpu, started = kib("VmRSS:"), time.process_time(), time.perf_counter()
        for message in waiting:
            await self.bridge.transfer(message)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        link = await self.bridge.context.ledger.link(link_key(FLOW, DriveId(drive), ItemId(item)))
        return {
            "seconds": seconds,
            "cpu": cpu,
            "state": str(link and link.state.value),
            "error": str(link and (link.reasons or (link.transfer and link.transfer.error) or "")),
            "rss": before,
            "peak": kib("VmHWM:"),
        }


async def main() -> None:
    settings = app_settings.load(os.environ)
    clock = SystemClock(settings.time_scale)
    store = TableStore.from_connection_string(settings.storage.connection_string or "", sys.argv[1])
    await store.prepare()
    bridge = Bridge.put_together(settings, clock, store)
    outbox = MemoryOutbox()
    bridge.context.outbox = outbox
    product = Product(bridge, outbox)
    print(json.dumps({"rss": kib("VmRSS:")}), flush=True)
    while question := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(question)
        answer = await getattr(product, asked.pop("do"))(**asked)
        print(json.dumps(answer), flush=True)
    await bridge.close()


if __name__ == "__main__":
    asyncio.run(main())
