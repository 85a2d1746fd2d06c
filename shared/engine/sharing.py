"""Who shares what: the links of one file under several flows, and the links of one asset."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.domain.decisions import Reason, Verb
from shared.domain.ids import AssetId, LinkKey
from shared.domain.links import Link, LinkState, Settled
from shared.engine.context import Context
from shared.ledger.rows import DueEntry, DueKind, RefKind, asset_ref, item_ref

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def links_of_file(context: Context, link: Link) -> tuple[Link, ...]:
    """The living links of the same file under other flows, also under those that are off, gone or retired."""
    known = {flow.id for flow in await context.flows_of(link.drive)}
    known |= {one.flow for one in (await context.standings()).values() if one.drive == link.drive}
    if known <= {link.flow}:
        return ()
    found = await links_behind(context, RefKind.ITEM, item_ref(link.drive, link.item), but=link.key)
    return tuple(other for other in found if other.state not in {LinkState.CLOSED, LinkState.BEFORE})


async def all_done_with_file(context: Context, link: Link) -> bool:
    """Whether every other flow has what it wants of the file; the end of the last one's work has this one decided."""
    others = [other for other in await links_of_file(context, link) if is_of_a_live_flow(context, other)]
    return all(other.state is LinkState.SETTLED and not is_at_work(other) for other in others)


def is_at_work(link: Link) -> bool:
    return link.transfer is not None and link.transfer.verb is not Verb.FINISH


def is_of_a_live_flow(context: Context, link: Link) -> bool:
    """Nothing comes any more of a link whose flow is off, gone or retired: nobody waits for it."""
    return any(flow.id == link.flow for flow in context.flows)


def is_held_as_gone(link: Link) -> bool:
    return link.state is LinkState.HELD and speaks_of_gone(link.reasons)


def speaks_of_gone(reasons: tuple[Reason, ...]) -> bool:
    """Whether what happens to a file happens because it was deleted or left the pattern."""
    return any(reason.rule == "on_source_deleted" for reason in reasons)


def comes_first(context: Context, one: Link, other: Link) -> bool:
    order = [flow.id for flow in context.flows]
    return one.flow in order and order.index(one.flow) < order.index(other.flow)


async def first_of(context: Context, link: Link) -> Link | None:
    """The link of the same file under an earlier flow, which has the say over content and name."""
    settled = link.settled
    for other in await links_of_file(context, link) if settled else ():
        if settled and lives_by(other, settled.asset) and comes_first(context, other, link):
            return other
    return None


async def others_of(context: Context, asset: AssetId, link: LinkKey) -> tuple[Link, ...]:
    """The other links that the asset lives by."""
    found = await links_behind(context, RefKind.ASSET, asset_ref(asset), but=link)
    return tuple(other for other in found if lives_by(other, asset))


def lives_by(link: Link, asset: AssetId) -> bool:
    return link.settled is not None and link.settled.asset == asset and link.state is not LinkState.CLOSED


async def owned_by_another(context: Context, asset: AssetId, link: Link) -> bool:
    """Whether another file owns the asset."""
    owner = await owner_of(context, asset, link.key)
    return owner is not None and owner.item != link.item


async def inherits(context: Context, asset: AssetId, link: Link) -> bool:
    """Whether a file that is gone owned the asset, and no other has come after it."""
    if await owned_by_another(context, asset, link):
        return False
    return await last_owner_of(context, asset, link.key) is not None


def same_version(settled: Settled, theirs: Settled) -> Settled:
    """What another link has settled, as this one takes note of it; what stands around the content it looks at anew."""
    return dataclasses.replace(
        settled,
        facts_hash="",
        content=theirs.content,
        signature=theirs.signature,
        version=theirs.version,
        taken=theirs.taken,
        checksum=theirs.checksum,
        sha256=theirs.sha256,
        verified=theirs.verified,
        left_out=theirs.left_out,
    )


async def promise_aliases(context: Context, owner: Link) -> tuple[Link, ...]:
    """The files that share an owner's asset, each of which will be decided anew whatever happens now."""
    if owner.settled is None or owner.settled.alias:
        return ()
    aliases = [one for one in await others_of(context, owner.settled.asset, owner.key) if one.item != owner.item]
    for alias in aliases:
        await context.ledger.add_due(DueEntry(context.clock.now(), alias.key, DueKind.DECIDE))
    return tuple(aliases)


async def owner_of(context: Context, asset: AssetId, but: LinkKey) -> Link | None:
    return owner_among(await others_of(context, asset, but))


def owner_among(links: Iterable[Link]) -> Link | None:
    """Of the links of an asset. Its file may have several; one of them has brought its present content."""
    owners = [(_taken(link.settled), link) for link in links if link.settled and not link.settled.alias]
    return max(owners, key=lambda one: one[0], default=(LONG_AGO, None))[1]


def is_left_behind(alias: Settled, owner: Settled) -> bool:
    """Whether the owner has given the asset other content since the alias came to share it."""
    if alias.version == owner.version or alias.signature == owner.signature:
        return False
    return _taken(owner) > _taken(alias)


def _taken(settled: Settled) -> datetime:
    return settled.taken or settled.at


async def last_owner_of(context: Context, asset: AssetId, but: LinkKey) -> Link | None:
    gone = [
        link
        for link in await links_behind(context, RefKind.ASSET, asset_ref(asset), but=but)
        if link.state is LinkState.CLOSED and link.settled and link.settled.asset == asset and not link.settled.alias
    ]
    return max(gone, key=lambda link: link.closed_at or LONG_AGO, default=None)


async def links_behind(context: Context, kind: RefKind, ref: str, *, but: LinkKey) -> list[Link]:
    """The links that a hint leads to."""
    found = [await context.ledger.link(key) for key in await context.ledger.refs(kind, ref) if key != but]
    return [link for link in found if link is not None]
