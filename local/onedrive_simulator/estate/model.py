"""The words: identity, column, version, item, tombstone. Mutable records; the drive alone changes them."""

from __future__ import annotations

import mimetypes
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from local.onedrive_simulator.estate.blobs import Content

type Value = str | float | bool | list[str] | None
type Fields = dict[str, Value]
type ColumnKind = Literal["text", "choice", "multiChoice", "dateTime", "number", "boolean", "person"]
type Conflict = Literal["fail", "rename", "replace"]
type Moderation = Literal["Approved", "Denied", "Pending", "Draft", "Scheduled"]  # in the order of their numbers


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or group, or without an address the application."""

    name: str
    email: str = ""
    is_group: bool = False

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Read "Jane Doe <jane@acme.example>"."""
        match = re.fullmatch(r"\s*(.*?)\s*<([^>]*)>\s*", text)
        return cls(match[1], match[2]) if match else cls(text.strip(), "unknown@acme.example")

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.email or f"application:{self.name}"))

    def as_json(self) -> dict[str, Any]:
        if not self.email:
            return {"application": {"id": self.id, "displayName": self.name}}
        return {"group" if self.is_group else "user": {"id": self.id, "displayName": self.name, "email": self.email}}


APPLICATION = Identity("Bridge")
SHAREPOINT_APP = Identity("SharePoint App")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: ColumnKind = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    default: Value = None
    date_only: bool = True
    display_name: str = ""


@dataclass(slots=True)
class Version:
    """One state of a file: its bytes and its column values at that time."""

    number: int
    by: Identity
    at: datetime
    content: Content | None
    fields: Fields

    @property
    def id(self) -> str:
        return f"{self.number}.0"


@dataclass(slots=True)
class Permission:
    id: str
    roles: list[str]
    person: Identity | None = None
    link: dict[str, Any] | None = None
    expires: str = ""


@dataclass(slots=True)
class Item:
    id: str
    guid: uuid.UUID
    name: str
    parent_id: str  # empty for the root
    number: int  # of the list item
    is_folder: bool
    created: datetime
    created_by: Identity
    modified: datetime
    modified_by: Identity
    disk_created: datetime  # fileSystemInfo
    disk_modified: datetime
    versions: list[Version]
    etag_number: int = 1
    ctag_number: int = 1
    sequence: int = 0  # of its last entry in the change log
    changed: datetime | None = None
    permissions_at: int = 0  # the entry in the change log that only says who may see it
    locked: bool = False
    checked_out_by: Identity | None = None
    never_checked_in: bool = False  # only its uploader sees it
    malware: bool = False
    hidden: bool = False  # the app may not see it any more
    is_package: bool = False  # a notebook: neither file nor folder
    moderation: Moderation | None = None  # None where the library has no content approval
    image: tuple[int, int] | None = None
    permissions: list[Permission] = field(default_factory=list)
    inherits: bool = True  # permissions from the folders above

    @property
    def etag(self) -> str:
        return f'"{{{str(self.guid).upper()}}},{self.etag_number}"'

    @property
    def ctag(self) -> str:
        return f'"c:{{{str(self.guid).upper()}}},{self.ctag_number}"'

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def fields(self) -> Fields:
        return self.current.fields

    @property
    def content(self) -> Content | None:
        return self.current.content

    @property
    def size(self) -> int:
        return self.content.size if self.content else 0

    @property
    def mime_type(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


@dataclass(slots=True)
class Tombstone:
    """A deleted item in the recycle bin, together with what went along in the same delete (`deletion`)."""

    item: Item
    deletion: str
    top: bool
    sequence: int
    at: datetime
