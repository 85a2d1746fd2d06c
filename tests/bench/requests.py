"""How many requests one small file costs in steady state, by system, and which they are."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

from local.azurite import Azurite
from tests.bench.report import heading, line, verdict
from tests.kit.campaign import Campaign, campaign_in

# DESIGN §8; searches of `identity` (the shipped flow has two) are added, column writes and content counted apart.
SEARCHES = 2
BUDGETS = {"CELUM": 4 + SEARCHES, "Graph": 2, "queue": 3, "table": 16}
RING_SECONDS = 10  # Graph gathers changes for some seconds: what one bridge writes to many files rings once
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def bench(options: argparse.Namespace) -> bool:
    heading(f"requests: per file, over {options.files} files that arrive together, after a first one")
    with tempfile.TemporaryDirectory() as folder:
        async with Azurite() as azurite, campaign_in(azurite, Path(folder), f"bench {os.getpid()}") as campaign:
            await calls_of(campaign, "warm", 1)
            together = await calls_of(campaign, "together", options.files)
    counts = Counter(system(call) for call in together)
    good = True
    for name, budget in BUDGETS.items():
        each = counts[name] / options.files
        good &= verdict(name, f"{each:.1f} (budget {budget})", holds=each <= budget)
    for name in sorted(set(counts) - set(BUDGETS)):
        line(name, f"{counts[name] / options.files:.1f} (counted apart)")
    print("\n  which they are, a file:")
    for call, count in Counter(map(kind, together)).most_common():
        print(f"  {count / options.files:6.2f}  {call}")
    return good


async def calls_of(campaign: Campaign, name: str, count: int) -> list[str]:
    """Everything on the wire until these files have settled and their echo has fallen silent."""
    world = campaign.world
    world.onedrive.quirks.notification_coalesce_seconds = RING_SECONDS
    wire = (await world.instance()).wire
    start, rung = len(wire.calls), world.delivered
    for number in range(count):
        campaign.drop(f"{name}-{number}.jpg", f"picture {name} {number}".encode(), **READY)
    for _ in ("they ring", "what was written to them rings", "nothing more"):
        await world.until_quiet()
        world.clock.jump(RING_SECONDS + 1)
    assert world.errors == [], world.errors
    calls = wire.calls[start:]
    sent = sum(call.startswith("queue: POST") for call in calls)
    return [*["queue: sent by the webhook"] * (world.delivered - rung - sent), *calls]


def kind(call: str) -> str:
    """The call without what tells one file from another; of `control`, which row it is."""
    found = re.match(r"table: (\w+) /\w+/(\w+)(?:\((?:PartitionKey='(slot|pause|setting|lease\|\w+))?.*)?$", call)
    if found:
        return " ".join(("table:", found[1], found[2].rstrip("0123456789"), found[3] or "")).rstrip()
    return re.sub(r"(?<=/assets/)\d+|(?<=/upload/).*", "…", call)


def system(call: str) -> str:
    where, _, what = call.partition(": ")
    match where:
        case "onedrive" if "/_content" in what:
            return "content"
        case "onedrive" if "/versions" in what:
            return "Graph, versions for the approval"
        case "onedrive" if what.startswith("PATCH"):
            return "Graph, column writes"
        case "onedrive":
            return "Graph"
        case "celum":
            return "CELUM"
    return where
