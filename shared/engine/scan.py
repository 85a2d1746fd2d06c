"""What changed in a drive: read the delta, write down first sights, and ask for decisions where more is needed.

The order of writes within a page is law (DESIGN §5, rule a): folders, marked where they moved → messages → marks
cleared, removed folders marked as gone → the link to the next page. Killed anywhere, the page is read again.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from shared.domain.ids import DriveId, FlowId, ItemId
from shared.domain.items import Item
from shared.engine.baseline import list_files, restart_listings, scan_ended
from shared.engine.brake import Reading
from shared.engine.context import SCAN_LEASE_SECONDS, Context, log
from shared.engine.gates import folders_changed
from shared.engine.gone import find_what_went_along, note_deleted, note_expired
from shared.engine.installation import may_work, touches_marker
from shared.engine.known import Known
from shared.engine.libraries import SILENT_AFTER, is_newer, note_silence, retire
from shared.engine.moved import ask_to_look_into, look_into_moved
from shared.engine.opening import list_behind
from shared.engine.paths import Paths, as_folder
from shared.engine.sight import Sight, send_decides
from shared.engine.subscriptions import keep_subscription
from shared.engine.waiting import pause
from shared.errors import BridgeError, CursorExpired, Locked, Missing, NotAuthorised, System, Throttled, Unavailable
from shared.flows import IngestFlow
from shared.ledger.rows import Busy, Cursor, Folder, ScanLease, Standing
from shared.messages import DROPPABLE, Queue, ScanMessage, ScanReason
from shared.onedrive import DeltaPage

CLOCKS_DISAGREE_SECONDS = 2  # of two instances; a message must not come before the lease has ended
CLOCKS_DIFFER_SECONDS = 600  # OneDrive's and ours
PLACES_REMEMBERED = 3  # of a folder that is moved again and again before its files are looked at
OF_OUR_OWN = {ScanReason.SWEEP, ScanReason.SUBSCRIPTION}  # by the timers: no notification asked for it
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
RETRY_SECONDS = 60  # after an answer that says nothing about when to come back
BARRED_SECONDS = 900  # how often a message that nothing else replaces asks whether the library is ours now
REPLACED = DROPPABLE | {ScanReason.BACKFILL}  # what comes again by itself: by the timers, or the watch over the flow


async def scan(context: Context, message: ScanMessage) -> None:
    """Read what changed. At most one scan of a drive at a time; a message that comes meanwhile makes it run again."""
    drive = message.drive
    flows = await context.flows_of(drive)
    if not flows:
        log.warning("a scan of drive %s was asked for, which no flow names; dropped", drive)
        return
    if not await _may_begin(context, message, flows):
        return
    if message.reason in {ScanReason.FOLDER_MOVED, ScanReason.BACKFILL, ScanReason.GATE_OPENED}:
        await _list(context, message, flows)
        return
    lease = await context.ledger.ring(drive, uuid.uuid4().hex, context.clock.after(SCAN_LEASE_SECONDS))
    if isinstance(lease, Busy):
        await _after(context, message, lease)
        return
    run = _Run(context, drive, flows, lease)
    try:
        await run.to_the_end(message.reason)
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
    except Unavailable as problem:
        log.warning("scan of drive %s stopped: %s", drive, problem)
    except (Missing, Locked) as problem:
        await retire(context, drive, problem)
        await _give_back(context, run.lease)
        return
    except BridgeError:
        await _give_back(context, run.lease)
        raise
    else:
        return
    await _give_back(context, run.lease)
    await _again_at(context, message, RETRY_SECONDS / context.clock.time_scale)


async def _after(context: Context, message: ScanMessage, busy: Busy) -> None:
    """Come again when the lease of who scans ends, unless another message does so already."""
    if not (busy.was_dirty and message.reason in DROPPABLE and message.attempt == 0):
        left = (busy.until - context.clock.now()).total_seconds()
        await _again_at(context, message, left + CLOCKS_DISAGREE_SECONDS / context.clock.time_scale)


async def _may_begin(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> bool:
    """Whether OneDrive may be asked, and the library is ours. If that cannot be told now, the message comes again."""
    if paused := await context.paused_until(System.ONEDRIVE):
        await _again_at(context, message, (paused - context.clock.now()).total_seconds())
        return False
    try:
        if await may_work(context, message.drive, flows):
            return True
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
        seconds = RETRY_SECONDS
    except Unavailable as problem:
        log.warning("whose drive %s is could not be read: %s", message.drive, problem)
        seconds = RETRY_SECONDS
    except (Missing, Locked) as problem:  # the whole library: the timers ask again, and nothing in it counts as deleted
        await retire(context, message.drive, problem)
        return False
    else:
        if message.reason in REPLACED:
            return False
        seconds = BARRED_SECONDS
    await _again_at(context, message, seconds / context.clock.time_scale)
    return False


async def _give_back(context: Context, lease: ScanLease) -> None:
    """Somebody may have rung meanwhile: the message that comes again serves both."""
    if not await context.ledger.release_scan(lease):
        await context.ledger.release_scan(lease)


async def _list(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> None:
    """Without the scan lease: these messages carry themselves on."""
    try:
        if message.reason is ScanReason.BACKFILL:
            await list_files(context, message)
        elif message.reason is ScanReason.GATE_OPENED:
            await list_behind(context, message)
        else:
            await look_into_moved(context, message, flows)
    except (Throttled, NotAuthorised) as problem:
        await pause(context, problem)
    except Unavailable as problem:
        log.warning("a folder could not be listed: %s", problem)
    else:
        return
    await _again_at(context, message, RETRY_SECONDS / context.clock.time_scale)


async def _again_at(context: Context, message: ScanMessage, seconds: float) -> None:
    again = message.model_copy(update={"attempt": message.attempt + 1})
    await context.outbox.send(Queue.SCAN, again, delay=max(seconds, 0))


class _Run:
    def __init__(self, context: Context, drive: DriveId, flows: tuple[IngestFlow, ...], lease: ScanLease) -> None:
        self.context = context
        self.drive = drive
        self.flows = flows
        self.lease = lease
        self.last_scan = lease.last_scan  # before this one
        self.news = 0  # files that changed since
        self.paths = Paths(context, drive)
        self.known_since: datetime | None = None
        self.standings: Mapping[FlowId, Standing] = {}  # as they were when this reading of the changes began
        self.reading = Reading(context, drive, flows, "scan")

    async def to_the_end(self, reason: ScanReason) -> None:
        if reason in {ScanReason.LIFECYCLE, ScanReason.SUBSCRIPTION}:
            await keep_subscription(self.context, self.drive, lifecycle=reason is ScanReason.LIFECYCLE)
        while True:
            await self.read_changes()
            if await self.context.ledger.release_scan(self.lease):
                break
        long_ago = self.last_scan is not None and self.context.clock.now() - self.last_scan > SILENT_AFTER
        if reason in OF_OUR_OWN and self.news and long_ago:
            await note_silence(self.context, self.drive, self.news)

    async def read_changes(self) -> None:
        """Follow the delta from the stored link to its end, page by page, saving the place after each."""
        cursor = await self._cursor()
        self.standings = await self.context.standings(fresh=True)
        seen: set[str] = set()
        while True:
            link = cursor.next_link or cursor.delta_link or self.context.onedrive.delta_start(self.drive)
            if link in seen:
                log.error("drive %s: OneDrive repeats the same page for ever; the place is kept", self.drive)
                return
            seen.add(link)
            try:
                page = await self.context.onedrive.delta(link)
            except CursorExpired as expired:
                log.warning("drive %s: the delta link expired; every item is looked at again", self.drive)
                await restart_listings(self.context, self.drive)  # else all that is enumerated now would be news
                self.standings = await self.context.standings(fresh=True)
                await note_expired(self.context, self.drive)
                fresh = expired.location or self.context.onedrive.delta_start(self.drive)
                cursor = await self._save(
                    dataclasses.replace(cursor, next_link=fresh, delta_link=None, generation=cursor.generation + 1)
                )
                continue
            done = page.next_link is None
            await self._take(page, link)
            cursor = await self._save(
                dataclasses.replace(
                    cursor,
                    next_link=page.next_link,
                    delta_link=page.delta_link or cursor.delta_link,
                )
            )
            if done:
                await find_what_went_along(self.context, self.flows, self.reading, self.standings, self._renew)
                await self.reading.end()
                await scan_ended(self.context, self.drive, self.flows, self.standings)
                return

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
