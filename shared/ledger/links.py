from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey, link_key
from shared.domain.links import Link
from shared.ledger.codec import link_of, link_properties
from shared.ledger.part import Part
from shared.ledger.store import Row, Table

_ROW = "link"


class Links(Part):
    """The rows of truth: one partition a link, so that no two links ever share a server's attention."""

    async def link(self, key: LinkKey) -> Link | None:
        """A plain read: `put_link` is what makes acting on it safe."""
        row = await self._store.get(Table.LINKS, key, _ROW)
        return link_of(row) if row else None

    async def put_link(self, link: Link) -> Link:
        """Replace If-Match `link.etag`, or insert when it is None; LedgerConflict when another writer was quicker."""
        row = Row(link.key, _ROW, link_properties(link), link.etag)
        write = self._store.insert if link.etag is None else self._store.replace
        return replace(link, etag=await write(Table.LINKS, row))

    async def all_links(self) -> AsyncIterator[Link]:
        """Every link of every flow, for people who search. A plain read: it may be millions."""
        async for row in self._store.query_across(Table.LINKS):
            yield link_of(row)

    async def links_of(self, flow: FlowId, drive: DriveId) -> AsyncIterator[Link]:
        """All links of a flow on a drive, by item. A plain read, for the census: it may be millions."""
        async for row in self._store.query_across(Table.LINKS, prefix=link_key(flow, drive, ItemId(""))):
            yield link_of(row)
