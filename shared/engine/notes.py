"""What remains to be said of a file that is settled, and where people see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, tzinfo

from shared.domain.decisions import Decision, Reason
from shared.domain.links import Link, LinkState
from shared.engine.context import Context
from shared.engine.holding import put_attention
from shared.flows import LOST
from shared.ledger.rows import AttentionKind

SET_ASIDE = "left out"  # the rule of what a person, and no flow file, has decided


def lost_of(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The reasons of a decision, where they say that the approving values of a settled file were lost."""
    return reasons if any(reason.rule == LOST for reason in reasons) else ()


def left_out_of(link: Link) -> tuple[Reason, ...]:
    """Who decided that the content is not brought to CELUM, for as long as it is the present one."""
    if link.settled is not None:
        return (Reason(SET_ASIDE, link.settled.left_out),) if link.settled.left_out else ()
    return tuple(reason for reason in link.reasons if reason.rule == SET_ASIDE and link.state is LinkState.BEFORE)


def set_aside(context: Context, link: Link, why: str) -> Link:
    """The link as about to be stored, with the words that remain: `why` begins with a verb and says who."""
    day = f"{context.clock.now().astimezone(_zone(context, link)):%Y-%m-%d %H:%M}"
    if link.state is LinkState.CLOSED:
        return link
    if link.settled is None:
        text = f"{why}, on {day}: the file is left alone until its content changes"
        return replace(link, reasons=(Reason(SET_ASIDE, text),))
    settled = replace(link.settled, left_out=f"new content was {why}, on {day}: CELUM keeps what it has")
    link = replace(link, settled=settled)
    return replace(link, reasons=left_out_of(link))


def _zone(context: Context, link: Link) -> tzinfo:
    return next((flow.time_zone for flow in context.flows if flow.id == link.flow), UTC)


def is_shown_lost(link: Link) -> bool:
    """Whether the row in the attention list that `show_lost` writes stands for it."""
    return link.state is LinkState.SETTLED and bool(lost_of(link.reasons))


def tells_other(link: Link, decision: Decision) -> bool:
    """Whether people still read something else about the approving values of a settled file than is so."""
    return link.settled is not None and lost_of(link.reasons) != lost_of(decision.reasons)


async def show_lost(context: Context, link: Link, before: Link) -> None:
    """`link` as it is about to be stored, `before` as it stood. Repeatable: the row of truth is written afterwards."""
    lost = lost_of(link.reasons)
    if lost and (before.reasons, before.state) != (link.reasons, link.state):
        await put_attention(context, AttentionKind.WAITING, link)
        why = "; ".join(reason.text for reason in lost)
        await context.journal(before, "no longer ready", more={"reasons": why}, of=why)
    elif not lost and is_shown_lost(before):
        await context.ledger.drop_attention(link.key, AttentionKind.WAITING)
