"""The eleven types of information fields: from text, to the wire on create and on update, and back (G46)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.celum import FieldDefinition, Option, convert, filters, operation, raw, read
from shared.celum.changes import to_json
from shared.domain.assets import FieldContent, FieldType
from shared.domain.decisions import FieldWish
from shared.domain.ids import CollectionId, FieldId
from shared.domain.items import Value
from shared.errors import NameProblem, ValueDoesNotFit

DAY = datetime(2026, 2, 14, tzinfo=UTC)
TAGS = {"DACH": 210, "Nordics": 211}


class Names:
    """A tenant whose language is German and whose tags are few."""

    async def option(self, field: FieldDefinition, label: str) -> int:
        found = {option.label: option.index for options in field.options.values() for option in options}
        if label not in found:
            raise NameProblem("option", label, candidates=tuple(found))
        return found[label]

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId:
        assert field.type in REFERENCES
        if label not in TAGS:
            raise NameProblem("tag", label, candidates=tuple(TAGS))
        return CollectionId(TAGS[label])

    async def system_language(self) -> str:
        return "de"


def defined(kind: FieldType, **limits: object) -> FieldDefinition:
    return FieldDefinition(FieldId(7), "f", kind, {"en": "F"}, **limits)  # type: ignore[arg-type]  # by name


LICENCE = {
    "en": (Option(1, "Royalty free"), Option(2, "Rights managed")),
    "de": (Option(1, "Lizenzfrei"), Option(2, "Lizenzpflichtig")),
}
SCALARS = [
    (FieldType.TEXT, "Hero", "Hero", "Hero"),
    (FieldType.TEXT_AREA, "Hero\nof spring", "Hero\nof spring", "Hero\nof spring"),
    (FieldType.NUMBER, "12.0", 12, 12),
    (FieldType.DOUBLE, "12.5", 12.5, 12.5),
    (FieldType.BOOLEAN, "yes", True, True),
    (FieldType.DATE, "2026-02-14", DAY, "2026-02-14T00:00:00Z"),
    (FieldType.DROPDOWN, "Lizenzpflichtig", 2, 2),
]
REFERENCES = [FieldType.COLLECTION_REFERENCE, FieldType.TAG_REFERENCE]
LOCALIZED = [FieldType.LOCALIZED_TEXT, FieldType.LOCALIZED_TEXT_AREA]


async def converted(kind: FieldType, value: Value, **limits: object) -> FieldContent | None:
    options = {"options": LICENCE} if kind == FieldType.DROPDOWN else {}
    return await convert(FieldWish("Label", value), defined(kind, **options, **limits), Names())


@pytest.mark.parametrize(("kind", "text", "content", "wire"), SCALARS)
async def test_G46_a_single_value_is_raw_on_create_and_set_or_cleared_on_update(
    kind: FieldType, text: str, content: FieldContent, wire: object
) -> None:
    definition = defined(kind)
    assert await converted(kind, text) == content
    assert raw(definition, content) == {"id": 7, "type": kind.value, "value": wire}

    set_it, clear_it = operation(definition, None, None, content), operation(definition, content, content, None)

    assert set_it is not None
    assert to_json(set_it) == {"id": 7, "type": kind.value, "value": {"op": "SET", "value": wire}}
    assert clear_it is not None
    assert to_json(clear_it) == {"id": 7, "type": kind.value, "value": {"op": "CLEAR"}}
    assert operation(definition, None, content, content) is None
    assert read(definition, wire) == content
    assert read(definition, None) is None


@pytest.mark.parametrize("kind", LOCALIZED)
async def test_G46_localised_text_is_a_map_on_create_and_only_ever_modified(kind: FieldType) -> None:
    definition = defined(kind)
    assert await converted(kind, "Held") == {"de": "Held"}
    assert await convert(FieldWish("Label", "Hero", locale="en"), definition, Names()) == {"en": "Hero"}
    assert raw(definition, {"en": "Hero"}) == {"id": 7, "type": kind.value, "value": {"en": "Hero"}}

    change = operation(definition, {"de": "Held"}, {"de": "Held", "fr": "Héros"}, {"en": "Hero"})

    assert change is not None
    value = {"op": "MODIFY", "set": {"en": "Hero"}, "clear": ["de"]}
    assert to_json(change) == {"id": 7, "type": kind.value, "value": value}
    assert operation(definition, None, {"en": "Hero", "fr": "Héros"}, {"en": "Hero"}) is None
    assert read(definition, {"en": "Hero", "de": ""}) == {"en": "Hero"}
    assert read(definition, {}) is None


@pytest.mark.parametrize("kind", REFERENCES)
async def test_G46_references_are_ids_on_create_and_added_and_removed_on_update(kind: FieldType) -> None:
    definition = defined(kind)
    assert await converted(kind, ("Nordics", "DACH", "DACH")) == (210, 211)
    assert raw(definition, (210, 211)) == {"id": 7, "type": kind.value, "value": [210, 211]}

    change = operation(definition, (210,), (210, 999), (211,))

    assert change is not None
    assert to_json(change) == {"id": 7, "type": kind.value, "value": {"op": "MODIFY", "add": [211], "remove": [210]}}


def test_G89_references_are_read_by_id_with_names_in_any_form_or_none() -> None:
    definition = defined(FieldType.TAG_REFERENCE)

    assert read(definition, [{"id": 9, "name": "A"}, {"id": "3", "name": {"en": "B"}}, {"id": 5}, 4]) == (3, 4, 5, 9)
    assert read(definition, []) is None


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("empty", ["", "   ", (), ("", " ")])
async def test_what_is_empty_is_none_for_every_type(kind: FieldType, empty: Value) -> None:
    assert await converted(kind, empty) is None


@pytest.mark.parametrize(
    ("kind", "value", "limits", "accepted"),
    [
        (FieldType.NUMBER, "1,200", {}, "a whole number such as 1200"),
        (FieldType.NUMBER, "1.5", {}, "a whole number"),
        (FieldType.NUMBER, "9", {"minimum": 0.0, "maximum": 5.0}, "from 0 up to 5"),
        (FieldType.NUMBER, "99999999999999999999", {}, "a whole number"),
        (FieldType.NUMBER, ("1", "2"), {}, "one value"),
        (FieldType.DOUBLE, "nan", {}, "a number such as 12.5"),
        (FieldType.DOUBLE, "12,5", {}, "a number such as 12.5"),
        (FieldType.BOOLEAN, "maybe", {}, "true, false, yes, no"),
        (FieldType.DATE, "14.02.2026", {}, "a day such as 2026-02-14"),
        (FieldType.DATE, "2026-02-30", {}, "a day such as 2026-02-14"),
        (FieldType.TEXT, "abcdef", {"max_length": 5}, "at most 5 characters"),
        (FieldType.TEXT, "ab", {"min_length": 3, "max_length": 5}, "at least 3 and at most 5"),
        (FieldType.TEXT, "ab", {"pattern": "^[0-9]+$"}, r"\^\[0-9\]\+\$"),
        (FieldType.LOCALIZED_TEXT, "ab", {"locales": ("en", "fr")}, "one of the locales en, fr"),
        (FieldType.DROPDOWN, "Rights", {}, "one of Royalty free, Rights managed, Lizenzfrei"),
        (
            FieldType.TAG_REFERENCE,
            "DAC",
            {"root": 200},
            "tag below the collection at which the field begins, such as DACH, Nordics",
        ),
        (FieldType.COLLECTION_REFERENCE, ("DACH", "Nordics"), {"max_selections": 1}, "at most 1"),
    ],
)
async def test_G29_what_does_not_fit_is_told_with_what_would(
    kind: FieldType, value: Value, limits: dict[str, object], accepted: str
) -> None:
    with pytest.raises(ValueDoesNotFit, match=accepted) as caught:
        await converted(kind, value, **limits)

    assert caught.value.field == "Label"


@pytest.mark.parametrize("text", ["true", "TRUE", "Yes", "1"])
async def test_a_yes_is_written_in_several_ways(text: str) -> None:
    assert await converted(FieldType.BOOLEAN, text) is True


@pytest.mark.parametrize("text", ["2026-02-14T23:30:00+14:00", "2026-02-14T00:00:00Z", "2026-02-14"])
async def test_a_day_is_the_day_as_it_is_written(text: str) -> None:
    assert await converted(FieldType.DATE, text) == DAY


async def test_a_pattern_that_only_java_understands_is_left_to_celum() -> None:
    assert await converted(FieldType.TEXT, "ab", pattern=r"\p{Alpha}++[") == "ab"


async def test_false_and_zero_are_values() -> None:
    assert await converted(FieldType.BOOLEAN, "false") is False
    assert await converted(FieldType.NUMBER, "0") == 0


@pytest.mark.parametrize(
    ("kind", "content", "members"),
    [
        (FieldType.TEXT, "x", {"text": "x", "searchType": "phrase"}),
        (FieldType.TEXT_AREA, "x", {"text": "x", "searchType": "phrase"}),
        (FieldType.LOCALIZED_TEXT, {"en": "x"}, {"text": "x", "locale": "en", "searchType": "phrase"}),
        (FieldType.LOCALIZED_TEXT_AREA, {"en": "x"}, {"text": "x", "locale": "en", "searchType": "phrase"}),
        (FieldType.NUMBER, 4, {"value": 4}),
        (FieldType.DOUBLE, 4.5, {"value": 4.5}),
        (FieldType.BOOLEAN, False, {"value": False}),
        (FieldType.DATE, DAY, {"value": "2026-02-14T00:00:00Z"}),
        (FieldType.DROPDOWN, 2, {"value": 2}),
        (FieldType.COLLECTION_REFERENCE, (210,), {"value": 210, "recursive": False}),
        (FieldType.TAG_REFERENCE, (210,), {"value": 210, "recursive": False}),
    ],
)
def test_each_type_has_its_filter(kind: FieldType, content: FieldContent, members: dict[str, object]) -> None:
    plain = {FieldType.TEXT, FieldType.TEXT_AREA, *LOCALIZED, FieldType.BOOLEAN}
    name = f"ASSET_{kind.value}_INFORMATION_FIELD" + ("" if kind in plain else "_EQUALITY")

    built = filters.field_holds(defined(kind), content)

    assert built == {"type": name, "informationFieldId": 7, "inheritedValueExcluded": True} | members


def test_several_references_must_all_be_there() -> None:
    built = filters.field_holds(defined(FieldType.TAG_REFERENCE), (1, 2))

    assert built["type"] == "ASSET_LOGICAL"
    assert built["operator"] == "AND"


@pytest.mark.parametrize("text", ["1e999", "-1E400"])
async def test_a_number_that_json_cannot_say_is_refused_by_its_value(text: str) -> None:
    with pytest.raises(ValueDoesNotFit, match=text):
        await convert(FieldWish("F", text), defined(FieldType.DOUBLE), Names())
