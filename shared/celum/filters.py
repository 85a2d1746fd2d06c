"""The filters of asset and collection searches that the bridge uses, in the shapes of reference 8.1 and 8.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.celum.definitions import FieldDefinition
from shared.celum.values import LOCALIZED, REFERENCES, iso
from shared.domain import AssetId, CollectionId, FieldContent, FieldId, FieldType

type Filter = Mapping[str, object]

EXACTEST = "phrase"  # of the four search types; none is exact, so hits are compared in the client


def all_of(*filters: Filter) -> Filter:
    return {"type": "ASSET_LOGICAL", "operator": "AND", "filters": list(filters)}


def any_of(*filters: Filter) -> Filter:
    return {"type": "ASSET_LOGICAL", "operator": "OR", "filters": list(filters)}


def none_of(unwanted: Filter) -> Filter:
    return {"type": "ASSET_NEGATION", "filter": unwanted}


def ids(values: Iterable[AssetId]) -> Filter:
    return {"type": "ASSET_ID", "values": list(values)}


def ids_from(first: int, last: int | None = None) -> Filter:
    """With 0 the idiom for "all"."""
    return {"type": "ASSET_ID_RANGE", "from": first} | ({} if last is None else {"to": last})


def name(text: str) -> Filter:
    return {"type": "ASSET_NAME", "text": text, "searchType": EXACTEST}


def checksums(values: Iterable[str]) -> Filter:
    return {"type": "ASSET_CHECKSUM", "values": list(values)}


def asset_types(values: Iterable[int]) -> Filter:
    return {"type": "ASSET_TYPE_ID", "values": list(values)}


def parents(values: Iterable[CollectionId], *, recursive: bool = False, matcher: str = "ANY") -> Filter:
    return {"type": "ASSET_PARENT_ID", "values": list(values), "recursive": recursive, "matcher": matcher}


def created_by(users: Iterable[int]) -> Filter:
    return {"type": "ASSET_CREATION_USER_ID", "values": list(users)}


def created_between(since: datetime, until: datetime | None = None) -> Filter:
    return {"type": "ASSET_CREATION_DATE_RANGE", "from": iso(since)} | ({} if until is None else {"to": iso(until)})


def modified_between(since: datetime, until: datetime | None = None) -> Filter:
    return {"type": "ASSET_MODIFICATION_DATE_RANGE", "from": iso(since)} | ({} if until is None else {"to": iso(until)})


def text_field(field: FieldId, text: str) -> Filter:
    """A TEXT field; `inheritedValueExcluded` because what a collection hands down names no single asset."""
    return {
        "type": "ASSET_TEXT_INFORMATION_FIELD",
        "informationFieldId": field,
        "text": text,
        "searchType": EXACTEST,
        "inheritedValueExcluded": True,
    }


def field_holds(definition: FieldDefinition, content: FieldContent) -> Filter:
    """The filter for any of the eleven types; of several texts or references all must match."""
    wanted = [_one_holds(definition, part) for part in _parts(content)]
    return wanted[0] if len(wanted) == 1 else all_of(*wanted)


def _parts(content: FieldContent) -> Iterable[FieldContent]:
    match content:
        case Mapping():
            return [{locale: text} for locale, text in content.items()]
        case tuple():
            return [(number,) for number in content]
        case _:
            return [content]


def _one_holds(definition: FieldDefinition, content: FieldContent) -> Filter:
    kind = definition.type
    base = {"informationFieldId": definition.id, "inheritedValueExcluded": True}
    if kind in {FieldType.TEXT, FieldType.TEXT_AREA}:
        return base | {"type": f"ASSET_{kind}_INFORMATION_FIELD", "text": content, "searchType": EXACTEST}
    if kind in LOCALIZED and isinstance(content, Mapping):
        ((locale, text),) = content.items()
        sought = {"text": text, "locale": locale, "searchType": EXACTEST}
        return base | {"type": f"ASSET_{kind}_INFORMATION_FIELD"} | sought
    if kind == FieldType.BOOLEAN:
        return base | {"type": "ASSET_BOOLEAN_INFORMATION_FIELD", "value": content}
    if kind in REFERENCES and isinstance(content, tuple):
        return base | {"type": f"ASSET_{kind}_INFORMATION_FIELD_EQUALITY", "value": content[0], "recursive": False}
    value = iso(content) if isinstance(content, datetime) else content
    return base | {"type": f"ASSET_{kind}_INFORMATION_FIELD_EQUALITY", "value": value}


def all_collections(*filters: Filter) -> Filter:
    return {"type": "COLLECTION_LOGICAL", "operator": "AND", "filters": list(filters)}


def any_collection(*filters: Filter) -> Filter:
    return {"type": "COLLECTION_LOGICAL", "operator": "OR", "filters": list(filters)}


def collection_parent(parent: CollectionId) -> Filter:
    """One value, unlike the filter for assets."""
    return {"type": "COLLECTION_PARENT_ID", "value": parent}


def collection_name(text: str, locales: Iterable[str]) -> Filter:
    """A name in any of these locales: CELUM looks in one, `en` unless told otherwise."""
    named: list[Filter] = [
        {"type": "COLLECTION_NAME", "text": text, "searchType": EXACTEST, "locale": locale} for locale in locales
    ]
    return named[0] if len(named) == 1 else any_collection(*named)
