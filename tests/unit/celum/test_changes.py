from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.celum import AssetChange, FieldDefinition, Keep, Write, differences, operation, three_way
from shared.celum.asset_changes import patch_body
from shared.celum.changes import took_effect
from shared.domain.assets import Asset, Availability, FieldContent, FieldType, Version
from shared.domain.ids import AssetId, CollectionId, FieldId, VersionId

TEXT = FieldDefinition(FieldId(7), "campaign", FieldType.TEXT)
TAGS = FieldDefinition(FieldId(8), "tags", FieldType.TAG_REFERENCE)
ONE_TAG = FieldDefinition(FieldId(9), "market", FieldType.TAG_REFERENCE, max_selections=1)
TITLE = FieldDefinition(FieldId(10), "title", FieldType.LOCALIZED_TEXT)


@pytest.mark.parametrize("current", ["a", "b", None])
@pytest.mark.parametrize("authority", ["onedrive", "celum"])
def test_a_source_that_stayed_sends_nothing(current: str | None, authority: str) -> None:
    assert three_way("a", "a", current, authority) == Keep()


@pytest.mark.parametrize("authority", ["onedrive", "celum"])
def test_a_changed_source_is_sent_where_celum_stayed(authority: str) -> None:
    assert three_way("a", "b", "a", authority) == Write("b")
    assert three_way(None, "b", None, authority) == Write("b")


def test_where_both_changed_the_authority_decides_and_the_loser_is_told() -> None:
    assert three_way("a", "b", "c", "onedrive") == Write("b", replaced="c")
    assert three_way("a", "b", "c", "celum") == Keep(lost="b")
    assert three_way(None, "b", "c", "onedrive") == Write("b", replaced="c")


def test_what_celum_already_has_is_not_sent_again() -> None:
    assert three_way("a", "b", "b", "onedrive") == Keep()
    assert three_way("a", "b", " b\r\n", "onedrive") == Keep()
    day = datetime(2026, 2, 14, tzinfo=UTC)
    assert three_way(None, day, day.replace(microsecond=5), "onedrive") == Keep()
    assert three_way(None, 0.1 + 0.2, 0.3, "onedrive") == Keep()


def test_an_emptied_source_clears_only_what_the_bridge_wrote() -> None:
    assert three_way("a", None, "a", "onedrive") == Write(None)
    assert three_way("a", None, "c", "onedrive") == Keep()
    assert three_way(None, None, "c", "onedrive") == Keep()


def test_other_locales_are_other_peoples() -> None:
    assert three_way({"en": "a"}, {"en": "b"}, {"en": "a", "de": "x"}, "celum") == Write({"en": "b"})
    assert three_way({"en": "a"}, {"en": "b"}, {"en": "b", "de": "x"}, "celum") == Keep()
    assert three_way({"en": "a"}, None, {"en": "a", "de": "x"}, "celum") == Write(None)
    cleared = operation(TITLE, {"en": "a"}, {"en": "a", "de": "x"}, None)
    assert cleared is not None
    assert took_effect(cleared, {"de": "x"})


def test_references_that_others_added_stay_and_are_no_conflict() -> None:
    assert three_way((1, 2), (1, 3), (1, 2, 9), "celum") == Write((1, 3))
    assert three_way((1, 2), (1, 3), (1, 3, 9), "celum") == Keep()
    change = operation(TAGS, (1, 2), (1, 2, 9), (1, 3))
    assert change is not None
    assert took_effect(change, (1, 3, 9))
    assert not took_effect(change, (1, 2, 3))


def test_references_that_others_replaced_are_a_conflict() -> None:
    assert three_way((1,), (2,), (3,), "onedrive") == Write((2,), replaced=(3,))
    change = operation(TAGS, (1,), (3,), (2,))
    assert change is not None
    assert took_effect(change, (2,))
    assert not took_effect(change, (2, 3))


def test_a_full_field_makes_room() -> None:
    change = operation(ONE_TAG, (1,), (1,), (2,))
    assert change is not None
    assert took_effect(change, (2,))
    assert not took_effect(change, (1, 2))


CONTENTS = some.one_of(
    some.none(),
    some.frozensets(some.integers(1, 4), min_size=1).map(lambda ids: tuple(sorted(ids))),
)


@given(CONTENTS, CONTENTS, CONTENTS, some.sampled_from(["onedrive", "celum"]))
def test_after_a_write_the_source_has_nothing_more_to_say(
    base: FieldContent | None, desired: FieldContent | None, current: FieldContent | None, authority: str
) -> None:
    decided = three_way(base, desired, current, authority)
    if isinstance(decided, Keep):
        return
    change = operation(TAGS, base, current, decided.content)
    there = set(current) if isinstance(current, tuple) else set()
    if change is not None:
        there = (there | set(getattr(change, "add", ()))) - set(getattr(change, "remove", ()))

    after = tuple(sorted(there)) or None

    assert isinstance(three_way(base, desired, after, authority), Keep)


ASSET = Asset(
    id=AssetId(1),
    name="Hero",
    type_id=12,
    current_version=Version(VersionId(1), "hero.psd", 12, None),
    parents=(CollectionId(5), CollectionId(6)),
    released=True,
    fields={FieldId(7): "Spring"},
)


def test_G46_parents_are_modified_and_never_set() -> None:
    body = patch_body(AssetChange(parents_add=(CollectionId(7),), parents_remove=(CollectionId(5),)))

    assert body == {"parentIds": {"op": "MODIFY", "add": [7], "remove": [5]}}


def test_availability_is_direct_or_dated() -> None:
    until = datetime(2027, 3, 31, 22, 0, tzinfo=UTC)

    assert patch_body(AssetChange(availability=Availability(available=False))) == {
        "availability": {"type": "DIRECT", "available": False}
    }
    assert patch_body(AssetChange(availability=Availability(until=until))) == {
        "availability": {"type": "DATED", "to": "2027-03-31T22:00:00Z"}
    }


def test_G44_a_lock_without_a_comment_is_never_sent() -> None:
    with pytest.raises(ValueError, match="comment"):
        patch_body(AssetChange(lock=" "))


def test_G45_the_difference_is_exactly_what_is_missing() -> None:
    done, missing = operation(TEXT, None, None, "Spring"), operation(TAGS, None, None, (1,))
    assert done is not None
    assert missing is not None
    change = AssetChange(
        name="Hero",
        type_id=12,
        parents_add=(CollectionId(6), CollectionId(7)),
        parents_remove=(CollectionId(5), CollectionId(8)),
        availability=Availability(available=True),
        fields=(done, missing),
        lock="mine",
    )

    assert differences(ASSET, change) == AssetChange(
        parents_add=(CollectionId(7),),
        parents_remove=(CollectionId(5),),
        availability=Availability(available=True),
        fields=(missing,),
        lock="mine",
    )


def test_nothing_asked_is_nothing_missing() -> None:
    assert differences(ASSET, AssetChange()).is_empty
    assert differences(ASSET, AssetChange(name="Hero")).is_empty


def test_a_lock_of_somebody_else_is_not_ours() -> None:
    theirs = replace(ASSET, locked_by=35, lock_comment="being retouched")

    assert differences(theirs, AssetChange(lock="the bridge")) == AssetChange(lock="the bridge")
    assert differences(theirs, AssetChange(unlock=True)) == AssetChange(unlock=True)
    assert differences(replace(theirs, lock_comment="the bridge"), AssetChange(lock="the bridge")).is_empty
