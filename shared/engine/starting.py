"""A transfer begins, or the one at work is told to look again."""

from __future__ import annotations

import dataclasses
import uuid

from shared.domain.decisions import Decision
from shared.domain.links import Link, LinkState
from shared.domain.transfers import Step, Transfer
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS, Context
from shared.engine.sending import send_or_wait
from shared.engine.waiting import first_or_next
from shared.ledger.rows import DueEntry, DueKind


async def start(context: Context, link: Link, decision: Decision) -> None:
    """Watch entry, then link and transfer in one row, then the message if a slot is free (DESIGN §5, rule c)."""
    assert decision.verb is not None  # noqa: S101  decide gives a verb with every DO
    if link.transfer is not None:
        await ask_again(context, link)
        return
    watch_at = context.clock.after(LEASE_SECONDS + WATCH_SLACK_SECONDS)
    await context.ledger.add_due(DueEntry(watch_at, link.key, DueKind.WATCH))
    transfer = Transfer(
        id=uuid.uuid4().hex,
        verb=decision.verb,
        step=Step.PREPARE,
        signature=decision.signature or "",
        facts_hash=decision.facts_hash,
        started=context.clock.now(),
        watch_at=watch_at,
        linked=link.settled is not None and link.settled.alias,
        size=link.content.size if link.content else None,
    )
    at_rest = dataclasses.replace(link, etag=None) if link.state is LinkState.HELD else link  # each hour: one entry
    await context.journal(at_rest, "started", decision, more={"transfer": transfer.id})
    stored = await first_or_next(context, dataclasses.replace(link, transfer=transfer, due_at=None))
    await send_or_wait(context, stored)


async def ask_again(context: Context, link: Link) -> None:
    """Have the transfer at work read the file anew before what it does next."""
    if link.transfer is not None and not link.transfer.again:
        await context.ledger.put_link(
            dataclasses.replace(link, transfer=dataclasses.replace(link.transfer, again=True))
        )
