"""What the ledger says about the files of one page, asked once however many look at it."""

from __future__ import annotations

from shared.domain.ids import DriveId, LinkKey, link_key
from shared.domain.items import Item
from shared.domain.links import Link
from shared.engine.context import Context
from shared.flows import IngestFlow, selects
from shared.ledger.rows import RefKind, item_ref


class Known:
    def __init__(self, context: Context, drive: DriveId, flows: tuple[IngestFlow, ...]) -> None:
        self._context = context
        self._drive = drive
        self._flows = flows
        self._links: dict[LinkKey, Link | None] = {}
        self._refs: dict[str, tuple[LinkKey, ...]] = {}

    async def link(self, key: LinkKey) -> Link | None:
        if key not in self._links:
            self._links[key] = await self._context.ledger.link(key)
        return self._links[key]

    async def refs(self, item: Item) -> tuple[LinkKey, ...]:
        """Of every flow that ever took the file up."""
        if item.id not in self._refs:
            self._refs[item.id] = await self._context.ledger.refs(RefKind.ITEM, item_ref(self._drive, item.id))
        return self._refs[item.id]

    async def keys(self, item: Item) -> tuple[LinkKey, ...]:
        """The links that the file has or may have. Where every flow selects it, nobody has to be asked."""
        selected = [flow for flow in self._flows if selects(flow, item) is not None]
        mine = [link_key(flow.id, self._drive, item.id) for flow in selected]
        others = await self.refs(item) if len(selected) < len(self._flows) else ()
        return tuple(dict.fromkeys([*mine, *others]))
