"""The links that share an asset: equal files, or one file under several flows."""

from __future__ import annotations

from shared.domain import AssetId, CollectionId, Link, LinkKey, LinkState
from shared.engine.context import Context
from shared.ledger.rows import RefKind, asset_ref


async def others_of(context: Context, asset: AssetId, link: LinkKey) -> tuple[Link, ...]:
    """The other links that the asset lives by."""
    keys = await context.ledger.refs(RefKind.ASSET, asset_ref(asset))
    found = [await context.ledger.link(key) for key in keys if key != link]
    return tuple(other for other in found if other is not None and lives_by(other, asset))


def lives_by(link: Link, asset: AssetId) -> bool:
    return link.settled is not None and link.settled.asset == asset and link.state is not LinkState.CLOSED


async def left_collection(context: Context, link: Link, target: CollectionId) -> CollectionId | None:
    """The former target, where the bridge itself put the asset and no other link wants it to stay."""
    settled = link.settled
    if settled is None or settled.collection is None or settled.collection == target or not settled.added:
        return None
    others = await others_of(context, settled.asset, link.key)
    wanted = any(other.settled and other.settled.collection == settled.collection for other in others)
    return None if wanted else settled.collection
