"""What is sent for a field: raw on create, operations on update (reference 9.3, 9.4); who wins when both changed it.

References and localised texts are modified, never set as a whole, so that what somebody else added meanwhile stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from shared.celum.definitions import FieldDefinition
from shared.celum.values import LOCALIZED, REFERENCES, same, texts, to_wire
from shared.domain.assets import FieldContent, FieldType
from shared.domain.ids import FieldId

type RawField = Mapping[str, object]
type FieldOperation = SetValue | ClearValue | ModifyTexts | ModifyReferences


@dataclass(frozen=True, slots=True)
class SetValue:
    field: FieldId
    type: FieldType
    content: FieldContent


@dataclass(frozen=True, slots=True)
class ClearValue:
    field: FieldId
    type: FieldType


@dataclass(frozen=True, slots=True)
class ModifyTexts:
    field: FieldId
    type: FieldType
    set: Mapping[str, str] = dataclasses.field(default_factory=dict)
    clear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModifyReferences:
    field: FieldId
    type: FieldType
    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing is sent. `lost` is what the source wanted where CELUM's own value had authority; otherwise None."""

    lost: FieldContent | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """`content` None = clear. `replaced` is what somebody else wrote and what will now be gone (to be journalled)."""

    content: FieldContent | None
    replaced: FieldContent | None = None


def three_way(
    base: FieldContent | None, desired: FieldContent | None, current: FieldContent | None, authority: str
) -> Keep | Write:
    """`base` is what the bridge last wrote, `desired` what the source says now, `current` what stands in CELUM."""
    if same(base, desired):
        return Keep()
    theirs = _untouched_by_others(base, desired, current)
    if same(theirs, desired):
        return Keep()
    if same(theirs, base):
        return Write(desired)
    if desired is None:  # an emptied source clears only what the bridge wrote
        return Keep()
    return Keep(lost=desired) if authority == "celum" else Write(desired, replaced=theirs)


def _untouched_by_others(
    base: FieldContent | None, desired: FieldContent | None, current: FieldContent | None
) -> FieldContent | None:
    """`current` without what others may add freely: other locales; references beside those that are ours."""
    match current:
        case Mapping():
            ours = {*texts(base), *texts(desired)}
            return {locale: text for locale, text in current.items() if locale in ours} or None
        case tuple():
            written, wanted, there = _numbers(base), _numbers(desired), _numbers(current)
            if wanted <= there and not (written - wanted) & there:
                return desired
            return base if _still_there(base, there) else current
        case _:
            return current


def raw(definition: FieldDefinition, content: FieldContent) -> RawField:
    """An entry of `informationFieldValues` on create; a field without content is left out by the caller."""
    return {"id": definition.id, "type": str(definition.type), "value": to_wire(content)}


def operation(
    definition: FieldDefinition,
    base: FieldContent | None,
    current: FieldContent | None,
    desired: FieldContent | None,
) -> FieldOperation | None:
    """What turns `current` into `desired` on update, touching only what the bridge wrote (`base`); None = nothing."""
    if definition.type in LOCALIZED:
        return _modify_texts(definition, texts(base), texts(current), texts(desired))
    if definition.type in REFERENCES:
        return _modify_references(definition, base, _numbers(current), _numbers(desired))
    if same(current, desired):
        return None
    if desired is None:
        return ClearValue(definition.id, definition.type)
    return SetValue(definition.id, definition.type, desired)


def _modify_texts(
    definition: FieldDefinition, base: Mapping[str, str], current: Mapping[str, str], desired: Mapping[str, str]
) -> ModifyTexts | None:
    changed = {locale: text for locale, text in desired.items() if not same(current.get(locale), text)}
    gone = tuple(sorted(locale for locale in base if locale in current and locale not in desired))
    return ModifyTexts(definition.id, definition.type, changed, gone) if changed or gone else None


def _modify_references(
    definition: FieldDefinition, base: FieldContent | None, current: set[int], desired: set[int]
) -> ModifyReferences | None:
    """Others' additions stay, unless they are what the source has to replace or leave no room for what it wants."""
    added = desired - current
    removed = (_numbers(base) - desired) & current
    crowded = bool(definition.max_selections) and len((current | added) - removed) > (definition.max_selections or 0)
    if desired and (crowded or not _still_there(base, current)):
        removed = current - desired
    if not added and not removed:
        return None
    return ModifyReferences(definition.id, definition.type, tuple(sorted(added)), tuple(sorted(removed)))


def _still_there(base: FieldContent | None, current: set[int]) -> bool:
    """Whether all that the bridge wrote stands in CELUM, possibly beside others."""
    return isinstance(base, tuple) and set(base) <= current


def _numbers(content: FieldContent | None) -> set[int]:
    return set(content) if isinstance(content, tuple) else set()


def to_json(change: FieldOperation) -> RawField:
    """An entry of `informationFieldValues` on update."""
    value: dict[str, object]
    match change:
        case SetValue(content=content):
            value = {"op": "SET", "value": to_wire(content)}
        case ClearValue():
            value = {"op": "CLEAR"}
        case ModifyTexts(set=new, clear=gone):
            value = {"op": "MODIFY"} | ({"set": dict(new)} if new else {}) | ({"clear": list(gone)} if gone else {})
        case ModifyReferences(add=added, remove=removed):
            value = {"op": "MODIFY"} | ({"add": list(added)} if added else {})
            value |= {"remove": list(removed)} if removed else {}
    return {"id": change.field, "type": str(change.type), "value": value}


def took_effect(change: FieldOperation, content: FieldContent | None) -> bool:
    """Whether a field that now holds `content` shows what the operation asked for (G45)."""
    match change:
        case SetValue(content=wanted):
            return same(content, wanted)
        case ClearValue():
            return content is None
        case ModifyTexts(set=new, clear=gone):
            there = texts(content)
            return all(same(there.get(locale), text) for locale, text in new.items()) and not set(gone) & set(there)
        case ModifyReferences(add=added, remove=removed):
            return set(added) <= _numbers(content) and not set(removed) & _numbers(content)
