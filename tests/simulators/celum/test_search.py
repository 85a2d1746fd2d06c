import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from local.celum_simulator import Availability, CelumSimulator
from tests.simulators.celum.client import Client, Json


@pytest.fixture
def assets(sim: CelumSimulator) -> dict[str, int]:
    """Three assets by name."""
    spring, office = "/Marketing/Campaigns/Spring-26", "/Marketing/Office"
    return {
        "hero": sim.add_asset(
            "spring-hero.psd",
            b"hero",
            name="Spring hero wide",
            parents=[spring, "/Markets/DACH"],
            type="Campaign asset",
            fields={
                "Usage rights": "worldwide",
                "Title": {"en": "Big hero", "de": "Held"},
                "Market": "Germany",
                "Rating": 4,
                "Product line": ["/Product lines/Roadrunner"],
                "Rights until": datetime(2027, 3, 31, tzinfo=UTC),
                "Print ready": True,
                "Weight": 2.5,
            },
        ),
        "plan": sim.add_asset("plan.docx", b"plan", name="Plan", parents=[office], type="Office document"),
        "list": sim.add_asset("list.txt", b"list of heroes", parents=[office]),
    }


def names(assets: dict[str, int], ids: list[int]) -> set[str]:
    return {name for name, asset_id in assets.items() if asset_id in ids}


def cases(sim: CelumSimulator) -> list[tuple[Json, set[str]]]:
    def at(path: str) -> int:
        return sim.collection(path).id

    def on(label: str) -> Json:
        return {"informationFieldId": sim.field(label).id}

    everything = {"hero", "plan", "list"}
    past, future = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    return [
        ({"type": "ASSET_ID_RANGE", "from": 0}, everything),
        ({"type": "ASSET_ID_RANGE", "to": 1}, set()),
        ({"type": "ASSET_NAME", "text": "spring HERO"}, {"hero"}),
        ({"type": "ASSET_NAME", "text": "hero spring"}, set()),
        ({"type": "ASSET_NAME", "text": "wide spring", "searchType": "terms"}, {"hero"}),
        ({"type": "ASSET_NAME", "text": "spr", "searchType": "termsStartingWith"}, {"hero"}),
        ({"type": "ASSET_NAME", "text": "ide", "searchType": "termsEndingWith"}, {"hero"}),
        ({"type": "ASSET_CHECKSUM", "values": [hashlib.sha1(b"plan").hexdigest().upper()]}, {"plan"}),
        ({"type": "ASSET_PARENT_ID", "values": [at("/Marketing")]}, set()),
        ({"type": "ASSET_PARENT_ID", "values": [at("/Marketing")], "recursive": True}, everything),
        ({"type": "ASSET_PARENT_ID", "values": [at("/Marketing/Office"), at("/Markets/DACH")]}, set()),
        (
            {"type": "ASSET_PARENT_ID", "values": [at("/Marketing/Office"), at("/Markets/DACH")], "matcher": "ANY"},
            everything,
        ),
        ({"type": "ASSET_TYPE_ID", "values": [sim.asset_type("Office document").id]}, {"plan"}),
        ({"type": "ASSET_CREATION_DATE_RANGE", "from": past, "to": future}, everything),
        ({"type": "ASSET_MODIFICATION_DATE_RANGE", "from": future}, set()),
        ({"type": "ASSET_VERSIONED_DATE_RANGE", "to": past}, set()),
        ({"type": "ASSET_AVAILABILITY", "active": True}, everything),
        ({"type": "ASSET_FILE_NAME", "text": "hero", "searchType": "terms"}, {"hero"}),
        ({"type": "ASSET_FILE_EXTENSION", "values": ["docx", "txt"]}, {"plan", "list"}),
        ({"type": "ASSET_FILE_CATEGORY", "values": ["IMAGE"]}, {"hero"}),
        ({"type": "ASSET_CONTENT", "text": "heroes"}, {"list"}),
        ({"type": "ASSET_FULLTEXT", "text": "worldwide"}, {"hero"}),
        ({"type": "ASSET_CREATION_USER_ID", "values": [sim.user("admin").id]}, everything),
        ({"type": "ASSET_INFORMATION_FIELD_EMPTY", **on("Title")}, {"plan", "list"}),
        ({"type": "ASSET_INFORMATION_FIELD_EMPTY", **on("Title"), "empty": False, "locale": "de"}, {"hero"}),
        (
            {"type": "ASSET_LOCALIZED_TEXT_INFORMATION_FIELD", **on("Title"), "text": "hero", "locale": "en"},
            {"hero"},
        ),
        ({"type": "ASSET_LOCALIZED_TEXT_INFORMATION_FIELD", **on("Title"), "text": "hero", "locale": "de"}, set()),
        ({"type": "ASSET_TEXT_AREA_INFORMATION_FIELD", **on("Usage rights"), "text": "worldwide"}, {"hero"}),
        ({"type": "ASSET_DROPDOWN_INFORMATION_FIELD_EQUALITY", **on("Market"), "value": 2}, {"hero"}),
        ({"type": "ASSET_NUMBER_INFORMATION_FIELD_EQUALITY", **on("Rating"), "value": 4}, {"hero"}),
        ({"type": "ASSET_NUMBER_INFORMATION_FIELD_RANGE", **on("Rating"), "from": 5}, set()),
        ({"type": "ASSET_DOUBLE_INFORMATION_FIELD_RANGE", **on("Weight"), "to": 2.5}, {"hero"}),
        ({"type": "ASSET_BOOLEAN_INFORMATION_FIELD", **on("Print ready"), "value": True}, {"hero"}),
        ({"type": "ASSET_DATE_INFORMATION_FIELD_RANGE", **on("Rights until"), "to": future}, {"hero"}),
        (
            {
                "type": "ASSET_COLLECTION_REFERENCE_INFORMATION_FIELD_EQUALITY",
                **on("Product line"),
                "value": at("/Product lines"),
                "recursive": True,
            },
            {"hero"},
        ),
        (
            {
                "type": "ASSET_COLLECTION_REFERENCE_INFORMATION_FIELD_NAMES",
                **on("Product line"),
                "values": {"en": "roadrunner"},
                "searchType": "phrase",
            },
            {"hero"},
        ),
        (
            {"type": "ASSET_NEGATION", "filter": {"type": "ASSET_FILE_CATEGORY", "values": ["IMAGE"]}},
            {"plan", "list"},
        ),
        (
            {
                "type": "ASSET_LOGICAL",
                "operator": "OR",
                "filters": [
                    {"type": "ASSET_NAME", "text": "plan"},
                    {"type": "ASSET_FILE_EXTENSION", "values": ["txt"]},
                ],
            },
            {"plan", "list"},
        ),
    ]


async def test_each_filter_finds_what_it_says(api: Client, sim: CelumSimulator, assets: dict[str, int]) -> None:
    for filter_, expected in cases(sim):
        assert names(assets, await api.found(filter_)) == expected, filter_


@pytest.mark.parametrize(
    "filter_",
    [
        {"type": "ASSET_RELEASE_STATUS", "values": ["RELEASED"]},
        {"type": "COLLECTION_ID", "values": [1]},
        {"type": "ASSET_ID", "values": []},
        {"type": "ASSET_ID", "ids": [1]},
        {"type": "ASSET_ID", "values": ["1"]},
        {"type": "ASSET_ID_RANGE"},
        {"type": "ASSET_NAME", "text": "x", "searchType": "exact"},
        {"type": "ASSET_FULLTEXT", "text": "x", "searchOperator": "AND"},
        {"type": "ASSET_MODIFICATION_DATE_RANGE", "from": "2026-01-01"},
        {"type": "ASSET_AVAILABILITY_DATE_RANGE", "from": "2026-01-01T00:00:00Z", "active": True},
        {"type": "ASSET_LOGICAL", "filters": []},
        {"type": "ASSET_TEXT_INFORMATION_FIELD", "informationFieldId": 999999, "text": "x"},
        {"values": [1]},
    ],
)
async def test_a_malformed_filter_is_refused_with_the_argument(api: Client, filter_: Json) -> None:
    refusal = await api.refused("POST", "/assets/search", json={"filter": filter_})
    assert refusal["faults"][0]["type"] == "ARGUMENT"
    assert refusal["faults"][0]["argument"].startswith("filter.")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {"type": "ASSET_ID_RANGE", "from": 0}, "page": 0},
        {"filter": {"type": "ASSET_ID_RANGE", "from": 0}, "pagination": {"page": 0}},
        {"filter": {"type": "ASSET_ID_RANGE", "from": 0}, "sorting": [{"field": "shoeSize"}]},
        {"filter": {"type": "ASSET_ID_RANGE", "from": 0}, "inclusions": [{"type": "EVERYTHING"}]},
    ],
)
@pytest.mark.usefixtures("assets")
async def test_a_malformed_search_is_refused(api: Client, body: Json) -> None:
    await api.refused("POST", "/assets/search", json=body)


async def pages(api: Client, size: int) -> tuple[list[int], list[int]]:
    """All ids page by page, and the totals that the pages told."""
    found, totals, page = [], [], 1
    while True:
        body = {
            "filter": {"type": "ASSET_ID_RANGE", "from": 0},
            "sorting": [{"field": "id", "order": "ASC"}],
            "pagination": {"page": page, "size": size},
        }
        answer = await api.ok("POST", "/assets/search", json=body)
        found += [row["id"] for row in answer["content"]]
        totals.append(answer["totalElements"])
        if not answer["hasNext"]:
            return found, totals
        page += 1


async def test_pages_start_at_one_and_end_with_has_next(api: Client, sim: CelumSimulator) -> None:
    ids = [sim.add_asset(f"{i}.txt", b"x", parents=["/Marketing/Office"]) for i in range(25)]
    assert await pages(api, 10) == (ids, [25, 25, 25])
    first = await api.ok("POST", "/assets/search", json={"filter": {"type": "ASSET_ID_RANGE", "from": 0}})
    assert len(first["content"]) == 20


async def test_pages_may_shift_while_they_are_read(api: Client, sim: CelumSimulator) -> None:
    ids = [sim.add_asset(f"{i}.txt", b"x", parents=["/Marketing/Office"]) for i in range(6)]
    sim.quirks.shifting_pages = "skip"
    assert await pages(api, 3) == ([*ids[:3], *ids[4:]], [6, 5])
    sim.quirks.shifting_pages = "repeat"
    assert await pages(api, 3) == ([*ids[:3], *ids[2:]], [6, 7, 7])
    assert await pages(api, 3) == (ids, [6, 6])


async def test_a_tenant_may_cap_pages_depth_and_values(api: Client, sim: CelumSimulator) -> None:
    for i in range(4):
        sim.add_asset(f"{i}.txt", b"x", parents=["/Marketing/Office"])
    everything: Json = {"type": "ASSET_ID_RANGE", "from": 0}
    sim.quirks.max_page_size = 2
    assert len(await api.found(everything, pagination={"size": 200})) == 2
    sim.quirks.oversize_page = "refuse"
    await api.refused("POST", "/assets/search", json={"filter": everything, "pagination": {"size": 3}})
    sim.quirks.deep_page_limit = 2
    await api.refused("POST", "/assets/search", json={"filter": everything, "pagination": {"size": 2, "page": 2}})
    sim.quirks.max_filter_values = 1
    await api.refused("POST", "/assets/search", json={"filter": {"type": "ASSET_ID", "values": [1, 2]}})


async def test_an_empty_page_may_come_without_content(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.empty_content = "absent"
    page = await api.ok("POST", "/assets/search", json={"filter": {"type": "ASSET_ID_RANGE", "from": 0}})
    assert page == {"totalElements": 0, "hasNext": False}


async def test_the_index_lags_behind_but_a_get_is_fresh(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.index_lag = 30
    asset = await api.created("a.txt", b"a")
    by_id: Json = {"type": "ASSET_ID", "values": [asset["id"]]}
    assert await api.found(by_id) == []
    assert (await api.ok("GET", f"/assets/{asset['id']}"))["name"] == "a.txt"

    sim.clock.advance(31)
    assert await api.found(by_id) == [asset["id"]]

    await api.ok("PATCH", f"/assets/{asset['id']}", json={"name": "Renamed"})
    renamed: Json = {"type": "ASSET_NAME", "text": "renamed"}
    assert await api.found(renamed) == []
    sim.catch_up()
    assert await api.found(renamed) == [asset["id"]]


async def test_expiring_and_unavailable_assets_are_found(
    api: Client, sim: CelumSimulator, assets: dict[str, int]
) -> None:
    def at(year: int) -> datetime:
        return datetime(year, 1, 1, tzinfo=UTC)

    sim.change_asset(assets["plan"], availability=Availability(end=at(2020)))
    sim.change_asset(assets["list"], availability=Availability(available=False))

    async def found(**filter_: Any) -> set[str]:
        return names(assets, await api.found(filter_))

    assert await found(type="ASSET_AVAILABILITY", active=False) == {"plan", "list"}
    assert await found(type="ASSET_EXPIRATION_DATE_RANGE", to="2021-01-01T00:00:00Z") == {"plan"}
    window = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    assert await found(type="ASSET_AVAILABILITY_DATE_RANGE", active=True, **window) == {"hero"}


@pytest.mark.usefixtures("assets")
async def test_lists_sort_by_fields_too_and_show_what_they_are_asked(api: Client, sim: CelumSimulator) -> None:
    rating = sim.field("Rating").id
    page = await api.ok(
        "POST",
        "/assets/search",
        json={
            "filter": {"type": "ASSET_ID_RANGE", "from": 0},
            "sorting": [{"field": f"informationField.{rating}", "order": "DESC"}, {"field": "name"}],
            "inclusions": [
                {"type": "ASSET_INFORMATION_FIELDS", "ids": [rating]},
                {"type": "ASSET_PERMISSIONS", "permissions": ["editMetadata"]},
            ],
        },
    )
    assert [row["name"] for row in page["content"]] == ["Spring hero wide", "list.txt", "Plan"]
    assert page["content"][0]["permissions"] == {"editMetadata": True}
    [value] = page["content"][0]["informationFieldValueSets"][0]["informationFieldValues"]
    assert value["value"] == 4


async def test_the_simple_list_knows_parents_and_texts(
    api: Client, sim: CelumSimulator, assets: dict[str, int]
) -> None:
    office, marketing = sim.collection("/Marketing/Office").id, sim.collection("/Marketing").id

    async def listed(query: str) -> set[str]:
        body = await api.ok("GET", f"/assets?{query}")
        return names(assets, [row["id"] for row in body["content"]])

    assert await listed(f"parentId={office}") == {"plan", "list"}
    assert await listed(f"parentId={marketing}") == set()
    assert await listed(f"parentId={marketing}&recursive=true&sort=id,DESC") == {"hero", "plan", "list"}
    assert await listed("searchText=plan") == {"plan"}
