"""The filters of asset and collection searches that the bridge uses, in the shapes of reference 8.1 and 8.2."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.celum.field_filters import (
    EXACTEST,
    Entity,
    Filter,
    field_empty,
    field_holds,
    field_within,
    text_field,
)
from shared.celum.values import iso
from shared.domain.ids import AssetId, CollectionId

__all__ = [
    "Entity",
    "Filter",
    "all_collections",
    "all_of",
    "any_collection",
    "any_of",
    "asset_types",
    "available",
    "available_between",
    "categories",
    "checksums",
    "collection_ids",
    "collection_ids_from",
    "collection_name",
    "collection_parent",
    "collection_types",
    "collections_modified_between",
    "created_between",
    "created_by",
    "expiring_between",
    "extensions",
    "field_empty",
    "field_holds",
    "field_within",
    "file_name",
    "ids",
    "ids_from",
    "in_collections_of_type",
    "modified_between",
    "modified_by",
    "name",
    "no_collection",
    "none_of",
    "parents",
    "text_field",
    "versioned_between",
    "versioned_by",
]

# --- Assets ---


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


def file_name(text: str) -> Filter:
    """Of the current version."""
    return {"type": "ASSET_FILE_NAME", "text": text, "searchType": EXACTEST}


def extensions(values: Iterable[str]) -> Filter:
    """Without their dots."""
    return {"type": "ASSET_FILE_EXTENSION", "values": [value.removeprefix(".").lower() for value in values]}


def categories(values: Iterable[str]) -> Filter:
    """IMAGE, DOCUMENT, VIDEO, AUDIO, TEXT, MODEL3D, UNKNOWN, PLACEHOLDER."""
    return {"type": "ASSET_FILE_CATEGORY", "values": [value.upper() for value in values]}


def checksums(values: Iterable[str]) -> Filter:
    return {"type": "ASSET_CHECKSUM", "values": list(values)}


def asset_types(values: Iterable[int]) -> Filter:
    return {"type": "ASSET_TYPE_ID", "values": list(values)}


def parents(values: Iterable[CollectionId], *, recursive: bool = False, matcher: str = "ANY") -> Filter:
    return {"type": "ASSET_PARENT_ID", "values": list(values), "recursive": recursive, "matcher": matcher}


def in_collections_of_type(values: Iterable[int]) -> Filter:
    return {"type": "ASSET_COLLECTION_TYPE_ID", "values": list(values)}


def created_by(users: Iterable[int]) -> Filter:
    return {"type": "ASSET_CREATION_USER_ID", "values": list(users)}


def modified_by(users: Iterable[int]) -> Filter:
    return {"type": "ASSET_MODIFICATION_USER_ID", "values": list(users)}


def versioned_by(users: Iterable[int]) -> Filter:
    """Who added the current version."""
    return {"type": "ASSET_VERSIONED_USER_ID", "values": list(users)}


def created_between(since: datetime | None, until: datetime | None = None) -> Filter:
    return _within("ASSET_CREATION_DATE_RANGE", since, until)


def modified_between(since: datetime | None, until: datetime | None = None) -> Filter:
    return _within("ASSET_MODIFICATION_DATE_RANGE", since, until)


def versioned_between(since: datetime | None, until: datetime | None = None) -> Filter:
    """By the creation date of the current version."""
    return _within("ASSET_VERSIONED_DATE_RANGE", since, until)


def available(*, active: bool = True) -> Filter:
    """Available at this moment, or not."""
    return {"type": "ASSET_AVAILABILITY", "active": active}


def available_between(since: datetime, until: datetime, *, active: bool = True) -> Filter:
    """Both ends are sent: the specification demands them, though its text says that one is enough (24, row 11)."""
    return {"type": "ASSET_AVAILABILITY_DATE_RANGE", "from": iso(since), "to": iso(until), "active": active}


def expiring_between(since: datetime | None, until: datetime) -> Filter:
    """By `availability.to`; this side of `until` only, which the specification demands."""
    return _within("ASSET_EXPIRATION_DATE_RANGE", since, until)


def _within(kind: str, since: datetime | None, until: datetime | None) -> Filter:
    """At least one end must be set, says the specification."""
    if since is None and until is None:
        raise ValueError(f"{kind} needs an end")
    return {"type": kind} | {name: iso(end) for name, end in (("from", since), ("to", until)) if end is not None}


# --- Collections ---


def all_collections(*filters: Filter) -> Filter:
    return {"type": "COLLECTION_LOGICAL", "operator": "AND", "filters": list(filters)}


def any_collection(*filters: Filter) -> Filter:
    return {"type": "COLLECTION_LOGICAL", "operator": "OR", "filters": list(filters)}


def no_collection(unwanted: Filter) -> Filter:
    return {"type": "COLLECTION_NEGATION", "filter": unwanted}


def collection_ids(values: Iterable[CollectionId]) -> Filter:
    return {"type": "COLLECTION_ID", "values": list(values)}


def collection_ids_from(first: int, last: int | None = None) -> Filter:
    return {"type": "COLLECTION_ID_RANGE", "from": first} | ({} if last is None else {"to": last})


def collection_types(values: Iterable[int]) -> Filter:
    return {"type": "COLLECTION_TYPE_ID", "values": list(values)}


def collection_parent(parent: CollectionId) -> Filter:
    """One value, unlike the filter for assets."""
    return {"type": "COLLECTION_PARENT_ID", "value": parent}


def collections_modified_between(since: datetime | None, until: datetime | None = None) -> Filter:
    return _within("COLLECTION_MODIFICATION_DATE_RANGE", since, until)


def collection_name(text: str, locales: Iterable[str]) -> Filter:
    """A name in any of these locales: CELUM looks in one, `en` unless told otherwise."""
    named: list[Filter] = [
        {"type": "COLLECTION_NAME", "text": text, "searchType": EXACTEST, "locale": locale} for locale in locales
    ]
    return named[0] if len(named) == 1 else any_collection(*named)
