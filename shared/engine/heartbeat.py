"""The sign of life that the due timer leaves, with what people should look at."""

from __future__ import annotations

import json
from datetime import timedelta

from shared.engine.context import Context
from shared.engine.libraries import troubles
from shared.engine.waiting import trouble_of
from shared.errors import FlowFileProblem, System
from shared.ledger.rows import AttentionKind

HEARTBEAT = "health"
LONG_TROUBLE = timedelta(minutes=30)  # a system that asks for pauses for longer is down, or has blocked the app;
# where it does not accept our credential, nothing but a person ends that: it is told at once


async def beat(context: Context) -> None:
    """One row, replaced each minute."""
    problems: list[str] = []
    if isinstance(context.flow_file, FlowFileProblem):
        problems.append(f"the flow file is invalid: {len(context.flow_file.problems)} problems, see the log")
    stopped = [one for one in (await context.standings()).values() if one.stops in {"braked", "paused", "frozen"}]
    problems += [f"the flow {standing.flow} is {standing.stops}" for standing in stopped]
    in_use = {one.drive for one in (await context.standings()).values() if one.stops not in {"frozen", "retired"}}
    problems += [mark.text for mark in await context.ledger.marks() if mark.text and mark.drive in in_use]
    problems += await troubles(context, sorted(drive for drive in in_use if drive is not None))
    for system in System:
        trouble = await trouble_of(context, system)
        if trouble is not None and (trouble.kept_out or context.clock.now() - trouble.since > LONG_TROUBLE):
            problems.append(f"{system} takes no work since {trouble.since:%Y-%m-%d %H:%M} UTC: {trouble.why}")
    if await context.ledger.attention(AttentionKind.FAILED, 1):
        problems.append("files have failed")
    entry = {"at": context.clock.now().isoformat(), "problems": problems}
    await context.ledger.put_setting(HEARTBEAT, json.dumps(entry))
