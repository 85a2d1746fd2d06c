"""The first look at the files of one decide message: many in one call, and whatever that leaves open by itself."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.facts import Facts
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Columns, Item
from shared.engine.context import Context
from shared.engine.facts import read_item
from shared.engine.paths import Paths

BELIEVED_SECONDS = 10  # the files are decided one after the other; whose turn comes later is read anew


class Looks:
    """What one call said about many files. Each answer is used once, since a second look asks for what has changed."""

    def __init__(self, context: Context, drive: DriveId) -> None:
        self._context = context
        self._drive = drive
        self._found: dict[ItemId, tuple[Item, Columns]] = {}
        self._until = context.clock.now()

    async def ahead(self, items: Sequence[ItemId]) -> None:
        """Read them all, if they are several."""
        if len(items) > 1:
            self._until = self._context.clock.after(BELIEVED_SECONDS)
            self._found = await self._context.onedrive.items(self._drive, items)

    async def at(self, item: ItemId) -> Facts:
        found, now = self._found.pop(item, None), self._context.clock.now()
        if found is None or now > self._until:
            return await read_item(self._context, self._drive, item)
        placed = await Paths(self._context, self._drive).of(found[0])
        return Facts(now=now, item=placed, columns=found[1], time_scale=self._context.clock.time_scale)
