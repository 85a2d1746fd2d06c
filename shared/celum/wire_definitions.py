"""What administrators have defined, and who we are, as CELUM's answers have it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.celum.definitions import (
    AssetType,
    Collection,
    CollectionType,
    DownloadFormat,
    FieldDefinition,
    Option,
    RelationType,
)
from shared.celum.values import texts
from shared.celum.wire import Many, Maybe, Model, Path, Stamp, ValueSet, contents, field_type
from shared.domain.ids import CollectionId, FieldId

NO = frozenset({"false", "none", "no"})  # global permissions are texts (reference 24, row 10); which ones is not said
ONLY_LOCALE = "en"  # where a name that should be a map of locales comes as a bare text


def _names(value: object) -> dict[str, str]:
    return {ONLY_LOCALE: value} if isinstance(value, str) else texts(value)


type Texts = Annotated[dict[str, str], BeforeValidator(texts)]
type Names = Annotated[dict[str, str], BeforeValidator(_names)]


class OptionModel(Model):
    index: int
    label: str = ""


class FieldModel(Model):
    id: int
    name: str = ""
    labels: Texts = Field(default_factory=dict)
    type: str
    required: bool | None = None
    permissions: dict[str, object] | None = None
    min_length: int | None = None
    max_length: int | None = None
    validation_pattern: str | None = None
    locales: Many[str] = Field(default_factory=list)
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
    information_fields: Many[FieldModel] = Field(default_factory=list)


class AssetTypeModel(Model):
    id: int
    name: str = ""
    labels: Texts = Field(default_factory=dict)
    permissions: dict[str, object] | None = None
    information_field_sets: Many[FieldSetModel] = Field(default_factory=list)

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
    labels: Texts = Field(default_factory=dict)
    permission_defining: bool = False
    tag_cloud: bool = False

    def domain(self) -> CollectionType:
        return CollectionType(self.id, self.name, self.labels, self.permission_defining, self.tag_cloud)


class CollectionModel(Model):
    id: int
    type_id: int | None = None
    name: Names = Field(default_factory=dict)
    parent_id: int | None = None
    path: Maybe[Path] = None
    information_field_value_sets: list[ValueSet] | None = None
    creation: Maybe[Stamp] = None
    modification: Maybe[Stamp] = None

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
            fields=contents(self.information_field_value_sets),
            modified=next((stamp.date for stamp in (self.modification, self.creation) if stamp and stamp.date), None),
        )


class CollectionPage(Model):
    content: Many[CollectionModel] = Field(default_factory=list)
    has_next: bool = False
    total_elements: int | None = None


class FormatModel(Model):
    id: int
    key: str = ""
    name: Names = Field(default_factory=dict)
    original: bool = False
    interceptor_definitions: Many[object] = Field(default_factory=list)

    def domain(self) -> DownloadFormat:
        return DownloadFormat(self.id, self.key, self.name, self.original, prompts=bool(self.interceptor_definitions))


class RelationTypeModel(Model):
    id: int
    name: str = ""
    labels: Texts = Field(default_factory=dict)

    def domain(self) -> RelationType:
        return RelationType(self.id, self.name, self.labels)


class AboutModel(Model):
    version: str = ""
    release_version: str = ""


class UserModel(Model):
    id: int
    username: str = ""
    firstname: str | None = None
    lastname: str | None = None
    deactivated: bool = False
    permissions: Maybe[dict[str, object]] = None

    @property
    def lacks(self) -> frozenset[str]:
        return frozenset(name for name, said in (self.permissions or {}).items() if str(said).casefold() in NO)


class LanguagesModel(Model):
    system: str | None = None
    information_fields: Many[str] = Field(default_factory=list)


class ClientModel(Model):
    enabled: bool | None = None
    licensed: bool | None = None
    languages: Maybe[LanguagesModel] = None
