"""Whose library is it? A marker file in its root tells, before anything is scanned, decided or carried there.

Whoever writes the marker first works in the library. Every other installation finds it and stands still, until a person
hands the library over by deleting the file.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from shared.domain.ids import DriveId
from shared.domain.items import MARKER_NAME, Item
from shared.engine.context import Context, KnownMarker, log
from shared.engine.marker import FOREIGN, LOST, MOVED, UNREADABLE, UNWRITTEN, understood, written
from shared.errors import ContentProblem, Forbidden, Locked, NameTaken, Refused, Unavailable
from shared.flows import IngestFlow
from shared.ledger.rows import Installation, Mark, MarkState, Standing
from shared.onedrive import IfTaken, SmallFile
from shared.onedrive.placing import ROOT

LOOK_AGAIN_SECONDS = 24 * 3600  # at a marker of ours; a change of it that the delta reports is looked at sooner
UNWRITTEN_SECONDS = 3600  # after this it is tried again to write one
LONGEST_MARKER = 64 * 1024  # bytes; a longer file is none of ours
VALIDATION_FAILS = 500  # what a library answers to every upload whose columns it finds wrong (reference Q13)
GOES_ON = frozenset({MarkState.OURS, MarkState.UNWRITTEN})


async def may_work(context: Context, drive: DriveId, flows: tuple[IngestFlow, ...]) -> bool:
    """Whether the library is this installation's. While it is, that costs no call; while it is not, each time anew.

    Raises what OneDrive answers when it cannot be told: then nothing may be done either.
    """
    known = context.markers.get(drive)
    standings = [(await context.standings()).get(flow.id) for flow in flows]
    barred = any(standing.barred for standing in standings if standing)  # perhaps by another instance
    if known is not None and known.until > context.clock.now() and not barred:
        return True
    mark, item = await _look(context, drive, ", ".join(sorted({flow.onedrive for flow in flows})))
    await _record(context, mark, flows)
    if mark.state not in GOES_ON:
        context.markers.pop(drive, None)
        return False
    seconds = LOOK_AGAIN_SECONDS if mark.state is MarkState.OURS else UNWRITTEN_SECONDS
    until = context.clock.after(seconds)
    context.markers[drive] = KnownMarker(until, item.id if item else None, item.etag if item else None)
    return True


def touches_marker(context: Context, drive: DriveId, items: Iterable[Item]) -> bool:
    """Whether a page of changes tells of another marker than this process knows; it is then looked at anew."""
    known = context.markers.get(drive)
    if known is None:
        return False
    touched = any(
        (item.id == known.item and (item.deleted or item.etag != known.etag))
        or (item.is_marker and not item.deleted and item.id != known.item)
        for item in items
    )
    if touched:
        del context.markers[drive]
    return touched


async def barred_drives(context: Context) -> frozenset[DriveId]:
    """Libraries of flows that stand still because of the marker."""
    standings = (await context.standings()).values()
    return frozenset(standing.drive for standing in standings if standing.barred and standing.drive)


# --- looking at the marker, and writing it where none stands -------------------------------------------------------


async def _look(context: Context, drive: DriveId, names: str) -> tuple[Mark, Item | None]:
    """What stands there, or ours where nothing stood. Of two that write at once one finds the other's."""
    mine = await context.ledger.installation(Installation(uuid.uuid4().hex, context.clock.now()))
    library = f"library {names} (drive {drive})"
    try:
        found = await _read(context, drive)
        if found is not None:
            return _judged(context, mine, drive, library, found), found.item
        item = await _write(context, mine, drive)
        found = await _read(context, drive)
    except ContentProblem as problem:
        return _unreadable(drive, library, str(problem)), None
    except _NotWritten as problem:
        return Mark(drive, MarkState.UNWRITTEN, f"{library}: {UNWRITTEN.format(why=problem)}"), None
    if found is None and item is None:
        return _unreadable(
            drive, library, "it stands there, but this app cannot see it; perhaps it is checked out"
        ), None
    if found is None:
        return Mark(drive, MarkState.OURS, owner=mine.id), item  # it was written; to read it may take a moment more
    return _judged(context, mine, drive, library, found), found.item


class _NotWritten(Exception):
    pass


async def _read(context: Context, drive: DriveId) -> SmallFile | None:
    try:
        return await context.onedrive.placing.read(drive, MARKER_NAME, limit=LONGEST_MARKER)
    except Refused as problem:
        raise ContentProblem(str(problem)) from problem  # a folder of this name


async def _write(context: Context, mine: Installation, drive: DriveId) -> Item | None:
    """The item; None where somebody was quicker."""
    data = written(mine, context.settings.public_url)
    try:
        return await context.onedrive.placing.put(drive, ROOT, MARKER_NAME, data, if_taken=IfTaken.FAIL)
    except NameTaken:
        return None
    except (Forbidden, Refused, Locked) as problem:
        raise _NotWritten(str(problem)) from problem
    except Unavailable as problem:
        if problem.status != VALIDATION_FAILS:
            raise
        raise _NotWritten(str(problem)) from problem


def _judged(context: Context, mine: Installation, drive: DriveId, library: str, found: SmallFile) -> Mark:
    said = understood(found.data)
    if said is None:
        return _unreadable(drive, library, "it does not end with the line that a bridge writes there")
    mark = Mark(drive, MarkState.OURS, owner=said.owner, address=said.address, since=said.since)
    is_here = said.address.casefold().rstrip("/") == context.settings.public_url.casefold()
    if said.owner != mine.id:
        state, text = (MarkState.LOST, LOST) if is_here else (MarkState.FOREIGN, FOREIGN)
        told = text.format(address=said.address, since=f"{said.since:%Y-%m-%d}")
        return replace(mark, state=state, text=f"{library}: {told}")
    if not is_here:
        log.warning("%s: %s", library, MOVED.format(address=said.address))
    return mark


def _unreadable(drive: DriveId, library: str, why: str) -> Mark:
    return Mark(drive, MarkState.UNREADABLE, f"{library}: {UNREADABLE.format(why=why)}")


# --- telling everybody ---------------------------------------------------------------------------------------------


async def _record(context: Context, mark: Mark, flows: tuple[IngestFlow, ...]) -> None:
    """For people first; then the flows of the drive stand still in all instances, or run again."""
    if mark.text:
        log.log(logging.WARNING if mark.state in GOES_ON else logging.ERROR, "%s", mark.text)
    if await context.ledger.mark(mark.drive) != mark:
        await context.ledger.put_mark(mark)
    barred = "" if mark.state in GOES_ON else mark.text
    standings = await context.standings()
    for flow in flows:
        known = standings.get(flow.id)
        if known is not None and known.drive == mark.drive and known.barred != barred:
            await context.change_standing(flow.id, partial(_barred, mark.drive, barred))
            await context.journal_flow(flow.id, "barred" if barred else "no longer barred", why=barred)


def _barred(drive: DriveId, why: str, standing: Standing) -> Standing:
    return replace(standing, barred=why) if standing.drive == drive else standing
