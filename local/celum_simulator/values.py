"""Information field values: raw on create, operations on update, and what makes one valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.celum_simulator import rights, tree
from local.celum_simulator.clock import parsed
from local.celum_simulator.model import LOCALIZED, REFERENCES, InformationField, User, Value, Values
from local.celum_simulator.reading import Body, is_int
from local.celum_simulator.refusals import Reason, Refusal, bad_fields, field_reason
from local.celum_simulator.tenant import Tenant


class Unfit(ValueError):
    """Why a value does not fit its field, for people."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes values in which tenant: references must exist and be visible, fields editable."""

    tenant: Tenant
    user: User


def written(
    author: Author, entries: list[Body], before: Values, allowed: Callable[[Values], frozenset[int]], *, create: bool
) -> Values:
    """The values after the change; all faults are told in one answer.

    `allowed` tells which fields exist, given the values: sets may depend on a boolean.
    """
    after = dict(before)
    reasons: list[Reason] = []
    touched: list[int] = []
    for entry in entries:
        entry.only("id", "type", "value", null="value")
        field_id = entry.integer("id")
        try:
            _take(author, entry, field_id, after, create=create)
            touched.append(field_id)
        except Unfit as why:
            reasons.append(field_reason(field_id, str(why)))
    exist = allowed(after)
    reasons += [
        field_reason(f, "field is not part of the type", code="unknownField") for f in touched if f not in exist
    ]
    if reasons:
        raise bad_fields(reasons)
    return after


def _take(author: Author, entry: Body, field_id: int, after: dict[int, Value], *, create: bool) -> None:
    field = author.tenant.fields.get(field_id)
    if field is None:
        raise Unfit("no such information field")
    if field_id in author.user.uneditable_fields:
        raise Refusal(author.tenant.quirks.permission_status, "accessDenied", f"field {field_id} may not be edited")
    if entry.text("type") != field.type:
        raise Unfit(f"is of type {field.type}")
    given = entry.members.get("value")
    if given is None:
        raise Unfit("value must not be null")
    if isinstance(given, dict) and create and "op" in given:
        raise Unfit("an operation is for updates; a new entity takes the bare value")
    value = fitted(author, field, given) if create else _operate(author, field, after.get(field_id), given)
    if value is None:
        after.pop(field_id, None)
    else:
        after[field_id] = value


def _operate(author: Author, field: InformationField, current: Value | None, given: object) -> Value | None:
    if not isinstance(given, dict) or not isinstance(given.get("op"), str):
        raise Unfit("an update takes an operation, not a bare value")
    match given["op"], set(given) - {"op"}:
        case "CLEAR", rest if not rest:
            return None
        case "SET", rest if rest == {"value"} and field.type not in LOCALIZED:
            return fitted(author, field, given["value"])
        case "MODIFY", rest if rest <= {"set", "clear"} and rest and field.type in LOCALIZED:
            return _modify_texts(author, field, current, given)
        case "MODIFY", rest if rest <= {"add", "remove"} and rest and field.type in REFERENCES:
            return _modify_references(author, field, current, given)
        case op, rest:
            raise Unfit(f"operation {op} with {sorted(rest)} does not exist for {field.type}")


def _modify_texts(
    author: Author, field: InformationField, current: Value | None, given: dict[str, object]
) -> Value | None:
    texts = dict(current) if isinstance(current, dict) else {}
    clear, new = given.get("clear") or [], given.get("set") or {}
    if not isinstance(clear, list) or not isinstance(new, dict):
        raise Unfit("set is a map of locale to text, clear a list of locales")
    for locale in clear:
        texts.pop(str(locale), None)
    if new:
        fitted(author, field, new)
        texts.update(new)
    return texts or None


def _modify_references(
    author: Author, field: InformationField, current: Value | None, given: dict[str, object]
) -> Value | None:
    ids = list(current) if isinstance(current, tuple) else []
    add, remove = given.get("add") or [], given.get("remove") or []
    if not isinstance(add, list) or not isinstance(remove, list) or not all(map(is_int, [*add, *remove])):
        raise Unfit("add and remove are lists of ids")
    ids = [i for i in ids if i not in remove]
    ids += [i for i in dict.fromkeys(add) if i not in ids]
    return fitted(author, field, ids) if ids else None


def fitted(author: Author, field: InformationField, given: object) -> Value | None:
    """The value as it is kept, or Unfit."""
    match field.type:
        case "TEXT" | "TEXT_AREA":
            return _text(field, given)
        case "LOCALIZED_TEXT" | "LOCALIZED_TEXT_AREA":
            return _texts(field, given)
        case "NUMBER" | "DOUBLE":
            return _number(field, given, whole=field.type == "NUMBER")
        case "BOOLEAN":
            return _flag(given)
        case "DATE":
            return _date(given)
        case "DROPDOWN":
            return _option(field, given)
        case "COLLECTION_REFERENCE" | "TAG_REFERENCE":
            return _references(author, field, given)


def _flag(given: object) -> bool:
    if not isinstance(given, bool):
        raise Unfit("must be true or false")
    return given


def _option(field: InformationField, given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given not in field.options:
        raise Unfit(f"must be the index of an option: {sorted(field.options)}")
    return given


def _text(field: InformationField, given: object) -> str | None:
    if not isinstance(given, str):
        raise Unfit("must be a text")
    if field.min_length is not None and len(given) < field.min_length:
        raise Unfit(f"is shorter than {field.min_length}")
    if field.max_length is not None and len(given) > field.max_length:
        raise Unfit(f"is longer than {field.max_length}")
    if field.pattern is not None and not re.fullmatch(field.pattern, given):
        raise Unfit(f"does not match {field.pattern}")
    return given or None


def _texts(field: InformationField, given: object) -> dict[str, str] | None:
    if not isinstance(given, dict):
        raise Unfit("must be a map of locale to text")
    unknown = sorted(set(given) - set(field.locales))
    if unknown:
        raise Unfit(f"locale {unknown[0]} is not available")
    texts = {locale: _text(field, text) for locale, text in given.items()}
    return {locale: text for locale, text in texts.items() if text} or None


def _number(field: InformationField, given: object, *, whole: bool) -> float:
    if isinstance(given, bool) or not isinstance(given, int if whole else (int, float)):
        raise Unfit("must be an integer" if whole else "must be a number")
    assert isinstance(given, int | float)
    if field.min_value is not None and given < field.min_value:
        raise Unfit(f"is less than {field.min_value}")
    if field.max_value is not None and given > field.max_value:
        raise Unfit(f"is greater than {field.max_value}")
    return given if whole else float(given)


def _date(given: object) -> datetime:
    if not isinstance(given, str):
        raise Unfit("must be a date-time")
    try:
        return parsed(given)
    except ValueError:
        raise Unfit("must be an ISO 8601 date-time with a zone") from None


def _references(author: Author, field: InformationField, given: object) -> tuple[int, ...] | None:
    if not isinstance(given, list) or not all(map(is_int, given)):
        raise Unfit("must be a list of ids")
    if field.max_selections is not None and len(given) > field.max_selections:
        raise Unfit(f"takes at most {field.max_selections}")
    tenant = author.tenant
    for collection_id in given:
        collection = tenant.collections.get(collection_id)
        if collection is None or not rights.sees_collection(tenant, author.user, collection):
            raise Unfit(f"{collection_id} does not exist or is not accessible")
        if field.root_id is not None and not tree.within(tenant, collection_id, field.root_id):
            raise Unfit(f"{collection_id} is not below {field.root_id}")
        if field.type == "TAG_REFERENCE" and not tenant.collection_types[collection.type_id].tag_cloud:
            raise Unfit(f"{collection_id} is not a tag")
    return tuple(given) or None
