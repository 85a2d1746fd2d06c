"""Search filters of assets and collections: a filter tree becomes a predicate; what is malformed is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from local.celum_simulator import blobs, field_filters, rights, rules, tree
from local.celum_simulator.filtering import (
    SEARCH_TYPES,
    Builder,
    Predicate,
    Searching,
    date_equality,
    date_range,
    id_range,
    ids,
    search_type,
    text_matches,
    texts,
)
from local.celum_simulator.model import Asset, Collection, Dated, Values
from local.celum_simulator.pictures import properties
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import bad_argument

CATEGORIES = ("UNKNOWN", "IMAGE", "DOCUMENT", "VIDEO", "AUDIO", "TEXT", "MODEL3D", "PLACEHOLDER")


def of_assets(searching: Searching, body: Body) -> Predicate[Asset]:
    return _tree(searching, body, "ASSET", ASSET | field_filters.of(_asset_values))


def of_collections(searching: Searching, body: Body) -> Predicate[Collection]:
    return _tree(searching, body, "COLLECTION", COLLECTION | field_filters.of(lambda _, row, __: row.values))


def _tree[R: (Asset, Collection)](
    searching: Searching, body: Body, prefix: str, known: dict[str, Builder[R]]
) -> Predicate[R]:
    kind = body.text("type")
    name = kind.removeprefix(f"{prefix}_")
    if name == "LOGICAL":
        body.only("type", "filters", "operator")
        both = body.choice("operator", ("AND", "OR"), default="AND") == "AND"
        inner = [_tree(searching, part, prefix, known) for part in body.bodies("filters")]
        if not inner:
            raise bad_argument(body.at("filters"), "must not be empty")
        return lambda row: (all if both else any)(matches(row) for matches in inner)
    if name == "NEGATION":
        body.only("type", "filter")
        negated = _tree(searching, body.body("filter"), prefix, known)
        return lambda row: not negated(row)
    if not kind.startswith(f"{prefix}_") or name not in known:
        raise bad_argument(body.at("type"), f"unknown filter type {kind}")
    return known[name](searching, body)


def _asset_values(searching: Searching, row: Asset, own_only: bool) -> Values:
    return row.values if own_only else rules.effective(searching.tenant, row)


def _asset_text(row: Asset) -> str:
    texts = [row.name, row.version.filename]
    for value in row.values.values():
        texts += [value] if isinstance(value, str) else list(value.values()) if isinstance(value, dict) else []
    return " ".join(texts)


def _text(of: Callable[[Asset], str], *, operator: bool = False) -> Builder[Asset]:
    def build(searching: Searching, body: Body) -> Predicate[Asset]:
        body.only("type", "text", "searchType", *(("searchOperator",) if operator else ()))
        text, kind = body.text("text"), search_type(searching, body)
        every = body.choice("searchOperator", ("and", "or"), default="and") == "and"
        return lambda row: text_matches(of(row), text, kind, every=every)

    return build


def _content(row: Asset) -> str:
    """Text inside the file; only of plain text files."""
    blob = row.version.blob
    if row.version.category != "TEXT" or blob is None:
        return ""
    with blob.path.open("rb") as file:
        return file.read(1 << 20).decode("utf-8", "replace")


def _extensions(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = {value.lower().removeprefix(".") for value in texts(searching, body, "values")}
    return lambda row: blobs.extension(row.version.filename) in wanted


def _extension_empty(_: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "empty")
    empty = body.boolean("empty", default=True)
    return lambda row: (not blobs.extension(row.version.filename)) == empty


def _categories(_: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = body.texts("values")
    if not set(wanted) <= set(CATEGORIES):
        raise bad_argument(body.at("values"), f"must be of {', '.join(CATEGORIES)}")
    return lambda row: row.version.category in wanted


def _checksum(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = {value.lower() for value in texts(searching, body, "values")}
    algorithm = searching.tenant.quirks.checksum

    def matches(row: Asset) -> bool:
        blob = row.version.blob
        return blob is not None and algorithm != "none" and blobs.digest(blob, algorithm) in wanted

    return matches


def _parents(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values", "recursive", "matcher")
    wanted, recursive = ids(searching, body, "values"), body.boolean("recursive", default=False)
    every = body.choice("matcher", ("ALL", "ANY"), default="ALL") == "ALL"

    def inside(row: Asset, root: int) -> bool:
        if recursive:
            return any(tree.within(searching.tenant, p, root) for p in row.parents)
        return root in row.parents

    return lambda row: (all if every else any)(inside(row, root) for root in wanted)


def _collection_types(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = set(ids(searching, body, "values"))
    collections = searching.tenant.collections
    return lambda row: any((c := collections.get(p)) is not None and c.type_id in wanted for p in row.parents)


def _active(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "active")
    active, now = body.boolean("active"), searching.tenant.clock.now()
    return lambda row: rights.available(searching.tenant, row, now) == active


def _available_within(searching: Searching, body: Body) -> Predicate[Asset]:
    """`active`: available at some moment of the window; else at none."""
    body.only("type", "from", "to", "active")
    start, end, active = body.instant("from"), body.instant("to"), body.boolean("active")

    def matches(row: Asset) -> bool:
        match row.availability:
            case Dated(first, last):
                overlaps = (first is None or first <= end) and (last is None or last >= start)
                return overlaps == active
            case _:
                return rights.available(searching.tenant, row, start) == active

    return matches


def _expires_within(_: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "from", "to")
    start, end = body.instant_or_none("from"), body.instant("to")

    def matches(row: Asset) -> bool:
        last = row.availability.end if isinstance(row.availability, Dated) else None
        return last is not None and (start is None or last >= start) and last <= end

    return matches


def _users[R: (Asset, Collection)](user_of: Callable[[R], int]) -> Builder[R]:
    def build(searching: Searching, body: Body) -> Predicate[R]:
        body.only("type", "values")
        wanted = set(ids(searching, body, "values"))
        return lambda row: user_of(row) in wanted

    return build


def _file_property(kind: str, *, span: bool = False) -> Builder[Asset]:
    def build(_: Searching, body: Body) -> Predicate[Asset]:
        members = ("from", "to") if span else ("text", "searchType", "searchOperator") if kind == "text" else ("value",)
        body.only("type", "filePropertyName", *members)
        name = body.text_or_none("filePropertyName")
        if kind == "text":
            wanted = body.text("text").lower()
            return lambda row: any(wanted in str(v).lower() for v in _property_values(row, name))
        if span:
            low, high = body.number_or_none("from"), body.number_or_none("to")
            return lambda row: any(
                isinstance(v, int | float) and (low is None or v >= low) and (high is None or v <= high)
                for v in _property_values(row, name)
            )
        exact = body.members.get("value")
        return lambda row: exact in _property_values(row, name)

    return build


def _property_values(row: Asset, name: str | None) -> list[object]:
    return [p["value"] for p in properties(row.version) if name in {None, p["name"]}]


def _asset_ids(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = set(ids(searching, body, "values"))
    return lambda row: row.id in wanted


def _type_ids(searching: Searching, body: Body) -> Predicate[Asset]:
    body.only("type", "values")
    wanted = set(ids(searching, body, "values"))
    return lambda row: row.type_id in wanted


def _dates[R: (Asset, Collection)](name: str, of: Callable[[R], datetime]) -> dict[str, Builder[R]]:
    return {f"{name}_DATE_EQUALITY": date_equality(of), f"{name}_DATE_RANGE": date_range(of)}


ASSET: dict[str, Builder[Asset]] = {
    "ID": _asset_ids,
    "ID_RANGE": id_range(lambda row: row.id),
    "NAME": _text(lambda row: row.name),
    "FULLTEXT": _text(_asset_text, operator=True),
    "CONTENT": _text(_content, operator=True),
    "FILE_NAME": _text(lambda row: row.version.filename),
    "FILE_EXTENSION": _extensions,
    "FILE_EXTENSION_EMPTY": _extension_empty,
    "FILE_CATEGORY": _categories,
    "CHECKSUM": _checksum,
    "TYPE_ID": _type_ids,
    "PARENT_ID": _parents,
    "COLLECTION_TYPE_ID": _collection_types,
    **_dates("CREATION", lambda row: row.creation.date),
    **_dates("MODIFICATION", lambda row: row.modification.date),
    **_dates("VERSIONED", lambda row: row.version.creation.date),
    "CREATION_USER_ID": _users(lambda row: row.creation.user_id),
    "MODIFICATION_USER_ID": _users(lambda row: row.modification.user_id),
    "VERSIONED_USER_ID": _users(lambda row: row.version.creation.user_id),
    "AVAILABILITY": _active,
    "AVAILABILITY_DATE_RANGE": _available_within,
    "EXPIRATION_DATE_RANGE": _expires_within,
    "TEXT_FILE_PROPERTY": _file_property("text"),
    "BOOLEAN_FILE_PROPERTY": _file_property("value"),
    **{f"{kind}_FILE_PROPERTY_EQUALITY": _file_property("value") for kind in ("NUMBER", "DOUBLE", "DATE")},
    **{f"{kind}_FILE_PROPERTY_RANGE": _file_property("value", span=True) for kind in ("NUMBER", "DOUBLE", "DATE")},
}


def _collection_ids(of: Callable[[Collection], int]) -> Builder[Collection]:
    def build(searching: Searching, body: Body) -> Predicate[Collection]:
        body.only("type", "values")
        wanted = set(ids(searching, body, "values"))
        return lambda row: of(row) in wanted

    return build


def _collection_name(searching: Searching, body: Body) -> Predicate[Collection]:
    body.only("type", "text", "searchType", "locale")
    text, kind = body.text("text"), search_type(searching, body)
    locale = body.text_or_none("locale") or "en"
    return lambda row: text_matches(row.names.get(locale, ""), text, kind)


def _collection_fulltext(searching: Searching, body: Body) -> Predicate[Collection]:
    body.only("type", "text", "searchType", "searchOperator")
    text, kind = body.text("text"), search_type(searching, body)
    return lambda row: text_matches(" ".join(row.names.values()), text, kind)


def _collection_parent(_: Searching, body: Body) -> Predicate[Collection]:
    """One value, unlike the filter of assets."""
    body.only("type", "value")
    parent = body.integer("value")
    return lambda row: row.parent == parent


COLLECTION: dict[str, Builder[Collection]] = {
    "ID": _collection_ids(lambda row: row.id),
    "ID_RANGE": id_range(lambda row: row.id),
    "NAME": _collection_name,
    "FULLTEXT": _collection_fulltext,
    "TYPE_ID": _collection_ids(lambda row: row.type_id),
    "PARENT_ID": _collection_parent,
    **_dates("CREATION", lambda row: row.creation.date),
    **_dates("MODIFICATION", lambda row: row.modification.date),
    "CREATION_USER_ID": _users(lambda row: row.creation.user_id),
    "MODIFICATION_USER_ID": _users(lambda row: row.modification.user_id),
}

__all__ = ["ASSET", "COLLECTION", "SEARCH_TYPES", "of_assets", "of_collections"]
