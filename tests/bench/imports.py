"""How long the import of function_app takes, beside that of the Azure packages it cannot do without."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys

from local.processes import ROOT
from tests.bench.report import heading, line, median, verdict

BUDGET = 1.6
FORBIDDEN = ("msgraph", "azure.identity")
HEAVY = (
    "msgraph",
    "azure.identity",
    "azure.data.tables",
    "azure.storage.queue",
    "aiohttp",
    "pydantic",
    "numpy",
    "lxml",
)
# What the platform's worker has loaded before it sees our file, and what our messages are made of.
BASE = "import azure.functions"
WITH_STORAGE = "import azure.functions, azure.data.tables.aio, azure.storage.queue.aio"
OURS = "import function_app"
MEASURE = """
import json, sys, time
started = time.perf_counter()
{statement}
print(json.dumps([time.perf_counter() - started, [name for name in {heavy!r} if name in sys.modules]]))
"""
SETTINGS = json.loads((ROOT / "local.settings.example.json").read_text("utf-8"))["Values"]


async def bench(options: argparse.Namespace) -> bool:
    count = options.imports
    heading(f"import: median of {count} fresh processes each, taking turns")
    times: dict[str, list[float]] = {BASE: [], WITH_STORAGE: [], OURS: []}
    loaded: list[str] = []
    for _ in range(count):
        for statement, found in times.items():
            seconds, modules = await fresh(statement)
            found.append(seconds)
            loaded = modules if statement == OURS else loaded
    azure, ours = median(times[WITH_STORAGE]), median(times[OURS])
    line("azure.functions alone", f"{median(times[BASE]) * 1000:.0f} ms")
    line("all its Azure packages", f"{azure * 1000:.0f} ms (azure.functions, tables, queues)")
    line("function_app", f"{ours * 1000:.0f} ms; {ours / median(times[BASE]):.1f} times azure.functions alone")
    line("heavy modules it loads", ", ".join(loaded) or "none")
    good = verdict("ratio to its Azure packages", f"{ours / azure:.2f} (budget {BUDGET})", holds=ours / azure <= BUDGET)
    return good & verdict("msgraph and azure.identity not loaded", "", holds=not set(FORBIDDEN) & set(loaded))


async def fresh(statement: str) -> tuple[float, list[str]]:
    """Seconds and heavy modules of one import in a process that has imported nothing yet."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MEASURE.format(statement=statement, heavy=HEAVY)),
        cwd=ROOT,
        env={**os.environ, **SETTINGS},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    seconds, modules = json.loads(output)
    return seconds, modules
