"""How each flow stands, what of it is set aside, and how far the listing of its files got."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.ledger.keys import instant, instant_text
from shared.ledger.part import Part, undisturbed
from shared.ledger.rows import Aside, DueEntry, DueKind, Place, Standing
from shared.ledger.store import LedgerUnreadable, Row, Table

_STANDING, _WALK = "standing", "walk"


@cache
def _standings() -> TypeAdapter[Standing]:
    return TypeAdapter(Standing)


class Standings(Part):
    async def standings(self) -> tuple[Standing, ...]:
        """Of every flow that the bridge ever knew, by id. A plain read of one small partition."""
        return tuple([_standing(row) async for row in self._store.query(Table.CONTROL, _STANDING)])

    async def standing(self, flow: FlowId) -> Standing | None:
        """A plain read."""
        row = await self._store.get(Table.CONTROL, _STANDING, flow)
        return _standing(row) if row else None

    async def change_standing(self, flow: FlowId, change: Callable[[Standing], Standing]) -> Standing:
        """One insert or replace If-Match, repeated when disturbed; none when `change` changes nothing."""

        async def attempt() -> Standing:
            present = await self.standing(flow)
            fresh = change(present or Standing(flow))
            if present is not None and fresh == present:
                return present
            row = Row(_STANDING, flow, {"json": _text(fresh)}, present.etag if present else None)
            write = self._store.insert if present is None else self._store.replace
            return replace(fresh, etag=await write(Table.CONTROL, row))

        return await undisturbed(attempt)


class Asides(Part):
    """Entries of `due` whose flow stands still, or that wait for a person. Their partitions sort behind all minutes."""

    async def set_aside(self, why: Aside, flow: FlowId, entries: Sequence[DueEntry]) -> None:
        """Upserts in groups: the same entry twice is one."""
        await self._store.upsert_all(Table.DUE, [_aside_row(why, flow, entry) for entry in entries])

    async def asides(self, why: Aside, flow: FlowId, limit: int | None = None) -> list[DueEntry]:
        """By link. A plain read: an entry is taken by dropping it after what it stands for was done or sent."""
        rows = self._store.query(Table.DUE, _aside(why, flow), limit=limit)
        return [_entry(row) async for row in rows]

    async def drop_aside(self, why: Aside, flow: FlowId, entry: DueEntry) -> None:
        """Delete; missing is fine."""
        await self._store.delete(Table.DUE, _aside(why, flow), _aside_key(entry))


class Walks(Part):
    """The folders that are still to be listed for a flow."""

    async def add_places(self, flow: FlowId, drive: DriveId, places: Sequence[Place]) -> None:
        """Upserts in groups."""
        await self._store.upsert_all(Table.CONTROL, [_place_row(flow, drive, place) for place in places])

    async def next_place(self, flow: FlowId, drive: DriveId) -> Place | None:
        """A plain read: `put_place` and `drop_place` are what makes acting on it safe."""
        async for row in self._store.query(Table.CONTROL, _walk(flow, drive), limit=1):
            return _place(row)
        return None

    async def places(self, flow: FlowId, drive: DriveId) -> list[Place]:
        """All of them. A plain read."""
        return [_place(row) async for row in self._store.query(Table.CONTROL, _walk(flow, drive))]

    async def put_place(self, flow: FlowId, drive: DriveId, place: Place) -> None:
        """Replace If-Match."""
        await self._store.replace(Table.CONTROL, _place_row(flow, drive, place))

    async def drop_place(self, flow: FlowId, drive: DriveId, place: Place) -> None:
        """Delete If-Match."""
        await self._store.delete(Table.CONTROL, _walk(flow, drive), place.folder, etag=place.etag)


def _standing(row: Row) -> Standing:
    try:
        standing = _standings().validate_json(row.properties["json"])
    except (ValidationError, KeyError) as error:
        raise LedgerUnreadable(
            f"ledger: how flow {row.key} stands was written by a newer release; deploy that"
        ) from error
    return replace(standing, etag=row.etag)


def _text(standing: Standing) -> str:
    return _standings().dump_json(standing, exclude={"etag"}).decode()


def _aside(why: Aside, flow: FlowId) -> str:
    return f"{why}|{flow}"


def _aside_key(entry: DueEntry) -> str:
    """One decide of a link is as good as several; of the other kinds each has its own time."""
    return f"{entry.link}|{entry.kind}" + ("" if entry.kind is DueKind.DECIDE else f"|{instant_text(entry.at)}")


def _aside_row(why: Aside, flow: FlowId, entry: DueEntry) -> Row:
    properties = {"link": entry.link, "kind": entry.kind.value, "at": instant_text(entry.at), "note": entry.note}
    return Row(_aside(why, flow), _aside_key(entry), properties)


def _entry(row: Row) -> DueEntry:
    properties = row.properties
    kind, note = DueKind(properties["kind"]), properties.get("note", "")
    return DueEntry(instant(properties["at"]), LinkKey(properties["link"]), kind, note)


def _walk(flow: FlowId, drive: DriveId) -> str:
    return f"{_WALK}|{flow}|{drive}"


def _place(row: Row) -> Place:
    return Place(ItemId(row.key), row.properties["path"], row.properties.get("page") or None, row.etag)


def _place_row(flow: FlowId, drive: DriveId, place: Place) -> Row:
    return Row(_walk(flow, drive), place.folder, {"path": place.path, "page": place.page or ""}, place.etag)
