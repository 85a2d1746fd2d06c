"""What the bridge itself puts into a library: small files and folders, moved and taken away by their id.

Nothing is retried. Beside the errors of every call: NameTaken, Missing (the item, or the folder it goes to),
ItemChanged (`if_match` named another state) and Locked (somebody has it open, or checked out).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Item
from shared.errors import ItemChanged, Missing, NameTaken, System
from shared.onedrive.addresses import step, steps
from shared.onedrive.answers import Json
from shared.onedrive.content import DriveContent, Sources, Ticket, download_url
from shared.onedrive.items import item_of

ROOT = ItemId("root")  # of any library, wherever an item's id is asked for
_CONFLICT = "@microsoft.graph.conflictBehavior"


class IfTaken(StrEnum):
    """What becomes of a file whose name is taken."""

    FAIL = "fail"
    REPLACE = "replace"  # the file there gets a new version
    RENAME = "rename"  # Graph finds a free name


@dataclass(frozen=True, slots=True)
class SmallFile:
    """`data` ends where the reader's limit does."""

    item: Item
    data: bytes


class Placing:
    def __init__(self, sources: Sources) -> None:
        self._graph = sources.graph
        self._sources = sources

    async def put(
        self,
        drive: DriveId,
        parent: ItemId,
        name: str,
        data: bytes,
        *,
        if_taken: IfTaken,
        if_match: str | None = None,
    ) -> Item:
        """PUT …:/{name}:/content in one request, for files of a few MiB at most and for empty ones; the item stored.

        `if_match`: only over the item that still has this eTag.
        """
        at, operation = f"items/{step(parent)}:/{step(name)}", "put a file into a folder"
        url = f"/drives/{step(drive)}/{at}:/content?{_CONFLICT}={if_taken}"
        try:
            raw = await self._graph.call("PUT", url, operation, content=data, headers=_matching(if_match))
        except ItemChanged:  # though the eTag may be the right one (onedrive-api-docs#1716)
            there = await self._at(drive, at)
            if there is None or there.etag != if_match:
                raise
            raw = await self._graph.call("PUT", url, operation, content=data)
        return item_of(drive, raw)

    async def read(self, drive: DriveId, path: str, *, limit: int) -> SmallFile | None:
        """What stands at a path from the library's root, up to `limit` bytes of it; None where nothing does.

        Errors of content come too; Refused for a folder.
        """
        operation = "read a file by its path"
        try:
            raw = await self._graph.get(f"/drives/{step(drive)}/root:/{steps(path)}", operation)
        except Missing:
            return None
        item, url = item_of(drive, raw), download_url(raw)
        ticket = Ticket(url, item) if url is not None and item.content is not None and not item.malware else None
        content = DriveContent(self._sources, drive, item.id, None, ticket)
        await content.size()  # an empty file knows no ranges, and says so
        return SmallFile(item, await content.read(0, limit))

    async def move(
        self,
        drive: DriveId,
        item: ItemId,
        *,
        to: ItemId | None = None,
        name: str | None = None,
        if_match: str | None = None,
    ) -> Item:
        """PATCH: into the folder `to` of the same drive, under the name `name`, or both. Id, links and grants stay."""
        body: Json = {_CONFLICT: IfTaken.FAIL.value}
        if to is not None:
            body["parentReference"] = {"id": to}
        if name is not None:
            body["name"] = name
        url, operation = f"/drives/{step(drive)}/items/{step(item)}", f"move item {item}"
        return item_of(drive, await self._graph.call("PATCH", url, operation, body=body, headers=_matching(if_match)))

    async def folder(self, drive: DriveId, path: str) -> Item:
        """The folder at a path from the library's root, made with those above it as far as they are missing.

        Names are compared as Graph does, without case. NameTaken where a file stands in the way.
        """
        names = [name for name in path.split("/") if name]
        there, missing = await self._as_far_as_there(drive, names)
        for name in missing:
            there = await self._child_folder(drive, there, name)
        return there

    async def _as_far_as_there(self, drive: DriveId, names: list[str]) -> tuple[Item, list[str]]:
        """The deepest item of the path that exists (the root at least), and the names below it."""
        for depth in range(len(names), 0, -1):
            found = await self._at(drive, f"root:/{steps('/'.join(names[:depth]))}")
            if found is not None:
                return _as_folder(found, "/".join(names[:depth])), names[depth:]
        return item_of(drive, await self._graph.get(f"/drives/{step(drive)}/root", "read the root of a drive")), names

    async def _child_folder(self, drive: DriveId, parent: Item, name: str) -> Item:
        below = f"/drives/{step(drive)}/items/{step(parent.id)}"
        body: Json = {"name": name, "folder": {}, _CONFLICT: IfTaken.FAIL.value}
        try:
            return item_of(drive, await self._graph.call("POST", f"{below}/children", "make a folder", body=body))
        except NameTaken:
            found = await self._at(drive, f"items/{step(parent.id)}:/{step(name)}")
            if found is None or not found.is_folder:
                raise
            return found  # somebody else made it just now

    async def _at(self, drive: DriveId, address: str) -> Item | None:
        try:
            return item_of(drive, await self._graph.get(f"/drives/{step(drive)}/{address}", "find an item by its path"))
        except Missing:
            return None

    async def delete(self, drive: DriveId, item: ItemId, *, if_match: str | None) -> bool:
        """DELETE into the recycle bin; False when it was gone already."""
        url = f"/drives/{step(drive)}/items/{step(item)}"
        try:
            await self._graph.call("DELETE", url, f"delete item {item}", headers=_matching(if_match))
        except Missing:
            return False
        return True


def _matching(etag: str | None) -> Mapping[str, str] | None:
    return {"If-Match": etag} if etag is not None else None


def _as_folder(item: Item, path: str) -> Item:
    if item.is_folder:
        return item
    raise NameTaken(System.ONEDRIVE, f"make the folder {path}", "a file of this name stands there", status=409)
