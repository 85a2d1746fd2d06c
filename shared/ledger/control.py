"""What all instances agree on: who may run, who may touch what, how long to keep away, and a few settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter, ValidationError

from shared.domain.ids import DriveId
from shared.errors import LedgerConflict, LedgerUnreadable, System
from shared.ledger.keys import instant, instant_text
from shared.ledger.part import Part, undisturbed
from shared.ledger.rows import Installation, Lease, Mark, Slot
from shared.ledger.store import Row, Table

KEPT_SHARE = 3 / 4  # of the time asked for: a slot that has as much left is kept as it stands
_SLOTS, _PAUSE, _SETTING, _LEASE, _INSTALLATION, _MARK = "slot", "pause", "setting", "lease", "installation", "marker"


class Slots(Part):
    """One pool a deployment bounds how many transfers run, however far the app scales out."""

    async def take_slot(self, holder: str, until: datetime, count: int) -> Slot | None:
        """One insert or replace If-Match of one slot; another one is tried when somebody was quicker.

        Only slots below `count` are taken, the highest first: who asks with half the count (large files) can never
        hold more than that half, and the others reach into it last. A holder that has a slot keeps it, and while most
        of its time is left it is not written again.
        """

        async def attempt() -> Slot | None:
            slots = {slot.index: slot async for slot in self._slots()}
            mine = next((slot for slot in slots.values() if slot.holder == holder), None)
            now = self._clock.now()
            if mine is not None and mine.until - now > (until - now) * KEPT_SHARE:
                return mine
            if mine is not None:
                return await self._put(replace(mine, until=until))
            free = (index for index in reversed(range(count)) if index not in slots or slots[index].until <= now)
            index = next(free, None)
            if index is None:
                return None
            return await self._put(Slot(index, holder, until, slots[index].etag if index in slots else None))

        return await undisturbed(attempt)

    async def renew_slot(self, slot: Slot, until: datetime) -> Slot:
        """One replace If-Match; LedgerConflict when the slot had run out and another has taken it."""
        try:
            return await self._put(replace(slot, until=until))
        except LedgerConflict:
            row = await self._store.get(Table.CONTROL, _SLOTS, _slot_key(slot.index))
            present = _slot(row) if row else None
            if present is None or present.holder != slot.holder:
                raise
            return await self._put(replace(present, until=until))

    async def release_slot(self, holder: str, *, known: Slot | None = None) -> None:
        """Delete If-Match, so that it never hits a successor; `known`, as last written, spares looking for it."""
        if known is not None:
            with suppress(LedgerConflict):
                return await self._drop(known)

        async def attempt() -> None:
            present = await self.slot_of(holder)
            if present is not None:
                await self._drop(present)

        return await undisturbed(attempt)

    async def slot_of(self, holder: str) -> Slot | None:
        """A plain read; the slot may have run out."""
        async for slot in self._slots():
            if slot.holder == holder:
                return slot
        return None

    async def _slots(self) -> AsyncIterator[Slot]:
        async for row in self._store.query(Table.CONTROL, _SLOTS):
            yield _slot(row)

    async def _put(self, slot: Slot) -> Slot:
        properties = {"holder": slot.holder, "until": instant_text(slot.until)}
        row = Row(_SLOTS, _slot_key(slot.index), properties, slot.etag)
        write = self._store.insert if slot.etag is None else self._store.replace
        return replace(slot, etag=await write(Table.CONTROL, row))

    async def _drop(self, slot: Slot) -> None:
        await self._store.delete(Table.CONTROL, _SLOTS, _slot_key(slot.index), etag=slot.etag)


class Control(Part):
    async def take_lease(self, name: str, owner: str, until: datetime) -> Lease | None:
        """One insert, or replace If-Match of a lease that has run out or is the owner's own; None: another has it."""
        mine = Row(_lease(name), _LEASE, {"name": name, "owner": owner, "until": instant_text(until)})

        async def attempt() -> Lease | None:
            with suppress(LedgerConflict):
                return Lease(name, owner, until, await self._store.insert(Table.CONTROL, mine))
            present = await self._store.get(Table.CONTROL, _lease(name), _LEASE)
            if present is None:
                raise LedgerConflict(f"ledger: the lease {name} was released just now")
            live = instant(present.properties["until"]) > self._clock.now()
            if live and present.properties["owner"] != owner:
                return None
            etag = await self._store.replace(Table.CONTROL, replace(mine, etag=present.etag))
            return Lease(name, owner, until, etag)

        return await undisturbed(attempt)

    async def release_lease(self, name: str, owner: str, *, known: Lease | None = None) -> None:
        """Delete If-Match of the owner's own; another's, or none, stays. `known`, as taken, spares looking for it."""
        if known is not None:
            with suppress(LedgerConflict):
                return await self._store.delete(Table.CONTROL, _lease(name), _LEASE, etag=known.etag)

        async def attempt() -> None:
            present = await self._store.get(Table.CONTROL, _lease(name), _LEASE)
            if present is not None and present.properties["owner"] == owner:
                await self._store.delete(Table.CONTROL, _lease(name), _LEASE, etag=present.etag)

        return await undisturbed(attempt)

    async def not_before(self, system: System) -> datetime | None:
        """Until when a system asked to be left alone; may have passed. A plain read."""
        row = await self._store.get(Table.CONTROL, _PAUSE, system.value)
        return instant(row.properties["value"]) if row else None

    async def pause(self, system: System, until: datetime) -> None:
        """One insert or replace If-Match, repeated when disturbed; a longer pause stays."""
        await self._raise(_PAUSE, system.value, instant_text(until))

    async def setting(self, name: str) -> str | None:
        """A plain read."""
        row = await self._store.get(Table.CONTROL, _SETTING, name)
        return row.properties["value"] if row else None

    async def put_setting(self, name: str, value: str, *, only_if_absent: bool = False) -> str:
        """Upsert, or with `only_if_absent` one insert. Returns what stands there now."""
        row = Row(_SETTING, name, {"value": value})
        if not only_if_absent:
            await self._store.upsert(Table.CONTROL, row)
            return value

        async def attempt() -> str:
            with suppress(LedgerConflict):
                await self._store.insert(Table.CONTROL, row)
                return value
            present = await self.setting(name)
            if present is None:
                raise LedgerConflict(f"ledger: the setting {name} went away just now")
            return present

        return await undisturbed(attempt)

    async def raise_setting(self, name: str, value: str) -> str:
        """One insert or replace If-Match, repeated when disturbed; the value later in text order stays. Returns it."""
        return await self._raise(_SETTING, name, value)

    async def _raise(self, partition: str, key: str, value: str) -> str:
        async def attempt() -> str:
            present = await self._store.get(Table.CONTROL, partition, key)
            if present is None:
                await self._store.insert(Table.CONTROL, Row(partition, key, {"value": value}))
                return value
            if present.properties["value"] >= value:
                return present.properties["value"]
            await self._store.replace(Table.CONTROL, replace(present, properties={"value": value}))
            return value

        return await undisturbed(attempt)


class Installations(Part):
    """Who this deployment is, and what the marker file of each drive says."""

    async def installation(self, if_none: Installation) -> Installation:
        """The one that stands here; `if_none` becomes it by one insert, so that all instances agree on one."""
        row = Row(_INSTALLATION, _INSTALLATION, {"id": if_none.id, "since": instant_text(if_none.since)})

        async def attempt() -> Installation:
            present = await self._store.get(Table.CONTROL, _INSTALLATION, _INSTALLATION)
            if present is None:
                await self._store.insert(Table.CONTROL, row)
                return if_none
            return Installation(present.properties["id"], instant(present.properties["since"]))

        return await undisturbed(attempt)

    async def marks(self) -> tuple[Mark, ...]:
        """Of every drive that was ever looked at. A plain read of one small partition."""
        return tuple([_mark(row) async for row in self._store.query(Table.CONTROL, _MARK)])

    async def mark(self, drive: DriveId) -> Mark | None:
        """A plain read."""
        row = await self._store.get(Table.CONTROL, _MARK, drive)
        return _mark(row) if row else None

    async def put_mark(self, mark: Mark) -> None:
        """Upsert: each look tells the whole of it."""
        await self._store.upsert(Table.CONTROL, Row(_MARK, mark.drive, {"json": _marks().dump_json(mark).decode()}))


@cache
def _marks() -> TypeAdapter[Mark]:
    return TypeAdapter(Mark)


def _mark(row: Row) -> Mark:
    try:
        return _marks().validate_json(row.properties["json"])
    except (ValidationError, KeyError) as error:
        raise LedgerUnreadable(
            f"ledger: the marker of {row.key} was written by a newer release; deploy that"
        ) from error


def _slot_key(index: int) -> str:
    return f"{index:04d}"


def _slot(row: Row) -> Slot:
    return Slot(int(row.key), row.properties["holder"], instant(row.properties["until"]), row.etag)


def _lease(name: str) -> str:
    """A partition a lease: those of assets are many and short."""
    return f"{_LEASE}|{name}"
