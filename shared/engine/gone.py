"""Files that went with their folder: the delta may name the folder alone, so the links below it are found here.

What the ledger knows of a deleted folder stays, marked as gone: should it come out of the recycle bin, its files are
looked at again. Where it stood is noted as a place; at the end of the changes the links below such places are looked
up, and each file that OneDrive does not have any more counts as deleted, before anything is decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from shared.domain import DriveId, FlowId, Item, Link, LinkState
from shared.engine.brake import Reading, Surprise
from shared.engine.context import Context, log
from shared.engine.known import Known
from shared.engine.paths import Paths
from shared.engine.sight import Sight, send_decides
from shared.errors import Missing
from shared.flows import IngestFlow
from shared.ledger.rows import Aside, Folder, Place, Standing

GONE = FlowId("deleted folders")  # whose places these are; the id of a flow has no space
READ_AT_ONCE = 8  # files, to see whether they are gone indeed


async def note_deleted(
    context: Context, drive: DriveId, flows: tuple[IngestFlow, ...], items: Iterable[Item], paths: Paths
) -> list[Folder]:
    """The rows of a page's deleted folders, to be written when all else of the page is; their places stand then."""
    rows, places = [], []
    for item in items:
        row = await context.ledger.folder(drive, item.id) if item.deleted else None
        if row is None:
            continue
        path = None if row.gone else await paths.stood(row)
        if path is not None and any(_concerns(flow, path) for flow in flows):
            places.append(Place(row.id, path))
        elif path is None and not row.gone:
            log.warning("drive %s: nobody knows where the deleted folder %s stood", drive, row.id)
        rows.append(replace(row, gone=True, moved=False))
    if places:
        await context.ledger.add_places(GONE, drive, places)
    return rows


def _concerns(flow: IngestFlow, path: str) -> bool:
    """Whether files that the flow selects may lie below the path."""
    return _is_below(path, flow.pattern.fixed_prefix) or _is_below(flow.pattern.fixed_prefix, path)


def _is_below(path: str, top: str) -> bool:
    return f"{path}/".casefold().startswith(f"{top.rstrip('/')}/".casefold())


async def find_what_went_along(
    context: Context,
    flows: tuple[IngestFlow, ...],
    reading: Reading,
    standings: Mapping[FlowId, Standing],
    renew: Callable[[], Awaitable[None]],
) -> None:
    """Before the reading ends. Killed anywhere it is repeated, and what was set aside is not counted again."""
    places = await context.ledger.places(GONE, reading.drive)
    if not places:
        return
    tops = frozenset(place.path.casefold() for place in places)
    for flow in flows:
        found: list[Link] = []
        told = await _told(context, flow)
        async for link in context.ledger.links_of(flow.id, reading.drive):
            if link.key not in told and _went_along(link, tops):
                found.append(link)
            if len(found) == READ_AT_ONCE:
                await _hand_on(context, flows, reading, standings, found)
                found = []
            await renew()
        await _hand_on(context, flows, reading, standings, found)
    for place in places:
        await context.ledger.drop_place(GONE, reading.drive, place)


async def _told(context: Context, flow: IngestFlow) -> frozenset[str]:
    entries = await context.ledger.asides(Aside.STOPPED, flow.id)
    return frozenset(entry.link for entry in entries if entry.note == Surprise.DELETED)


def _went_along(link: Link, tops: frozenset[str]) -> bool:
    if link.path is None or link.state in {LinkState.BEFORE, LinkState.CLOSED}:
        return False
    segments = link.path.casefold().split("/")
    return any("/".join(segments[:depth]) in tops for depth in range(2, len(segments)))


async def _hand_on(
    context: Context,
    flows: tuple[IngestFlow, ...],
    reading: Reading,
    standings: Mapping[FlowId, Standing],
    links: list[Link],
) -> None:
    """A file may have been moved away before its folder was deleted; the delta reports that by itself."""
    there = await asyncio.gather(*(_is_there(context, link) for link in links))
    gone = [_deleted(link) for link, is_there in zip(links, there, strict=True) if not is_there]
    if not gone:
        return
    known = Known(context, reading.drive, flows)
    aside = await reading.see(gone, known, page=f"gone {links[0].key}", is_last=False)
    sight = Sight(context, reading.drive, flows, standings, known, aside=aside)
    await send_decides(context, reading.drive, [item.id for item in gone if await sight.wants_decision(item)])


async def _is_there(context: Context, link: Link) -> bool:
    try:
        await context.onedrive.item(link.drive, link.item)
    except Missing:
        return False
    return True


def _deleted(link: Link) -> Item:
    return Item(drive=link.drive, id=link.item, name="", parent=None, etag=None, deleted=True)
