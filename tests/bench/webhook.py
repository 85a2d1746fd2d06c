"""What the notification handler adds to a plain write to the queue: both through the same worker, taking turns."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from azure.storage.queue.aio import QueueServiceClient

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess
from shared.domain.ids import DriveId
from shared.messages import Queue
from shared.onedrive.notifications import client_state
from tests.bench.report import heading, line, percentile, verdict

BUDGET_MS = 10
WARM = 20
TENANT = "00000000-0000-0000-0000-000000000001"
SECRET = "a secret of the benches"
DRIVE = DriveId("b!a-drive-that-nobody-has-in-any-flow-file-of-the-bench")
PASSIVE = ("scan", "scan_failed", "decide", "transfer", "send_due", "keep_subscriptions", "sweep_drives")


async def bench(options: argparse.Namespace) -> bool:
    heading(f"webhook: {options.calls} notifications and {options.calls} plain writes to the queue, taking turns")
    async with Azurite() as azurite:
        settings = app_settings(azurite.connection_string)
        async with FunctionsHostProcess(ROOT, settings=settings, quiet=True) as host:
            handled, plain, refused = await measure(host.base_url, azurite.connection_string, options.calls)
    for label, found in (("notification → 202", handled), ("refused notification (no queue write)", refused)):
        line(label, f"p50 {percentile(found, 50):.1f} ms, p95 {percentile(found, 95):.1f} ms")
    line("plain queue write", f"p50 {percentile(plain, 50):.1f} ms, p95 {percentile(plain, 95):.1f} ms")
    line("whole answer against the plain write", f"{percentile(handled, 50) / percentile(plain, 50):.1f} times")
    added = percentile(handled, 50) - percentile(plain, 50)
    tail = percentile(handled, 95) - percentile(plain, 95)
    text = f"{added:.1f} ms p50, {tail:.1f} ms p95 with the host's own HTTP (budget {BUDGET_MS})"
    return verdict("added to the write", text, holds=added < BUDGET_MS)


def app_settings(connection_string: str) -> dict[str, str]:
    """Those of the example, on this storage, with every function that would read the queues switched off."""
    example: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in PASSIVE}
    own = {
        "AzureWebJobsStorage": connection_string,
        "BRIDGE_TENANT_ID": TENANT,
        "NOTIFICATION_SECRET": f"k1:{SECRET}",
    }
    return {**example, **own, **off}


async def measure(url: str, connection_string: str, calls: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each call."""
    good, forged = body(client_state(SECRET, "k1", TENANT, DRIVE)), body("1.somebody.k1.else")
    handled: list[float] = []
    plain: list[float] = []
    refused: list[float] = []
    async with (
        aiohttp.ClientSession() as session,
        QueueServiceClient.from_connection_string(connection_string) as service,
    ):
        queue = service.get_queue_client(Queue.SCAN.value)

        async def notify(notification: bytes) -> None:
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/api/graph/notifications", data=notification, headers=headers) as answer:
                assert answer.status == 202, f"{answer.status} {await answer.text()}"

        async def write() -> None:
            await queue.send_message('{"kind": "scan", "drive": "b!a-drive", "reason": "change"}', time_to_live=-1)

        for number in range(WARM + calls):
            for found, act in (
                (handled, lambda: notify(good)),
                (plain, write),
                (refused, lambda: notify(forged)),
            ):
                took = await timed(act)
                if number >= WARM:
                    found.append(took)
        waiting = (await queue.get_queue_properties()).approximate_message_count or 0
    assert waiting == 2 * (WARM + calls), f"{waiting} messages wait instead of {2 * (WARM + calls)}"
    return handled, plain, refused


async def timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    await act()
    return (time.perf_counter() - started) * 1000


def body(state: str) -> bytes:
    notification = {
        "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
        "clientState": state,
        "changeType": "updated",
        "resource": f"drives/{DRIVE}/root",
        "tenantId": TENANT,
    }
    return json.dumps({"value": [notification]}).encode()
