"""CELUM's answers as they stand on the wire, read tolerantly: unknown members ignored, optional ones missing (G13)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.celum.definitions import AssetType, Collection, CollectionType, FieldDefinition, Option
from shared.celum.values import instant, read, texts
from shared.domain import (
    Asset,
    Availability,
    CollectionId,
    FieldContent,
    FieldId,
    FieldType,
    Version,
    VersionId,
)
from shared.domain import AssetId as AssetNumber
from shared.errors import System, Unavailable

UNKNOWN_USER = 0  # who set a lock, where the answer has a lock but no user (`creation` is optional); ids begin with 1
ONLY_LOCALE = "en"  # where a name that should be a map of locales comes as a bare text

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
type Texts = Annotated[dict[str, str], BeforeValidator(texts)]
type Flag = Annotated[bool | None, BeforeValidator(lambda value: value if value in {True, False} else None)]


def _listed(value: object) -> object:
    return value if isinstance(value, list) else []


def _object_or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


def _names(value: object) -> dict[str, str]:
    return {ONLY_LOCALE: value} if isinstance(value, str) else texts(value)


type Many[T] = Annotated[list[T], BeforeValidator(_listed)]
type Maybe[T] = Annotated[T | None, BeforeValidator(_object_or_none)]
type Names = Annotated[dict[str, str], BeforeValidator(_names)]


class Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", coerce_numbers_to_str=True, frozen=True
    )


class Stamp(Model):
    date: Moment = None
    user_id: int | None = None


class VersionModel(Model):
    id: int
    filename: str = ""
    filesize: int | None = None
    file_checksum: str | None = None
    creation: Maybe[Stamp] = None

    def domain(self) -> Version:
        return Version(
            id=VersionId(self.id),
            filename=self.filename,
            size=self.filesize or 0,
            checksum=self.file_checksum or None,
            created=self.creation.date if self.creation else None,
            created_by=self.creation.user_id if self.creation else None,
        )


class AvailabilityModel(Model):
    type: str = ""
    available: bool | None = None
    since: Moment = Field(default=None, alias="from")
    until: Moment = Field(default=None, alias="to")

    def domain(self) -> Availability | None:
        match self.type.upper():
            case "DIRECT":
                return Availability(available=True if self.available is None else self.available)
            case "DATED":
                return Availability(since=self.since, until=self.until)
            case other:
                _log.warning("an availability of the type %r, which is not known", other[:40])
                return None


class LockModel(Model):
    comment: str | None = None
    creation: Maybe[Stamp] = None


class FieldReference(Model):
    id: int
    type: str | None = None


class ValueModel(Model):
    field: FieldReference
    type: str | None = None
    value: object = None


class ValueSet(Model):
    information_field_values: Many[ValueModel] = []


class PathSegment(Model):
    collection_id: int


class Path(Model):
    path_segments: Many[PathSegment] = []


class AssetModel(Model):
    id: int
    name: str = ""
    type_id: int | None = None
    current_version: VersionModel
    parent_ids: list[int] | None = None
    parent_paths: Many[Path] = []
    release_status: str = ""
    information_field_value_sets: list[ValueSet] | None = None
    availability: Maybe[AvailabilityModel] = None
    validation_status: Annotated[dict[str, Flag], BeforeValidator(lambda v: v if isinstance(v, dict) else {})] = {}
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
            fields=self._fields(),
            availability=self.availability.domain() if self.availability else None,
            validation={name: flag for name, flag in self.validation_status.items() if flag is not None},
            locked_by=(lock_user or UNKNOWN_USER) if self.lock else None,
            lock_comment=self.lock.comment if self.lock else None,
            created=created.date,
            created_by=created.user_id,
            modified=modified.date,
        )

    def _parents(self) -> tuple[CollectionId, ...]:
        """`parentIds` is optional; the paths end in the parents."""
        if self.parent_ids is not None:
            return tuple(CollectionId(number) for number in self.parent_ids)
        return tuple(
            CollectionId(path.path_segments[-1].collection_id) for path in self.parent_paths if path.path_segments
        )

    def _fields(self) -> dict[FieldId, FieldContent] | None:
        """None where the answer left the fields out: an absent member is never taken for "empty" (G87)."""
        if self.information_field_value_sets is None:
            return None
        found: dict[FieldId, FieldContent] = {}
        for entry in (value for one in self.information_field_value_sets for value in one.information_field_values):
            kind = field_type(entry.type or entry.field.type)
            content = read(kind, entry.value) if kind is not None else None
            if content is not None:
                found[FieldId(entry.field.id)] = content
        return found


class AssetPage(Model):
    content: Many[AssetModel] = []
    has_next: bool = False
    total_elements: int | None = None


class VersionPage(Model):
    content: Many[VersionModel] = []
    has_next: bool = False
    total_elements: int | None = None


class OptionModel(Model):
    index: int
    label: str = ""


class FieldModel(Model):
    id: int
    name: str = ""
    labels: Texts = {}
    type: str
    required: bool | None = None
    permissions: dict[str, object] | None = None
    min_length: int | None = None
    max_length: int | None = None
    validation_pattern: str | None = None
    locales: Many[str] = []
    min_value: float | None = None
    max_value: float | None = None
    options: dict[str, Many[OptionModel]] | None = None
    root_id: int | None = None
    root_selectable: bool | None = None
    max_selections: int | None = None

    def domain(self, depends_on: int | None) -> FieldDefinition | None:
        kind = field_type(self.type)
        if kind is None:
            return None
        return FieldDefinition(
            id=FieldId(self.id),
            name=self.name,
            type=kind,
            labels=self.labels,
            required=bool(self.required),
            editable=(self.permissions or {}).get("edit") is not False,
            min_length=self.min_length,
            max_length=self.max_length,
            pattern=self.validation_pattern or None,
            locales=tuple(self.locales),
            minimum=self.min_value,
            maximum=self.max_value,
            options={
                locale: tuple(Option(option.index, option.label) for option in options)
                for locale, options in (self.options or {}).items()
            },
            root=CollectionId(self.root_id) if self.root_id is not None else None,
            root_selectable=bool(self.root_selectable),
            max_selections=self.max_selections,
            depends_on=FieldId(depends_on) if depends_on is not None else None,
        )


class FieldSetModel(Model):
    depends_on_field_id: int | None = None
    information_fields: Many[FieldModel] = []


class AssetTypeModel(Model):
    id: int
    name: str = ""
    labels: Texts = {}
    permissions: dict[str, object] | None = None
    information_field_sets: Many[FieldSetModel] = []

    def domain(self) -> AssetType:
        found: dict[int, FieldDefinition] = {}
        for one in self.information_field_sets:
            for model in one.information_fields:
                definition = model.domain(one.depends_on_field_id)
                if definition is not None:
                    found.setdefault(model.id, definition)
        assignable = (self.permissions or {}).get("assign") is not False
        return AssetType(self.id, self.name, self.labels, tuple(found.values()), assignable)


class CollectionTypeModel(Model):
    id: int
    name: str = ""
    labels: Texts = {}
    permission_defining: bool = False
    tag_cloud: bool = False

    def domain(self) -> CollectionType:
        return CollectionType(self.id, self.name, self.labels, self.permission_defining, self.tag_cloud)


class CollectionModel(Model):
    id: int
    type_id: int | None = None
    name: Names = {}
    parent_id: int | None = None
    path: Maybe[Path] = None

    def domain(self, permission_defining: bool | None) -> Collection:
        above = self.path.path_segments if self.path else None
        return Collection(
            id=CollectionId(self.id),
            names=self.name,
            parent=CollectionId(self.parent_id) if self.parent_id is not None else None,
            type=self.type_id,
            permission_defining=permission_defining,
            # whether a path names the collection itself is not said: the example ends with the parent
            ancestors=tuple(CollectionId(s.collection_id) for s in above if s.collection_id != self.id)
            if above
            else None,
        )


class CollectionPage(Model):
    content: Many[CollectionModel] = []
    has_next: bool = False
    total_elements: int | None = None


class UploadModel(Model):
    url: str
    handle: str


class DownloadModel(Model):
    url: str
    filename: str = ""


class FormatModel(Model):
    id: int
    key: str = ""
    original: bool = False


class AboutModel(Model):
    version: str = ""
    release_version: str = ""


class UserModel(Model):
    id: int
    username: str = ""
    deactivated: bool = False


class LanguagesModel(Model):
    system: str | None = None
    information_fields: Many[str] = []


class ClientModel(Model):
    enabled: bool | None = None
    licensed: bool | None = None
    languages: Maybe[LanguagesModel] = None


def field_type(text: str | None) -> FieldType | None:
    """One of the eleven types; another one is ignored, and said (G13)."""
    try:
        return FieldType((text or "").upper())
    except ValueError:
        _log.warning("an information field of the type %r, which is not known", (text or "")[:40])
        return None
