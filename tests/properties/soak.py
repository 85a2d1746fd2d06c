"""`make soak`: thousands of histories, each another one; the first that ends wrongly is shrunk and shown."""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import random
import time
import traceback

from hypothesis import HealthCheck, given, seed, settings

from tests.properties.history import History, histories
from tests.properties.playing import play


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=4_000)
    parser.add_argument("--seed", type=int, help="of an earlier run, to see the same again")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.randrange(1 << 30)
    shares = [(first + number, options.examples // options.workers) for number in range(options.workers)]
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        found = [text for text in pool.starmap(explore, shares) if text]
    print("\n".join(found))
    print(f"{options.examples} histories from seed {first}, {len(found)} wrong, {time.monotonic() - started:.0f} s")
    return 1 if found else 0


def explore(number: int, examples: int) -> str:
    """The traceback of the shrunk history, or nothing."""
    logging.disable(logging.CRITICAL)  # whatever goes wrong on purpose is no news

    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(history=histories)
    def ends_as_it_should(history: History) -> None:
        asyncio.run(play(history))

    try:
        ends_as_it_should()
    except BaseException:  # noqa: BLE001  a group of several failures too
        return f"seed {number}:\n{traceback.format_exc()}"
    return ""
