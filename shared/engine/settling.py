"""The end of a transfer: hints, columns, evidence, then the row of truth that closes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from shared.domain.assets import Asset
from shared.domain.decisions import Reason, Verb
from shared.domain.items import Content
from shared.domain.links import Link, LinkState, Settled
from shared.engine.context import Context
from shared.engine.identifying import marks
from shared.engine.leaving import leave_former_asset, was_added
from shared.engine.notes import left_out_of, show_lost
from shared.engine.plan import Plan
from shared.engine.registering import set_apart
from shared.engine.run import Run
from shared.engine.sharing import (
    is_held_as_gone,
    is_of_a_live_flow,
    links_of_file,
    owned_by_another,
    owner_of,
    promise_aliases,
)
from shared.engine.verifying import present
from shared.engine.waiting import owes_finish
from shared.engine.writeback import write_columns
from shared.flows import run_id
from shared.ledger.rows import DueEntry, DueKind, RefKind, asset_ref, hash_ref
from shared.messages import DecideMessage, Queue


async def settle(run: Run, plan: Plan) -> None:
    """Hints first, then the columns people see, then the row of truth, which also closes the transfer."""
    context, transfer, link = run.context, run.transfer, run.link
    assert run.facts is not None  # noqa: S101  prepare has read them
    asset = await present(run, plan)
    content = transfer.content or _standing_content(plan)
    await _leave_hints(run, plan, asset, content)
    settled = await _settled(run, plan, asset, content)
    left_out = left_out_of(dataclasses.replace(link, settled=settled))
    reasons = (*plan.notes, *left_out, *_notes(settled), *(() if asset.released else (_unreleased(asset.validation),)))
    finished = link.finished if transfer.verb is Verb.UPDATE else None  # what has been put away was other content

    def as_settled(row: Link) -> Link:
        return dataclasses.replace(
            row,
            state=LinkState.SETTLED,
            settled=settled,
            leaving=None,
            hashed=None,
            accepted=None,
            finished=finished,
            reasons=reasons,
            run_date=link.run_date or plan.run_date,
            run_id=run_id(run.flow, plan.item, link),
        )

    if link.state not in {LinkState.SEEN, LinkState.SETTLED}:  # those were never shown to people
        await context.ledger.drop_attention(link.key)
    await show_lost(context, as_settled(link), link)
    await write_columns(context, run.flow, run.facts, as_settled(link))
    await leave_former_asset(context, link)
    await set_apart(run, plan, settled.asset)
    waiting = await _promise_other_flows(context, link)
    await _promise_held_owner(context, link, settled)
    aliases = () if transfer.verb is Verb.UPDATE else await promise_aliases(context, link)  # of other content
    if owes := owes_finish(run.flow, as_settled(link)):
        await context.ledger.add_due(DueEntry(context.clock.now(), link.key, DueKind.DECIDE))
    await _record_evidence(run, plan, settled)
    for lease in plan.leases(transfer, marks(run, plan)):
        await context.ledger.release_lease(lease, transfer.id, known=run.leases.pop(lease, None))
    await run.end(as_settled)
    if waiting or owes:
        await context.outbox.send(Queue.DECIDE, DecideMessage(drive=link.drive, items=(link.item,)))
    for alias in aliases:
        await context.outbox.send(Queue.DECIDE, DecideMessage(drive=alias.drive, items=(alias.item,)))


async def _leave_hints(run: Run, plan: Plan, asset: Asset, content: Content) -> None:
    """By which other files find this link: those of the asset, of the same bytes, of the same marks."""
    ledger, link = run.context.ledger, run.link.key
    await ledger.add_ref(RefKind.ASSET, asset_ref(asset.id), link)
    for name in (hash_ref(content), *marks(run, plan)):
        if name is not None:
            await ledger.add_ref(RefKind.HASH, name, link)


async def _promise_other_flows(context: Context, link: Link) -> bool:
    """Flows that waited for this one to end its work on the file."""
    others = [other for other in await links_of_file(context, link) if is_of_a_live_flow(context, other)]
    for other in others:
        await context.ledger.add_due(DueEntry(context.clock.now(), other.key, DueKind.DECIDE))
    return bool(others)


async def _promise_held_owner(context: Context, link: Link, settled: Settled) -> None:
    """An owner that is held because its file is gone: its asset has another file to live by now."""
    owner = await owner_of(context, settled.asset, link.key) if settled.alias else None
    if owner is not None and is_held_as_gone(owner):
        await context.ledger.add_due(DueEntry(context.clock.now(), owner.key, DueKind.DECIDE))


async def _settled(run: Run, plan: Plan, asset: Asset, content: Content) -> Settled:
    """What is true now. Where no bytes moved, the version stays the one the bridge added, whatever is current."""
    context, transfer, before = run.context, run.transfer, plan.base
    unmoved = before if transfer.verb is Verb.UPDATE else None
    stood_there = before is not None and before.collection == plan.target.id and before.added
    link_stood = run.link.settled.stood if run.link.settled else None
    added = run.owns_asset or transfer.adds or stood_there
    return Settled(
        content=content,
        signature=transfer.signature,
        facts_hash=transfer.facts_hash,
        asset=asset.id,
        version=unmoved.version if unmoved else asset.current_version.id,
        ctag=plan.item.ctag,
        at=context.clock.now(),
        name=plan.wish.name,
        collection=plan.target.id,
        added=added or await was_added(context, asset.id, plan.target.id, run.link.key),
        alias=transfer.linked and await owned_by_another(context, asset.id, run.link),
        since=(before and before.since) or context.clock.now(),
        taken=unmoved.taken if unmoved else context.clock.now(),
        read=plan.item.modified,
        rewrites=unmoved.rewrites if unmoved else 0,
        window=plan.window if plan.has_dates and not transfer.linked else None,
        off=plan.wish.unavailable and not transfer.linked,
        stood=link_stood if plan.wish.unavailable and not transfer.linked else None,
        fields=plan.written(),
        checksum=unmoved.checksum if unmoved else asset.current_version.checksum,
        sha256=unmoved.sha256 if unmoved else transfer.hashes.get("sha256"),
        verified=unmoved.verified if unmoved else transfer.verified,
        left_out=unmoved.left_out if unmoved else "",
    )


def _standing_content(plan: Plan) -> Content:
    """Where no bytes were read. A hash that OneDrive does not name just now is not forgotten."""
    content, before = plan.item.content or Content(0, None), plan.base.content if plan.base else None
    return before if before is not None and content == Content(before.size, None) else content


def _notes(settled: Settled) -> tuple[Reason, ...]:
    if settled.verified != "size":
        return ()
    return (Reason("verify", "verified by size only: CELUM gives no checksum, and the bridge may not read it back"),)


def _unreleased(validation: Mapping[str, bool]) -> Reason:
    missing = [name for name, is_valid in validation.items() if not is_valid]
    return Reason(
        "release", f"arrived, not released: {', '.join(missing) or 'CELUM does not say why'} is not valid", outside=True
    )


async def _record_evidence(run: Run, plan: Plan, settled: Settled) -> None:
    """Which bytes of which file became which version, and on whose approval."""
    link, approval = run.link, run.link.approval
    entry = {
        "what": run.transfer.verb.value,
        "asset": str(settled.asset),
        "version": str(settled.version),
        "item": f"{link.drive}|{link.item}",
        "signature": settled.signature,
        "quick_xor": str(settled.content.quick_xor),
        "size": str(settled.content.size),
        "checksum": str(settled.checksum),
        "transfer": run.transfer.id,
        **_otherwise_announced(run, plan),
        "collection": plan.wish.collection,
    }
    if approval is not None:
        entry |= {
            "approved_at": approval.at.isoformat(),
            "approved_by": approval.by,
            "item_version": str(approval.version),
        }
    await run.context.ledger.add_evidence(settled.asset, entry, once=run.transfer.id)
    await run.context.journal(link, "settled", more={**entry, "what": "settled", "verb": run.transfer.verb.value})


def _otherwise_announced(run: Run, plan: Plan) -> dict[str, str]:
    """A note where OneDrive is wrong about the size of the bytes that it hands out."""
    sent, announced = run.transfer.content, plan.item.content
    if sent is None or announced is None or sent.size == announced.size:
        return {}
    return {"announced_size": str(announced.size)}
