"""Everything that has to wait does so in `due`, with its time written down before the row that relies on it."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import datetime, timedelta

from shared.domain.decisions import Decision
from shared.domain.ids import link_key
from shared.domain.items import Item
from shared.domain.links import Link, LinkState
from shared.engine.context import Context, log
from shared.errors import NotAuthorised, System, Throttled
from shared.flows import IngestFlow, reads_touch, touch_of
from shared.ledger.rows import DueEntry, DueKind, RefKind, item_ref

UNSAID_PAUSE_SECONDS = 10  # Throttled without a time: begin with this, doubled each time …
LONGEST_UNSAID_SECONDS = 900  # … up to this: whoever is back is noticed within a quarter of an hour
LONGEST_PAUSE_SECONDS = 3600  # no system is believed that asks for more than this at a time
SAME_TROUBLE_SECONDS = 120  # a refusal so soon after a pause, or as soon as the pause was long, goes on with it
LONGEST_WHY = 300  # characters of what a system answered
LEFT_OUT = "left out"  # `Settled.verified` of content that a person has kept out of CELUM
SPREAD = 0.2  # work that waited for the same instant does not all begin at once


def new_link(flow: IngestFlow, item: Item, *, etag: str | None = None) -> Link:
    """A link as if the file had just been seen for the first time; `etag` replaces the row that stands there."""
    key = link_key(flow.id, item.drive, item.id)
    return Link(key=key, flow=flow.id, drive=item.drive, item=item.id, state=LinkState.SEEN, etag=etag)


def sighted(context: Context, link: Link, item: Item) -> Link:
    """The link after a look at the item: other content than before starts its quiet period now."""
    if item.deleted:
        return link
    flow = next((flow for flow in context.flows if flow.id == link.flow), None)
    touched = touch_of(item, link) if flow is not None and reads_touch(flow) else None
    fresh = dataclasses.replace(link, path=item.path or link.path, touched=touched)
    if item.content != link.content:
        return dataclasses.replace(fresh, content=item.content, seen_at=context.clock.now())
    return fresh


async def wait_until(
    context: Context, link: Link, item: Item, decision: Decision, *, stored: Link | None = None
) -> Link:
    """Record the sight and when to look again: the entry in `due`, then the link; then the entry it replaces goes.

    `stored` is the link as it was read, where `link` was changed since.
    """
    state = link.state if link.state is not LinkState.BEFORE else LinkState.SEEN
    fresh = dataclasses.replace(sighted(context, link, item), state=state, due_at=decision.until)
    if fresh.transfer is not None:
        fresh = dataclasses.replace(fresh, transfer=dataclasses.replace(fresh.transfer, again=True))
    if decision.until is not None and decision.until != link.due_at:
        await context.ledger.add_due(DueEntry(decision.until, link.key, DueKind.DECIDE))
    if fresh != (stored or link):
        fresh = await first_or_next(context, fresh)
    if link.due_at is not None and link.due_at != decision.until:
        await context.ledger.drop_due(DueEntry(link.due_at, link.key, DueKind.DECIDE))
    return fresh


async def first_or_next(context: Context, link: Link) -> Link:
    """Store the link. Before its first row stands, the item refers to it: no row is ever without that hint."""
    if link.etag is None:
        await context.ledger.add_ref(RefKind.ITEM, item_ref(link.drive, link.item), link.key)
    return await context.ledger.put_link(link)


async def look_again(context: Context, link: Link, at: datetime) -> Link:
    """Have the link decided anew at a time; the entry stands before the link that names it (the caller stores it)."""
    await context.ledger.add_due(DueEntry(at, link.key, DueKind.DECIDE))
    return dataclasses.replace(link, due_at=at)


async def pause(context: Context, problem: Throttled | NotAuthorised) -> datetime:
    """Leave the system alone for as long as it asked; everybody's work on it waits (DESIGN law 9).

    So it does where our credential is not accepted: no work is lost by that, nor is any of it to blame. Where the
    system does not say how long, each pause of one trouble is twice as long as the one before.
    """
    system, now = problem.system, context.clock.now()
    paused = await context.paused_until(system)
    known = await trouble_of(context, system)
    before = known.seconds if known else 0
    said = problem.retry_after if isinstance(problem, Throttled) else None
    unsaid = before if paused else min(before * 2, LONGEST_UNSAID_SECONDS)
    seconds = min(max(unsaid or UNSAID_PAUSE_SECONDS if said is None else said, 1), LONGEST_PAUSE_SECONDS)
    until = context.clock.after(seconds)
    last = max(seconds, before) if paused else seconds
    entry = {
        "since": (known.since if known else now).isoformat(),
        "seconds": last,
        "why": problem.came_back[:LONGEST_WHY],
        "kept_out": isinstance(problem, NotAuthorised),
    }
    await context.ledger.put_setting(f"trouble of {system}", json.dumps(entry))
    log.warning("%s is left alone until %s: %s", system, until.isoformat(), problem.came_back)
    await context.pause(system, until)
    return until


@dataclasses.dataclass(frozen=True, slots=True)
class Trouble:
    """Pauses of a system that followed one another: since when, and how long the last one was, unscaled."""

    since: datetime
    seconds: float
    why: str
    kept_out: bool  # our credential is not accepted, and was asked for more than once


async def trouble_of(context: Context, system: System) -> Trouble | None:
    """None where the system has taken work for a while."""
    ended = await context.ledger.not_before(system)
    text = await context.ledger.setting(f"trouble of {system}") if ended is not None else None
    if ended is None or text is None:
        return None
    calm = (context.clock.now() - ended).total_seconds() * context.clock.time_scale
    entry = json.loads(text)
    since, seconds = datetime.fromisoformat(entry["since"]), entry["seconds"]
    kept_out = entry.get("kept_out", False) and seconds > UNSAID_PAUSE_SECONDS  # one refusal alone says nothing yet
    trouble = Trouble(since, seconds, entry["why"], kept_out)
    return trouble if calm < max(trouble.seconds, SAME_TROUBLE_SECONDS) else None


async def come_back_at(context: Context, *systems: System) -> datetime | None:
    """When paused work begins again: not before the pause ends, and a random moment later."""
    paused = await context.paused_until(*systems)
    if paused is None:
        return None
    length = (paused - context.clock.now()).total_seconds()
    return paused + timedelta(seconds=length * SPREAD * random.random())  # noqa: S311  a spread, no secret


def owes_finish(flow: IngestFlow, link: Link) -> bool:
    """Whether the flow's `after` still has to put the file away: once for each content, and only what is in CELUM.

    What people brought back stays, until they give it other content.
    """
    settled = link.settled
    if flow.after == "keep" or flow.mode != "on" or link.finished is not None:
        return False
    return settled is not None and settled.verified != LEFT_OUT
