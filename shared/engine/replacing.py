"""A file that takes another one's place: many programs save by delete and create (FLOWS §3)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from shared.domain.ids import DriveId
from shared.domain.items import Item
from shared.domain.links import Link, LinkState
from shared.engine.context import Context
from shared.engine.sharing import last_owner_of, links_behind, owner_of
from shared.ledger.rows import RefKind, asset_ref

REPLACED_WITHIN = timedelta(hours=24)  # FLOWS §3


async def mark_place(context: Context, link: Link) -> None:
    """Where a file was deleted: another one that appears there soon is the same to people."""
    await context.ledger.add_ref(RefKind.ITEM, _place(link.drive, link.path), link.key)


async def taking_over(context: Context, item: Item, link: Link) -> Link:
    """Of several files that were deleted there, one after the other, the last has the link."""
    for other in await _deleted_there(context, item, link):
        settled = other.settled
        assert settled is not None  # noqa: S101  it was looked for
        if await owner_of(context, settled.asset, other.key) is not None and not settled.alias:
            continue  # an alias became the owner meanwhile, and this file may join it by its content
        last = await last_owner_of(context, settled.asset, link.key)
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
        for other in await links_behind(context, RefKind.ITEM, _place(item.drive, item.path), but=link.key)
        if other.flow == link.flow and other.settled is not None and other.state is LinkState.CLOSED
        if other.closed_at is not None and abs(made - other.closed_at) <= REPLACED_WITHIN
    ]
    return [other for _, other in sorted(closed, key=lambda one: (one[0], one[1].key), reverse=True)]


def _place(drive: DriveId, path: str | None) -> str:
    return f"{drive}|path {(path or '').casefold()}"
