"""What must not happen by linking: an asset that people may not see, handed on under another file's approval."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from shared.celum.collections import segments
from shared.domain.assets import Asset, Availability
from shared.domain.ids import CollectionId
from shared.engine.context import Context
from shared.engine.recognised import barrier
from shared.errors import Forbidden, Missing


async def barrier_to(context: Context, target: str, asset: Asset) -> str:
    """Whether the asset is unreleased, unavailable now, or lies wholly outside the root of the target: empty if not."""
    is_available = _is_available(asset.availability, context.clock.now())
    seen = partial(barrier, target, is_released=asset.released, is_available=is_available)
    return seen(is_outside=False) or seen(is_outside=await _is_outside(context, target, asset))


def _is_available(availability: Availability | None, now: datetime) -> bool:
    if availability is None:
        return True
    if availability.available is not None:
        return availability.available
    starts, ends = availability.since, availability.until
    return (starts is None or starts <= now) and (ends is None or now < ends)


async def _is_outside(context: Context, target: str, asset: Asset) -> bool:
    """By the root alone: the target itself may not have been made yet."""
    root = await context.celum.directory.collection(segments(target)[0])
    for parent in asset.parents:
        if root.id in await _line(context, parent):
            return False
    return True


async def _line(context: Context, collection: CollectionId) -> tuple[CollectionId, ...]:
    """From the root down to the collection itself; nothing where the bridge may not see it."""
    directory = context.celum.directory
    try:
        return (*await directory.ancestry(await directory.collection_by_id(collection)), collection)
    except (Missing, Forbidden):
        return ()
