"""`make bench`: speed as ratios measured in one run, against the budgets of DESIGN §8. Never part of the tests."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from tests.bench import imports, latency, quickxor, requests, transfer, webhook

type Bench = Callable[[argparse.Namespace], Awaitable[bool]]

BENCHES: dict[str, Bench] = {
    "transfer": transfer.bench,
    "requests": requests.bench,
    "quickxor": quickxor.bench,
    "import": imports.bench,
    "webhook": webhook.bench,
    "latency": latency.bench,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(BENCHES)}; all when none is given")
    parser.add_argument("--size", type=float, default=2, help="GiB of the large file (2)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each way to move it (3)")
    parser.add_argument(
        "--folder", help="where the servers keep large files, such as /dev/shm; default: as the system has it"
    )
    parser.add_argument("--files", type=int, default=20, help="small files whose requests are counted (20)")
    parser.add_argument("--imports", type=int, default=7, help="processes for each import (7)")
    parser.add_argument("--calls", type=int, default=200, help="notifications to the webhook (200)")
    parser.add_argument("--changes", type=int, default=20, help="files whose way is timed (20)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    return asyncio.run(run(options))


async def run(options: argparse.Namespace) -> int:
    missed = [name for name in options.names or BENCHES if not await BENCHES[name](options)]
    print(f"\nbudgets missed in: {', '.join(missed)}" if missed else "\nall budgets hold")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
