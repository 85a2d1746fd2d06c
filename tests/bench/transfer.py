"""One large file from OneDrive to CELUM, against `curl source | curl target` on the same servers."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.celum_simulator.seeds import ACME_KEY
from tests.bench.report import heading, line, spread, verdict
from tests.bench.servers import Child, Servers, process, servers

KNOWN_BUDGET = 0.9
UNKNOWN_BUDGET = 0.4
MEMORY_BUDGET = 64 * 1024  # KiB above idle
MIB = 1 << 20


@dataclass(slots=True)
class Figures:
    """MB/s of each run; the product's memory in KiB."""

    curl: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)
    idle: int = 0
    peak: int = 0
    cpu: list[float] = field(default_factory=list)  # seconds, of the bridge when the algorithm is known
    curl_cpu: list[float] = field(default_factory=list)


async def bench(options: argparse.Namespace) -> bool:
    size = int(options.size * (1 << 30))
    heading(f"transfer: one file of {options.size:g} GiB, {options.runs} runs of each, one after the other")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        async with servers(Path(folder)) as there:
            figures = await measure(there, size, options.runs)
    best = max(figures.curl)
    line("curl source | curl target", spread(figures.curl, "MB/s"))
    line("bridge, CELUM's algorithm known", spread(figures.known, "MB/s"))
    line("bridge, not yet known", spread(figures.unknown, "MB/s"))
    both = f"{min(figures.cpu):.2f} s with hashing (known), both curls {min(figures.curl_cpu):.2f} s without"
    line("processor time, least", both)
    good = verdict_of("ratio, known", max(figures.known) / best, KNOWN_BUDGET)
    good &= verdict_of("ratio, not yet known", max(figures.unknown) / best, UNKNOWN_BUDGET)
    above = figures.peak - figures.idle
    return good & verdict(
        "memory above idle",
        f"{above / 1024:.0f} MiB (idle {figures.idle / 1024:.0f}, peak {figures.peak / 1024:.0f}, budget 64)",
        holds=above < MEMORY_BUDGET,
    )


def verdict_of(label: str, ratio: float, budget: float) -> bool:
    return verdict(label, f"{ratio:.2f} (budget {budget})", holds=ratio >= budget)


async def measure(there: Servers, size: int, runs: int) -> Figures:
    figures = Figures()
    await there.put_file("/Office/before.mp4", 1000, b"before")
    for run in range(runs):
        async with product(there, run) as child:
            figures.idle = (await child.ask(do="scan", drive=there.drive))["rss"]
            figures.unknown.append(await through_the_bridge(there, child, size, f"u{run}", figures))
            figures.curl.append(await through_curl(there, size, f"c{run}", figures))
            figures.known.append(await through_the_bridge(there, child, size, f"k{run}", figures))
        await there.hand_over()
    return figures


def product(there: Servers, run: int) -> Any:
    """With a ledger of its own: it has to learn CELUM's algorithm anew."""
    return ready(process("tests.bench.product", f"bench{run}", env={**os.environ, **there.settings()}))


class ready:  # noqa: N801  reads as a sentence where it is used
    """The process, once it has said that it is there."""

    def __init__(self, starting: Any) -> None:
        self._starting = starting

    async def __aenter__(self) -> Child:
        child: Child = await self._starting.__aenter__()
        await child.said()
        return child

    async def __aexit__(self, *error: object) -> None:
        await self._starting.__aexit__(*error)


async def through_the_bridge(there: Servers, child: Child, size: int, name: str, figures: Figures) -> float:
    item = await there.put_file(f"/Office/{name}.mp4", size, f"the film {name}, ".encode())
    scanned = await child.ask(do="scan", drive=there.drive)
    assert scanned["waiting"] == 1, f"{scanned['waiting']} transfers wait instead of one"
    got = await child.ask(do="transfer", drive=there.drive, item=item)
    assert got["state"] == "settled", f"the transfer did not settle: {got}"
    figures.peak = max(figures.peak, got["peak"])
    if name.startswith("k"):
        figures.cpu.append(got["cpu"])
    await clean(there, item)
    return size / 1e6 / float(got["seconds"])


async def through_curl(there: Servers, size: int, name: str, figures: Figures) -> float:
    item = await there.put_file(f"/Campaigns/Spring-26/Working/{name}.mp4", size, f"the film {name}, ".encode())
    source, target = await there.download_url(item), await there.upload_url(f"{name}.mp4", size)
    command = (
        f"curl -sSf '{source}' | curl -sSf -X POST -T - -H 'X-API-KEY: {ACME_KEY}' -H 'Expect:' "
        f"-H 'Content-Type: application/octet-stream' -H 'Transfer-Encoding:' -H 'Content-Length: {size}' '{target}'"
    )
    started, cpu = time.perf_counter(), children()
    shell = await asyncio.create_subprocess_shell(command)
    assert await shell.wait() == 0, "curl failed"
    seconds = time.perf_counter() - started
    figures.curl_cpu.append(children() - cpu)
    await clean(there, item)
    return size / 1e6 / seconds


def children() -> float:
    """Processor seconds of the processes that ended so far: only curl ends while curl is measured."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def clean(there: Servers, item: str) -> None:
    """Large files are gone before the next run, and nothing of them waits to be written back to the disk."""
    await there.delete_file(item)
    for file in there.folder.glob("**/*"):
        if file.is_file() and file.stat().st_size > MIB:
            file.unlink()
    os.sync()
