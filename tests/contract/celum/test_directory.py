from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from local.celum_simulator import CelumSimulator, seeds
from shared.celum import Celum, CelumSettings
from shared.clock import SystemClock
from shared.errors import Forbidden, NameProblem


class ForwardClock(SystemClock):
    """Time that a test moves."""

    ahead = timedelta()

    def now(self):  # type: ignore[no-untyped-def]  # noqa: ANN201  as in SystemClock
        return super().now() + self.ahead


async def test_a_collection_is_found_by_its_path_from_a_root(celum: Celum, sim: CelumSimulator) -> None:
    found = await celum.directory.collection(" /Marketing / Campaigns/Spring-26/ ")

    assert found.id == sim.collection("/Marketing/Campaigns/Spring-26").id
    assert found.permission_defining is True
    above = await celum.directory.ancestry(found)
    assert above == (sim.collection("/Marketing").id, sim.collection("/Marketing/Campaigns").id)
    assert (await celum.directory.collection("/Markets/DACH")).permission_defining is False


async def test_G49_a_name_counts_in_any_locale(celum: Celum, sim: CelumSimulator) -> None:
    made = sim.add_collection("/Marketing/Spring", names={"de": "Frühling"})

    assert (await celum.directory.collection("Marketing/Frühling")).id == made


async def test_a_name_that_search_cannot_find_is_found_in_the_list(celum: Celum, sim: CelumSimulator) -> None:
    made = sim.add_collection("/Marketing/!!!")
    root = sim.add_collection("/+++")

    assert (await celum.directory.collection("Marketing/!!!")).id == made
    assert (await celum.directory.collection("+++")).id == root


async def test_a_collection_is_found_by_a_name_that_differs_in_case_where_there_is_just_one(
    celum: Celum, sim: CelumSimulator
) -> None:
    made = sim.add_collection("/Marketing/Autumn-26")
    assert (await celum.directory.collection("marketing/autumn-26")).id == made

    sim.add_collection("/Marketing/AUTUMN-26")
    celum.directory.forget()
    assert (await celum.directory.collection("Marketing/Autumn-26")).id == made
    with pytest.raises(NameProblem):
        await celum.directory.collection("Marketing/autumn-26")


async def test_an_unknown_name_is_told_with_the_nearest_ones(celum: Celum) -> None:
    with pytest.raises(NameProblem, match="Campaings") as caught:
        await celum.directory.collection("Marketing/Campaings/Spring-26")
    assert caught.value.candidates[0] == "Campaigns"
    with pytest.raises(NameProblem, match="Marketing"):
        await celum.directory.collection("Marketin")
    with pytest.raises(NameProblem, match="Campaign asset"):
        await celum.directory.asset_type("Campaign")
    kind = await celum.directory.asset_type("Campaign asset")
    with pytest.raises(NameProblem, match="Rating"):
        await celum.directory.field(kind, "Ratng")


async def test_G49_twins_are_ambiguous_and_both_told(celum: Celum, sim: CelumSimulator) -> None:
    twins = [sim.add_collection("/Marketing/Twin"), sim.add_collection("/Marketing/Twin")]

    with pytest.raises(NameProblem, match="ambiguous") as caught:
        await celum.directory.collection("Marketing/Twin")

    assert caught.value.ambiguous
    assert caught.value.candidates == tuple(f"Twin ({number})" for number in twins)


async def test_G49_missing_collections_are_made_once_however_often_they_are_asked_for(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.quirks.index_lag = 3600
    paths = ["/Marketing/2026/May", "/Marketing/2026/June", "/Marketing/2026/May"]

    made = await asyncio.gather(*(celum.directory.create_collection(path) for path in paths))

    assert made[0].id == made[2].id
    assert sim.requests["POST /collections"] == 3
    assert sim.collection("/Marketing/2026/May").id == made[0].id
    assert (await celum.directory.collection("Marketing/2026/June")).id == made[1].id


async def test_G49_a_twin_made_by_somebody_else_meanwhile_is_reported(celum: Celum, sim: CelumSimulator) -> None:
    directory = celum.directory
    parent = await directory.collection("Marketing")
    sim.add_collection("/Marketing/May")

    with pytest.raises(NameProblem, match="ambiguous"):
        await directory._collections._make(parent, "May", "Marketing/May", None)


async def test_a_missing_root_needs_its_collection_type(celum: Celum, sim: CelumSimulator) -> None:
    with pytest.raises(NameProblem, match='no collection "Archive"'):
        await celum.directory.create_collection("Archive/2026")

    made = await celum.directory.create_collection("Archive/2026", root_type="Folder")

    assert sim.collection("/Archive/2026").id == made.id


async def test_fields_and_options_are_found_by_label_in_any_locale_or_technical_name(
    celum: Celum, sim: CelumSimulator
) -> None:
    kind = await celum.directory.asset_type("Campaign asset")

    for name in ("Title", "Titel", "title"):
        assert (await celum.directory.field(kind, name)).id == sim.field("Title").id
    market = await celum.directory.field(kind, "Market")
    assert await celum.directory.option(market, " Norway") == 1
    with pytest.raises(NameProblem, match="Norway"):
        await celum.directory.option(market, "Norwa")


async def test_references_are_found_below_their_root_by_name_or_path(celum: Celum, sim: CelumSimulator) -> None:
    sim.add_collection("/Markets/German")
    sim.add_collection("/Languages/English/US")
    sim.add_collection("/Languages/German/US")
    kind = await celum.directory.asset_type("Campaign asset")
    languages = await celum.directory.field(kind, "Languages")

    assert await celum.directory.reference(languages, "German") == sim.collection("/Languages/German").id
    assert await celum.directory.reference(languages, "German/US") == sim.collection("/Languages/German/US").id
    with pytest.raises(NameProblem, match="ambiguous"):
        await celum.directory.reference(languages, "US")
    with pytest.raises(NameProblem, match="German"):
        await celum.directory.reference(languages, "Germn")
    with pytest.raises(NameProblem):
        await celum.directory.reference(languages, "DACH")


async def test_names_are_asked_once_in_ten_minutes_and_again_when_forgotten(sim: CelumSimulator) -> None:
    clock = ForwardClock()
    celum = Celum(CelumSettings(sim.api_url, seeds.ACME_KEY), clock)
    try:
        for _ in range(3):
            await celum.directory.asset_type("Campaign asset")
        assert sim.requests["GET /asset-types"] == 1
        celum.directory.forget()
        await celum.directory.asset_type("Campaign asset")
        assert sim.requests["GET /asset-types"] == 2
        clock.ahead = timedelta(minutes=10, seconds=1)
        await celum.directory.asset_type("Campaign asset")
        assert sim.requests["GET /asset-types"] == 3
    finally:
        await celum.close()


async def test_G33_a_refusal_that_names_an_entity_makes_it_forget(celum: Celum, sim: CelumSimulator) -> None:
    from tests.contract.celum.acts import created  # noqa: PLC0415

    await created(celum)
    asked = sim.requests["GET /asset-types"]
    sim.tenant.collections.drop(sim.collection("/Bridge/Intake").id)

    with pytest.raises(Exception, match="missing or not accessible"):
        await created(celum)
    with pytest.raises(NameProblem):
        await created(celum)

    assert sim.requests["GET /asset-types"] >= asked


async def test_the_system_language_comes_from_the_client_where_there_is_one(sim: CelumSimulator) -> None:
    celum = Celum(CelumSettings(sim.api_url, seeds.ACME_KEY, client_id="onedrive-bridge"), SystemClock())
    try:
        assert await celum.directory.system_language() == "en"
        assert "de" in await celum.directory.languages()
    finally:
        await celum.close()


async def test_G49_where_names_are_unique_the_quicker_ones_collection_is_taken(
    celum: Celum, sim: CelumSimulator
) -> None:
    sim.quirks.unique_names = True
    parent = await celum.directory.collection("Marketing")

    taken = await celum.directory._collections._make(parent, "Office", "Marketing/Office", None)

    assert taken.id == sim.collection("/Marketing/Office").id
    sim.change_user("onedrive-bridge", grants={None: frozenset({"view"})})
    with pytest.raises(Forbidden):
        await celum.directory.create_collection("Marketing/Nowhere")
