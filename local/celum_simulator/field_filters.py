"""Filters on information fields, for assets and collections alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from local.celum_simulator import tree
from local.celum_simulator.filtering import (
    SEARCH_TYPES,
    Builder,
    Predicate,
    Searching,
    at_least_one,
    search_type,
    text_matches,
)
from local.celum_simulator.model import LOCALIZED, Asset, Collection, Value, Values
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import bad_argument

type ValuesOf[R] = Callable[[Searching, R, bool], Values]
type Test = Callable[[Value], bool]

KINDS = ("NUMBER", "DOUBLE", "DATE")


def of[R: (Asset, Collection)](values_of: ValuesOf[R]) -> dict[str, Builder[R]]:
    """All builders by filter type without prefix; `values_of` gives a row's values, its own only when asked."""
    found: dict[str, Builder[R]] = {"INFORMATION_FIELD_EMPTY": _empty(values_of)}
    for kind in ("TEXT", "TEXT_AREA", *LOCALIZED):
        found[f"{kind}_INFORMATION_FIELD"] = _holding(values_of, kind, _text_test)
    found["BOOLEAN_INFORMATION_FIELD"] = _holding(values_of, "BOOLEAN", _equal)
    for kind in (*KINDS, "DROPDOWN"):
        found[f"{kind}_INFORMATION_FIELD_EQUALITY"] = _holding(values_of, kind, _equal)
    for kind in KINDS:
        found[f"{kind}_INFORMATION_FIELD_RANGE"] = _holding(values_of, kind, _range)
    for kind in ("COLLECTION_REFERENCE", "TAG_REFERENCE"):
        found[f"{kind}_INFORMATION_FIELD_EQUALITY"] = _holding(values_of, kind, _refers)
        found[f"{kind}_INFORMATION_FIELD_NAMES"] = _holding(values_of, kind, _refers_by_name)
    return found


def _field(searching: Searching, body: Body, kind: str | None) -> int:
    field_id = body.integer("informationFieldId")
    field = searching.tenant.fields.get(field_id)
    if field is None:
        raise bad_argument(body.at("informationFieldId"), "no such information field")
    if kind is not None and field.type != kind:
        raise bad_argument(body.at("informationFieldId"), f"the field is of type {field.type}")
    return field_id


def _holding[R: (Asset, Collection)](
    values_of: ValuesOf[R], kind: str, test_of: Callable[[Searching, Body, str], Test]
) -> Builder[R]:
    def build(searching: Searching, body: Body) -> Predicate[R]:
        field_id = _field(searching, body, kind)
        own_only = body.boolean("inheritedValueExcluded", default=False)
        test = test_of(searching, body, kind)

        def matches(row: R) -> bool:
            value = values_of(searching, row, own_only).get(field_id)
            return value is not None and test(value)

        return matches

    return build


COMMON = ("type", "informationFieldId", "inheritedValueExcluded")


def _empty[R: (Asset, Collection)](values_of: ValuesOf[R]) -> Builder[R]:
    def build(searching: Searching, body: Body) -> Predicate[R]:
        body.only(*COMMON, "empty", "locale")
        field_id = _field(searching, body, None)
        wanted, locale = body.boolean("empty", default=True), body.text_or_none("locale")
        own_only = body.boolean("inheritedValueExcluded", default=False)

        def is_empty(row: R) -> bool:
            value = values_of(searching, row, own_only).get(field_id)
            return value is None or (locale is not None and isinstance(value, dict) and locale not in value)

        return lambda row: is_empty(row) == wanted

    return build


def _text_test(searching: Searching, body: Body, kind: str) -> Test:
    localized = kind in LOCALIZED
    body.only(*COMMON, "text", "searchType", *(("locale",) if localized else ()))
    text, how = body.text("text"), search_type(searching, body)
    if not localized:
        return lambda value: isinstance(value, str) and text_matches(value, text, how)
    locale = body.text("locale")
    return lambda value: isinstance(value, dict) and text_matches(value.get(locale, ""), text, how)


def _operand(body: Body, name: str, kind: str) -> bool | float | datetime:
    match kind:
        case "BOOLEAN":
            return body.boolean(name)
        case "DATE":
            return body.instant(name)
        case "DOUBLE":
            return body.number(name)
        case _:
            return body.integer(name)


def _equal(_: Searching, body: Body, kind: str) -> Test:
    body.only(*COMMON, "value")
    wanted = _operand(body, "value", kind)
    return lambda value: value == wanted


def _range(_: Searching, body: Body, kind: str) -> Test:
    body.only(*COMMON, "from", "to")
    at_least_one(body)
    low = _operand(body, "from", kind) if body.has("from") else None
    high = _operand(body, "to", kind) if body.has("to") else None

    def within(value: Value) -> bool:
        return (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]  # same kind

    return within


def _refers(searching: Searching, body: Body, _: str) -> Test:
    body.only(*COMMON, "value", "recursive")
    wanted, recursive = body.integer("value"), body.boolean("recursive", default=False)

    def test(value: Value) -> bool:
        if not isinstance(value, tuple):
            return False
        if recursive:
            return any(tree.within(searching.tenant, i, wanted) for i in value)
        return wanted in value

    return test


def _refers_by_name(searching: Searching, body: Body, _: str) -> Test:
    body.only(*COMMON, "values", "searchType", "recursive")
    wanted = body.locale_texts("values")
    if not body.has("searchType"):
        raise bad_argument(body.at("searchType"), "must not be null", code="missing")
    how, recursive = body.choice("searchType", SEARCH_TYPES), body.boolean("recursive", default=False)

    def named(collection_id: int) -> bool:
        steps = tree.line(searching.tenant, collection_id)
        return any(
            all(text_matches(step.names.get(locale, ""), text, how) for locale, text in wanted.items())
            for step in (steps if recursive else steps[-1:])
        )

    return lambda value: isinstance(value, tuple) and any(named(i) for i in value)
