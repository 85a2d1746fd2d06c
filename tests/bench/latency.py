"""From a change in OneDrive to the asset in CELUM: the whole local stack, a quiet period of 0, one file at a time."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from local.stack import Stack
from tests.bench.report import heading, percentile, verdict
from tests.bench.servers import FLOWS

BUDGET_SECONDS = 5
PATIENCE_SECONDS = 120  # with one file; the first one waits for the subscription too
LOOK_SECONDS = 0.02
COLLECTION = "/Marketing/Office"
SETTINGS = {"FLOWS_FILE": str(FLOWS), "SEND_DUE_SCHEDULE": "*/2 * * * * *"}  # else the first scan comes after a minute


async def bench(options: argparse.Namespace) -> bool:
    heading(f"latency: {options.changes} files, one after the other, from the upload's answer to its collection")
    with tempfile.TemporaryDirectory() as folder:
        async with Stack(Path(folder) / "stack", time_scale=1, settings=SETTINGS) as stack:
            found = await measure(stack, options.changes)
    p95 = percentile(found, 95)
    text = f"p50 {percentile(found, 50):.2f} s, p95 {p95:.2f} s, worst {max(found):.2f} s (budget p95 {BUDGET_SECONDS})"
    return verdict("change → asset in CELUM", text, holds=p95 < BUDGET_SECONDS)


async def measure(stack: Stack, changes: int) -> list[float]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer local"}) as http:
        await until_watched(http, stack)
        drive = await drive_of(http, stack)
        took = [await one(http, stack, drive, f"file-{number}") for number in range(changes + 1)]
    return took[1:]  # the first one opens connections and loads modules


async def until_watched(http: aiohttp.ClientSession, stack: Stack) -> None:
    """The drive has a subscription and was scanned to its end, so that what comes now is a change."""

    async def is_watched() -> bool:
        subscriptions = (await got(http, f"{stack.onedrive.base_url}/v1.0/subscriptions"))["value"]
        counts = (await got(http, f"{stack.onedrive.base_url}/_control/requests"))["operations"]
        # Where "now" is, then what was there before, then what came since: then the first scan is over.
        return bool(subscriptions) and sum(count for name, count in counts.items() if "delta" in name) >= 2

    await until(is_watched)


async def until(it_is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await it_is_so():
                return
            await asyncio.sleep(LOOK_SECONDS)


async def drive_of(http: aiohttp.ClientSession, stack: Stack) -> str:
    base = f"{stack.onedrive.base_url}/v1.0/sites"
    site = (await got(http, f"{base}/acme.sharepoint.com:/sites/marketing"))["id"]
    return str((await got(http, f"{base}/{site}/drives"))["value"][0]["id"])


async def one(http: aiohttp.ClientSession, stack: Stack, drive: str, name: str) -> float:
    url = f"{stack.onedrive.base_url}/v1.0/drives/{drive}/root:/Office/{name}.jpg:/content"
    async with http.put(url, data=f"picture {name}".encode()) as answer:
        answer.raise_for_status()
    started = time.perf_counter()
    await until(lambda: has_arrived(http, stack, name))
    return time.perf_counter() - started


async def has_arrived(http: aiohttp.ClientSession, stack: Stack, name: str) -> bool:
    assets = (await got(http, f"{stack.celum.base_url}/_control/snapshot"))["assets"]
    return any(asset["name"] == name and asset["parents"] == [COLLECTION] for asset in assets)


async def got(http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with http.get(url) as answer:
        answer.raise_for_status()
        found: dict[str, Any] = await answer.json()
        return found
