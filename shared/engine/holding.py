"""What stops a file until a person has mended it, and where people see that."""

from __future__ import annotations

import dataclasses

from shared.domain.decisions import Decision, Reason
from shared.domain.facts import Facts
from shared.domain.links import Link, LinkState
from shared.engine.context import RECHECK_HELD_SECONDS, Context, log
from shared.engine.waiting import first_or_next, look_again
from shared.engine.writeback import write_columns
from shared.flows import IngestFlow
from shared.ledger.rows import AttentionKind, DueEntry, DueKind


async def hold(
    context: Context,
    flow: IngestFlow,
    facts: Facts,
    link: Link,
    reasons: tuple[Reason, ...],
    *,
    decision: Decision | None = None,
) -> Link:
    """Stop this file, keep it safe, and say why: in the attention list, the journal and the file's own columns."""
    news = link.state is not LinkState.HELD or link.reasons != reasons
    held = dataclasses.replace(link, state=LinkState.HELD, reasons=reasons, due_at=None)
    if held.transfer is not None:
        held = dataclasses.replace(held, transfer=dataclasses.replace(held.transfer, again=True))
    if any(reason.outside for reason in reasons):
        held = await look_again(context, held, context.clock.after(RECHECK_HELD_SECONDS))
    await put_attention(context, AttentionKind.HELD, held)
    if link.state is LinkState.SETTLED and link.reasons:  # what was said of it as settled is no longer so
        await context.ledger.drop_attention(link.key, AttentionKind.WAITING)
    if news:  # journalled before the row, by which a repeat would take it for done
        await journal_held(context, held, reasons, decision)
    held = await first_or_next(context, held)
    if link.due_at is not None and link.due_at != held.due_at:
        await context.ledger.drop_due(DueEntry(link.due_at, link.key, DueKind.DECIDE))
    if await write_columns(context, flow, facts, held) and held.receipt != facts.item.etag:
        held = await context.ledger.put_link(dataclasses.replace(held, receipt=facts.item.etag))
    return held


async def journal_held(
    context: Context, link: Link, reasons: tuple[Reason, ...], decision: Decision | None = None
) -> None:
    why = "; ".join(reason.text for reason in reasons)
    await context.journal(link, "held", decision, more={"reasons": why}, of=why)
    log.info("link %s is held", link.key)


async def put_attention(context: Context, kind: AttentionKind, link: Link) -> None:
    """Show the link and its reasons to people."""
    await context.ledger.put_attention(
        kind, link.key, flow=link.flow, path=link.path, reasons=link.reasons, since=context.clock.now()
    )
