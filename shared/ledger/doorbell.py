"""One scan a drive at a time, and no change forgotten: the scan lease and `dirty` share one row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.domain.ids import DriveId
from shared.errors import LedgerConflict
from shared.ledger.keys import instant, instant_text
from shared.ledger.part import Part, undisturbed
from shared.ledger.rows import Busy, ScanEnd, ScanLease
from shared.ledger.store import Row, Table

_DOORBELL = "doorbell"
_NOBODY = ""


class Doorbell(Part):
    async def ring(self, drive: DriveId, owner: str, until: datetime) -> ScanLease | Busy:
        """One insert or replace If-Match either takes the lease or sets `dirty`; repeated when disturbed.

        A lease that has run out is taken over, one's own is taken anew. `dirty` that is already set needs no write: its
        holder clears it later than this read, and then reads the changes anew.
        """

        async def attempt() -> ScanLease | Busy:
            present = await self._doorbell(drive)
            known = present or ScanLease(drive, owner, until)
            mine = replace(known, owner=owner, until=until, dirty=False)
            if present is None or present.owner in {owner, _NOBODY} or present.until <= self._clock.now():
                return await self._write(mine)
            if not present.dirty:
                await self._write(replace(present, dirty=True))
            return Busy(present.until, was_dirty=present.dirty)

        return await undisturbed(attempt)

    async def renew_scan(self, lease: ScanLease, until: datetime) -> ScanLease:
        """One replace If-Match; a `dirty` set meanwhile is kept. LedgerConflict when another has taken the lease."""
        try:
            return await self._write(replace(lease, until=until))
        except LedgerConflict:
            pass

        async def attempt() -> ScanLease | None:
            present = await self._doorbell(lease.drive)
            if present is None or present.owner != lease.owner:
                return None
            return await self._write(replace(present, until=until))

        renewed = await undisturbed(attempt)
        if renewed is None:
            raise LedgerConflict(f"ledger: the scan lease of drive {lease.drive} was taken by another")
        return renewed

    async def release_scan(self, lease: ScanLease, end: ScanEnd = ScanEnd.READ) -> bool:
        """One replace If-Match that records how the scan ended. False when `dirty` was set: it is cleared, run again.

        The lease is then kept with its end (`renew_scan` takes the same lease). True also when another holds the lease
        by now: there is nothing left to do for this holder.
        """
        try:
            return await self._release(lease, end)
        except LedgerConflict:
            pass

        async def attempt() -> bool:
            present = await self._doorbell(lease.drive)
            if present is None or present.owner != lease.owner:
                return True
            return await self._release(present, end)

        return await undisturbed(attempt)

    async def last_scan(self, drive: DriveId) -> datetime | None:
        """When a scan of the drive last reached its end. A plain read."""
        present = await self._doorbell(drive)
        return present.last_scan if present else None

    async def last_lease(self, drive: DriveId) -> ScanLease | None:
        """As it stands, or was left: how the last scans ended. A plain read."""
        return await self._doorbell(drive)

    async def _release(self, present: ScanLease, end: ScanEnd) -> bool:
        scanned = replace(self._ended(present, end), dirty=False)
        await self._write(scanned if present.dirty else replace(scanned, owner=_NOBODY))
        return not present.dirty

    def _ended(self, lease: ScanLease, end: ScanEnd) -> ScanLease:
        now = self._clock.now()
        match end:
            case ScanEnd.READ:
                return replace(lease, last_scan=now, unended=0, stuck=0, unread_since=None)
            case ScanEnd.UNENDED:
                return replace(lease, unended=lease.unended + 1, unread_since=lease.unread_since or now)
            case ScanEnd.STUCK:
                return replace(lease, stuck=lease.stuck + 1, unread_since=lease.unread_since or now)
            case ScanEnd.BROKEN_OFF:
                return lease

    async def _doorbell(self, drive: DriveId) -> ScanLease | None:
        row = await self._store.get(Table.DRIVES, drive, _DOORBELL)
        return _lease(row) if row else None

    async def _write(self, lease: ScanLease) -> ScanLease:
        properties = {
            "owner": lease.owner,
            "until": instant_text(lease.until),
            "dirty": str(lease.dirty),
        }
        if lease.last_scan is not None:
            properties["last_scan"] = instant_text(lease.last_scan)
        if lease.unread_since is not None:
            since = instant_text(lease.unread_since)
            properties |= {"unended": str(lease.unended), "stuck": str(lease.stuck), "unread_since": since}
        row = Row(lease.drive, _DOORBELL, properties, lease.etag)
        write = self._store.insert if lease.etag is None else self._store.replace
        return replace(lease, etag=await write(Table.DRIVES, row))


def _lease(row: Row) -> ScanLease:
    last_scan, unread_since = row.properties.get("last_scan"), row.properties.get("unread_since")
    return ScanLease(
        drive=DriveId(row.partition),
        owner=row.properties["owner"],
        until=instant(row.properties["until"]),
        dirty=row.properties["dirty"] == str(True),
        last_scan=instant(last_scan) if last_scan else None,
        unended=int(row.properties.get("unended", "0")),
        stuck=int(row.properties.get("stuck", "0")),
        unread_since=instant(unread_since) if unread_since else None,
        etag=row.etag,
    )
