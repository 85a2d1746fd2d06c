"""How the app is, from one row that the due timer writes: cheap enough for everybody to ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.console.shapes import Health
from shared.engine.context import Context
from shared.engine.heartbeat import HEARTBEAT

STALE_AFTER = timedelta(minutes=5)  # the timer rings every minute


async def health(context: Context) -> Health:
    """For anybody: whether the timer runs and somebody has to look; not at what."""
    return (await details(context, {})).model_copy(update={"problems": ()})


async def details(context: Context, _: Mapping[str, str]) -> Health:
    text = await context.ledger.setting(HEARTBEAT)
    if text is None:
        return Health(status="stale", problems=("the timer send_due has not run yet",))
    row = json.loads(text)
    at, problems = datetime.fromisoformat(row["at"]), tuple(row["problems"])
    if context.clock.now() - at > STALE_AFTER:
        return Health(status="stale", at=at, problems=(*problems, "the timer send_due does not run"))
    return Health(status="attention" if problems else "ok", at=at, problems=problems)
