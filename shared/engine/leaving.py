"""The collections an asset leaves: only those where the bridge put it and no other link wants it."""

from __future__ import annotations

from shared.celum import AssetChange
from shared.domain.ids import AssetId, CollectionId, LinkKey
from shared.domain.links import Link
from shared.engine.context import Context
from shared.engine.sharing import others_of


async def left_collection(context: Context, link: Link, target: CollectionId) -> CollectionId | None:
    """The former target, where the bridge itself put the asset and no other link wants it to stay."""
    settled = link.settled
    if settled is None or settled.collection == target:
        return None
    return await _unwanted_collection(context, link)


async def leave_former_asset(context: Context, link: Link) -> None:
    """An alias with content of its own takes back the collection it gave to the asset it shared."""
    collection = await _unwanted_collection(context, link) if link.leaving is not None else None
    if link.leaving is None or collection is None:
        return
    asset = await context.celum.asset(link.leaving.asset)
    if asset is not None and collection in asset.parents and len(asset.parents) > 1:
        await context.celum.update(asset.id, AssetChange(parents_remove=(collection,)))


async def _unwanted_collection(context: Context, link: Link) -> CollectionId | None:
    settled = link.leaving or link.settled
    if settled is None or settled.collection is None or not settled.added:
        return None
    others = await others_of(context, settled.asset, link.key)
    wanted = any(other.settled and other.settled.collection == settled.collection for other in others)
    return None if wanted else settled.collection


async def was_added(context: Context, asset: AssetId, collection: CollectionId, link: LinkKey) -> bool:
    """Whether the asset stands in a collection because another link of the bridge put it there."""
    others = await others_of(context, asset, link)
    return any(other.settled and other.settled.collection == collection and other.settled.added for other in others)
