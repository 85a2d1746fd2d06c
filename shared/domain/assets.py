"""What stands in CELUM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.ids import AssetId, CollectionId, FieldId, VersionId


@dataclass(frozen=True, slots=True)
class Version:
    id: VersionId
    filename: str
    size: int
    checksum: str | None
    created: datetime | None = None
    created_by: int | None = None
    category: str = ""  # IMAGE, DOCUMENT, VIDEO, AUDIO, TEXT, MODEL3D, UNKNOWN, or PLACEHOLDER for one without a file
    preview: str = ""  # PROCESSING, SUCCEEDED, FAILED; empty where CELUM did not say


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """Where an asset is used, as CELUM knows it: one url for each triple of keys."""

    description: str
    provider: str
    instance: str | None
    url: str

    @property
    def key(self) -> tuple[str, str, str | None]:
        return self.description, self.provider, self.instance


@dataclass(frozen=True, slots=True)
class Availability:
    """`available` for the direct form; otherwise the dated form, UTC instants, either end open when None.

    `unreadable` is what CELUM says where that is not understood; such an asset counts as not available meanwhile.
    """

    available: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    unreadable: str = ""


class FieldType(StrEnum):
    TEXT = "TEXT"
    TEXT_AREA = "TEXT_AREA"
    LOCALIZED_TEXT = "LOCALIZED_TEXT"
    LOCALIZED_TEXT_AREA = "LOCALIZED_TEXT_AREA"
    NUMBER = "NUMBER"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DROPDOWN = "DROPDOWN"
    COLLECTION_REFERENCE = "COLLECTION_REFERENCE"
    TAG_REFERENCE = "TAG_REFERENCE"


# What a field holds, in CELUM's own terms: text; locale → text; number; bool; instant; option index; ids, sorted.
type FieldContent = str | Mapping[str, str] | int | float | bool | datetime | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as one answer of CELUM shows it; `fields` and `references` are None where it left them out."""

    id: AssetId
    name: str
    type_id: int | None
    current_version: Version
    parents: tuple[CollectionId, ...]
    released: bool
    fields: Mapping[FieldId, FieldContent] | None = None
    availability: Availability | None = None
    validation: Mapping[str, bool] = field(default_factory=dict)
    locked_by: int | None = None
    lock_comment: str | None = None
    created: datetime | None = None
    created_by: int | None = None
    modified: datetime | None = None
    modified_by: int | None = None
    references: tuple[ExternalReference, ...] | None = None
