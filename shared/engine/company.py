"""The links that share an asset: equal files, one file under several flows, and a file that took another one's place.

An asset has one owner, a file. Other files with its content are aliases. Under several flows a file has a link each, of
which the first in the flow file has the say over content and name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from shared.celum import AssetChange
from shared.domain import (
    AssetId,
    CollectionId,
    Decision,
    Facts,
    Item,
    Link,
    LinkKey,
    LinkState,
    Outcome,
    Reason,
    Settled,
    Verb,
)
from shared.engine.context import RECHECK_HELD_SECONDS, Context
from shared.flows import IngestFlow
from shared.ledger.rows import DueEntry, DueKind, RefKind, asset_ref, item_ref

REPLACED_WITHIN = timedelta(hours=24)  # programs that save by delete and create; FLOWS §3
NEW_CONTENT = {Verb.ADD_VERSION, Verb.CREATE}  # of a file that has an asset
AT_WORK_SECONDS = 900  # longer than most transfers take
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def at_home(context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision) -> Link | Decision:
    """The link as it stands among those it shares a file or an asset with.

    Another link than the given one has to be decided about again; a decision says what to wait for.
    """
    if decision.outcome not in {Outcome.DO, Outcome.NOTHING} or decision.wish is None:
        return link
    if link.settled is None:
        return await _new_among_others(context, flow, facts, link, decision)
    if link.state is LinkState.CLOSED:
        return await _reopened(context, link, decision)
    if link.settled.alias:
        return await _alias(context, link, decision)
    if decision.verb in NEW_CONTENT:
        return await _following(context, link, decision)
    return link


# --- a file without an asset ----------------------------------------------------------------------------------------


async def _new_among_others(
    context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision
) -> Link | Decision:
    """A file that another flow knows shares its asset; one that replaced a deleted file takes over its link."""
    if "link" not in flow.identity or link.leaving is not None:
        return link
    for other in await links_of_file(context, link):
        if _is_at_work(other):
            return _wait_for(context, other)
        if other.settled is None:
            continue
        if other.settled.signature != decision.signature and _comes_first(context, other, link):
            return _wait_for(context, other)
        return dataclasses.replace(link, settled=_shared(context, other.settled))
    return await _replacing(context, facts.item, link)


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


async def links_of_file(context: Context, link: Link) -> tuple[Link, ...]:
    """The links of the same file under other flows that are alive."""
    if len(await context.flows_of(link.drive)) < 2:
        return ()
    found = await _links(context, await context.ledger.refs(RefKind.ITEM, item_ref(link.drive, link.item)), link.key)
    return tuple(other for other in found if other.state not in {LinkState.CLOSED, LinkState.BEFORE})


async def all_done_with_file(context: Context, link: Link) -> bool:
    """Whether every other flow has what it wants of the file; the end of the last one's work has this one decided."""
    others = await links_of_file(context, link)
    return all(other.state is LinkState.SETTLED and not _is_at_work(other) for other in others)


def _is_at_work(link: Link) -> bool:
    return link.transfer is not None and link.transfer.verb is not Verb.FINISH


def _comes_first(context: Context, one: Link, other: Link) -> bool:
    order = [flow.id for flow in context.flows]
    return one.flow in order and order.index(one.flow) < order.index(other.flow)


def _wait_for(context: Context, other: Link) -> Decision:
    """Its settling has this file decided again; the time is for the case that it never does."""
    if other.state in {LinkState.HELD, LinkState.FAILED} and not _is_at_work(other):
        text = f"the flow {other.flow} brings the content of this file to CELUM, and is held: see there"
        return Decision(Outcome.HOLD, (Reason("identity.link", text, outside=True),))
    is_at_work = _is_at_work(other)
    text = f"the flow {other.flow} {'is at work on this file' if is_at_work else 'has the say over its content'}"
    until = context.clock.after(AT_WORK_SECONDS if is_at_work else RECHECK_HELD_SECONDS)
    return Decision(Outcome.WAIT, (Reason("identity.link", text, outside=True),), until=until)


def _place(item: Item) -> str:
    return f"{item.drive}|path {(item.path or '').casefold()}"


async def mark_place(context: Context, link: Link) -> None:
    """Where a file was deleted: another one that appears there soon is the same to people."""
    await context.ledger.add_ref(RefKind.ITEM, f"{link.drive}|path {(link.path or '').casefold()}", link.key)


async def _replacing(context: Context, item: Item, link: Link) -> Link:
    """Of several files that were deleted there, one after the other, the last has the link."""
    for other in await _deleted_there(context, item, link):
        settled = other.settled
        assert settled is not None  # noqa: S101  it was looked for
        if await _owner(context, settled.asset, other.key) is not None and not settled.alias:
            continue  # an alias became the owner meanwhile, and this file may join it by its content
        last = await _last_owner(context, settled.asset, link.key)
        if last is not None and last.key != other.key and not settled.alias:
            continue  # its link was taken over already, by a file that has gone elsewhere
        await context.ledger.drop_attention(other.key)
        await context.ledger.add_ref(RefKind.ASSET, asset_ref(settled.asset), link.key)
        taken_over = dataclasses.replace(settled, facts_hash="")  # whatever it holds, the asset's key is another
        return dataclasses.replace(
            link,
            settled=taken_over,
            added=other.added,
            run_date=other.run_date,
            run_id=other.run_id,
            finished=None,
        )
    return link


async def _deleted_there(context: Context, item: Item, link: Link) -> list[Link]:
    """The closed links of files of this flow that stood there a day ago or later, the last first."""
    made = item.created or context.clock.now()
    closed = [
        (other.closed_at, other)
        for other in await _links(context, await context.ledger.refs(RefKind.ITEM, _place(item)), link.key)
        if other.flow == link.flow and other.settled is not None and other.state is LinkState.CLOSED
        if other.closed_at is not None and abs(made - other.closed_at) <= REPLACED_WITHIN
    ]
    return [other for _, other in sorted(closed, key=lambda one: (one[0], one[1].key), reverse=True)]


# --- a file that has one --------------------------------------------------------------------------------------------


async def _reopened(context: Context, link: Link, decision: Decision) -> Link:
    """While it was gone, another file may have become the owner of its asset."""
    assert link.settled is not None  # noqa: S101  the caller looked
    owner = await _owner(context, link.settled.asset, link.key)
    if owner is None or link.settled.alias or owner.item == link.item:
        return link
    if owner.settled is not None and owner.settled.signature == decision.signature:
        return dataclasses.replace(link, settled=dataclasses.replace(link.settled, alias=True))
    return dataclasses.replace(link, settled=None)


async def _alias(context: Context, link: Link, decision: Decision) -> Link:
    """With content of its own it leaves the asset; without an owner, the oldest alias becomes it."""
    settled = link.settled
    assert settled is not None  # noqa: S101  the caller looked
    if decision.verb in NEW_CONTENT:
        return dataclasses.replace(link, settled=None, leaving=settled)
    others = await others_of(context, settled.asset, link.key)
    if any(other.settled and not other.settled.alias for other in others):
        return link
    if any(_age(other) < _age(link) for other in others):
        return link
    base = await _last_owner(context, settled.asset, link.key)
    written = base.settled if base and base.settled else settled
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
    news = dataclasses.replace(
        link.settled,
        facts_hash="",
        content=first.settled.content,
        signature=first.settled.signature,
        version=first.settled.version,
        checksum=first.settled.checksum,
        sha256=first.settled.sha256,
        verified=first.settled.verified,
    )
    return dataclasses.replace(link, settled=news)


async def _first_with_an_asset(context: Context, link: Link) -> Link | None:
    """Of the earlier flows of the same file; its asset may be another by now, made for the new content."""
    others = [other for other in await links_of_file(context, link) if other.settled is not None]
    return next((other for other in others if _comes_first(context, other, link)), None)


async def first_of(context: Context, link: Link) -> Link | None:
    """The link of the same file under an earlier flow, which has the say over content and name."""
    settled = link.settled
    for other in await links_of_file(context, link) if settled else ():
        if settled and lives_by(other, settled.asset) and _comes_first(context, other, link):
            return other
    return None


# --- the links of an asset ------------------------------------------------------------------------------------------


async def others_of(context: Context, asset: AssetId, link: LinkKey) -> tuple[Link, ...]:
    """The other links that the asset lives by."""
    keys = await context.ledger.refs(RefKind.ASSET, asset_ref(asset))
    return tuple(other for other in await _links(context, keys, link) if lives_by(other, asset))


async def _links(context: Context, keys: Iterable[LinkKey], but: LinkKey) -> list[Link]:
    found = [await context.ledger.link(key) for key in keys if key != but]
    return [link for link in found if link is not None]


def lives_by(link: Link, asset: AssetId) -> bool:
    return link.settled is not None and link.settled.asset == asset and link.state is not LinkState.CLOSED


async def owned_by_another(context: Context, asset: AssetId, link: Link) -> bool:
    """Whether another file owns the asset."""
    owner = await _owner(context, asset, link.key)
    return owner is not None and owner.item != link.item


async def inherits(context: Context, asset: AssetId, link: Link) -> bool:
    """Whether a file that is gone owned the asset, and no other has come after it."""
    return not await owned_by_another(context, asset, link) and await _last_owner(context, asset, link.key) is not None


async def _owner(context: Context, asset: AssetId, but: LinkKey) -> Link | None:
    others = await others_of(context, asset, but)
    return next((other for other in others if other.settled and not other.settled.alias), None)


async def _last_owner(context: Context, asset: AssetId, but: LinkKey) -> Link | None:
    keys = await context.ledger.refs(RefKind.ASSET, asset_ref(asset))
    gone = [
        link
        for link in await _links(context, keys, but)
        if link.state is LinkState.CLOSED and link.settled and link.settled.asset == asset and not link.settled.alias
    ]
    return max(gone, key=lambda link: link.closed_at or LONG_AGO, default=None)


async def leave_former_asset(context: Context, link: Link) -> None:
    """An alias with content of its own takes back the collection it gave to the asset it shared."""
    collection = await unwanted_collection(context, link) if link.leaving is not None else None
    if link.leaving is None or collection is None:
        return
    asset = await context.celum.asset(link.leaving.asset)
    if asset is not None and collection in asset.parents and len(asset.parents) > 1:
        await context.celum.update(asset.id, AssetChange(parents_remove=(collection,)))


async def promise_other_flows(context: Context, link: Link) -> bool:
    """Flows that waited for this one to end its work on the file; the caller sends what is promised here."""
    others = await links_of_file(context, link)
    for other in others:
        await context.ledger.add_due(DueEntry(context.clock.now(), other.key, DueKind.DECIDE))
    return bool(others)


async def left_collection(context: Context, link: Link, target: CollectionId) -> CollectionId | None:
    """The former target, where the bridge itself put the asset and no other link wants it to stay."""
    settled = link.settled
    if settled is None or settled.collection == target:
        return None
    return await unwanted_collection(context, link)


async def unwanted_collection(context: Context, link: Link) -> CollectionId | None:
    settled = link.leaving or link.settled
    if settled is None or settled.collection is None or not settled.added:
        return None
    others = await others_of(context, settled.asset, link.key)
    wanted = any(other.settled and other.settled.collection == settled.collection for other in others)
    return None if wanted else settled.collection


async def was_added(context: Context, asset: AssetId, collection: CollectionId, link: LinkKey) -> bool:
    """Whether the asset stands in a collection because another link of the bridge put it there."""
    others = await others_of(context, asset, link)
    return any(o.settled and o.settled.collection == collection and o.settled.added for o in others)


async def promise_heirs(context: Context, link: Link) -> tuple[Link, ...]:
    """Of an owner about to be closed: its aliases, each of which will be decided anew whatever happens now."""
    if link.settled is None or link.settled.alias:
        return ()
    heirs = [other for other in await others_of(context, link.settled.asset, link.key) if other.item != link.item]
    for heir in heirs:
        await context.ledger.add_due(DueEntry(context.clock.now(), heir.key, DueKind.DECIDE))
    return tuple(heirs)
