"""One document library: its items, its change log, and every way they change."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from local.onedrive_simulator.clock import Clock
from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.blobs import Content
from local.onedrive_simulator.estate.images import measure_image
from local.onedrive_simulator.estate.model import (
    Column,
    Conflict,
    Fields,
    Identity,
    Item,
    Moderation,
    Tombstone,
    Version,
)
from local.onedrive_simulator.estate.names import check_name, check_path, free_name
from local.onedrive_simulator.problems import invalid, locked, missing, name_taken, out_of_quota
from local.onedrive_simulator.quirks import Quirks

QUOTA_BYTES = 25 << 40  # 25 TiB, the largest site collection


class Drive:
    def __init__(self, name: str, *, owner: Identity, clock: Clock, quirks: Quirks) -> None:
        self.name = name
        self.owner = owner
        self.clock = clock
        self.quirks = quirks
        self.kind = "documentLibrary"
        self.site_guid, self.web_guid, self.list_guid = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        self.id = ids.drive_id(self.site_guid, self.web_guid, self.list_guid)
        self.web_url = f"https://acme.sharepoint.com/{name}"
        self.zone = ZoneInfo("UTC")
        self.columns: dict[str, Column] = {}
        self.rewrites = True  # SharePoint mode
        self.requires_check_out = False  # a new file is its uploader's alone until check-in (Q6)
        self.content_approval = False
        self.quota = QUOTA_BYTES
        self.created = clock.now()
        self.generation = 1  # delta tokens of an older one answer 410
        self.resync = "resyncChangesApplyDifferences"
        self.items: dict[str, Item] = {}
        self.gone: dict[str, Tombstone] = {}
        self.children: dict[str, dict[str, str]] = {}  # parent id → case-folded name → id
        self.log: list[str] = []  # entry n (from 1) is the item id that changed; superseded entries stay
        self.on_change: Callable[[Drive], None] = lambda _: None
        self._prefix = ids.item_prefix()
        self._next_number = 0
        self.root = self._new("root", "", is_folder=True, by=owner, content=None)
        self._attach(self.root)

    # reading

    def get(self, item_id: str) -> Item:
        if item_id.lower() == "root":
            return self.root
        try:
            return self.items[item_id]
        except KeyError:
            raise missing() from None

    def child(self, parent: Item, name: str) -> Item | None:
        found = self.children.get(parent.id, {}).get(name.casefold())
        return self.items[found] if found else None

    def children_of(self, parent: Item) -> list[Item]:
        return [self.items[i] for i in self.children.get(parent.id, {}).values()]

    def find(self, path: str) -> Item | None:
        item: Item | None = self.root
        for name in path.strip("/").split("/") if path.strip("/") else []:
            item = self.child(item, name) if item else None
        return item

    def ancestors(self, item: Item) -> list[Item]:
        """The folders above, the root first."""
        line: list[Item] = []
        while item.parent_id:
            item = self.items[item.parent_id]
            line.insert(0, item)
        return line

    def path(self, item: Item) -> str:
        """From the root of the library, with a leading slash; "" for the root."""
        return "".join(f"/{i.name}" for i in [*self.ancestors(item), item] if i.parent_id)

    def subtree(self, item: Item) -> Iterator[Item]:
        yield item
        for child in self.children_of(item):
            yield from self.subtree(child)

    def used(self) -> int:
        return sum(v.content.size for i in self.items.values() for v in i.versions if v.content)

    def by_number(self, number: str) -> Item:
        found = next((i for i in self.items.values() if str(i.number) == number and i.parent_id), None)
        if found is None:
            raise missing("The specified list item was not found")
        return found

    # changing

    def create_folder(self, parent: Item, name: str, by: Identity, conflict: Conflict = "fail") -> tuple[Item, bool]:
        """The folder and whether it is new; "replace" takes an existing folder as it is."""
        self._check_place(parent, name)
        existing = self.child(parent, name)
        if existing and conflict == "replace" and existing.is_folder:
            return existing, False
        folder = self._new(self._settle_name(parent, name, conflict), parent.id, is_folder=True, by=by, content=None)
        self._attach(folder)
        return folder, True

    def put_content(
        self, parent: Item, name: str, content: Content, by: Identity, conflict: Conflict = "replace"
    ) -> tuple[Item, bool]:
        """A new file, or with "replace" a new version of the one that has the name."""
        self._check_place(parent, name)
        existing = self.child(parent, name)
        if existing and conflict == "replace":
            self.replace_content(existing, content, by)
            return existing, False
        self.check_quota(content.size)
        item = self._new(self._settle_name(parent, name, conflict), parent.id, is_folder=False, by=by, content=content)
        if self.requires_check_out:
            item.never_checked_in, item.checked_out_by = True, by
        self._attach(item)
        return item, True

    def replace_content(self, item: Item, content: Content, by: Identity) -> None:
        if item.is_folder:
            raise invalid("Cannot replace a folder with a file")
        self.check_unlocked(item, by)
        self.check_quota(content.size)
        item.ctag_number += 1
        self._add_version(item, content, item.fields, by)
        item.disk_modified = item.modified
        item.image = measure_image(item.mime_type, content.path)
        self.changed(item)

    def rewrite_content(self, item: Item, content: Content, by: Identity, *, as_version: bool) -> None:
        """What SharePoint does behind the caller's back: other bytes, in the same version unless told."""
        if as_version:
            self._add_version(item, content, item.fields, by)
        else:
            item.current.content, item.current.by, item.modified_by = content, by, by
        item.ctag_number += 1
        self.changed(item)

    def restore_version(self, item: Item, version: Version, by: Identity) -> None:
        self.check_unlocked(item, by)
        if not self.quirks.ctag_kept_on_restore:
            item.ctag_number += 1
        self._add_version(item, version.content, version.fields, by)
        self.changed(item)

    def require_approval(self) -> None:
        """Switch content approval on: what is there counts as approved, and every edit asks for it anew."""
        self.content_approval = True
        for item in self.items.values():
            item.moderation = item.moderation or "Approved"

    def moderate(self, item: Item, status: Moderation) -> None:
        if not self.content_approval:
            raise invalid("The library has no content approval")
        item.moderation = status
        self.changed(item)

    def set_fields(self, item: Item, values: Fields, by: Identity) -> None:
        """A column write: a new version with the same bytes and another eTag."""
        self.check_unlocked(item, by)
        self._add_version(item, item.content, {**item.fields, **values}, by)
        self.changed(item)

    def set_times(self, item: Item, created: datetime | None, modified: datetime | None, by: Identity) -> None:
        item.disk_created = created or item.disk_created
        if modified and modified != item.disk_modified:
            item.disk_modified = modified
            if self.quirks.modified_time_makes_version and not item.is_folder:
                self._add_version(item, item.content, item.fields, by)
            item.modified = item.current.at = modified
        self.changed(item)

    def relocate(
        self, item: Item, *, parent: Item | None, name: str | None, by: Identity, conflict: Conflict = "fail"
    ) -> None:
        """Rename, move, or both; descendants are not touched and not reported."""
        if item is self.root:
            raise invalid("The root of a drive cannot be renamed or moved")
        self.check_unlocked(item, by)
        parent = parent or self.items[item.parent_id]
        name = name or item.name
        if not parent.is_folder or parent is item or item in self.ancestors(parent):
            raise invalid("The item cannot be moved there")
        self._check_place(parent, name)
        taken = self.child(parent, name)
        if taken and taken is not item:
            if conflict == "replace":
                self.delete(taken, by)
            else:
                name = self._settle_name(parent, name, conflict)
        del self.children[item.parent_id][item.name.casefold()]
        renamed = name != item.name
        item.parent_id, item.name = parent.id, name
        self.children.setdefault(parent.id, {})[name.casefold()] = item.id
        item.modified_by = by
        if renamed and self.quirks.ctag_changes_on_rename:
            item.ctag_number += 1
        self.changed(item)

    def delete(self, item: Item, by: Identity) -> None:
        """Into the recycle bin, with everything below."""
        if item is self.root:
            raise invalid("The root of a drive cannot be deleted")
        self.check_unlocked(item, by)
        deletion = ids.opaque(8)
        del self.children[item.parent_id][item.name.casefold()]
        for lost in reversed(list(self.subtree(item))):
            del self.items[lost.id]
            self.log.append(lost.id)
            at = self.clock.now()
            self.gone[lost.id] = Tombstone(lost, deletion, lost is item, len(self.log), at)
            self.children.pop(lost.id, None)
        self.on_change(self)

    def restore(self, item_id: str) -> Item:
        """Out of the recycle bin, with everything that was deleted along with it; the ids stay."""
        bin_entry = self.gone.get(item_id)
        if bin_entry is None:
            raise missing("There is no such item in the recycle bin")
        together = [t.item for t in self.gone.values() if t.deletion == bin_entry.deletion]
        for item in reversed(together):
            del self.gone[item.id]
            if item.parent_id not in self.items:
                item.parent_id = self.root.id
            taken = set(self.children.get(item.parent_id, {}))
            if item.name.casefold() in taken:
                item.name = free_name(item.name, taken)
            item.etag_number += 1
            self._attach(item)
        return bin_entry.item

    def changed(self, item: Item) -> None:
        item.etag_number += 1
        self._record(item)

    # rules

    def check_unlocked(self, item: Item, by: Identity) -> None:
        held = item.checked_out_by is not None and item.checked_out_by != by
        if item.locked or held:
            raise locked()

    def check_quota(self, size: int) -> None:
        full_size = self.quota == QUOTA_BYTES  # never reached here, and counting all versions takes time
        if not full_size and self.used() + size > self.quota:
            raise out_of_quota()

    def _check_place(self, parent: Item, name: str) -> None:
        if not parent.is_folder:
            raise invalid("The parent is not a folder")
        check_name(name)
        check_path(f"{self.name}{self.path(parent)}/{name}")

    def _settle_name(self, parent: Item, name: str, conflict: Conflict) -> str:
        taken = set(self.children.get(parent.id, {}))
        if name.casefold() not in taken:
            return name
        if conflict != "rename":
            raise name_taken()
        return free_name(name, taken)

    # records

    def _new(self, name: str, parent_id: str, *, is_folder: bool, by: Identity, content: Content | None) -> Item:
        guid, now = uuid.uuid4(), self.clock.now()
        fields: Fields = {c.name: c.default for c in self.columns.values() if c.default is not None and parent_id}
        self._next_number += 1
        item = Item(
            id=ids.item_id(self._prefix, guid),
            guid=guid,
            name=name,
            parent_id=parent_id,
            number=self._next_number - 1,
            is_folder=is_folder,
            created=now,
            created_by=by,
            modified=now,
            modified_by=by,
            disk_created=now,
            disk_modified=now,
            versions=[Version(1, by, now, content, fields)],
            moderation="Pending" if self.content_approval else None,
        )
        if content:
            item.image = measure_image(item.mime_type, content.path)
        return item

    def _attach(self, item: Item) -> None:
        self.items[item.id] = item
        if item.parent_id:
            self.children.setdefault(item.parent_id, {})[item.name.casefold()] = item.id
        self._record(item)

    def _add_version(self, item: Item, content: Content | None, fields: Fields, by: Identity) -> None:
        now = self.clock.now()
        item.versions.append(Version(item.current.number + 1, by, now, content, dict(fields)))
        item.moderation = "Pending" if self.content_approval else None
        del item.versions[: -self.quirks.version_limit]
        item.modified, item.modified_by = now, by

    def _record(self, item: Item) -> None:
        self.log.append(item.id)
        item.sequence, item.changed = len(self.log), self.clock.now()
        self.on_change(self)
