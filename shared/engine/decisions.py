"""What now? Fresh facts about one file, the pure decision, and the acting on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from shared.documents import NoOfficeFile, Protected, UnsafeContent
from shared.domain.decisions import Decision, Outcome, Reason, Verb
from shared.domain.facts import Facts
from shared.domain.ids import DriveId, ItemId, link_key
from shared.domain.links import RETURNED, Link, LinkState, came_back
from shared.engine.brake import holds_back
from shared.engine.closing import close
from shared.engine.company import at_home
from shared.engine.context import Context, log
from shared.engine.dormant import keep_dormant
from shared.engine.facts import complete, read_item
from shared.engine.holding import hold
from shared.engine.looks import Looks
from shared.engine.notes import left_out_of, lost_of, show_lost
from shared.engine.rewrites import RewrittenTooOften, server_version
from shared.engine.sharing import all_done_with_file
from shared.engine.starting import ask_again, start
from shared.engine.stopping import set_aside_decide, set_aside_frozen
from shared.engine.taking_back import reset_approval
from shared.engine.waiting import come_back_at, new_link, owes_finish, pause, sighted, wait_until
from shared.engine.writeback import shows_held, write_columns
from shared.errors import LedgerConflict, NotAuthorised, System, Throttled, Unavailable
from shared.flows import IngestFlow, decide, selects
from shared.ledger.rows import DueEntry, DueKind
from shared.messages import DecideMessage, Queue

HOMES = 4  # at most: closed, then an alias, then on its own
TRIES = 4  # against other writers of the same row, each time on fresh facts
UNANSWERED_SECONDS = 60  # after an answer that says nothing about when to come back
GIVES_UP_AFTER = 3  # files of a message without an answer; then OneDrive, not the files, is in trouble
OLDER_RELEASE_SECONDS = 30  # a message of a newer flow file waits so long for an instance that has it


async def decide_all(context: Context, message: DecideMessage) -> None:
    """Decide each file of the message. One that OneDrive does not answer for now comes back through `due`."""
    if message.generation > context.generation:
        await context.outbox.send(Queue.DECIDE, message, delay=OLDER_RELEASE_SECONDS / context.clock.time_scale)
        return
    left, unanswered = list(message.items), list[ItemId]()
    looks = Looks(context, message.drive)
    try:
        if await context.paused_until(System.ONEDRIVE) is None:
            await looks.ahead(left)
        while left and len(unanswered) < GIVES_UP_AFTER and await context.paused_until(System.ONEDRIVE) is None:
            try:
                await decide_item(context, message.drive, left[0], looks)
            except Unavailable as problem:
                log.warning("a file is decided later: %s", problem)
                unanswered.append(left[0])
            left.pop(0)
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
    except Unavailable as problem:
        log.warning("a decide message comes back later: %s", problem)
    await _come_back(context, message.drive, left, UNANSWERED_SECONDS)
    await _come_back(context, message.drive, unanswered, 2 * UNANSWERED_SECONDS)  # in no message with the others


async def _come_back(context: Context, drive: DriveId, items: Iterable[ItemId], seconds: float) -> None:
    at = await come_back_at(context, System.ONEDRIVE) or context.clock.after(seconds)
    for item in items:
        for flow in await context.flows_of(drive):
            await context.ledger.add_due(DueEntry(at, link_key(flow.id, drive, item), DueKind.DECIDE))


async def decide_item(context: Context, drive: DriveId, item: ItemId, looks: Looks) -> None:
    """Decide one file under every flow that selects it or knows it."""
    await set_aside_frozen(context, drive, item)
    facts = await looks.at(item)
    for flow in await context.flows_of(drive):
        for attempt in range(TRIES):
            try:
                await _decide(context, flow, facts)
                break
            except LedgerConflict:
                if attempt == TRIES - 1:
                    raise
                facts = await read_item(context, drive, item)


async def _decide(context: Context, flow: IngestFlow, facts: Facts) -> None:
    link = stored = await context.ledger.link(link_key(flow.id, facts.item.drive, facts.item.id))
    base = link or new_link(flow, facts.item)
    if (link is None and selects(flow, facts.item) is None) or await _stands_still(context, base):
        return
    try:
        link, full, decision = await _among_others(context, flow, facts, link)
    except (NoOfficeFile, Protected, UnsafeContent, RewrittenTooOften) as problem:
        await hold(context, flow, facts, sighted(context, base, facts.item), (Reason("content", str(problem)),))
        return
    base = link or base
    if decision.outcome is Outcome.IGNORE:
        if link is not None and decision.forgets:
            await context.ledger.put_link(dataclasses.replace(link, approval=None, gate_closed_for=full.item.content))
        await keep_dormant(context, flow, full, decision)
        return
    if await holds_back(context, flow, full, decision, base):
        return
    if flow.mode == "observe" and decision.outcome is Outcome.DO:
        await context.journal(base, "observed", decision)
        if stored is not None and not stored.observed:
            await context.ledger.put_link(dataclasses.replace(stored, observed=True))
        return
    await _act(context, flow, full, decision, base)


async def _act(context: Context, flow: IngestFlow, full: Facts, decision: Decision, base: Link) -> None:
    known = remembered(context, base, full, decision)
    if selects(flow, full.item) is not None and came_back(base, full.item):
        known = dataclasses.replace(known, finished=RETURNED)
    match decision.outcome:
        case Outcome.WAIT:
            await _wait(context, flow, known, full, decision, base=base)
        case Outcome.HOLD:
            await hold(context, flow, full, known, decision.reasons, decision=decision)
        case Outcome.NOTHING if owes_finish(flow, known) and await all_done_with_file(context, known):
            await start(context, known, dataclasses.replace(decision, verb=Verb.FINISH))
        case Outcome.NOTHING:
            await _nothing_to_do(
                context, flow, full, known, base=base, notes=(*lost_of(decision.reasons), *left_out_of(known))
            )
        case Outcome.DO if decision.verb is Verb.CLOSE:
            await close(context, known, decision, deleted=full.item.deleted)
        case Outcome.DO if decision.verb is Verb.RESET:
            await reset_approval(context, flow, full, known, decision)
        case Outcome.DO:
            await start(context, known, decision)


async def _stands_still(context: Context, link: Link) -> bool:
    """Whether the flow does; the file is then decided when it runs again."""
    if not await context.stops(link.flow):
        return False
    await set_aside_decide(context, link.key)
    return True


async def _among_others(
    context: Context, flow: IngestFlow, facts: Facts, link: Link | None
) -> tuple[Link | None, Facts, Decision]:
    """The decision about a file in the light of the other links of its asset: one step at a time, each made once."""
    link = await server_version(context, facts, link)
    for _ in range(HOMES):
        facts = await complete(context, flow, facts, link)
        decision = decide(flow, facts, link, generation=context.generation)
        home = await at_home(context, flow, facts, link or new_link(flow, facts.item), decision)
        if isinstance(home, Decision):
            return (
                link,
                facts,
                dataclasses.replace(
                    decision, outcome=home.outcome, verb=home.verb, reasons=home.reasons, until=home.until
                ),
            )
        if home == (link or new_link(flow, facts.item)):
            return link, facts, decision
        link = home
    return link, facts, decision


def remembered(context: Context, link: Link, facts: Facts, decision: Decision) -> Link:
    """The link after this look: content first seen, approval found, content for which the gate was found closed."""
    fresh = sighted(context, link, facts.item)
    closed_for = facts.item.content if decision.gate_open is False else fresh.gate_closed_for
    return dataclasses.replace(
        fresh,
        approval=decision.approval or (None if decision.forgets else fresh.approval),
        gate_closed_for=closed_for,
        generation=decision.generation,
        observed=False,
    )


async def _wait(
    context: Context, flow: IngestFlow, link: Link, facts: Facts, decision: Decision, *, base: Link
) -> None:
    if link.state is LinkState.HELD:  # what held it is mended, but it has to wait for something else now
        await context.ledger.drop_attention(link.key)
        link = dataclasses.replace(link, state=LinkState.SETTLED if link.settled else LinkState.SEEN, reasons=())
    lost = lost_of(decision.reasons)
    if lost:
        link = dataclasses.replace(link, reasons=lost)
        await show_lost(context, link, base)
    if link.transfer is not None:
        link = dataclasses.replace(link, transfer=dataclasses.replace(link.transfer, again=True))
    if decision.approval is not None and decision.approval != base.approval:
        await context.journal(link, "approved", decision)
    if decision.until is None and (lost or base.state is LinkState.HELD or shows_held(flow, facts)):
        await write_columns(context, flow, facts, link)  # before the row, by which a repeat would take it for done
    await wait_until(context, dataclasses.replace(link, due_at=base.due_at), facts.item, decision, stored=base)


async def _nothing_to_do(
    context: Context, flow: IngestFlow, facts: Facts, link: Link, *, base: Link, notes: tuple[Reason, ...]
) -> None:
    """All is as it should be; where the columns say so too, the eTag read is our receipt for the next page."""
    if link.transfer is not None:  # what it is about to do is no longer wanted; it looks again before it does it
        await ask_again(context, link)
        return
    settled, item = link.settled, facts.item
    if settled is not None and item.content is not None:
        content = item.content if item.content.quick_xor else settled.content
        known = dataclasses.replace(settled, content=content, ctag=item.ctag or settled.ctag)
        link = dataclasses.replace(link, settled=known)
    if link.state is not LinkState.SETTLED:
        await context.ledger.drop_attention(link.key)
    fresh = dataclasses.replace(link, state=LinkState.SETTLED, reasons=notes, due_at=None)
    await show_lost(context, fresh, base)
    if await write_columns(context, flow, facts, fresh):
        fresh = dataclasses.replace(fresh, receipt=facts.item.etag)
    if fresh != base:
        await context.ledger.put_link(fresh)
