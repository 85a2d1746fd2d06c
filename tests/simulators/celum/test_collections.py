import pytest

from local.celum_simulator import CelumSimulator
from tests.simulators.celum.client import Client, Json


async def found(api: Client, filter_: Json) -> list[str]:
    page = await api.ok("POST", "/collections/search", json={"filter": filter_, "pagination": {"size": 100}})
    return [row["name"]["en"] for row in page["content"]]


async def test_a_child_takes_the_type_of_its_parent_and_inherits_the_level(api: Client, sim: CelumSimulator) -> None:
    parent = sim.collection("/Marketing/Campaigns")
    made = await api.ok("POST", "/collections", json={"name": {"en": "Launch", "de": "Start"}, "parentId": parent.id})
    assert made["typeId"] == parent.type_id
    assert made["parentId"] == parent.id
    assert made["validationLevelInherited"] is True
    assert made["validationLevel"] == "STRICT"
    assert [step["collectionName"]["en"] for step in made["path"]["pathSegments"]] == [
        "Marketing",
        "Campaigns",
        "Launch",
    ]


async def test_names_are_not_unique_unless_the_tenant_says_so(api: Client, sim: CelumSimulator) -> None:
    body = {"name": {"en": "Twin"}, "parentId": sim.collection("/Marketing").id}
    first = await api.ok("POST", "/collections", json=body)
    second = await api.ok("POST", "/collections", json=body)
    assert first["id"] != second["id"]
    sim.quirks.unique_names = True
    await api.refused("POST", "/collections", json=body)


@pytest.mark.parametrize(
    "members",
    [
        {"name": "a text", "parentId": 1},
        {"name": {}, "parentId": 1},
        {"name": {"en": "x"}},
        {"name": {"en": "x"}, "parentId": 1, "typeId": 1},
        {"name": {"en": "x"}, "typeId": 1, "validationLevelInherited": True},
        {"name": {"en": "x"}, "parentId": 1, "validationLevelInherited": True, "validationLevel": "STRICT"},
        {"name": {"en": "x"}, "parentId": 1, "colour": "red"},
    ],
)
async def test_the_rules_of_create_are_kept(api: Client, sim: CelumSimulator, members: Json) -> None:
    real = {"parentId": sim.collection("/Marketing").id, "typeId": sim.collection("/Marketing").type_id}
    body = {name: real.get(name, value) for name, value in members.items()}
    await api.refused("POST", "/collections", json=body)


async def test_a_tolerant_collection_releases_at_once(api: Client, sim: CelumSimulator) -> None:
    body = {"name": {"en": "Loose"}, "parentId": sim.collection("/Marketing").id, "validationLevel": "TOLERANT"}
    loose = await api.ok("POST", "/collections", json=body)
    asset = await api.created("a.txt", b"a", parentId=loose["id"])
    assert asset["validationLevel"] == "TOLERANT"
    assert asset["releaseStatus"] == "RELEASED"


async def test_search_knows_parents_names_and_types(api: Client, sim: CelumSimulator) -> None:
    marketing = sim.collection("/Marketing")
    assert await found(api, {"type": "COLLECTION_PARENT_ID", "value": marketing.id}) == ["Campaigns", "Office"]
    assert await found(api, {"type": "COLLECTION_NAME", "text": "spring"}) == ["Spring-26"]
    assert await found(api, {"type": "COLLECTION_NAME", "text": "spring", "locale": "de"}) == []
    tags = next(t.id for t in sim.tenant.collection_types.values() if t.tag_cloud)
    assert "English" in await found(api, {"type": "COLLECTION_TYPE_ID", "values": [tags]})
    both: Json = {
        "type": "COLLECTION_LOGICAL",
        "filters": [
            {"type": "COLLECTION_PARENT_ID", "value": marketing.id},
            {"type": "COLLECTION_NEGATION", "filter": {"type": "COLLECTION_NAME", "text": "office"}},
        ],
    }
    assert await found(api, both) == ["Campaigns"]
    listed = {"type": "COLLECTION_PARENT_ID", "values": [marketing.id]}
    await api.refused("POST", "/collections/search", json={"filter": listed})


async def test_a_collection_moves_but_not_below_itself(api: Client, sim: CelumSimulator) -> None:
    campaigns, spring = sim.collection("/Marketing/Campaigns").id, sim.collection("/Marketing/Campaigns/Spring-26").id
    review = sim.collection("/Review").id
    moved = await api.ok("PATCH", f"/collections/{spring}", json={"parentId": {"op": "SET", "value": review}})
    assert moved["parentId"] == review
    into_itself = {"parentId": {"op": "SET", "value": campaigns}}
    await api.refused("PATCH", f"/collections/{campaigns}", json=into_itself)
    root = await api.ok("PATCH", f"/collections/{spring}", json={"parentId": {"op": "CLEAR"}})
    assert "parentId" not in root


async def test_a_collection_that_is_not_empty_is_not_deleted(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    office = asset["parentIds"][0]
    await api.refused("DELETE", f"/collections/{office}")
    sim.quirks.cascade = True
    await api.ok("DELETE", f"/collections/{office}")
    after = await api.ok("GET", f"/assets/{asset['id']}")
    assert after["parentIds"] == []
    assert after["releaseStatus"] == "UNRELEASED"


async def test_the_list_filters_by_parent_and_permission(api: Client, sim: CelumSimulator) -> None:
    marketing = sim.collection("/Marketing").id
    page = await api.ok("GET", f"/collections?parentId={marketing}&recursive=true&permissions=upload&sort=name,DESC")
    assert [row["name"]["en"] for row in page["content"]] == ["Spring-26", "Office", "Campaigns"]
    assert page["content"][0]["permissions"] == {"upload": True}
    defining = await api.ok("GET", "/collections?permissionDefiningOnly=true&size=100")
    assert "Markets" not in [row["name"]["en"] for row in defining["content"]]
