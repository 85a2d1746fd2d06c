from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from shared.domain.ids import DriveId, ItemId
from shared.ledger.part import Part
from shared.ledger.rows import Folder
from shared.ledger.store import Row, Table


class Folders(Part):
    """What paths are rebuilt from. Writers hold the scan lease of the drive, so no write here needs a condition."""

    async def put_folders(self, drive: DriveId, folders: Iterable[Folder]) -> None:
        """Upserts in groups: repeating them changes nothing. Of a folder named twice the last one counts."""
        await self._store.upsert_all(
            Table.FOLDERS, [Row(_partition(drive, folder.id), folder.id, _properties(folder)) for folder in folders]
        )

    async def folder(self, drive: DriveId, folder: ItemId) -> Folder | None:
        """A plain read."""
        row = await self._store.get(Table.FOLDERS, _partition(drive, folder), folder)
        return _folder(drive, row) if row else None

    async def clear_moved(self, drive: DriveId, folders: Iterable[ItemId]) -> None:
        """Merges in groups that touch only the mark; a folder that is gone stays gone."""
        rows = [Row(_partition(drive, folder), folder, {"moved": str(False)}) for folder in folders]
        await self._store.merge_all(Table.FOLDERS, rows)


def _partition(drive: DriveId, folder: ItemId) -> str:
    """One of sixteen a drive, so that a large one is not held up by a single partition's speed."""
    return f"{drive}|{blake2b(folder.encode(), digest_size=1).hexdigest()[0]}"


def _properties(folder: Folder) -> dict[str, str]:
    properties = {"name": folder.name, "moved": str(folder.moved), "gone": str(folder.gone)}
    if folder.parent is not None:
        properties["parent"] = folder.parent
    if folder.stood:
        properties["stood"] = "\n".join(folder.stood)
    return properties


def _folder(drive: DriveId, row: Row) -> Folder:
    parent = row.properties.get("parent")
    return Folder(
        drive=drive,
        id=ItemId(row.key),
        name=row.properties.get("name", ""),
        parent=ItemId(parent) if parent is not None else None,
        moved=row.properties.get("moved") == str(True),
        gone=row.properties.get("gone") == str(True),
        stood=tuple(path for path in row.properties.get("stood", "").split("\n") if path),
    )
