"""What a tenant's administrators have defined: asset types, information fields, collections; and who we are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.assets import FieldContent, FieldType
from shared.domain.ids import AssetId, CollectionId, FieldId


@dataclass(frozen=True, slots=True)
class Option:
    index: int
    label: str


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """An information field with the limits that CELUM will apply to its values."""

    id: FieldId
    name: str
    type: FieldType
    labels: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    editable: bool = True
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    locales: tuple[str, ...] = ()  # empty: CELUM did not say
    minimum: float | None = None
    maximum: float | None = None
    options: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)  # by locale
    root: CollectionId | None = None  # references point below it
    root_selectable: bool = False
    max_selections: int | None = None
    depends_on: FieldId | None = None  # the boolean field that must be true for this one to count

    @property
    def label(self) -> str:
        """The name that people know; English where there is one."""
        return self.labels.get("en") or next(iter(self.labels.values()), self.name)


@dataclass(frozen=True, slots=True)
class AssetType:
    id: int
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[FieldDefinition, ...] = ()
    assignable: bool = True


@dataclass(frozen=True, slots=True)
class CollectionType:
    id: int
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    permission_defining: bool = False
    tag_cloud: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """`ancestors` from the root down, None where the answer did not say; `permission_defining` None if unknown.

    `fields` is None where the answer left them out (never "empty").
    """

    id: CollectionId
    names: Mapping[str, str]
    parent: CollectionId | None = None
    type: int | None = None
    permission_defining: bool | None = None
    ancestors: tuple[CollectionId, ...] | None = None
    fields: Mapping[FieldId, FieldContent] | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class DownloadFormat:
    """A rendition. `prompts`: a person would be asked for a usage or for terms first, so the bridge may be refused."""

    id: int
    key: str
    labels: Mapping[str, str] = field(default_factory=dict)
    original: bool = False
    prompts: bool = False


@dataclass(frozen=True, slots=True)
class RelationType:
    id: int
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relation:
    """From `source` to `target`, either None where it cannot be seen; `status` is BROKEN, OUTDATED, SYNCED or empty."""

    id: int
    type: int | None
    source: AssetId | None
    target: AssetId | None
    status: str = ""


@dataclass(frozen=True, slots=True)
class JobItem:
    """One rendition of one asset's current version; older versions are not to be had through jobs."""

    asset: AssetId
    format: int


@dataclass(frozen=True, slots=True)
class Link:
    """Where bytes are to be had for a short time; never stored."""

    url: str = field(repr=False)
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A download job. Without a `link` nothing of it can be had, whatever `finished` says (G68)."""

    id: str
    finished: bool
    failed: bool = False
    failed_items: tuple[JobItem, ...] = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bridge is in CELUM, and which CELUM it talks to. `licensed` is None without a client id.

    `lacks` are the global permissions to which CELUM says no; of the others it may say nothing at all.
    """

    version: str
    user_id: int
    user_name: str
    licensed: bool | None = None
    enabled: bool | None = None
    lacks: frozenset[str] = frozenset()
