"""`make faults`: every scenario once to number its calls, then again for each call and each ill; all must end alike."""

from __future__ import annotations

import argparse
import asyncio
import collections
import difflib
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from local.azurite import Azurite
from tests.faults.scenario import SCENARIOS, Outcome, play
from tests.faults.whole_flows import LARGE
from tests.kit.wire import Fault, Ill

type Case = tuple[str, int, Ill]
type Result = tuple[Case, str]  # "" where the world ended as it should

CASE_SECONDS = 60  # a case that is not over by then never ends …
LARGE_CASE_SECONDS = 600  # … where there are hundreds of files
CASES_PER_STORAGE = 150  # then a fresh Azurite: tables of old cases slow it down


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--call", type=int, help="only this call")
    parser.add_argument("--ill", choices=[ill.value for ill in Ill])
    parser.add_argument("--every", type=int, default=1, help="only each n-th case")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    started = time.monotonic()
    cases: list[Case] = []
    for scenario in options.scenario or SCENARIOS:
        calm = asyncio.run(undisturbed(scenario))
        print(f"{scenario}: {len(calm.calls)} calls", flush=True)
        found = [
            (scenario, call, ill)
            for call in range(len(calm.calls))
            for ill in Ill
            if options.call in {None, call} and options.ill in {None, ill.value}
        ]
        cases += found[:: LARGE.get(scenario, 1) if options.call is None else 1]
    cases = cases[:: options.every]
    failed: list[Result] = []
    with multiprocessing.get_context("spawn").Pool(options.workers, maxtasksperchild=1) as pool:
        batches = [cases[start : start + CASES_PER_STORAGE] for start in range(0, len(cases), CASES_PER_STORAGE)]
        done = 0
        for results in pool.imap_unordered(run_batch, batches):
            done += len(results)
            failed += [result for result in results if result[1]]
            print(
                f"{done} of {len(cases)} cases, {len(failed)} not equal, {time.monotonic() - started:.0f} s", flush=True
            )
    report(failed)
    print(
        f"{len(cases)} cases, {len(cases) - len(failed)} equal, {len(failed)} not, {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0


def report(failed: list[Result]) -> None:
    kinds: collections.Counter[str] = collections.Counter()
    for (scenario, call, ill), difference in failed:
        kinds[f"{scenario}, {ill}"] += 1
        print(f"\n{scenario}, call {call}, {ill}:\n{difference}")
    for kind, count in kinds.most_common():
        print(f"{count:5} {kind}")


async def undisturbed(scenario: str) -> Outcome:
    async with Azurite() as azurite:
        return await one(azurite, scenario, f"calm {scenario}", None)


async def one(azurite: Azurite, scenario: str, name: str, fault: Fault | None, *, rivals: bool = False) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return await play(scenario, azurite, Path(folder), name, fault, rivals=rivals)


def run_batch(cases: list[Case]) -> list[Result]:
    return asyncio.run(batch(cases))


async def batch(cases: list[Case]) -> list[Result]:
    async with Azurite() as azurite:
        calm = {name: await one(azurite, name, f"calm {name}", None) for name in {case[0] for case in cases}}
        return [(case, await difference(azurite, case, calm[case[0]])) for case in cases]


async def difference(azurite: Azurite, case: Case, calm: Outcome) -> str:
    """What the disturbed world ended in that the calm one did not; empty when they are equal."""
    scenario, call, ill = case
    what = calm.calls[call] if call < len(calm.calls) else f"call {call}, which this calm run did not make"
    return await difference_after(azurite, scenario, Fault(call, ill), calm, what)


async def difference_after(azurite: Azurite, scenario: str, fault: Fault, calm: Outcome, what: str) -> str:
    try:
        async with asyncio.timeout(LARGE_CASE_SECONDS if scenario in LARGE else CASE_SECONDS):
            outcome = await one(azurite, scenario, f"{scenario} {fault.call} {fault.ill} {fault.like}", fault)
    except TimeoutError:
        return f"  after {what}\n  did not come to rest"
    except AssertionError as problem:
        return f"  after {what}\n  {problem}"
    if outcome.facts == calm.facts and outcome.struck:
        return ""
    errors = "\n".join(f"  error: {error}" for error in outcome.errors[-3:])
    if not outcome.struck:
        return f"  {what}\n  the call was not made this time"
    return "\n".join([f"  at {what}", *lines(calm, outcome), errors])


def lines(calm: Outcome, outcome: Outcome) -> Iterator[str]:
    before, after = (
        json.dumps(side.facts, indent=1, sort_keys=True, default=str).splitlines() for side in (calm, outcome)
    )
    changes = difflib.unified_diff(before, after, "undisturbed", "disturbed", lineterm="", n=1)
    yield from (f"  {line}" for line in list(changes)[:40])
