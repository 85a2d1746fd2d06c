"""What the information fields of a collection say, as people read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from shared.celum import values
from shared.celum.definitions import FieldDefinition
from shared.celum.values import REFERENCES
from shared.celum.wire import Many, Model, field_type
from shared.celum.wire_definitions import FieldModel
from shared.domain.assets import FieldContent, FieldType
from shared.domain.ids import CollectionId
from shared.domain.items import Value

type NamesOf = Callable[[CollectionId], Awaitable[Iterable[str]]]


class ValueModel(Model):
    """`field` is the full definition (reference 9.2)."""

    field: FieldModel
    type: str | None = None
    value: object = None


class ValueSet(Model):
    information_field_values: Many[ValueModel]


class CollectionWithFields(Model):
    """Without the sets the answer says nothing about the fields, which is not "empty" (G87)."""

    id: int
    information_field_value_sets: list[ValueSet]


async def read_texts(collection: CollectionWithFields, names_of: NamesOf) -> Mapping[str, Value]:
    """Label in any locale, or technical name → text; several texts where a value has a name in several languages."""
    found: dict[str, Value] = {}
    technical: dict[str, Value] = {}
    for entry in (one for each in collection.information_field_value_sets for one in each.information_field_values):
        definition = entry.field.domain(None)
        if definition is None:
            continue
        content = values.read(field_type(entry.type or "") or definition.type, entry.value)
        texts = tuple(dict.fromkeys([] if content is None else await _texts(definition, content, names_of)))
        value: Value = texts if len(texts) > 1 else "".join(texts)
        for label in definition.labels.values():
            found.setdefault(label, value)
        technical[definition.name] = value
    return {**found, **technical}


async def _texts(definition: FieldDefinition, content: FieldContent, names_of: NamesOf) -> Iterable[str]:
    if definition.type == FieldType.DROPDOWN:
        options = [option for each in definition.options.values() for option in each]
        return [option.label for option in options if option.index == content]
    if definition.type in REFERENCES and isinstance(content, tuple):
        return [name for number in content for name in await names_of(CollectionId(number))]
    if definition.type == FieldType.DATE and not isinstance(content, str):
        return [str(values.to_wire(content))[:10]]  # a day is kept as its midnight UTC
    if isinstance(content, bool):
        return ["true" if content else "false"]
    if isinstance(content, float):
        return [str(int(content)) if content.is_integer() else repr(content)]
    return list(content.values()) if isinstance(content, Mapping) else [str(content)]
