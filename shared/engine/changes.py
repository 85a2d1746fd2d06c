"""The changes of a drive, read page by page by the one who holds its scan lease.

The order of writes within a page is law (DESIGN §5, rule a): folders, marked where they moved → messages → marks
cleared, removed folders marked as gone → the link to the next page. Killed anywhere, the page is read again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from shared.domain.ids import DriveId, FlowId, ItemId
from shared.domain.items import Item
from shared.engine.baseline import restart_listings, scan_ended
from shared.engine.brake import Reading
from shared.engine.context import SCAN_LEASE_SECONDS, Context, log
from shared.engine.gates import folders_changed
from shared.engine.gone import find_what_went_along, note_deleted, note_expired
from shared.engine.installation import touches_marker
from shared.engine.known import Known
from shared.engine.libraries import SILENT_AFTER, is_newer, note_silence
from shared.engine.moved import ask_to_look_into
from shared.engine.paths import Paths, as_folder
from shared.engine.sight import Sight, send_decides
from shared.engine.subscriptions import keep_subscription
from shared.errors import CursorExpired
from shared.flows import IngestFlow
from shared.ledger.rows import Cursor, Folder, ScanEnd, ScanLease, Standing
from shared.messages import Queue, ScanMessage, ScanReason
from shared.onedrive import DeltaPage

CLOCKS_DIFFER_SECONDS = 600  # OneDrive's and ours
PLACES_REMEMBERED = 3  # of a folder that is moved again and again before its files are looked at
OF_OUR_OWN = {ScanReason.SWEEP, ScanReason.SUBSCRIPTION}  # by the timers: no notification asked for it
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PAGES_PER_SCAN = 1_000  # then the place is kept and another message goes on: a function has no hour
EXPIRED_AT_MOST = 2  # links in one scan: the first leads to where OneDrive says, the second to the beginning
BEGIN_ANEW_AFTER = 2  # scans that led nowhere, and twice, four times … as many: enumerating a drive is dear


def is_time_to_begin_anew(stuck: int) -> bool:
    """Whether so many scans in a row led nowhere that the stored link is given up."""
    return stuck >= BEGIN_ANEW_AFTER and stuck & (stuck - 1) == 0


@dataclasses.dataclass(slots=True)
class Track:
    """Where a reading has been, to notice that it goes round in circles."""

    pages: int = 0
    items: int = 0
    expired: int = 0
    seen: set[int] = dataclasses.field(default_factory=set)  # by hash: the links themselves take kilobytes each

    def end_before(self, link: str) -> ScanEnd | None:
        """Pages that are all empty, each with a link of its own, lead nowhere as one does that leads to itself."""
        if hash(link) in self.seen:
            return ScanEnd.STUCK
        if self.pages == PAGES_PER_SCAN:
            return ScanEnd.UNENDED if self.items else ScanEnd.STUCK
        self.seen.add(hash(link))
        self.pages += 1
        return None

    def end_at_expiry(self) -> ScanEnd | None:
        self.expired += 1
        self.seen.clear()  # the beginning may be read again
        return ScanEnd.STUCK if self.expired > EXPIRED_AT_MOST else None


class Run:
    """One holder of the scan lease."""

    def __init__(self, context: Context, drive: DriveId, flows: tuple[IngestFlow, ...], lease: ScanLease) -> None:
        self.context = context
        self.drive = drive
        self.flows = flows
        self.lease = lease
        self.last_scan = lease.last_scan  # before this one
        self.was_read = lease.unread_since is None  # to the end, the last time
        self.news = 0  # files that changed since
        self.paths = Paths(context, drive)
        self.known_since: datetime | None = None
        self.standings: Mapping[FlowId, Standing] = {}  # as they were when this reading of the changes began
        self.reading = Reading(context, drive, flows, "scan")

    async def to_the_end(self, reason: ScanReason) -> ScanEnd:
        """To the present end of the changes, as often as somebody rings meanwhile; or for as long as one scan may."""
        if reason in {ScanReason.LIFECYCLE, ScanReason.SUBSCRIPTION}:
            await keep_subscription(self.context, self.drive, lifecycle=reason is ScanReason.LIFECYCLE)
        if is_time_to_begin_anew(self.lease.stuck):
            log.warning("drive %s: read anew from the beginning, since its changes led nowhere", self.drive)
            await self._enumerate(await self._cursor(), None)
        while (end := await self.read_changes()) is ScanEnd.READ:
            if await self.context.ledger.release_scan(self.lease):
                break
        else:
            return end
        long_ago = self.last_scan is not None and self.context.clock.now() - self.last_scan > SILENT_AFTER
        if reason in OF_OUR_OWN and self.news and long_ago and self.was_read:
            await note_silence(self.context, self.drive, self.news)
        return end

    async def read_changes(self) -> ScanEnd:
        """Follow the delta from the stored link, page by page, saving the place after each."""
        cursor = await self._cursor()
        self.standings = await self.context.standings(fresh=True)
        track = Track()
        while True:
            link = cursor.next_link or cursor.delta_link or self.context.onedrive.delta_start(self.drive)
            if (end := track.end_before(link)) is not None:
                return end
            try:
                page = await self.context.onedrive.delta(link)
            except CursorExpired as expired:
                log.warning("drive %s: the delta link expired; every item is looked at again", self.drive)
                if (end := track.end_at_expiry()) is not None:
                    return end
                cursor = await self._enumerate(cursor, expired.location if track.expired == 1 else None)
                continue
            await self._take(page, link)
            track.items += len(page.items)
            delta_link = page.delta_link or cursor.delta_link
            cursor = await self._save(dataclasses.replace(cursor, next_link=page.next_link, delta_link=delta_link))
            if page.next_link is None:
                await find_what_went_along(self.context, self.flows, self.reading, self.standings, self._renew)
                await self.reading.end()
                await scan_ended(self.context, self.drive, self.flows, self.standings)
                return ScanEnd.READ

    async def _enumerate(self, cursor: Cursor, location: str | None) -> Cursor:
        """From the beginning again, and what is not there any more is looked for."""
        await restart_listings(self.context, self.drive)  # else all that is enumerated now would be news
        self.standings = await self.context.standings(fresh=True)
        await note_expired(self.context, self.drive)
        fresh, generation = location or self.context.onedrive.delta_start(self.drive), cursor.generation + 1
        return await self._save(dataclasses.replace(cursor, next_link=fresh, delta_link=None, generation=generation))

    async def _cursor(self) -> Cursor:
        """The stored place; at a drive's first scan a link that means "from now on", before anything is listed."""
        cursor = await self.context.ledger.cursor(self.drive)
        if cursor is None:
            latest = await self.context.onedrive.delta_latest(self.drive)
            cursor = await self._save(Cursor(self.drive, delta_link=latest.delta_link))
        return cursor

    async def _save(self, cursor: Cursor) -> Cursor:
        await self._renew()
        return await self.context.ledger.save_cursor(cursor)

    async def _renew(self) -> None:
        left = (self.lease.until - self.context.clock.now()).total_seconds() * self.context.clock.time_scale
        if left < SCAN_LEASE_SECONDS / 2:
            self.lease = await self.context.ledger.renew_scan(self.lease, self.context.clock.after(SCAN_LEASE_SECONDS))

    async def _take(self, page: DeltaPage, link: str) -> None:
        items = {item.id: item for item in page.items}  # an item may come twice; the last one wins
        if page.unseen:  # a question of rights: no flow withdraws anything for it
            log.warning(
                "drive %s: %d files or folders left our view; what came of them stays", self.drive, len(page.unseen)
            )
        if touches_marker(self.context, self.drive, items.values()):
            await self.context.outbox.send(Queue.SCAN, ScanMessage(drive=self.drive, reason=ScanReason.SWEEP))
        gone = await note_deleted(self.context, self.drive, self.flows, items.values(), self.paths)
        folders = [item for item in items.values() if (item.is_folder or item.is_root) and not item.deleted]
        moved = await self._write_folders(folders)
        await folders_changed(self.context, self.flows, folders, self.paths)
        files = [item for item in items.values() if not item.is_folder and not item.is_root]
        files.sort(key=lambda item: not item.deleted)  # who saves by delete and create ends with one file
        self.news += sum(1 for item in files if self.last_scan is not None and is_newer(item, self.last_scan))
        placed = [await self.paths.of(item) for item in files]
        await self._renew()
        known = Known(self.context, self.drive, self.flows)
        aside = await self.reading.see(placed, known, page=link, is_last=page.next_link is None and not gone)
        sight = Sight(self.context, self.drive, self.flows, self.standings, known, aside=aside)
        await send_decides(self.context, self.drive, await sight.wanting(placed))
        await ask_to_look_into(self.context, self.drive, moved)
        await self.context.ledger.clear_moved(self.drive, moved)
        await self.context.ledger.put_folders(self.drive, gone)

    async def _write_folders(self, items: Iterable[Item]) -> list[ItemId]:
        """Write new and changed folders; those that stood elsewhere before are marked until their message is sent."""
        changed: dict[ItemId, Folder] = {}
        for item in items:
            known = await self.context.ledger.folder(self.drive, item.id)
            fresh = as_folder(item)
            if known is None:
                changed[item.id] = dataclasses.replace(fresh, moved=await self._was_there_before(item))
            elif known.moved or known.gone or (known.name, known.parent) != (fresh.name, fresh.parent):
                stood = await self._stood(known)
                changed[item.id] = dataclasses.replace(fresh, moved=True, stood=stood)
            self.paths.see({item.id: fresh})
        await self.context.ledger.put_folders(self.drive, list(changed.values()))
        return [folder.id for folder in changed.values() if folder.moved]

    async def _stood(self, known: Folder) -> tuple[str, ...]:
        """With the place that it leaves now; where it is marked already, this page is read again."""
        left = None if known.moved or known.gone else await self.paths.stood(known)
        return known.stood if left is None else (*known.stood, left)[-PLACES_REMEMBERED:]

    async def _was_there_before(self, item: Item) -> bool:
        """Whether an unknown folder is older than the bridge's knowledge of the drive.

        Then it comes from outside of every flow's path, with descendants that no page will name.
        """
        if item.is_root:
            return False
        if self.known_since is None:
            self.known_since = await self._known_since()
        return item.created is None or item.created <= self.known_since + timedelta(seconds=CLOCKS_DIFFER_SECONDS)

    async def _known_since(self) -> datetime:
        """Since when the delta tells of every folder that is made; before a flow's first listing ends, it never did."""
        standings = [self.standings.get(flow.id) for flow in self.flows]
        return min((one.since for one in standings if one and one.since), default=NEVER)
