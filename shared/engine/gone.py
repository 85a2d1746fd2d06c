"""Files that are gone though no page named them: they went with their folder, or while the delta link had expired.

What the ledger knows of a deleted folder stays, marked as gone: should it come out of the recycle bin, its files are
looked at again. Where it stood is noted as a place, and where it stood before it was moved; at the end of the changes
the links below such places are looked up, and each file that OneDrive does not have any more counts as deleted, before
anything is decided. After an expired link the whole drive is such a place: it is enumerated anew, and what is missing
there is named by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.domain.items import Item
from shared.domain.links import Link, LinkState
from shared.engine.brake import Reading, Surprise
from shared.engine.context import Context, log
from shared.engine.known import Known
from shared.engine.paths import Paths
from shared.engine.sight import Sight, send_decides
from shared.errors import Missing
from shared.flows import IngestFlow
from shared.ledger.rows import Aside, Folder, Place, Standing

GONE = FlowId("deleted folders")  # whose places these are; the id of a flow has no space
WHOLE_DRIVE = ItemId("the whole drive")  # likewise no folder's
READ_AT_ONCE = 8  # files, to see whether they are gone indeed
KEPT_EVERY = 200  # files looked at until it is written down how far the look has come: OneDrive may ask for a pause


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
        stood = [] if row.gone else await paths.former(row)
        if path is None and not row.gone:
            log.warning("drive %s: nobody knows where the deleted folder %s stood", drive, row.id)
        for name, place in [(row.id, path), *((ItemId(f"{row.id} {number}"), old) for number, old in enumerate(stood))]:
            if place is not None and any(_concerns(flow, place) for flow in flows):
                places.append(Place(name, place))
        rows.append(replace(row, gone=True, moved=False))
    if places:
        await context.ledger.add_places(GONE, drive, places)
    return rows


async def note_expired(context: Context, drive: DriveId) -> None:
    """Written before the link that enumerates the drive anew."""
    await context.ledger.add_places(GONE, drive, [Place(WHOLE_DRIVE, "/")])


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
    """Before the reading ends. Killed anywhere it goes on, and what was set aside is not counted again.

    A place's `page` is the last link that was looked at; links come by their keys, one flow after the other.
    """
    places = await context.ledger.places(GONE, reading.drive)
    tops, looked = _tops(places), 0
    for flow in sorted(flows, key=lambda flow: f"{flow.id}|") if places else ():
        found: list[Link] = []
        told = await _told(context, flow)
        async for link in context.ledger.links_of(flow.id, reading.drive):
            if link.key not in told and _went_along(link, tops):
                found.append(link)
            if len(found) == READ_AT_ONCE:
                await _hand_on(context, flows, reading, standings, found)
                looked, found = looked + len(found), []
                if looked % KEPT_EVERY == 0:
                    places = await _keep(context, reading.drive, places, link.key)
                    tops = _tops(places)
            await renew()
        await _hand_on(context, flows, reading, standings, found)
    for place in places:
        await context.ledger.drop_place(GONE, reading.drive, place)


async def _keep(context: Context, drive: DriveId, places: list[Place], key: LinkKey) -> list[Place]:
    for place in places:
        await context.ledger.put_place(GONE, drive, replace(place, page=max(place.page or "", key)))
    return await context.ledger.places(GONE, drive)


async def _told(context: Context, flow: IngestFlow) -> frozenset[str]:
    entries = await context.ledger.asides(Aside.STOPPED, flow.id)
    return frozenset(entry.link for entry in entries if entry.note == Surprise.DELETED)


def _tops(places: list[Place]) -> Mapping[str, str]:
    """Path → the last link that was looked at below it."""
    return {place.path.rstrip("/").casefold(): place.page or "" for place in places}


def _went_along(link: Link, tops: Mapping[str, str]) -> bool:
    if link.path is None or link.state in {LinkState.BEFORE, LinkState.CLOSED}:
        return False
    segments = link.path.casefold().split("/")
    above = ("/".join(segments[:depth]) for depth in range(1, len(segments)))
    return any(link.key > tops[path] for path in above if path in tops)


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
