"""What a tenant holds.

All values are frozen: a change makes a new one, so an index can lag behind by keeping the old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

type FieldType = Literal[
    "TEXT",
    "TEXT_AREA",
    "LOCALIZED_TEXT",
    "LOCALIZED_TEXT_AREA",
    "NUMBER",
    "DOUBLE",
    "BOOLEAN",
    "DATE",
    "DROPDOWN",
    "COLLECTION_REFERENCE",
    "TAG_REFERENCE",
]
type Texts = Mapping[str, str]
type Value = str | int | float | bool | datetime | Texts | tuple[int, ...]
type Values = Mapping[int, Value]
type Level = Literal["STRICT", "TOLERANT"]

LOCALIZED = ("LOCALIZED_TEXT", "LOCALIZED_TEXT_AREA")
REFERENCES = ("COLLECTION_REFERENCE", "TAG_REFERENCE")

READ = frozenset({"view", "viewMetadata", "download", "downloadOriginal"})
FULL = READ | {
    # on collections
    *("upload", "addCollection", "moveAway", "editIcon", "editValidationLevel", "setReference", "removeReference"),
    *("addAssets", "addAssetsToOther", "addNode"),
    # on assets
    *("editAvailability", "addVersion", "manageVersions", "assignAssetType", "addToOther"),
    # on both
    *("delete", "editMetadata", "editName"),
}
GLOBAL = frozenset({"upload", "viewExpiredAssets", "downloadExpiredAssets", "editExpiredAssets"})


@dataclass(frozen=True, slots=True)
class Stamp:
    date: datetime
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Grants are additive: permission names by collection, for it and all below; None stands for the whole tenant."""

    id: int
    username: str
    created: datetime
    password: str | None = None
    grants: Mapping[int | None, frozenset[str]] = field(default_factory=dict)
    may: frozenset[str] = GLOBAL
    uneditable_fields: frozenset[int] = frozenset()
    forbidden_formats: frozenset[str] = frozenset()
    forbidden_extensions: frozenset[str] = frozenset()
    deactivated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationField:
    id: int
    name: str
    type: FieldType
    labels: Texts
    required: bool = False
    default: Value | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    locales: tuple[str, ...] = ("en", "de")
    min_value: float | None = None
    max_value: float | None = None
    options: Mapping[int, Texts] = field(default_factory=dict)
    root_id: int | None = None
    max_selections: int | None = None
    entity_types: tuple[str, ...] = ("ASSET", "COLLECTION", "RELATION")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSet:
    """`required` names fields that this type demands beyond those that are required everywhere."""

    id: int
    name: str
    field_ids: tuple[int, ...]
    required: frozenset[int] = frozenset()
    depends_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetType:
    id: int
    name: str
    sets: tuple[FieldSet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionType:
    id: int
    name: str
    permission_defining: bool = True
    tag_cloud: bool = False
    sets: tuple[FieldSet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    id: int
    type_id: int
    names: Texts
    creation: Stamp
    modification: Stamp
    parent: int | None = None
    icon: str | None = None
    level: Level = "STRICT"
    level_inherited: bool = False
    values: Values = field(default_factory=dict)
    roles: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Direct:
    available: bool


@dataclass(frozen=True, slots=True)
class Dated:
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    comment: str
    creation: Stamp


@dataclass(slots=True)
class Blob:
    """Bytes on disk and their digests, as far as somebody asked for them."""

    path: Path
    size: int
    digests: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    id: int
    filename: str
    category: str
    creation: Stamp
    blob: Blob | None
    preview_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalReference:
    id: int
    description: str
    provider: str
    instance: str | None
    url: str
    updated: datetime

    @property
    def key(self) -> tuple[str, str, str | None]:
        return self.description, self.provider, self.instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    id: int
    name: str
    creation: Stamp
    modification: Stamp
    versions: tuple[Version, ...]
    current: int
    parents: tuple[int, ...] = ()
    type_id: int | None = None
    availability: Direct | Dated = Direct(available=True)
    released: bool = False
    lock: Lock | None = None
    values: Values = field(default_factory=dict)
    references: tuple[ExternalReference, ...] = ()

    @property
    def version(self) -> Version:
        return next(v for v in self.versions if v.id == self.current)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    id: int
    type_id: int
    source: int
    target: int
    creation: Stamp
    source_version: int | None = None
    target_version: int | None = None
    values: Values = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Upload:
    handle: str
    token: str
    filename: str
    filesize: int
    user_id: int
    created: datetime
    blob: Blob | None = None
    consumed: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A download format; `longest` is the longest side of the picture it makes, None the original."""

    id: int
    key: str
    label: str
    longest: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A download url that was handed out."""

    token: str
    path: Path
    filename: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: str
    user_id: int
    created: datetime
    items: tuple[tuple[int, int], ...]
    failed: tuple[tuple[int, int], ...] = ()
