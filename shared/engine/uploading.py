"""The bytes of a file on their way to CELUM, hashed as they pass."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

from shared.documents.hashing import Hashes
from shared.documents.quickxor import QuickXor
from shared.domain.decisions import Reason, Verb
from shared.domain.items import Content, Item
from shared.domain.links import RefusedContent
from shared.domain.transfers import Step
from shared.engine.context import log
from shared.engine.facts import hash_in
from shared.engine.identifying import bytes_known
from shared.engine.plan import Plan
from shared.engine.registering import base_of
from shared.engine.run import Held, Run
from shared.engine.verifying import checksum_algorithm
from shared.errors import ContentMismatch, Forbidden, Refused, RemoteError, SourceChanged, System

WHILE_UNKNOWN = ("md5", "sha1", "sha256")  # what a checksum may be, by its length (reference, section 25)


async def upload(run: Run, plan: Plan) -> None:
    """One POST to CELUM, fed from OneDrive by ranges, hashed on the way; then the source's hash is checked."""
    context, item = run.context, plan.item
    if await bytes_known(run, plan):
        return
    _not_refused_before(run)
    if plan.verb is Verb.ADD_VERSION:
        await base_of(run, plan)  # bytes that could not be added are not sent
    announced = item.content or Content(0, None)
    known = await checksum_algorithm(context)
    hashes = Hashes((QuickXor.name, *((known,) if known else WHILE_UNKNOWN)))
    handle, size = await run.while_it_takes(_send(run, plan, announced, hashes), lambda: hashes.size)
    digests = await hashes.digests()
    read = Content(size, digests[QuickXor.name])
    await _check_source(run, item, announced, read)
    after = Step.IDENTIFY if plan.verb is Verb.CREATE else Step.REGISTER
    await run.checkpoint(handle=handle, hashes=digests, content=read, progress=read.size, step=after)


def _not_refused_before(run: Run) -> None:
    """Bytes that CELUM has refused are not sent again: not every hour, nor with each change of a column (G27)."""
    refused = run.link.refused
    if refused is None or (refused.signature, refused.generation) != (run.transfer.signature, run.context.generation):
        return
    if refused.until is None:
        raise Held(Reason("transfer", refused.why))
    if refused.facts_hash == run.transfer.facts_hash and run.context.clock.now() < refused.until:
        raise Held(Reason("transfer", refused.why, outside=True))


async def _send(run: Run, plan: Plan, announced: Content, hashes: Hashes) -> tuple[str, int]:
    """The handle of what was sent, and its size: as the body says it before CELUM is told."""
    context = run.context
    async with context.onedrive.content(plan.item.drive, plan.item.id).opened(announced) as (size, chunks):
        target = await context.celum.begin_upload(plan.wish.filename, size)
        try:
            await context.celum.send(target, size, _read(chunks, hashes))
        except (Refused, Forbidden) as problem:
            if problem.system is System.ONEDRIVE:  # the source, not the bytes
                raise
            raise Held(await _remembered(run, problem)) from problem
    return target.handle, size


async def _remembered(run: Run, problem: RemoteError) -> Reason:
    why = f"{problem}; sent again once the file or the flow file has changed, or by `bridge replay`"
    refused = RefusedContent(run.transfer.signature, run.context.generation, why)
    await run.change_link(lambda link: dataclasses.replace(link, refused=refused))
    return Reason("transfer", why)


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
