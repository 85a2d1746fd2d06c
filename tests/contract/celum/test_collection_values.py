from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.celum_simulator import CelumSimulator
from local.celum_simulator.stage import Given
from shared.celum import Celum
from shared.errors import NameProblem

PATH = "/Plan/Spring"


@pytest.fixture(autouse=True)
def plan(sim: CelumSimulator) -> None:
    sim.add_field("Status", "DROPDOWN", options=("Open", "Closed"), labels={"en": "Status", "de": "Stand"})
    fields = ("Status", "Campaign", "Title", "Rating", "Weight", "Print ready", "Retain until", "Product line")
    sim.add_collection_type("Campaign", fields=fields)
    sim.add_collection("/Plan", type="Campaign")
    sim.add_collection(PATH)


async def test_the_fields_of_a_collection_are_read_as_people_see_them(celum: Celum, sim: CelumSimulator) -> None:
    sim.tenant.fields[sim.field("Status").id].options[2]["de"] = "Geschlossen"  # type: ignore[index]  # of the test's own
    fields: dict[str, Given] = {
        "Status": "Closed",
        "Campaign": "Spring",
        "Title": {"en": "Hello", "de": "Hallo"},
        "Rating": 4,
        "Weight": 2.5,
        "Print ready": True,
        "Retain until": datetime(2027, 1, 31, tzinfo=UTC),
        "Product line": ["/Product lines/Roadrunner"],
    }
    sim.change_collection(PATH, fields=fields)

    found = await celum.directory.collection_values(PATH)

    assert found is not None
    number, texts = found
    assert number == sim.collection(PATH).id
    status = texts["Status"]
    assert set(status) == {"Closed", "Geschlossen"}
    assert texts["Stand"] == status, "a label counts in any locale"
    assert texts["status"] == status, "and so does the technical name"
    assert set(texts["Title"]) == {"Hello", "Hallo"}
    wanted = ("Campaign", "Rating", "Weight", "Print ready", "Retain until", "Product line")
    assert [texts[name] for name in wanted] == ["Spring", "4", "2.5", "true", "2027-01-31", "Roadrunner"]


async def test_an_empty_field_is_there_and_empty_and_an_unknown_one_is_not_there(celum: Celum) -> None:
    found = await celum.directory.collection_values(PATH)

    assert found is not None
    assert found[1]["Status"] == ""
    assert "Nothing" not in found[1]


async def test_what_a_field_says_is_never_remembered(celum: Celum, sim: CelumSimulator) -> None:
    await celum.directory.collection_values(PATH)
    sim.requests.clear()
    sim.change_collection(PATH, fields={"Campaign": "changed"})

    found = await celum.directory.collection_values(PATH)

    assert found is not None
    assert found[1]["Campaign"] == "changed"
    assert sim.requests == {"GET /collections/{collectionId}": 1}, "where it stands is"


async def test_a_collection_that_is_missing_or_deleted_is_none(celum: Celum, sim: CelumSimulator) -> None:
    assert await celum.directory.collection_values("/Plan/Autumn") is None
    assert await celum.directory.collection_values(PATH) is not None
    sim.tenant.collections.drop(sim.collection(PATH).id)

    assert await celum.directory.collection_values(PATH) is None


async def test_twins_are_no_answer(celum: Celum, sim: CelumSimulator) -> None:
    sim.add_collection(PATH)

    with pytest.raises(NameProblem, match="ambiguous"):
        await celum.directory.collection_values(PATH)
