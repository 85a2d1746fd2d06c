"""What lies in folders that moved, which the delta does not report: a look at each file there, as if reported.

The folders that are still to be looked into are places in the ledger, with the page that comes next; a message only
asks for the next few pages. So it may come twice, or late: it goes on where the places say, and without one it is over.
Folders that the ledger knows stay as they are: the delta reports their own moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.domain.ids import DriveId, FlowId, ItemId
from shared.domain.items import Item
from shared.engine.brake import Reading
from shared.engine.context import Context, log
from shared.engine.gates import folders_changed
from shared.engine.known import Known
from shared.engine.paths import Paths, as_folder
from shared.engine.sight import Sight, send_decides
from shared.errors import CursorExpired, LedgerConflict, Missing, Refused
from shared.flows import IngestFlow
from shared.ledger.rows import Place
from shared.messages import Queue, ScanMessage, ScanReason

MOVED = FlowId("moved folders")  # whose places these are; the id of a flow has no space
PAGES_PER_MESSAGE = 10  # of up to 200 items each


async def ask_to_look_into(context: Context, drive: DriveId, folders: Iterable[ItemId]) -> None:
    """From the beginning of each, also where a look into it is under way: it may have moved again since."""
    places = [Place(folder, "") for folder in folders]
    if places:
        await context.ledger.add_places(MOVED, drive, places)
        await context.outbox.send(Queue.SCAN, ScanMessage(drive=drive, reason=ScanReason.FOLDER_MOVED))


async def look_into_moved(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> None:
    """Some pages further; the next message goes on. Whoever meets a page that another has taken leaves it to him."""
    drive = message.drive
    reading = Reading(context, drive, flows, "moved folders")
    for _ in range(PAGES_PER_MESSAGE):
        place = await context.ledger.next_place(MOVED, drive)
        if place is None:
            await reading.end()
            return
        try:
            await _look(context, flows, reading, place)
        except LedgerConflict:
            if await context.ledger.next_place(MOVED, drive) is None:  # the other may have ended the reading before
                await reading.end()
            return
    await context.outbox.send(Queue.SCAN, message.model_copy(update={"attempt": 0}))


async def _look(context: Context, flows: tuple[IngestFlow, ...], reading: Reading, place: Place) -> None:
    """Files and folders first, the place last: a page that is read again changes nothing more."""
    drive = reading.drive
    try:
        children, link = await context.onedrive.children_page(drive, place.folder, place.page)
    except Missing:
        log.info("the folder %s is gone; the delta reports what became of its files", place.folder)
        await context.ledger.drop_place(MOVED, drive, place)
        return
    except (Refused, CursorExpired):
        if place.page is None:
            raise
        await context.ledger.put_place(MOVED, drive, replace(place, page=None))  # the link was too old
        return
    paths, folders = Paths(context, drive), [child for child in children if child.is_folder]
    await folders_changed(context, flows, folders, paths)
    files = [await paths.of(child) for child in children if not child.is_folder]
    await _see(context, flows, reading, files, f"{place.folder} {place.page}")
    rows = [await context.ledger.folder(drive, folder.id) for folder in folders]
    unknown = [folder for folder, row in zip(folders, rows, strict=True) if row is None or row.gone]
    await context.ledger.put_folders(drive, [as_folder(folder) for folder in unknown])
    await context.ledger.add_places(MOVED, drive, [Place(folder.id, "") for folder in folders])
    if link is None:
        await context.ledger.drop_place(MOVED, drive, place)
    else:
        await context.ledger.put_place(MOVED, drive, replace(place, page=link))


async def _see(context: Context, flows: tuple[IngestFlow, ...], reading: Reading, files: list[Item], page: str) -> None:
    known = Known(context, reading.drive, flows)
    aside = await reading.see(files, known, page=page, is_last=False)
    standings = await context.standings()
    sight = Sight(context, reading.drive, flows, standings, known, aside=aside, has_moved=True)
    await send_decides(context, reading.drive, await sight.wanting(files))
