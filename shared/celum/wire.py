"""CELUM's answers as they stand on the wire, read tolerantly: unknown members ignored, optional ones missing (G13)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from shared.celum.values import instant, read
from shared.domain.assets import Asset, Availability, ExternalReference, FieldContent, FieldType, Version
from shared.domain.ids import AssetId as AssetNumber
from shared.domain.ids import CollectionId, FieldId, VersionId
from shared.errors import System, Unavailable

UNKNOWN_USER = 0  # who set a lock, where the answer has a lock but no user (`creation` is optional); ids begin with 1

_log = logging.getLogger(__name__)


def understood[M: Model](model: type[M], answer: object, operation: str) -> M:
    """The answer as `model`; what cannot be read is no result: whether the request took effect is unknown."""
    try:
        return model.model_validate(answer)
    except ValidationError as problem:
        places = ", ".join(sorted({".".join(str(part) for part in error["loc"]) for error in problem.errors()})[:5])
        told = f"an answer that is not understood ({places or 'not an object'})"
        raise Unavailable(System.CELUM, operation, told) from None


def understood_list[M: Model](model: type[M], answer: object, operation: str) -> tuple[M, ...]:
    """A plain array or one page of it; accept both (reference 4)."""
    listed = answer.get("content") or [] if isinstance(answer, dict) else answer
    if not isinstance(listed, list):
        raise Unavailable(System.CELUM, operation, "an answer that is not understood (not a list)")
    return tuple(understood(model, entry, operation) for entry in listed)


type Moment = Annotated[datetime | None, BeforeValidator(instant)]
type Flag = Annotated[bool | None, BeforeValidator(lambda value: value if isinstance(value, bool) else None)]


def _listed(value: object) -> object:
    return value if isinstance(value, list) else []


def _object_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


type Many[T] = Annotated[list[T], BeforeValidator(_listed)]
type Maybe[T] = Annotated[T | None, BeforeValidator(_object_or_none)]


class Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", coerce_numbers_to_str=True, frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        """A member that is null says no more than one that is missing (G13)."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Stamp(Model):
    date: Moment = None
    user_id: int | None = None


class VersionModel(Model):
    id: int
    filename: str = ""
    filesize: int | None = None
    file_checksum: str | None = None
    file_category: str | None = None
    preview_state: str | None = None
    creation: Maybe[Stamp] = None

    def domain(self) -> Version:
        return Version(
            id=VersionId(self.id),
            filename=self.filename,
            size=self.filesize or 0,
            checksum=self.file_checksum or None,
            created=self.creation.date if self.creation else None,
            created_by=self.creation.user_id if self.creation else None,
            category=(self.file_category or "").upper(),
            preview=(self.preview_state or "").upper(),
        )


def availability(value: object) -> Availability | None:
    """None where the answer has none. What is not understood is never read as "for ever" (G124)."""
    if value is None:
        return None
    given = value if isinstance(value, dict) else {}
    match str(given.get("type")).upper(), given.get("available"):
        case "DIRECT", bool(is_available):
            return Availability(available=is_available)
        case "DATED", _:
            ends = [(there, instant(there)) for there in (given.get("from"), given.get("to"))]
            if all(there is None or moment is not None for there, moment in ends):
                return Availability(since=ends[0][1], until=ends[1][1])
    shown = str(value)[:80]
    _log.warning("an availability that is not understood: %r", shown)
    return Availability(available=False, unreadable=shown)


class LockModel(Model):
    comment: str | None = None
    creation: Maybe[Stamp] = None


class KeyModel(Model):
    key: str


class ReferenceModel(Model):
    url: str = ""
    description: KeyModel
    provider: KeyModel
    instance: Maybe[KeyModel] = None

    def domain(self) -> ExternalReference:
        instance = self.instance.key if self.instance else None
        return ExternalReference(self.description.key, self.provider.key, instance, self.url)


class FieldReference(Model):
    id: int
    type: str | None = None


class ValueModel(Model):
    field: FieldReference
    type: str | None = None
    value: object = None


class ValueSet(Model):
    information_field_values: Many[ValueModel] = Field(default_factory=list)


def contents(sets: list[ValueSet] | None) -> dict[FieldId, FieldContent] | None:
    """None where the answer left the fields out: an absent member is never taken for "empty" (G87)."""
    if sets is None:
        return None
    found: dict[FieldId, FieldContent] = {}
    for entry in (value for one in sets for value in one.information_field_values):
        kind = field_type(entry.type or entry.field.type)
        content = read(kind, entry.value) if kind is not None else None
        if content is not None:
            found[FieldId(entry.field.id)] = content
    return found


class PathSegment(Model):
    collection_id: int


class Path(Model):
    path_segments: Many[PathSegment] = Field(default_factory=list)


class AssetModel(Model):
    id: int
    name: str = ""
    type_id: int | None = None
    current_version: VersionModel
    parent_ids: list[int] | None = None
    parent_paths: Many[Path] = Field(default_factory=list)
    release_status: str = ""
    information_field_value_sets: list[ValueSet] | None = None
    external_references: list[ReferenceModel] | None = None
    availability: object = None
    validation_status: Maybe[dict[str, Flag]] = None
    lock: Maybe[LockModel] = None
    creation: Maybe[Stamp] = None
    modification: Maybe[Stamp] = None

    def domain(self) -> Asset:
        created, modified = self.creation or Stamp(), self.modification or Stamp()
        lock_user = self.lock.creation.user_id if self.lock and self.lock.creation else None
        return Asset(
            id=AssetNumber(self.id),
            name=self.name,
            type_id=self.type_id,
            current_version=self.current_version.domain(),
            parents=self._parents(),
            released=self.release_status.upper() == "RELEASED",
            fields=contents(self.information_field_value_sets),
            availability=availability(self.availability),
            validation={name: flag for name, flag in (self.validation_status or {}).items() if flag is not None},
            locked_by=(lock_user or UNKNOWN_USER) if self.lock else None,
            lock_comment=self.lock.comment if self.lock else None,
            created=created.date,
            created_by=created.user_id,
            modified=modified.date,
            modified_by=modified.user_id,
            references=None
            if self.external_references is None
            else tuple(reference.domain() for reference in self.external_references),
        )

    def _parents(self) -> tuple[CollectionId, ...]:
        """`parentIds` is optional; the paths end in the parents."""
        if self.parent_ids is not None:
            return tuple(CollectionId(number) for number in self.parent_ids)
        return tuple(
            CollectionId(path.path_segments[-1].collection_id) for path in self.parent_paths if path.path_segments
        )


class AssetPage(Model):
    content: Many[AssetModel] = Field(default_factory=list)
    has_next: bool = False
    total_elements: int | None = None


class VersionPage(Model):
    content: Many[VersionModel] = Field(default_factory=list)
    has_next: bool = False
    total_elements: int | None = None


class UploadModel(Model):
    url: str
    handle: str


class DownloadModel(Model):
    url: str
    filename: str = ""


def field_type(text: str | None) -> FieldType | None:
    """One of the eleven types; another one is ignored, and said (G13)."""
    try:
        return FieldType((text or "").upper())
    except ValueError:
        _log.warning("an information field of the type %r, which is not known", (text or "")[:40])
        return None
