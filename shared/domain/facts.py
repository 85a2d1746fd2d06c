"""What is read about a file before something is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.items import Columns, Item, ItemVersion, Value


class Kind(StrEnum):
    """A fact that costs a call to gather."""

    COLUMNS = "columns"
    SIGNATURE = "signature"  # of the present content; of an Office package this reads its central directory
    VERSIONS = "versions"  # the list item's versions with their columns
    VERSION_SIGNATURE = "version signature"  # `of` names the version
    OFFICE = "office properties"
    EMBEDDED = "embedded properties"
    PIXELS = "pixels"  # of a picture, from its header: where OneDrive does not tell them
    CHECKED_IN = "checked in"
    CONTENT_APPROVAL = "content approval"
    FOLDER = "folder"  # `of` is its path: the columns of a folder whose gate the file lies behind
    COLLECTION = "collection"  # `of` is its path: the fields of a collection whose gate the file lies behind


@dataclass(frozen=True, slots=True)
class Need:
    kind: Kind
    of: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one file at the time of a decision. What was not gathered yet is None (or not in the map)."""

    now: datetime
    item: Item
    columns: Columns | None = None
    signature: str | None = None
    versions: tuple[ItemVersion, ...] | None = None
    versions_unreadable: bool = False  # asked for, refused (403)
    version_signatures: Mapping[str, str] = field(default_factory=dict)  # version id → signature
    office: Mapping[str, str] | None = None
    embedded: Mapping[str, Value] | None = None
    pixels: tuple[int, int] | None = None  # as the file's header says; (0, 0) where it does not
    checked_in: bool | None = None
    content_approval: str | None = None  # Approved, Denied, Pending, Draft, Scheduled; "" where the library has none
    folders: Mapping[str, Columns | None] = field(default_factory=dict)  # by path; None = there is no such folder
    collections: Mapping[str, Mapping[str, Value] | None] = field(default_factory=dict)  # path → field label → text
    time_scale: float = 1  # every wait is divided by it; 1 outside the local stack
