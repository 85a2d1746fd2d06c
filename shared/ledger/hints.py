"""Hints are written before the truth, and one without a truth is ignored.

So every write here is an unconditional upsert or delete that may be repeated in any order.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from shared.domain.decisions import Reason
from shared.domain.ids import FlowId, LinkKey
from shared.ledger.codec import reasons_of, reasons_text
from shared.ledger.keys import instant, instant_text, minute
from shared.ledger.part import Part
from shared.ledger.rows import Attention, AttentionKind, DueEntry, DueKind, RefKind
from shared.ledger.store import Row, Table


class Refs(Part):
    """The way back from an item, an asset, a content or a gate to the links that depend on it."""

    async def add_ref(self, kind: RefKind, key: str, link: LinkKey) -> None:
        """Upsert. `item_ref`, `asset_ref` and `hash_ref` make the keys."""
        await self._store.upsert(Table.REFS, Row(_ref(kind, key), link, {}))

    async def refs(self, kind: RefKind, key: str) -> tuple[LinkKey, ...]:
        """A plain read; each link must be read before it is believed."""
        return tuple([LinkKey(row.key) async for row in self._store.query(Table.REFS, _ref(kind, key))])

    async def drop_ref(self, kind: RefKind, key: str, link: LinkKey) -> None:
        """Delete; missing is fine."""
        await self._store.delete(Table.REFS, _ref(kind, key), link)


class Due(Part):
    """Everything that must happen at a time. A partition a minute, rows in it by exact time."""

    async def add_due(self, entry: DueEntry) -> None:
        """Upsert: the same entry twice is one entry."""
        row = Row(minute(entry.at), _due_key(entry), {"link": entry.link, "kind": entry.kind.value, "note": entry.note})
        await self._store.upsert(Table.DUE, row)

    async def due(self, until: datetime, limit: int) -> list[DueEntry]:
        """The oldest entries up to and with `until`, by time.

        A plain read: an entry is taken by dropping it *after* what it stands for was done or sent.
        """
        found: list[DueEntry] = []
        async for row in self._store.query_across(Table.DUE, until=minute(until), limit=limit):
            entry = _due_entry(row)
            if entry.at > until:
                break
            found.append(entry)
        return found

    async def drop_due(self, entry: DueEntry) -> None:
        """Delete; missing is fine."""
        await self._store.delete(Table.DUE, minute(entry.at), _due_key(entry))


class Attentions(Part):
    """What people look at."""

    async def put_attention(
        self,
        kind: AttentionKind,
        link: LinkKey,
        *,
        flow: FlowId,
        path: str | None,
        reasons: tuple[Reason, ...],
        since: datetime,
    ) -> None:
        """Upsert. Other kinds of the link stay: drop them once this one stands."""
        properties = {"flow": flow, "path": path or "", "reasons": reasons_text(reasons), "since": instant_text(since)}
        await self._store.upsert(Table.ATTENTION, Row(kind.value, link, properties))

    async def drop_attention(self, link: LinkKey, *kinds: AttentionKind) -> None:
        """Deletes, of all kinds when none is named; missing is fine."""
        await asyncio.gather(
            *(self._store.delete(Table.ATTENTION, kind.value, link) for kind in kinds or tuple(AttentionKind))
        )

    async def attention(self, kind: AttentionKind, limit: int | None = None) -> tuple[Attention, ...]:
        """By link. A plain read."""
        rows = self._store.query(Table.ATTENTION, kind.value, limit=limit)
        return tuple([_attention(row) async for row in rows])


def _ref(kind: RefKind, key: str) -> str:
    return f"{kind}|{key}"


def _due_key(entry: DueEntry) -> str:
    return f"{instant_text(entry.at)}|{entry.kind}|{entry.link}"


def _due_entry(row: Row) -> DueEntry:
    return DueEntry(
        at=instant(row.key.split("|", 1)[0]),
        link=LinkKey(row.properties["link"]),
        kind=DueKind(row.properties["kind"]),
        note=row.properties.get("note", ""),
    )


def _attention(row: Row) -> Attention:
    return Attention(
        kind=AttentionKind(row.partition),
        link=LinkKey(row.key),
        flow=FlowId(row.properties.get("flow", "")),
        path=row.properties.get("path") or None,
        reasons=reasons_of(row.properties.get("reasons", "[]")),
        since=instant(row.properties["since"]),
    )
