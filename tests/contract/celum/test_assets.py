from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest

from local.celum_simulator import CelumSimulator
from local.serving import Exchange, Fault
from shared.celum import (
    AssetChange,
    Celum,
    CreateAsset,
    FieldDefinition,
    algorithm_of,
    convert,
    differences,
    filters,
    matches,
    mentions_handle,
    operation,
    raw,
)
from shared.domain.assets import Asset, Availability, FieldContent
from shared.domain.decisions import FieldWish
from shared.domain.ids import AssetId, CollectionId
from shared.domain.items import Value
from shared.errors import Forbidden, Locked, Missing, Refused, Throttled, Unavailable
from tests.contract.celum.acts import created, uploaded


async def test_an_asset_is_created_from_bytes_with_its_fields_and_read_back(celum: Celum, sim: CelumSimulator) -> None:
    kind = await celum.directory.asset_type("Campaign asset")
    campaign = await celum.directory.field(kind, "Campaign")

    made = await created(celum, b"a hero", fields=(raw(campaign, "Spring"),))

    assert sim.content(made.id) == b"a hero"
    there = await celum.asset(made.id)
    assert there is not None
    assert there.fields is not None
    assert there.fields[campaign.id] == "Spring"
    assert there.current_version.size == 6
    assert there.current_version.filename == "hero.txt"
    assert matches(there.current_version.checksum, {"sha1": hashlib.sha1(b"a hero").hexdigest()}) is True


async def test_one_small_file_costs_four_requests(celum: Celum, exchanges: list[Exchange]) -> None:
    target = await celum.directory.collection("Marketing/Office")
    await created(celum)
    exchanges.clear()

    made = await created(celum, b"another hero")
    await celum.update(made.id, AssetChange(parents_add=(target.id,), availability=Availability(available=True)))

    assert len(exchanges) == 4, [f"{e.method} {e.path_and_query}" for e in exchanges]


async def test_a_new_version_becomes_the_current_one_and_stands_first(celum: Celum) -> None:
    made = await created(celum)

    added = await celum.add_version(made.id, "hero.txt", await uploaded(celum, b"a better hero"))

    assert [version.id for version in await celum.versions(made.id)] == [added.id, made.current_version.id]
    there = await celum.asset(made.id)
    assert there is not None
    assert there.current_version.id == added.id


async def test_G39_a_version_that_did_not_become_current_can_be_activated(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.add_version_activates = False
    made = await created(celum)
    added = await celum.add_version(made.id, "hero.txt", await uploaded(celum, b"a better hero"))
    there = await celum.asset(made.id)
    assert there is not None
    assert there.current_version.id != added.id

    assert (await celum.activate(made.id, added.id)).current_version.id == added.id


async def test_one_patch_changes_everything_and_the_answer_shows_it(celum: Celum, exchanges: list[Exchange]) -> None:
    made = await created(celum)
    kind = await celum.directory.asset_type("Campaign asset")
    campaign = await celum.directory.field(kind, "Campaign")
    target = await celum.directory.collection("/Marketing/Campaigns/Spring-26/")
    until = datetime(2099, 3, 31, 22, 0, tzinfo=UTC)
    exchanges.clear()
    wanted = operation(campaign, None, None, "Spring")
    assert wanted is not None

    there = await celum.update(
        made.id,
        AssetChange(
            name="Hero of spring",
            parents_add=(target.id,),
            parents_remove=made.parents,
            availability=Availability(until=until),
            fields=(wanted,),
        ),
    )

    assert [e.method for e in exchanges] == ["PATCH"]
    assert there.name == "Hero of spring"
    assert there.parents == (target.id,)
    assert there.availability == Availability(until=until)
    assert there.fields is not None
    assert there.fields[campaign.id] == "Spring"


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_G12_a_missing_asset_is_none_however_celum_says_it(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.change({"missing_id_status": status})

    assert await celum.asset(AssetId(987654)) is None
    with pytest.raises(Missing):
        await celum.update(AssetId(987654), AssetChange(name="nobody"))


@pytest.mark.parametrize("status", [400, 403, 409, 423])
async def test_G37_a_write_on_an_asset_that_another_user_locked_is_locked(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.locked_status = status
    made = await created(celum)
    sim.lock_asset(made.id, "being retouched")

    with pytest.raises(Locked, match="being retouched"):
        await celum.update(made.id, AssetChange(name="Hero 2"))
    with pytest.raises(Locked, match="being retouched"):
        await celum.add_version(made.id, "hero.txt", await uploaded(celum, b"a better hero"))


async def test_G44_a_lock_is_set_with_its_comment_and_taken_away(celum: Celum, exchanges: list[Exchange]) -> None:
    made = await created(celum)
    exchanges.clear()

    locked = await celum.update(made.id, AssetChange(lock="the bridge adds a version"))
    free = await celum.update(made.id, AssetChange(unlock=True))

    assert (locked.lock_comment, locked.locked_by) == ("the bridge adds a version", (await celum.probe()).user_id)
    assert free.locked_by is None
    bodies = [json.loads(e.request_body or b"") for e in exchanges if e.method == "PATCH"]
    assert bodies == [
        {"lock": {"op": "SET", "comment": "the bridge adds a version"}},
        {"lock": {"op": "CLEAR"}},
    ]


async def test_G45_a_patch_that_was_partly_applied_shows_what_is_left(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.patch_atomic = False
    made = await created(celum)
    change = AssetChange(name="Hero 2", parents_add=(CollectionId(987654),))

    with pytest.raises(Missing):
        await celum.update(made.id, change)

    there = await celum.asset(made.id)
    assert there is not None
    assert differences(there, change) == AssetChange(parents_add=(CollectionId(987654),))


async def test_G45_an_update_whose_answer_is_lost_is_found_done(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    change = AssetChange(name="Hero 2")
    sim.faults.append(Fault("PATCH /content-api/v1/assets/", kind="lost"))

    with pytest.raises(Unavailable):
        await celum.update(made.id, change)

    there = await celum.asset(made.id)
    assert there is not None
    assert differences(there, change).is_empty


async def test_G31_a_create_whose_answer_is_lost_is_found_by_its_key(celum: Celum, sim: CelumSimulator) -> None:
    kind = await celum.directory.asset_type("Campaign asset")
    key = await celum.directory.field(kind, "Bridge key")
    sim.faults.append(Fault("POST /content-api/v1/assets$", kind="lost"))

    with pytest.raises(Unavailable):
        await created(celum, fields=(raw(key, "b1|item|7"),))

    assert [asset.name for asset in await celum.find_by_text_field(key.id, "b1|item|7")] == ["Hero"]
    assert await celum.find_by_text_field(key.id, "item") == ()  # a phrase of it is a hit for CELUM, not for us


async def test_assets_are_found_by_any_spelling_of_their_checksum(celum: Celum) -> None:
    made = await created(celum)
    await created(celum, b"other")
    digest = hashlib.sha1(b"a hero")

    for written in (digest.hexdigest(), digest.hexdigest().upper(), base64.b64encode(digest.digest()).decode()):
        assert [hit.id for hit in await celum.find_by_checksum([written])] == [made.id]
    assert await celum.find_by_checksum([]) == ()
    assert algorithm_of(made.current_version.checksum) == "sha1"


async def test_G84_a_filter_with_too_many_values_is_halved(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    sim.quirks.max_filter_values = 3
    checksums = [hashlib.sha1(str(number).encode()).hexdigest() for number in range(10)]

    found = await celum.find_by_checksum([*checksums, hashlib.sha1(b"a hero").hexdigest()])

    assert [hit.id for hit in found] == [made.id]


async def test_an_asset_is_found_by_its_exact_name_in_its_collection_only(celum: Celum) -> None:
    made = await created(celum, name="Hero")
    await created(celum, b"other", name="Hero of spring")
    await created(celum, b"elsewhere", name="Hero", path="Marketing/Office")

    assert [hit.id for hit in await celum.find_by_name(made.parents[0], "Hero")] == [made.id]


async def test_an_asset_is_found_by_a_field_of_any_type(celum: Celum) -> None:
    kind = await celum.directory.asset_type("Campaign asset")
    wishes: dict[str, Value] = {
        "Campaign": "Spring",
        "Title": "Hero",
        "Market": "Norway",
        "Languages": ("German", "French"),
        "Usage rights": "web only",
        "Rights until": "2027-03-31",
        "Rating": "4",
        "Product line": "Rocket skates",
        "Summary": "long",
        "Weight": "12.5",
        "Print ready": "yes",
    }
    contents: list[tuple[FieldDefinition, FieldContent]] = []
    for label, value in wishes.items():
        definition = await celum.directory.field(kind, label)
        content = await convert(FieldWish(label, value), definition, celum.directory)
        assert content is not None
        contents.append((definition, content))
    made = await created(celum, fields=tuple(raw(definition, content) for definition, content in contents))
    await created(celum, b"other")

    for definition, content in contents:
        hits: tuple[Asset, ...] = await celum.find_by_field(definition, content)
        assert [hit.id for hit in hits] == [made.id], definition.label
        assert hits[0].fields is not None
        assert hits[0].fields[definition.id] == content, definition.label


async def test_G23_a_refusal_that_blames_the_handle_is_told_apart(celum: Celum, sim: CelumSimulator) -> None:
    parent = await celum.directory.collection("Bridge/Intake")
    handle = await uploaded(celum, b"a hero")
    sim.quirks.handle_ttl = -1

    with pytest.raises(Refused) as caught:
        await celum.create(CreateAsset("Hero", parent.id, handle))

    assert mentions_handle(caught.value)


async def test_G29_a_refused_field_is_named_by_its_id(celum: Celum) -> None:
    kind = await celum.directory.asset_type("Campaign asset")
    rating = await celum.directory.field(kind, "Rating")

    with pytest.raises(Refused) as caught:
        await created(celum, fields=(raw(rating, 9),))

    assert [fault.field for fault in caught.value.faults] == [rating.id]
    assert f"information field {rating.id}" in str(caught.value)


async def test_G4_a_missing_right_on_the_collection_is_forbidden(sim: CelumSimulator, celum: Celum) -> None:
    sim.change_user("onedrive-bridge", grants={None: frozenset({"view", "viewMetadata"})})

    with pytest.raises(Forbidden):
        await created(celum)


@pytest.mark.parametrize(("header", "wait"), [("120", 120), ("0", 0), ("soon", None), ("", None)])
@pytest.mark.parametrize("status", [429, 503])
async def test_G7_G8_throttling_carries_the_wait(
    celum: Celum, sim: CelumSimulator, status: int, header: str, wait: float | None
) -> None:
    sim.quirks.change({"throttle": status, "throttle_next": 1, "retry_after": header})

    with pytest.raises(Throttled) as caught:
        await celum.asset(AssetId(1))

    assert caught.value.retry_after == wait


async def test_G80_pages_that_shift_lose_nothing_and_repeat_nothing(celum: Celum, sim: CelumSimulator) -> None:
    for number in range(7):
        sim.add_asset(f"{number}.txt", str(number).encode(), parents=["/Bridge/Intake"])
    sim.quirks.change({"max_page_size": 2})
    for shift in ("repeat", "skip"):
        sim.quirks.change({"shifting_pages": shift})
        ids = [hit.id async for hit in celum.search(filters.ids_from(0))]
        assert sorted(ids) == sorted(asset.id for asset in sim.assets()), shift


async def test_G83_a_refused_deep_page_is_continued_by_id(celum: Celum, sim: CelumSimulator) -> None:
    for number in range(7):
        sim.add_asset(f"{number}.txt", str(number).encode(), parents=["/Bridge/Intake"])
    sim.quirks.change({"max_page_size": 2, "deep_page_limit": 4})

    ids = [hit.id async for hit in celum.search(filters.ids_from(0))]

    assert ids == sorted(asset.id for asset in sim.assets())


async def test_G13_later_members_and_other_dates_change_nothing(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    for style in ("iso", "offset", "epoch_ms"):
        sim.quirks.change({"extra_members": True, "date_style": style})
        there = await celum.asset(made.id)
        assert there is not None
        assert made.created is not None
        assert there.created is not None
        assert there.created.replace(microsecond=0) == made.created.replace(microsecond=0), style


async def test_an_asset_that_its_update_hides_from_us_was_updated(celum: Celum, sim: CelumSimulator) -> None:
    sim.change_user("onedrive-bridge", may=frozenset({"upload"}))
    made = await created(celum)

    there = await celum.update(made.id, AssetChange(name="Withdrawn", availability=Availability(available=False)))

    assert there.availability == Availability(available=False)
    assert await celum.asset(made.id) is None
    assert sim.asset(made.id).name == "Withdrawn"


async def test_G32_G90_a_new_asset_is_read_by_its_id_while_the_index_lags(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.index_lag = 3600
    made = await created(celum)

    assert await celum.find_by_name(made.parents[0], "Hero") == ()
    assert (await celum.asset(made.id)) is not None


async def test_probe_names_the_version_and_the_acting_user(celum: Celum, sim: CelumSimulator) -> None:
    identity = await celum.probe()

    assert identity.version
    assert (identity.user_id, identity.user_name) == (sim.user("onedrive-bridge").id, "onedrive-bridge")
    assert await celum.identity() is identity


FIRST_AND_SECOND: dict[str, tuple[Value, Value]] = {
    "Campaign": ("Spring", "Autumn"),
    "Usage rights": ("web only", "print"),
    "Title": ("Hero", "Heroine"),
    "Summary": ("long", "short"),
    "Rating": ("4", "0"),
    "Weight": ("12.5", "-1e3"),
    "Print ready": ("yes", "no"),
    "Rights until": ("2027-03-31", "2028-02-29"),
    "Market": ("Norway", "Austria"),
    "Product line": ("Rocket skates", ("Roadrunner", "Tunnel paint")),
    "Languages": (("German", "French"), "English"),
}


@pytest.mark.parametrize("label", FIRST_AND_SECOND)
async def test_G46_each_of_the_eleven_types_is_created_changed_and_cleared(celum: Celum, label: str) -> None:
    kind = await celum.directory.asset_type("Office document")
    definition = await celum.directory.field(kind, label)
    first, second = [
        await convert(FieldWish(label, value), definition, celum.directory) for value in FIRST_AND_SECOND[label]
    ]
    assert first is not None
    made = await created(celum, fields=(raw(definition, first),), kind="Office document")
    for base, desired in ((first, second), (second, None)):
        change = operation(definition, base, base, desired)
        assert change is not None
        there = await celum.update(made.id, AssetChange(fields=(change,)))
        assert there.fields is not None
        assert there.fields.get(definition.id) == desired
