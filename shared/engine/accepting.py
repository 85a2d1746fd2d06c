"""What people decide about one file: try again, or take it as they say. Written down before it takes effect."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from shared.domain.decisions import Approval
from shared.domain.facts import Facts
from shared.domain.ids import AssetId, FlowId, LinkKey
from shared.domain.links import Accepted, Link, LinkState
from shared.engine.assigning import assigned, signature_now
from shared.engine.context import Context
from shared.engine.facts import complete, read_item
from shared.engine.notes import left_out_of, set_aside
from shared.engine.operating import CannotBeDone, NotKnown, flow_named
from shared.engine.stopping import flow_of, send_entries
from shared.engine.waiting import LEFT_OUT, new_link
from shared.engine.writeback import show_end
from shared.errors import LedgerConflict
from shared.ledger.rows import AttentionKind, DueEntry, DueKind

AT_ONCE = 500  # links of a flow that one replay takes up; ask again for more


async def replay(context: Context, target: str, who: str) -> int:
    """Decide a link, or all that is held or has failed of a flow, anew; how many they are."""
    if "|" in target:
        link = await _link(context, LinkKey(target))
        await context.journal(link, "replayed", more={"who": who}, of=context.clock.now().isoformat())
        keys = [link.key]
    else:
        flow = flow_named(context, FlowId(target))
        await context.journal_flow(flow.id, "replayed", who=who)
        kinds = (AttentionKind.FAILED, AttentionKind.HELD)
        rows = [row for kind in kinds for row in await context.ledger.attention(kind)]
        keys = [row.link for row in rows if "|" in row.link and flow_of(row.link) == flow.id][:AT_ONCE]
    await _decide_now(context, keys)
    return len(keys)


async def accept(context: Context, key: LinkKey, how: str, who: str, why: str, *, asset: AssetId | None = None) -> Link:
    """`how`: ignore, version, create, or link (to `asset`). The file is decided anew at once."""
    link = await _link(context, key)
    if link.transfer is not None:
        raise CannotBeDone("the file is being transferred: wait until that has ended")
    facts = await _facts(context, link)
    match how:
        case "ignore":
            fresh = set_aside(context, _ignored(context, link, facts), f'set aside by {who} ("{why}")')
        case "version":
            fresh = _approved(link, facts, who)
        case "create":
            fresh = _on_its_own(link, Accepted(how, facts.item.content))
        case _:
            fresh = await assigned(context, link, facts, asset)
    await context.journal(link, f"accepted as {how}", more={"who": who, "reason": why, "asset": str(asset or "")})
    stored = await context.ledger.put_link(
        replace(fresh, reasons=left_out_of(fresh) if how == "ignore" else (), due_at=None)
    )
    await context.ledger.drop_attention(link.key)
    if how != "ignore":
        await _decide_now(context, [key])
    elif not facts.item.deleted:  # nothing else looks at the file until it changes
        await show_end(context, flow_named(context, link.flow), facts, stored)
    return stored


async def _link(context: Context, key: LinkKey) -> Link:
    link = await context.ledger.link(key)
    if link is None:
        raise NotKnown(f"the ledger knows no link {key}")
    return link


async def _facts(context: Context, link: Link) -> Facts:
    flow = flow_named(context, link.flow)
    facts = await read_item(context, link.drive, link.item)
    return facts if facts.item.deleted else await complete(context, flow, facts, link)


def _ignored(context: Context, link: Link, facts: Facts) -> Link:
    """Left alone until its content changes: as if it had settled so, or had been there before the flow."""
    item = facts.item
    if item.deleted:
        return replace(link, state=LinkState.CLOSED)
    if link.settled is not None:
        content, signature = item.content or link.settled.content, signature_now(context, link, facts)
        settled = replace(link.settled, content=content, signature=signature, verified=LEFT_OUT)
        return replace(link, state=LinkState.SETTLED, settled=settled, content=item.content)
    before = replace(new_link(flow_named(context, link.flow), item, etag=link.etag), state=LinkState.BEFORE)
    now = context.clock.now()
    return replace(
        before, content=item.content, seen_at=now, path=item.path, receipt=item.etag, generation=context.generation
    )


def _approved(link: Link, facts: Facts, who: str) -> Link:
    """The present content is approved by whoever accepts it."""
    if facts.item.deleted or facts.signature is None:
        raise CannotBeDone("the content of the file cannot be read, so nobody can approve it")
    approval = Approval(facts.signature, _approving(facts), facts.now, who)
    accepted = Accepted("version", facts.item.content)
    return replace(link, approval=approval, gate_closed_for=facts.item.content, state=LinkState.SEEN, accepted=accepted)


def _on_its_own(link: Link, accepted: Accepted) -> Link:
    """An alias still has to take its collection back from the asset it shared."""
    leaving = link.settled if link.settled is not None and link.settled.alias else link.leaving
    return replace(link, settled=None, leaving=leaving, state=LinkState.SEEN, accepted=accepted)


def _approving(facts: Facts) -> str | None:
    return facts.versions[0].id if facts.versions else None


async def _decide_now(context: Context, keys: list[LinkKey]) -> None:
    """Promised before it is sent, so that a request that is cut off is carried out all the same."""
    entries = [DueEntry(context.clock.now(), key, DueKind.DECIDE) for key in keys]
    for entry in entries:
        await context.ledger.add_due(entry)
        await _forget_refusal(context, entry.link)
    await send_entries(context, entries)


async def _forget_refusal(context: Context, key: LinkKey) -> None:
    """Whoever asks for another try has had CELUM's limit raised, or thinks so: the bytes may be sent once more."""
    while True:
        link = await context.ledger.link(key)
        if link is None or link.refused is None:
            return
        with contextlib.suppress(LedgerConflict):
            await context.ledger.put_link(replace(link, refused=None))
            return
