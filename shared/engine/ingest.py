"""OneDrive → CELUM, step by step: prepare, upload, identify, register, verify, complete, settle.

A checkpoint follows every effect that is dear to repeat; a run that was killed goes on at its last one. Steps that are
cheap to repeat, and find done what they did, write none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable

from shared.documents.hashing import Hashes
from shared.documents.quickxor import QuickXor
from shared.domain import Asset, Content, Item, LinkState, Reason, Settled, Step, Verb
from shared.engine.company import (
    first_of,
    inherits,
    leave_former_asset,
    left_collection,
    owned_by_another,
    promise_other_flows,
    was_added,
)
from shared.engine.context import Context, log
from shared.engine.facts import complete as complete_facts
from shared.engine.facts import hash_in, read_item
from shared.engine.finishing import finish
from shared.engine.identifying import bytes_known, identify, marks, take_leases
from shared.engine.plan import Plan, change_of, make_plan
from shared.engine.registering import base_version, learn_outcome, register, set_apart
from shared.engine.transfers import NotThisOne, Run
from shared.engine.verifying import checksum_algorithm, present, verify
from shared.engine.waiting import owes_finish
from shared.engine.writeback import write_columns
from shared.errors import ContentMismatch, SourceChanged
from shared.flows import decide
from shared.ledger.rows import DueEntry, DueKind, RefKind, asset_ref, hash_ref
from shared.messages import DecideMessage, Queue

WHILE_UNKNOWN = ("md5", "sha1", "sha256")  # what a checksum may be, by its length (reference, section 25)


async def ingest(run: Run) -> None:
    """Carry the transfer to its end. Every run, also one resumed hours later, begins with fresh facts."""
    if run.transfer.verb is Verb.FINISH:
        await finish(run)
        return
    plan = await prepare(run)
    if run.transfer.step is Step.PREPARE:
        run.step = Step.COMPLETE if plan.verb is Verb.UPDATE else Step.UPLOAD
    while run.link.transfer is not None:
        if run.transfer.again and run.step in VISIBLE:
            await run.checkpoint(again=False)
            plan = await prepare(run)
        await STEPS[run.step](run, plan)


async def prepare(run: Run) -> Plan:
    """Fresh facts, the same decision; anything else closes the transfer. Names are resolved, values converted."""
    context, link = run.context, run.link
    facts = await read_item(context, link.drive, link.item)
    reading = complete_facts(context, run.flow, facts, link)  # may hash whole old versions
    run.facts = facts = await run.while_it_takes(reading, lambda: run.transfer.progress)
    decision = decide(run.flow, facts, link, generation=context.generation)
    transfer = run.transfer
    if decision.wish is None or (decision.verb, decision.signature) != (transfer.verb, transfer.signature):
        await learn_outcome(run)
        raise NotThisOne(f"now {decision.outcome}: {'; '.join(reason.text for reason in decision.reasons)}")
    if decision.facts_hash != transfer.facts_hash:  # the same bytes, to be described otherwise: nothing is lost by it
        run.step = Step.COMPLETE if run.step is Step.SETTLE else run.step
        await run.checkpoint(facts_hash=decision.facts_hash)
    return await make_plan(run, decision.wish)


async def upload(run: Run, plan: Plan) -> None:
    """One POST to CELUM, fed from OneDrive by ranges, hashed on the way; then the source's hash is checked."""
    context, item = run.context, plan.item
    if await bytes_known(run, plan):
        return
    if plan.verb is Verb.ADD_VERSION:
        await base_version(run, plan)  # bytes that could not be added are not sent
    announced = item.content or Content(0, None)
    known = await checksum_algorithm(context)
    hashes = Hashes((QuickXor.name, *((known,) if known else WHILE_UNKNOWN)))
    handle, size = await run.while_it_takes(_send(context, plan, announced, hashes), lambda: hashes.size)
    digests = await hashes.digests()
    read = Content(size, digests[QuickXor.name])
    await _check_source(run, item, announced, read)
    after = Step.IDENTIFY if plan.verb is Verb.CREATE else Step.REGISTER
    await run.checkpoint(handle=handle, hashes=digests, content=read, progress=read.size, step=after)


async def _send(context: Context, plan: Plan, announced: Content, hashes: Hashes) -> tuple[str, int]:
    """The handle of what was sent, and its size: as the body says it before CELUM is told."""
    async with context.onedrive.content(plan.item.drive, plan.item.id).opened(announced) as (size, chunks):
        target = await context.celum.begin_upload(plan.wish.filename, size)
        await context.celum.send(target, size, _read(chunks, hashes))
    return target.handle, size


async def _read(chunks: AsyncIterator[bytes], hashes: Hashes) -> AsyncIterator[bytes]:
    """The bytes on their way, hashed beside it."""
    async for chunk in chunks:
        await hashes.update(chunk)
        yield chunk


async def _check_source(run: Run, item: Item, announced: Content, read: Content) -> None:
    """OneDrive's hash, or the one that was read for the decision, must be that of the bytes that came.

    Where OneDrive is wrong about the size, its hash may be of other bytes too (Live Photos); the body wins then, if
    OneDrive still says the same of the file.
    """
    expected = announced.quick_xor or hash_in(run.transfer.signature)
    if expected in {None, read.quick_xor}:
        return
    if announced.quick_xor is None:
        raise SourceChanged("OneDrive: the file is not the one that was decided about")
    if read.size == announced.size:
        raise ContentMismatch(f"OneDrive announced the hash {announced.quick_xor} and sent {read.quick_xor}")
    now, _ = await run.context.onedrive.item(item.drive, item.id)
    if now.content != announced:
        raise SourceChanged("OneDrive: the file changed while it was read")
    log.warning("transfer %s: OneDrive announced %d bytes and sent %d", run.transfer.id, announced.size, read.size)


async def verify_alone(run: Run, plan: Plan) -> None:
    """A run that begins here, since another was killed, takes up what that one held."""
    if plan.verb is Verb.CREATE:
        await take_leases(run, plan)
    await verify(run, plan)


async def complete(run: Run, plan: Plan) -> None:
    """Everything that makes the asset what the flow wants, in one PATCH: fields, name, availability, collections."""
    context = run.context
    asset = await present(run, plan)
    if plan.target.id not in asset.parents and not is_own(run) and not run.transfer.adds:
        await run.checkpoint(adds=True)
    leaves = await left_collection(context, run.link, plan.target.id)
    inherited = run.transfer.linked and await inherits(context, asset.id, run.link)
    change, replaced = change_of(plan, asset, run.transfer, leaves=leaves, inherited=inherited)
    if await first_of(context, run.link) is not None:
        change = dataclasses.replace(change, name=None)  # an earlier flow has the say over it
    await note_what_stood(run, plan, asset)
    for label, text in replaced.items():
        more = {"field": label, "value": text, "asset": str(asset.id)}
        await context.journal(run.link, "replaced", more=more, of=label)
    if not change.is_empty:
        run.asset = await context.celum.update(asset.id, change)
    run.step = Step.SETTLE


async def note_what_stood(run: Run, plan: Plan, asset: Asset) -> None:
    """Before an asset goes out of use, for nothing in CELUM tells it afterwards. Until it settles, nobody is sure."""
    settled, stood = run.link.settled, plan.use(asset).stood
    if not run.transfer.linked and settled is not None and stood not in {None, settled.stood}:
        noted = dataclasses.replace(settled, stood=stood, facts_hash="")
        await run.change_link(lambda link: dataclasses.replace(link, settled=noted))


def is_own(run: Run) -> bool:
    """Whether this very transfer made the asset, so that everything about it is the bridge's doing."""
    return run.transfer.verb is Verb.CREATE and not run.transfer.linked


async def settle(run: Run, plan: Plan) -> None:
    """Hints first, then the columns people see, then the row of truth, which also closes the transfer."""
    context, transfer, link = run.context, run.transfer, run.link
    assert run.facts is not None  # noqa: S101  prepare has read them
    asset = await present(run, plan)
    content = transfer.content or _standing_content(plan)
    await context.ledger.add_ref(RefKind.ASSET, asset_ref(asset.id), link.key)
    if (name := hash_ref(content)) is not None:
        await context.ledger.add_ref(RefKind.HASH, name, link.key)
    for mark in marks(run, plan):
        await context.ledger.add_ref(RefKind.HASH, mark, link.key)
    settled = await settled_as(run, plan, asset, content)
    reasons = (*_notes(settled), *(() if asset.released else (unreleased(asset.validation),)))
    day, ident = plan.run_date, link.run_id or transfer.id
    after = dataclasses.replace(
        link,
        state=LinkState.SETTLED,
        settled=settled,
        reasons=reasons,
        finished=link.finished if transfer.verb is Verb.UPDATE else None,  # what has been put away was other content
        run_date=link.run_date or day,
        run_id=ident,
    )
    if link.state not in {LinkState.SEEN, LinkState.SETTLED}:  # those were never shown to people
        await context.ledger.drop_attention(link.key)
    await write_columns(context, run.flow, run.facts, after)
    await leave_former_asset(context, link)
    await set_apart(run, plan, settled.asset)
    waiting = await promise_other_flows(context, link)
    if owes := owes_finish(run.flow, after):
        await context.ledger.add_due(DueEntry(context.clock.now(), link.key, DueKind.DECIDE))
    await _record_evidence(run, plan, settled)
    for lease in plan.leases(transfer, marks(run, plan)):
        await context.ledger.release_lease(lease, transfer.id, known=run.leases.pop(lease, None))
    await run.end(
        lambda row: dataclasses.replace(
            row,
            state=LinkState.SETTLED,
            settled=settled,
            leaving=None,
            hashed=None,
            accepted=None,
            finished=after.finished,
            reasons=reasons,
            run_date=after.run_date,
            run_id=ident,
        )
    )
    if waiting or owes:
        await context.outbox.send(Queue.DECIDE, DecideMessage(drive=link.drive, items=(link.item,)))


async def settled_as(run: Run, plan: Plan, asset: Asset, content: Content) -> Settled:
    """What is true now. Where no bytes moved, the version stays the one the bridge added, whatever is current."""
    context, transfer, before = run.context, run.transfer, plan.base
    unmoved = before if transfer.verb is Verb.UPDATE else None
    stood_there = before is not None and before.collection == plan.target.id and before.added
    shared = not is_own(run)
    link_stood = run.link.settled.stood if run.link.settled else None
    added = not shared or transfer.adds or stood_there
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
        read=plan.item.modified,
        rewrites=unmoved.rewrites if unmoved else 0,
        window=plan.window if plan.has_dates and not transfer.linked else None,
        off=plan.wish.unavailable and not transfer.linked,
        stood=link_stood if plan.wish.unavailable and not transfer.linked else None,
        fields=plan.written(),
        checksum=unmoved.checksum if unmoved else asset.current_version.checksum,
        sha256=unmoved.sha256 if unmoved else transfer.hashes.get("sha256"),
        verified=unmoved.verified if unmoved else transfer.verified,
    )


def _standing_content(plan: Plan) -> Content:
    """Where no bytes were read. A hash that OneDrive does not name just now is not forgotten."""
    content, before = plan.item.content or Content(0, None), plan.base.content if plan.base else None
    return before if before is not None and content == Content(before.size, None) else content


def _notes(settled: Settled) -> tuple[Reason, ...]:
    if settled.verified != "size":
        return ()
    return (Reason("verify", "verified by size only: CELUM gives no checksum, and the bridge may not read it back"),)


def unreleased(validation: object) -> Reason:
    missing = [name for name, ok in dict(validation).items() if not ok] if isinstance(validation, dict) else []
    return Reason(
        "release", f"arrived, not released: {', '.join(missing) or 'CELUM does not say why'} is not valid", outside=True
    )


def _otherwise_announced(run: Run, plan: Plan) -> dict[str, str]:
    """A note where OneDrive is wrong about the size of the bytes that it hands out."""
    sent, announced = run.transfer.content, plan.item.content
    if sent is None or announced is None or sent.size == announced.size:
        return {}
    return {"announced_size": str(announced.size)}


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


VISIBLE = frozenset({Step.REGISTER, Step.COMPLETE, Step.SETTLE})
STEPS: dict[Step, Callable[[Run, Plan], Awaitable[None]]] = {
    Step.UPLOAD: upload,
    Step.IDENTIFY: identify,
    Step.REGISTER: register,
    Step.VERIFY: verify_alone,
    Step.COMPLETE: complete,
    Step.SETTLE: settle,
}
