"""From bytes that CELUM has to an asset or version there, exactly once, whatever answer got lost."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from shared.celum import AssetChange, CreateAsset, matches, mentions_handle, operation
from shared.domain.assets import Asset, Version
from shared.domain.decisions import Reason, Verb
from shared.domain.ids import AssetId, VersionId
from shared.domain.links import Link, RefusedContent, accepted_as
from shared.domain.transfers import Step
from shared.engine.identifying import checksums, take_leases
from shared.engine.plan import Plan, raw_fields
from shared.engine.run import ComeBackLater, Held, NotThisOne, Run
from shared.engine.sharing import links_behind, same_version
from shared.engine.verifying import existing
from shared.errors import Forbidden, Refused, RemoteError, Throttled, Unavailable
from shared.ledger.rows import RefKind, asset_ref

# CELUM's search may lag and a request may still be running when its answer is lost: look, wait, look, wait, look.
PROBE_SECONDS = (30, 120)
# What CELUM would not make of bytes that it had taken may be mended there: they are sent again, ever more seldom.
FIRST_AGAIN_SECONDS, LAST_AGAIN_SECONDS = 3600, 24 * 3600


async def register(run: Run, plan: Plan) -> None:
    """Create the asset in intake, or add the version. Neither may be repeated while an outcome is unknown."""
    if plan.verb is Verb.CREATE:
        await take_leases(run, plan)
    if run.transfer.registering is not None and await _found_after_all(run, plan):
        return
    base = await base_of(run, plan) if plan.verb is Verb.ADD_VERSION or run.transfer.asset else None
    if base is not None and _has_these_bytes(run, base.current_version, is_sure=True):  # it needs no version more
        await run.checkpoint(step=Step.VERIFY, asset=base.id, version=base.current_version.id)
        return
    before = base.current_version.id if base else None
    await run.checkpoint(registering=run.context.clock.now(), probes=0, base_version=before)
    if run.transfer.again:  # set while this was written: nothing is asked for before the file was looked at again
        await run.checkpoint(registering=None)
        return
    try:
        asset, version = await _register(run, plan)
    except RemoteError as problem:
        if not _outcome_is_unknown(problem):
            await _refused(run, problem)
        raise
    await run.checkpoint(step=Step.VERIFY, asset=asset, version=version, registering=None)


async def _register(run: Run, plan: Plan) -> tuple[AssetId, VersionId]:
    celum, transfer = run.context.celum, run.transfer
    handle = transfer.handle or ""
    if transfer.base_version is not None:
        asset_id = plan.asset_id(transfer)
        version = await celum.add_version(asset_id, plan.wish.filename, handle)
        return asset_id, version.id
    parent = plan.intake or plan.target
    asset = await celum.create(
        CreateAsset(
            name=plan.wish.name, parent=parent.id, handle=handle, type_id=plan.asset_type.id, fields=raw_fields(plan)
        )
    )
    run.asset = asset
    return asset.id, asset.current_version.id


async def _refused(run: Run, problem: RemoteError) -> None:
    """Nothing was made. A handle that is no longer accepted costs a new upload; anything else is for a person."""
    if mentions_handle(problem) and run.transfer.attempt < len(PROBE_SECONDS) + 1:
        await run.checkpoint(registering=None, handle=None, step=Step.UPLOAD, attempt=run.transfer.attempt + 1)
        raise ComeBackLater(0) from problem
    await run.checkpoint(registering=None)
    if isinstance(problem, Refused | Forbidden):
        await run.change_link(lambda link: dataclasses.replace(link, refused=_once_more(run, link.refused, problem)))


def _once_more(run: Run, before: RefusedContent | None, problem: RemoteError) -> RefusedContent:
    """Whole files are not sent every hour for it: each wait is twice the one before, unless the facts change."""
    transfer, generation = run.transfer, run.context.generation
    key = (transfer.signature, generation, transfer.facts_hash)
    same = before is not None and (before.signature, before.generation, before.facts_hash) == key
    times = before.times + 1 if before is not None and same else 1
    until = run.context.clock.after(min(FIRST_AGAIN_SECONDS * 2 ** (times - 1), LAST_AGAIN_SECONDS))
    return RefusedContent(transfer.signature, generation, str(problem), transfer.facts_hash, until, times)


def _outcome_is_unknown(problem: RemoteError) -> bool:
    """A 503 may come from something in front of CELUM, after CELUM itself has done the work."""
    return isinstance(problem, Unavailable) or (isinstance(problem, Throttled) and problem.status != 429)


async def base_of(run: Run, plan: Plan) -> Asset:
    """The asset whose version ours is to follow. One that somebody else added stays, unless a person says otherwise."""
    asset = await existing(run, plan.asset_id(run.transfer))
    current = asset.current_version.id
    expected = plan.base.version if plan.base else run.transfer.base_version
    if expected is None or current in {expected, *run.link.added}:
        return asset
    other = await _bringer(run, asset, expected)
    if other is None and accepted_as(run.link, plan.item.content) != "version":
        text = f"asset {asset.id}: version {current} is current, not {expected} that the bridge added"
        raise Held(Reason("versions", text, outside=True))
    if other is not None:
        await _take_note(run, asset, other)
    return asset


async def _bringer(run: Run, asset: Asset, expected: VersionId) -> Link | None:
    """Another link, of whatever state, by which the bridge itself has added the current version since.

    One that it added before was activated by somebody.
    """
    current, context = asset.current_version.id, run.context
    for other in await links_behind(context, RefKind.ASSET, asset_ref(asset.id), but=run.link.key):
        settled = other.settled
        if settled is None or settled.asset != asset.id or settled.alias:
            continue
        if current in {settled.version, *other.added, other.transfer and other.transfer.version}:
            newest_first = [version.id for version in await context.celum.versions(asset.id)]
            return other if expected in newest_first[newest_first.index(current) :] else None
    return None


async def _take_note(run: Run, asset: Asset, other: Link) -> None:
    """Where the version holds the very content of this transfer, there is none to add."""
    theirs = other.settled
    is_so = theirs is not None and (theirs.version, theirs.signature) == (
        asset.current_version.id,
        run.transfer.signature,
    )
    if theirs is None or not is_so or run.link.settled is None or run.link.settled.asset != asset.id:
        return
    noted = same_version(run.link.settled, theirs)
    await run.change_link(lambda link: dataclasses.replace(link, settled=noted))
    raise NotThisOne(f"the flow {other.flow} has brought this content to CELUM")


async def learn_outcome(run: Run) -> None:
    """Before a transfer closes: what a create or add-version without an answer has made must not be forgotten.

    An added version is recorded in the link. A created asset carries the bridge's key, by which the next transfer
    finds it once the index has caught up.
    """
    transfer = run.transfer
    if transfer.registering is None:
        return
    if transfer.base_version is not None:
        asset = transfer.asset or (run.link.settled.asset if run.link.settled else None)
        for version in await run.context.celum.versions(asset) if asset else ():
            if version.id == transfer.base_version:
                break
            if _has_these_bytes(run, version):
                await run.checkpoint(version=version.id, registering=None)
                return
    if transfer.probes < len(PROBE_SECONDS):
        await run.checkpoint(probes=transfer.probes + 1)
        raise ComeBackLater(PROBE_SECONDS[transfer.probes])


async def _found_after_all(run: Run, plan: Plan) -> bool:
    """Look for what a create or add-version without an answer may have made; after the last look it is repeated."""
    found = await _probe(run, plan)
    if found is not None:
        await run.checkpoint(step=Step.VERIFY, asset=found[0], version=found[1], registering=None)
        return True
    probes, since = run.transfer.probes, run.transfer.registering
    if probes < len(PROBE_SECONDS):
        await run.checkpoint(probes=probes + 1)
        raise ComeBackLater(PROBE_SECONDS[probes])
    await run.context.journal(run.link, "repeated", more={"since": str(since), "verb": plan.verb.value}, of=str(since))
    return False


async def _probe(run: Run, plan: Plan) -> tuple[AssetId, VersionId] | None:
    celum, transfer = run.context.celum, run.transfer
    if transfer.base_version is not None:
        asset_id = plan.asset_id(transfer)
        for version in await celum.versions(asset_id):  # newest first
            if version.id == transfer.base_version:
                break
            if version.filename == plan.wish.filename and _has_these_bytes(run, version):
                return asset_id, version.id
        return None
    if plan.key_field is not None:
        found = await celum.find_by_text_field(plan.key_field.id, plan.key)
        found = tuple(asset for asset in found if asset.id not in plan.others(transfer))
    else:
        parent = plan.intake or plan.target
        found = tuple(
            asset
            for asset in await celum.find_by_checksum(checksums(run))
            if parent.id in asset.parents
            and asset.name == plan.wish.name
            and _since(asset.created, transfer.registering)
        )
    return (found[0].id, found[0].current_version.id) if len(found) == 1 else None


def _since(created: datetime | None, registering: datetime | None) -> bool:
    """Clocks differ: an asset created up to ten minutes before we asked may be the one."""
    return created is None or registering is None or created >= registering - timedelta(minutes=10)


def _has_these_bytes(run: Run, version: Version, *, is_sure: bool = False) -> bool:
    """By checksum where CELUM gives one that can be compared, else, unless it must be sure, by size alone.

    Verify reads the bytes back then.
    """
    transfer = run.transfer
    same_size = transfer.content is None or version.size == transfer.content.size
    known = matches(version.checksum, transfer.hashes)
    return same_size and (known is True if is_sure else known is not False)


async def set_apart(run: Run, plan: Plan, asset: AssetId) -> None:
    """Assets of this file that hold other content stay; only the bridge's key goes on to the one that follows."""
    context = run.context
    for former in sorted(plan.others(run.transfer) - {asset}):
        there = await context.celum.asset(former) if plan.key_field is not None else None
        if there is not None and plan.key_field is not None and (there.fields or {}).get(plan.key_field.id) == plan.key:
            gone = operation(plan.key_field, plan.key, plan.key, None)
            await context.celum.update(former, AssetChange(fields=(gone,) if gone else ()))
        more = {"asset": str(former), "followed by": str(asset)}
        await context.journal(run.link, "former asset stays", more=more, of=str(former))
