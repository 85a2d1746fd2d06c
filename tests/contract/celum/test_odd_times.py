"""What others, and lost answers, do to assets between two of our calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.celum_simulator import CelumSimulator, seeds
from local.celum_simulator.stage import Availability as Availabilities
from local.serving import Fault
from shared.celum import Absence, AssetChange, Celum, CreateAsset, explained, mentions_handle, raw
from shared.domain.assets import Asset, Availability, ExternalReference, FieldType
from shared.domain.ids import AssetId
from shared.errors import Forbidden, Locked, Missing, NameProblem, NotAuthorised, Refused, Unavailable
from tests.contract.celum.acts import created, uploaded

NEVER = datetime(2099, 1, 1, tzinfo=UTC)


async def fresh(celum: Celum, asset: Asset, *, references: bool = False) -> Asset:
    there = await celum.asset(asset.id, references=references)
    assert there is not None
    return there


async def test_G3_one_401_is_tried_again_and_a_second_one_is_the_keys(celum: Celum, sim: CelumSimulator) -> None:
    sim.faults.append(Fault("GET .*/users/me", status=401))
    assert (await celum.probe()).user_name == seeds.SERVICE
    sim.faults.append(Fault("GET .*/users/me", status=401, times=2))
    with pytest.raises(NotAuthorised):
        await celum.probe()


async def test_G3_a_write_that_met_a_401_took_effect_once(celum: Celum, sim: CelumSimulator) -> None:
    sim.faults.append(Fault("POST .*/assets$", status=401))
    await created(celum)
    assert len(sim.assets()) == 1


async def test_G14_another_version_of_celum_shows_at_the_next_probe(celum: Celum, sim: CelumSimulator) -> None:
    before = await celum.probe()
    sim.quirks.release_version = "2027.1"
    assert before.version != (await celum.probe()).version == "2027.1"


async def test_G22_fewer_bytes_than_were_sent_show_in_the_version(celum: Celum, sim: CelumSimulator) -> None:
    sim.quirks.upload_keeps = 5
    made = await created(celum, b"a hero of many bytes")
    assert made.current_version.size == 5


async def test_G24_a_handle_serves_once_and_its_asset_is_found(celum: Celum) -> None:
    key = (await celum.directory.asset_type("Campaign asset")).fields[0]
    made = await created(celum, fields=(raw(key, "bridge-1"),))
    handle = await uploaded(celum, b"a hero")
    wanted = CreateAsset("Hero", made.parents[0], handle)
    await celum.create(wanted)
    with pytest.raises(Refused) as refused:
        await celum.create(wanted)
    assert mentions_handle(refused.value)
    assert [hit.id for hit in await celum.find_by_text_field(key.id, "bridge-1")] == [made.id]


async def test_G34_an_asset_that_is_not_released_says_what_is_missing(celum: Celum) -> None:
    made = await created(celum)  # its type demands usage rights
    assert not made.released
    assert {name for name, is_fine in made.validation.items() if not is_fine} == {"requiredFieldsValid"}


@pytest.mark.parametrize("status", [400, 409])
async def test_G35_a_duplicate_that_celum_refuses_is_found_by_its_checksum(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    made = await created(celum, b"a hero")
    sim.quirks.change({"reject_duplicates": status})
    with pytest.raises(Refused, match=f"duplicate of asset {made.id}"):
        await created(celum, b"a hero")
    checksum = made.current_version.checksum
    assert checksum is not None
    assert [hit.id for hit in await celum.find_by_checksum([checksum])] == [made.id]


async def test_G38_a_version_that_somebody_else_added_between_stands_beside_ours(
    celum: Celum, sim: CelumSimulator
) -> None:
    before = await created(celum, b"one")
    handle = await uploaded(celum, b"ours")
    theirs = sim.add_version(before.id, "theirs.txt", b"theirs")
    ours = await celum.add_version(before.id, "ours.txt", handle)
    versions = await celum.versions(before.id)
    assert [version.id for version in versions] == [ours.id, theirs, before.current_version.id]
    assert versions[1].created_by != versions[0].created_by == (await celum.identity()).user_id


async def test_G40_a_version_whose_answer_was_lost_is_found_in_the_list(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum, b"one")
    handle = await uploaded(celum, b"two!")
    sim.faults.append(Fault("POST .*/versions", kind="lost"))
    with pytest.raises(Unavailable):
        await celum.add_version(made.id, "two.txt", handle)
    newest, *_ = await celum.versions(made.id)
    assert (newest.filename, newest.size, newest.created_by) == ("two.txt", 4, (await celum.identity()).user_id)
    assert len(await celum.versions(made.id)) == 2


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_G41_an_asset_deleted_while_its_bytes_travel_is_missing(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.change({"missing_id_status": status})
    made = await created(celum)
    handle = await uploaded(celum, b"two")
    sim.delete_asset(made.id)
    with pytest.raises(Missing):
        await celum.add_version(made.id, "two.txt", handle)
    with pytest.raises(Missing):
        await celum.update(made.id, AssetChange(name="Other"))


@pytest.mark.parametrize("status", [400, 403, 409, 423])
async def test_G43_our_own_lock_is_known_and_cleared_and_a_foreign_one_is_not(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.locked_status = status
    made = await created(celum)
    await celum.update(made.id, AssetChange(lock="bridge: version of hero.txt"))
    locked = await fresh(celum, made)
    assert locked.locked_by == (await celum.identity()).user_id
    assert locked.lock_comment == "bridge: version of hero.txt"
    assert (await celum.update(made.id, AssetChange(unlock=True))).locked_by is None
    sim.lock_asset(made.id, "mine", as_user="admin")
    with pytest.raises(Locked, match="mine"):
        await celum.update(made.id, AssetChange(unlock=True))
    assert await celum.directory.user_name((await fresh(celum, made)).locked_by or 0) == "admin"


async def test_G48_a_field_or_type_that_was_taken_away_is_noticed_when_names_are_read_again(
    celum: Celum, sim: CelumSimulator
) -> None:
    kind = await celum.directory.asset_type("Campaign asset")
    await celum.directory.field(kind, "Campaign")
    there = sim.asset_type("Campaign asset")
    del sim.tenant.asset_types[there.id]
    sim.add_asset_type("Campaign asset", ["Title"], required=["Title"])
    celum.directory.forget()
    kind = await celum.directory.asset_type("Campaign asset")
    assert (await celum.directory.field(kind, "Title")).required
    with pytest.raises(NameProblem, match='no information field "Campaign"'):
        await celum.directory.field(kind, "Campaign")


async def test_G50_a_placeholder_is_known_and_filled_by_a_version(celum: Celum, sim: CelumSimulator) -> None:
    parent = await celum.directory.collection("Bridge/Intake")
    body = {"name": "Expected", "parentId": parent.id}
    number = AssetId(sim.create_as(seeds.SERVICE, body))
    (found,) = await celum.find_by_name(parent.id, "Expected")
    assert (found.id, found.current_version.category) == (number, "PLACEHOLDER")
    await celum.add_version(number, "hero.txt", await uploaded(celum, b"a hero"))
    there = await celum.asset(number)
    assert there is not None
    assert (there.current_version.category, there.current_version.size) == ("TEXT", 6)
    assert len(sim.assets()) == 1


def reference(url: str, instance: str | None = "emea") -> ExternalReference:
    return ExternalReference("sharepointFile", "onedrive", instance, url)


async def test_G51_a_reference_of_the_same_keys_is_replaced_and_another_instance_stands_beside_it(celum: Celum) -> None:
    made = await created(celum)
    first, second = reference("https://contoso.example/a"), reference("https://contoso.example/b")
    await celum.update(made.id, AssetChange(references_add=(first,)))
    assert (await fresh(celum, made, references=True)).references == (first,)
    await celum.update(made.id, AssetChange(references_add=(second, reference("https://contoso.example/c", None))))
    there = await fresh(celum, made, references=True)
    assert {one.key: one.url for one in there.references or ()} == {
        second.key: second.url,
        (*second.key[:2], None): "https://contoso.example/c",
    }
    await celum.update(made.id, AssetChange(references_remove=(first,)))
    assert [one.instance for one in (await fresh(celum, made, references=True)).references or ()] == [None]
    assert (await fresh(celum, made)).references is None, "what was not asked for is not empty"


async def test_G51_keys_that_are_not_registered_are_named(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    sim.quirks.reference_keys = ("sharepointFile",)
    with pytest.raises(Refused) as refused:
        await celum.update(made.id, AssetChange(references_add=(reference("https://contoso.example/a"),)))
    assert [fault.argument for fault in refused.value.faults] == ["externalReferences.add[0].providerKey"]


async def test_G91_an_asset_in_a_collection_we_may_no_longer_see_is_hidden_and_not_gone(
    celum: Celum, sim: CelumSimulator
) -> None:
    made = await created(celum)
    assert await celum.absence(made.id, parents=made.parents) == Absence.THERE
    sim.change_user(seeds.SERVICE, grants={sim.collection("/Marketing").id: frozenset({"view"})})
    assert await celum.absence(made.id, parents=made.parents) == Absence.HIDDEN
    sim.revoke(seeds.ACME_KEY)
    with pytest.raises(NotAuthorised):
        await celum.absence(made.id, parents=made.parents)


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_G12_an_asset_that_was_deleted_is_gone_while_celum_is_well(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    sim.quirks.change({"missing_id_status": status})
    made = await created(celum)
    sim.delete_asset(made.id)
    assert await celum.absence(made.id, parents=made.parents, until=NEVER) == Absence.GONE
    sim.faults.append(Fault("GET .*/users/me", status=503))
    with pytest.raises(Exception, match="503"):
        await celum.absence(made.id, parents=made.parents)


async def test_G122_an_expired_asset_that_is_hidden_is_not_gone(celum: Celum, sim: CelumSimulator) -> None:
    made = await created(celum)
    until = sim.clock.now() - timedelta(seconds=1)
    sim.change_asset(made.id, availability=Availabilities(until - timedelta(days=1), until))
    sim.change_user(seeds.SERVICE, may=frozenset({"upload"}))
    assert await celum.asset(made.id) is None
    assert await celum.absence(made.id, parents=made.parents, until=until) == Absence.EXPIRED


@pytest.mark.parametrize("status", [403, 400])
async def test_G126_a_missing_right_to_set_availability_is_named(
    celum: Celum, sim: CelumSimulator, status: int
) -> None:
    made = await created(celum)
    user = sim.user(seeds.SERVICE)
    grants = {place: names - {"editAvailability"} for place, names in user.grants.items()}
    sim.change_user(seeds.SERVICE, grants=grants)
    sim.quirks.permission_status = status
    with pytest.raises((Forbidden, Refused), match="editAvailability"):
        await celum.update(made.id, AssetChange(availability=Availability(available=False)))
    assert await celum.rights(made.id, ["editAvailability", "editName"]) == {
        "editAvailability": False,
        "editName": True,
    }


async def test_G29_a_refused_field_is_told_by_its_label_with_what_was_sent_and_what_it_takes(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.add_field("Article", "TEXT", max_length=5, pattern="[0-9]+")
    sim.add_asset_type("Article image", ["Article", "Market"])
    kind = await celum.directory.asset_type("Article image")
    article, market = [await celum.directory.field(kind, label) for label in ("Article", "Market")]
    sent = (raw(article, "abcdefgh"), raw(market, 9))
    parent = await celum.directory.collection("Bridge/Intake")
    wanted = CreateAsset("Hero", parent.id, await uploaded(celum, b"x"), kind.id, sent)
    with pytest.raises(Refused) as refused:
        await celum.create(wanted)
    told = explained(refused.value, kind.fields, sent)
    assert told[0].startswith(f'"Article" (information field {article.id}): "abcdefgh" was sent')
    assert "at most 5 characters, matching the pattern [0-9]+" in told[0]
    assert told[1].startswith(f'"Market" (information field {market.id}): "9" was sent')
    assert "one of Norway, Germany" in told[1]
    assert market.type == FieldType.DROPDOWN
