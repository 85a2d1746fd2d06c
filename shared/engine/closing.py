"""The end of a link: its file is gone, or no flow's any more."""

from __future__ import annotations

import dataclasses

from shared.domain.decisions import Decision
from shared.domain.links import Link, LinkState
from shared.engine.context import Context
from shared.engine.holding import put_attention
from shared.engine.replacing import mark_place
from shared.engine.sending import is_running
from shared.engine.sharing import promise_aliases
from shared.engine.starting import ask_again
from shared.engine.taking_back import out_of_use
from shared.ledger.rows import AttentionKind
from shared.messages import DecideMessage, Queue


async def close(context: Context, link: Link, decision: Decision, *, deleted: bool) -> None:
    """Hints first: where a file that replaces this one may appear, and that its aliases look for an owner."""
    if is_running(link, context.clock.now()):  # it ends by itself as soon as it sees that the file is gone
        await ask_again(context, link)
        return
    if deleted:
        await mark_place(context, link)
    heirs = await promise_aliases(context, link)
    link = await out_of_use(context, link, decision, deleted=deleted)
    closed = dataclasses.replace(
        link,
        state=LinkState.CLOSED,
        reasons=decision.reasons,
        transfer=None,
        due_at=None,
        receipt=None,
        closed_at=context.clock.now(),
    )
    await put_attention(context, AttentionKind.WAITING, closed)
    if link.state in {LinkState.HELD, LinkState.FAILED}:
        await context.ledger.drop_attention(link.key, AttentionKind.HELD, AttentionKind.FAILED)
    await context.journal(link, "closed", decision)  # before the row: a repeat would not know that it closed it
    await context.ledger.put_link(closed)
    for heir in heirs:
        await context.outbox.send(Queue.DECIDE, DecideMessage(drive=heir.drive, items=(heir.item,)))
