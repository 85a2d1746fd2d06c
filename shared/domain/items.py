"""What stands in OneDrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.ids import DriveId, ItemId

type Value = str | tuple[str, ...]  # a column or property as text; several for multi-choice; "" and () are empty
MARKER_NAME = "CELUM bridge - please leave here.txt"  # in the root of each library: whose it is (shared/engine)


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something; `id` is the directory id. An application (ours too) is no person."""

    id: str = ""
    name: str = ""
    email: str = ""
    is_application: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file as OneDrive names them. `quick_xor` is None while OneDrive has not computed it."""

    size: int
    quick_xor: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder as one answer of Graph shows it. Members that the answer left out are None.

    `path` is from the library's root, with a leading slash, names in NFC as OneDrive spells them; None where unknown.
    """

    drive: DriveId
    id: ItemId
    name: str
    parent: ItemId | None
    etag: str | None
    content: Content | None = None  # None for folders, packages and deleted items
    path: str | None = None
    is_folder: bool = False
    is_root: bool = False
    is_package: bool = False
    deleted: bool = False
    malware: bool = False
    ctag: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    created_by: Person | None = None
    modified_by: Person | None = None
    web_url: str | None = None
    mime_type: str | None = None
    pixels: tuple[int, int] | None = None  # width, height of an image

    @property
    def is_marker(self) -> bool:
        """The bridge's own file, or a copy of it: no flow ever speaks of it."""
        return self.name.casefold() == MARKER_NAME.casefold()


@dataclass(frozen=True, slots=True)
class Columns:
    """The list-item fields of a file by internal name, as text (dates ISO 8601 UTC, booleans true/false).

    A person column holds the e-mail address, a lookup or managed-metadata column its label.

    `display` maps display names to internal names; a display name that two columns share maps to both.
    `unreadable` names columns whose value has a shape that is not understood.
    """

    values: Mapping[str, Value]
    display: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)  # internal name → text, choice, dateTime, dateOnly, number …
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One version of a list item, newest first in every list; `id` is also that of the drive item's version."""

    id: str
    modified: datetime
    modified_by: Person | None
    values: Mapping[str, Value]
