"""Where an item stands: paths rebuilt from names and parents, since a delta page does not carry them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Item
from shared.engine.context import Context
from shared.errors import Missing
from shared.ledger.rows import Folder

DEEPEST = 200  # a path has at most 400 characters, so at most 200 segments; more is a loop


class Paths:
    """Paths of one drive. Folders seen in this run come first, then the ledger's, then OneDrive is asked."""

    def __init__(self, context: Context, drive: DriveId) -> None:
        self._context = context
        self._drive = drive
        self._seen: dict[ItemId, Folder] = {}

    def see(self, folders: Mapping[ItemId, Folder]) -> None:
        self._seen |= folders

    async def of(self, item: Item) -> Item:
        """The item with its path; without one when a parent is gone."""
        if item.path is not None or item.deleted:
            return item
        if item.is_root:
            return dataclasses.replace(item, path="/")
        names = [item.name]
        parent = item.parent
        for _ in range(DEEPEST):
            folder = await self._folder(parent) if parent else None
            if folder is None:
                return item
            if folder.parent is None:
                return dataclasses.replace(item, path="/" + "/".join(reversed(names)))
            names.append(folder.name)
            parent = folder.parent
        return item

    async def stood(self, folder: Folder) -> str | None:
        """Where a folder stood as the ledger last knew it, whatever became of it and of the folders above."""
        names, parent = [folder.name], folder.parent
        for _ in range(DEEPEST):
            above = await self._context.ledger.folder(self._drive, parent) if parent else None
            above = above or (await self._folder(parent) if parent else None)
            if above is None:
                return None
            if above.parent is None:
                return "/" + "/".join(reversed(names))
            names.append(above.name)
            parent = above.parent
        return None

    async def former(self, folder: Folder) -> list[str]:
        """Where it may have stood before, by the moves of it and of the folders above that the ledger remembers."""
        found: list[str] = []
        below, row = "", folder
        for _ in range(DEEPEST):
            found += [f"{place}{below}" for place in row.stood]
            above = await self._context.ledger.folder(self._drive, row.parent) if row.parent else None
            if above is None:
                break
            below, row = f"/{row.name}{below}", above
        return found

    async def _folder(self, folder: ItemId) -> Folder | None:
        known = self._seen.get(folder) or await self._context.ledger.folder(self._drive, folder)
        if known is None or known.gone:
            was_deleted = known is not None
            try:
                known = as_folder(await self._context.onedrive.folder(self._drive, folder))
            except Missing:
                return None
            if not was_deleted:  # else the delta brings it back, with all that is in it
                await self._context.ledger.put_folders(self._drive, [known])
        self._seen[folder] = known
        return known


def as_folder(item: Item, *, moved: bool = False) -> Folder:
    """`parent` is None for the root alone."""
    return Folder(item.drive, item.id, item.name, None if item.is_root else item.parent, moved=moved)
