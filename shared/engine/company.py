"""The links that share an asset: equal files, one file under several flows, and a file that took another one's place.

An asset has one owner, a file. Other files with its content are aliases. Under several flows a file has a link each, of
which the first in the flow file has the say over content and name.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime

from shared.domain.decisions import Decision, Outcome, Reason, Verb
from shared.domain.facts import Facts
from shared.domain.ids import LinkKey
from shared.domain.links import Link, LinkState, Settled, accepted_as
from shared.engine.context import RECHECK_HELD_SECONDS, Context
from shared.engine.replacing import taking_over
from shared.engine.sending import is_running
from shared.engine.sharing import (
    LONG_AGO,
    comes_first,
    is_at_work,
    is_held_as_gone,
    is_left_behind,
    is_of_a_live_flow,
    last_owner_of,
    links_of_file,
    others_of,
    owner_among,
    owner_of,
    same_version,
    speaks_of_gone,
)
from shared.engine.waiting import LEFT_OUT
from shared.flows import IngestFlow

NEW_CONTENT = {Verb.ADD_VERSION, Verb.CREATE}  # of a file that has an asset
AT_WORK_SECONDS = 900  # longer than most transfers take


async def at_home(context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision) -> Link | Decision:
    """The link as it stands among those it shares a file or an asset with.

    Another link than the given one has to be decided about again; a decision says what to wait for.
    """
    if decision.outcome is Outcome.HOLD and speaks_of_gone(decision.reasons):
        return await _gone(context, link, decision)
    if decision.outcome not in {Outcome.DO, Outcome.NOTHING} or decision.wish is None:
        return link
    if link.settled is None:
        return await _new_among_others(context, flow, facts, link, decision)
    if link.state is LinkState.CLOSED:
        return await _reopened(context, flow, facts, link, decision)
    if link.settled.alias:
        return await _alias(context, flow, facts, link, decision)
    if decision.verb in NEW_CONTENT:
        return await _following(context, link, decision)
    return link


async def _gone(context: Context, link: Link, decision: Decision) -> Link | Decision:
    """Its asset lives on by another file of the same content: nothing is left that a person has to decide."""
    settled = link.settled
    assert settled is not None  # noqa: S101  only what has an asset is held
    for other in await others_of(context, settled.asset, link.key):
        lives = other.item != link.item and not is_held_as_gone(other)
        if lives and other.settled and other.settled.signature == settled.signature:
            return dataclasses.replace(decision, outcome=Outcome.DO, verb=Verb.CLOSE)
    return link


async def _new_among_others(
    context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision
) -> Link | Decision:
    """A file that another flow knows shares its asset; one that replaced a deleted file takes over its link."""
    if "link" not in flow.identity or link.leaving is not None:
        return link
    others = await links_of_file(context, link)
    for other in others:
        if _has_to_end(context, other) or _has_the_say(context, other, link, decision):
            return _wait_for(context, other)
    known = owner_among(others) or next((other for other in others if other.settled is not None), None)
    if known is not None and known.settled is not None:
        return dataclasses.replace(link, settled=_shared(context, known.settled))
    return await taking_over(context, facts.item, link)


def _has_to_end(context: Context, other: Link) -> bool:
    """Whether it is at work: of a flow that stands still for good only where the work runs this moment."""
    return is_at_work(other) and (is_of_a_live_flow(context, other) or is_running(other, context.clock.now()))


def _has_the_say(context: Context, other: Link, link: Link, decision: Decision) -> bool:
    """Whether it has an asset, whose content is not the present one yet, and comes before this one."""
    is_other = other.settled is not None and other.settled.signature != decision.signature
    return is_other and comes_first(context, other, link)


def _shared(context: Context, theirs: Settled) -> Settled:
    """The same asset, as another flow comes to it: nothing of it is this flow's doing yet."""
    return dataclasses.replace(
        theirs,
        facts_hash="",
        collection=None,
        added=False,
        window=None,
        off=False,
        stood=None,
        fields={},
        since=context.clock.now(),
    )


def _wait_for(context: Context, other: Link) -> Decision:
    """Its settling has this file decided again; the time is for the case that it never does."""
    if other.state in {LinkState.HELD, LinkState.FAILED}:  # also while it looks whether it still has to be
        text = f"the flow {other.flow} brings the content of this file to CELUM, and is held: see there"
        return Decision(Outcome.HOLD, (Reason("identity.link", text, outside=True),))
    busy = is_at_work(other)
    text = f"the flow {other.flow} {'is at work on this file' if busy else 'has the say over its content'}"
    until = context.clock.after(AT_WORK_SECONDS if busy else RECHECK_HELD_SECONDS)
    return Decision(Outcome.WAIT, (Reason("identity.link", text, outside=True),), until=until)


async def _reopened(
    context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision
) -> Link | Decision:
    """While it was gone, another file may have become the owner of its asset."""
    assert link.settled is not None  # noqa: S101  the caller looked
    if link.settled.alias:
        return await _alias(context, flow, facts, link, decision)
    owner = await owner_of(context, link.settled.asset, link.key)
    if owner is None or owner.item == link.item:
        return link
    if owner.settled is not None and owner.settled.signature == decision.signature:
        return dataclasses.replace(link, settled=dataclasses.replace(link.settled, alias=True))
    return dataclasses.replace(link, settled=None)


async def _alias(context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision) -> Link | Decision:
    """With other content than the asset's it leaves it; without an owner, the oldest alias becomes it."""
    settled = link.settled
    assert settled is not None  # noqa: S101  the caller looked
    if decision.verb in NEW_CONTENT:
        return dataclasses.replace(link, settled=None, leaving=settled)
    if settled.verified == LEFT_OUT:
        return link
    others = await others_of(context, settled.asset, link.key)
    owner = owner_among(others)
    last = owner or await last_owner_of(context, settled.asset, link.key)
    if last is not None and last.settled is not None and is_left_behind(settled, last.settled):
        return _on_its_own(flow, facts, link, settled)
    if owner is not None or any(_age(other) < _age(link) and _may_inherit(other, last) for other in others):
        return link
    return _heir(link, settled, (last and last.settled) or settled)


def _on_its_own(flow: IngestFlow, facts: Facts, link: Link, settled: Settled) -> Link | Decision:
    """As if it had got other content itself: the asset has."""
    if flow.on_existing.new_content == "hold" and not accepted_as(link, facts.item.content):
        text = f"asset {settled.asset}, which the file shared with another, holds that one's new content now"
        return Decision(Outcome.HOLD, (Reason("on_existing.new_content", text, outside=True),))
    return dataclasses.replace(link, settled=None, leaving=settled)


def _may_inherit(alias: Link, last: Link | None) -> bool:
    if alias.settled is None or alias.settled.verified == LEFT_OUT:
        return False
    return last is None or last.settled is None or not is_left_behind(alias.settled, last.settled)


def _heir(link: Link, settled: Settled, written: Settled) -> Link:
    """The owner from now on, from what the last one wrote."""
    heir = dataclasses.replace(
        settled,
        alias=False,
        facts_hash="",
        fields=written.fields,
        name=written.name,
        window=written.window,
        off=written.off,
        stood=written.stood,
    )
    return dataclasses.replace(link, settled=heir)


def _age(link: Link) -> tuple[datetime, LinkKey]:
    return ((link.settled and link.settled.since) or LONG_AGO, link.key)


async def _following(context: Context, link: Link, decision: Decision) -> Link | Decision:
    """New content of a file that an earlier flow brings to CELUM: this one only takes note of it."""
    assert link.settled is not None  # noqa: S101  the caller looked
    first = await _first_with_an_asset(context, link)
    if first is None or first.settled is None:
        return link
    if first.settled.signature != decision.signature:
        return _wait_for(context, first)
    if first.settled.asset != link.settled.asset:
        return dataclasses.replace(link, settled=_shared(context, first.settled))
    return dataclasses.replace(link, settled=same_version(link.settled, first.settled))


async def _first_with_an_asset(context: Context, link: Link) -> Link | None:
    """Of the earlier flows of the same file; its asset may be another by now, made for the new content."""
    others = [other for other in await links_of_file(context, link) if other.settled is not None]
    return next((other for other in others if comes_first(context, other, link)), None)
