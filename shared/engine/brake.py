"""The brake (DESIGN law 8): deletions and new versions are counted at first sight, before any of them is acted on.

A reading of the changes counts each page before it writes or sends anything of it. While a reading with surprises has
not reached its end, and once there are more of them in an hour than the limits allow, none is acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from hashlib import blake2b

from shared.domain.decisions import Decision, Outcome, Reason, Verb
from shared.domain.facts import Facts
from shared.domain.ids import DriveId, FlowId, LinkKey
from shared.domain.items import Item
from shared.domain.links import RETURNED, Link, LinkState, is_put_away
from shared.engine.context import Context, log
from shared.engine.generations import put_flow_attention
from shared.engine.known import Known
from shared.engine.notes import set_aside
from shared.engine.stopping import flow_of, release, set_aside_decide
from shared.engine.waiting import LEFT_OUT
from shared.engine.writeback import show_end
from shared.flows import IngestFlow, Limits, selects
from shared.ledger.rows import Aside, AttentionKind, DueEntry, DueKind, Standing, Surge

EMPTIED_ABOVE = 20  # links; a source that had more and has none left was emptied, or cannot be seen any more


class Surprise(StrEnum):
    DELETED = "deleted"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Seen:
    """One surprise: what happened to which link's file. `mark` names the sight, so that it counts once."""

    what: Surprise
    link: LinkKey
    mark: str


# --- what surprises: pure ----------------------------------------------------------------------------------------


def surprise(flow: IngestFlow, link: Link, item: Item) -> Seen | None:
    """Whether the file of a link that has an asset is gone for its flow, or a person saved other content."""
    if link.settled is None or link.state is LinkState.CLOSED:
        return None
    if item.deleted or (item.path is not None and selects(flow, item) is None):
        if is_put_away(link, item):
            return None
        return Seen(Surprise.DELETED, link.key, _mark("deleted", link.key, item.etag))
    by_program = item.modified_by is not None and item.modified_by.is_application
    if item.content is None or item.content == link.content or by_program:
        return None
    return Seen(Surprise.VERSION, link.key, _mark("version", link.key, str(item.content)))


def _mark(*parts: str | None) -> str:
    return blake2b("|".join(map(str, parts)).encode(), digest_size=6).hexdigest()


def counted(
    standing: Standing, seen: Sequence[Seen], limits: Limits, now: datetime, *, page: str, reading: str
) -> Standing:
    """The standing after these sights of a page. `reading` stays open until its end is told; "" = it ends here."""
    surge, hour = standing.surge, f"{now:%Y-%m-%dT%H}"
    if surge.hour != hour and not surge.open:
        surge = Surge(hour=hour)
    known = set(surge.marks) if surge.page == page else set()
    fresh = [one for one in seen if one.mark not in known]
    surge = replace(
        surge,
        since=surge.since or now,
        deleted=surge.deleted + sum(1 for one in fresh if one.what is Surprise.DELETED),
        versions=surge.versions + sum(1 for one in fresh if one.what is Surprise.VERSION),
        page=page,
        marks=tuple(sorted(known | {one.mark for one in seen})),
        open=tuple(sorted({*surge.open, reading})) if reading else surge.open,
    )
    return replace(standing, surge=surge, braked=standing.braked or too_many(surge, limits))


def too_many(surge: Surge, limits: Limits) -> str:
    """Why the brake is to be pulled; empty while the limits hold."""
    if surge.deleted > limits.deletes_per_hour:
        return f"{surge.deleted} files were deleted or moved away within an hour; {limits.deletes_per_hour} are allowed"
    if surge.versions > limits.new_versions_per_hour:
        return f"{surge.versions} files got new content within an hour; {limits.new_versions_per_hour} are allowed"
    return ""


def is_surprising(link: Link, decision: Decision) -> bool:
    return (
        decision.outcome is Outcome.DO
        and link.settled is not None
        and decision.verb in {Verb.CLOSE, Verb.ADD_VERSION, Verb.CREATE}
        and link.state is not LinkState.CLOSED
    )


# --- one reading of the changes ----------------------------------------------------------------------------------


class Reading:
    """Counts what surprises, page by page, until the end of the changes. `name` is the same after a restart."""

    def __init__(self, context: Context, drive: DriveId, flows: tuple[IngestFlow, ...], name: str) -> None:
        self.context = context
        self.drive = drive
        self.flows = {flow.id: flow for flow in flows}
        self.name = name

    async def see(self, items: Sequence[Item], known: Known, *, page: str, is_last: bool) -> frozenset[LinkKey]:
        """Count the page's surprises; the deletions that were set aside, to be decided when the reading is over."""
        found: dict[FlowId, list[Seen]] = {}
        for item in items:
            for key in await known.keys(item):
                flow, link = self.flows.get(flow_of(key)), await known.link(key)
                seen = surprise(flow, link, item) if flow is not None and link is not None else None
                if seen is not None:
                    found.setdefault(flow_of(key), []).append(seen)
        aside: set[LinkKey] = set()
        for name, seen_here in found.items():
            aside |= await self._count(self.flows[name], seen_here, _mark(page), is_last=is_last)
        return frozenset(aside)

    async def _count(self, flow: IngestFlow, seen: list[Seen], page: str, *, is_last: bool) -> set[LinkKey]:
        deleted = [one.link for one in seen if one.what is Surprise.DELETED]
        name = "" if is_last and len(deleted) <= EMPTIED_ABOVE else self.name
        now = self.context.clock.now()
        standing = await self.context.change_standing(
            flow.id, lambda present: counted(present, seen, flow.limits, now, page=page, reading=name)
        )
        if standing.braked:
            await tell_braked(self.context, standing)
        if not standing.braked and not standing.surge.open:
            return set()
        entries = [DueEntry(now, key, DueKind.DECIDE, Surprise.DELETED.value) for key in deleted]
        await self.context.ledger.set_aside(Aside.STOPPED, flow.id, entries)
        return set(deleted)

    async def end(self) -> None:
        """Everything was seen. Unless the brake is on, what was set aside is decided now."""
        for standing in (await self.context.standings(fresh=True)).values():
            flow = self.flows.get(standing.flow)
            if flow is None or self.name not in standing.surge.open:
                continue
            emptied = "" if standing.braked else await self._emptied(flow)
            closed = await self.context.change_standing(flow.id, partial(self._closed, emptied))
            if closed.braked:
                await tell_braked(self.context, closed)
            await release(self.context, flow.id)

    def _closed(self, emptied: str, standing: Standing) -> Standing:
        left = tuple(name for name in standing.surge.open if name != self.name)
        surge = replace(standing.surge, open=left)
        return replace(standing, surge=surge, braked=standing.braked or emptied)

    async def _emptied(self, flow: IngestFlow) -> str:
        """Whether no link is left whose file was not just seen to be gone; ends at the first that is."""
        aside = await self.context.ledger.asides(Aside.STOPPED, flow.id)
        gone = {entry.link for entry in aside if entry.note == Surprise.DELETED}
        if len(gone) <= EMPTIED_ABOVE:
            return ""
        async for link in self.context.ledger.links_of(flow.id, self.drive):
            is_there = link.settled is not None and link.state is not LinkState.CLOSED
            is_there &= link.finished in {None, RETURNED}
            if is_there and link.key not in gone:
                return ""
        return f"the source was emptied: none of its {len(gone)} files is left"


async def tell_braked(context: Context, standing: Standing) -> None:
    """The alert: in the log, where an alert rule finds it, and in the list that people look at."""
    reason = Reason("limits", f"{standing.braked}: `bridge brake {standing.flow}` --go-on or --discard")
    await put_flow_attention(context, AttentionKind.HELD, standing.flow, reason)
    await context.journal_flow(standing.flow, "braked", why=standing.braked)
    log.error("BRAKE: flow %s stops: %s", standing.flow, standing.braked)


# --- before something surprising is done -------------------------------------------------------------------------


async def holds_back(context: Context, flow: IngestFlow, facts: Facts, decision: Decision, link: Link) -> bool:
    """Whether a surprise waits, for the end of a reading or for a person, or was discarded by one."""
    if not is_surprising(link, decision):
        return False
    standing = (await context.standings(fresh=True)).get(link.flow) or Standing(link.flow)
    if standing.stops or standing.surge.open:
        await set_aside_decide(context, link.key, Surprise.DELETED.value if decision.verb is Verb.CLOSE else "")
        return True
    if is_discarded(standing, link, decision):
        stored = await take_as_settled(context, link, facts, decision, standing.discarded_by)
        await show_end(context, flow, facts, stored)
        return True
    return False


def is_discarded(standing: Standing, link: Link, decision: Decision) -> bool:
    """Whether a person discarded this new content, at the brake: it was first seen while that was counted."""
    since, until = standing.discard_from, standing.discard_to
    is_new = decision.verb in {Verb.ADD_VERSION, Verb.CREATE}
    if not is_new or link.seen_at is None or since is None or until is None:
        return False
    return since <= link.seen_at <= until


async def take_as_settled(context: Context, link: Link, facts: Facts, decision: Decision, who: str) -> Link:
    """The present content stays out of CELUM, as if it had been there: only the next one counts again."""
    content = facts.item.content
    if link.settled is None or content is None:
        return link
    signature = decision.signature or link.settled.signature
    settled = replace(link.settled, content=content, signature=signature, verified=LEFT_OUT)
    fresh = replace(link, state=LinkState.SETTLED, settled=settled, content=content, due_at=None)
    fresh = set_aside(context, fresh, f"discarded at the brake by {who or 'a person'}")
    await context.ledger.drop_attention(link.key)
    await context.journal(link, "new content discarded", decision)
    return await context.ledger.put_link(fresh)
