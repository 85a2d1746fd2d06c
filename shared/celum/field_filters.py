"""Filters on information fields, the same for assets and collections but for the prefix (reference 8.1, 8.2).

With `inherited`, what a collection hands down to its assets counts too; without it only a value of the asset's own
does, since an inherited one names no single asset. A text filter is fuzzy: the caller compares the hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from shared.celum.definitions import FieldDefinition
from shared.celum.values import LOCALIZED, REFERENCES, TEXTS, iso
from shared.domain.assets import FieldContent, FieldType
from shared.domain.ids import FieldId

type Filter = Mapping[str, object]

EXACTEST = "phrase"  # of the four search types; none is exact, so hits are compared in the client
RANGED = frozenset({FieldType.NUMBER, FieldType.DOUBLE, FieldType.DATE})


class Entity(StrEnum):
    ASSET = "ASSET"
    COLLECTION = "COLLECTION"


def text_field(field: FieldId, text: str) -> Filter:
    """A TEXT field of assets, own values only; made for `to.key`."""
    words = {"text": text, "searchType": EXACTEST}
    return _of_field(Entity.ASSET, field, "TEXT_INFORMATION_FIELD", inherited=False) | words


def field_holds(
    definition: FieldDefinition, content: FieldContent, *, entity: Entity = Entity.ASSET, inherited: bool = False
) -> Filter:
    """The filter for any of the eleven types; of several texts or references all must match."""
    wanted = [_one_holds(definition, part, entity, inherited=inherited) for part in _parts(content)]
    return wanted[0] if len(wanted) == 1 else {"type": f"{entity}_LOGICAL", "operator": "AND", "filters": wanted}


def field_within(
    definition: FieldDefinition,
    low: FieldContent | None,
    high: FieldContent | None,
    *,
    entity: Entity = Entity.ASSET,
    inherited: bool = False,
) -> Filter:
    """A number, double or date from `low` to `high`, either end open; CELUM takes no range that is open at both."""
    if definition.type not in RANGED:
        raise ValueError(f"a field of type {definition.type} has no range")
    if low is None and high is None:
        raise ValueError("a range needs an end")
    ends = {name: _bare(end) for name, end in (("from", low), ("to", high)) if end is not None}
    return _of_field(entity, definition.id, f"{definition.type}_INFORMATION_FIELD_RANGE", inherited=inherited) | ends


def field_empty(
    field: FieldId, *, empty: bool = True, entity: Entity = Entity.ASSET, inherited: bool = False, locale: str = ""
) -> Filter:
    """Whether a field of any type holds nothing; of a localised text, nothing in this locale."""
    head = _of_field(entity, field, "INFORMATION_FIELD_EMPTY", inherited=inherited)
    return head | {"empty": empty} | ({"locale": locale} if locale else {})


def _of_field(entity: Entity, field: FieldId, kind: str, *, inherited: bool) -> dict[str, object]:
    """Collections inherit no values, so only the filters of assets say whether inherited ones count."""
    own = {"inheritedValueExcluded": not inherited} if entity == Entity.ASSET else {}
    return {"type": f"{entity}_{kind}", "informationFieldId": field} | own


def _parts(content: FieldContent) -> Iterable[FieldContent]:
    match content:
        case Mapping():
            return [{locale: text} for locale, text in content.items()]
        case tuple():
            return [(number,) for number in content]
        case _:
            return [content]


def _one_holds(definition: FieldDefinition, content: FieldContent, entity: Entity, *, inherited: bool) -> Filter:
    kind = definition.type

    def about(suffix: str) -> dict[str, object]:
        return _of_field(entity, definition.id, f"{kind}_INFORMATION_FIELD{suffix}", inherited=inherited)

    if kind in TEXTS:
        return about("") | {"text": content, "searchType": EXACTEST}
    if kind in LOCALIZED and isinstance(content, Mapping):
        ((locale, text),) = content.items()
        return about("") | {"text": text, "locale": locale, "searchType": EXACTEST}
    if kind == FieldType.BOOLEAN:
        return about("") | {"value": content}
    if kind in REFERENCES and isinstance(content, tuple):
        return about("_EQUALITY") | {"value": content[0], "recursive": False}
    return about("_EQUALITY") | {"value": _bare(content)}


def _bare(content: FieldContent) -> object:
    return iso(content) if isinstance(content, datetime) else content
