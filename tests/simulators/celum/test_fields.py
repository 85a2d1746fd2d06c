from typing import Any

import pytest

from local.celum_simulator import CelumSimulator
from tests.simulators.celum.client import Client, Json


@pytest.fixture
async def asset(api: Client, sim: CelumSimulator) -> Json:
    return await api.created("a.docx", b"a", typeId=sim.asset_type("Office document").id)


async def read(api: Client, asset_id: int) -> dict[str, Any]:
    """Values by label, as `GET` shows them when it is asked to."""
    body = await api.ok("GET", f"/assets/{asset_id}?inclusions=informationFields")
    entries = [entry for part in body["informationFieldValueSets"] for entry in part["informationFieldValues"]]
    return {entry["field"]["labels"]["en"]: entry["value"] for entry in entries if "value" in entry}


async def change(api: Client, asset_id: int, *entries: Json) -> Json:
    body = await api.ok("PATCH", f"/assets/{asset_id}", json={"informationFieldValues": list(entries)})
    assert isinstance(body, dict)
    return body


async def test_all_eleven_types_are_written_raw_and_read_back(api: Client, sim: CelumSimulator) -> None:
    given = {
        "Bridge key": "b!1/2",
        "Usage rights": "worldwide\nall media",
        "Title": {"en": "Hero", "de": "Held"},
        "Summary": {"en": "Long"},
        "Rating": 4,
        "Weight": 1.5,
        "Print ready": True,
        "Rights until": "2027-03-31T00:00:00.000Z",
        "Market": 2,
        "Product line": [sim.collection("/Product lines/Roadrunner").id],
        "Languages": [sim.collection("/Languages/German").id],
    }
    entries = [api.value(label, value) for label, value in given.items()]
    asset = await api.created(
        "a.docx", b"a", typeId=sim.asset_type("Office document").id, informationFieldValues=entries
    )

    shown = await read(api, asset["id"])
    assert shown == {
        **given,
        "Product line": [{"id": sim.collection("/Product lines/Roadrunner").id, "name": {"en": "Roadrunner"}}],
        "Languages": [{"id": sim.collection("/Languages/German").id, "name": "German"}],
    }


async def test_fields_come_only_when_asked_for(api: Client, asset: Json) -> None:
    plain = await api.ok("GET", f"/assets/{asset['id']}")
    assert not {"informationFieldValueSets", "fileProperties", "externalReferences"} & set(plain)


async def test_names_of_references_are_resolved_for_the_first_few_only(
    api: Client, sim: CelumSimulator, asset: Json
) -> None:
    sim.quirks.max_reference_names = 1
    ids = [sim.collection(f"/Languages/{name}").id for name in ("English", "German")]
    await change(api, asset["id"], api.value("Languages", {"op": "SET", "value": ids}))
    assert (await read(api, asset["id"]))["Languages"] == [{"id": ids[0], "name": "English"}, {"id": ids[1]}]


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Campaign", 7),
        ("Campaign", None),
        ("Campaign", {"op": "SET", "value": "an operation on create"}),
        ("Title", "not localized"),
        ("Title", {"fr": "no such locale"}),
        ("Rating", 6),
        ("Rating", 1.5),
        ("Rating", True),
        ("Market", 9),
        ("Market", "Norway"),
        ("Rights until", "2027-03-31"),
        ("Rights until", "2027-03-31T00:00:00"),
        ("Print ready", "yes"),
        ("Product line", [999999]),
        ("Product line", "Roadrunner"),
    ],
)
async def test_a_value_that_does_not_fit_names_its_field(
    api: Client, sim: CelumSimulator, label: str, value: Any
) -> None:
    body = {
        "parentId": sim.collection("/Marketing/Office").id,
        "typeId": sim.asset_type("Office document").id,
        "informationFieldValues": [api.value(label, value)],
    }
    refusal = await api.refused("POST", "/assets", json=body)
    assert [(f["type"], f["informationFieldId"]) for f in refusal["faults"]] == [
        ("INFORMATION_FIELD", sim.field(label).id)
    ]


async def test_an_operation_on_create_is_called_by_its_name(api: Client, sim: CelumSimulator) -> None:
    entry = api.value("Title", {"op": "MODIFY", "set": {"en": "x"}})
    body = {
        "parentId": sim.collection("/Marketing/Office").id,
        "typeId": sim.asset_type("Office document").id,
        "informationFieldValues": [entry],
    }
    refusal = await api.refused("POST", "/assets", json=body)
    assert "operation is for updates" in refusal["faults"][0]["message"]


async def test_a_reference_must_lie_below_its_root_and_a_tag_must_be_a_tag(
    api: Client, sim: CelumSimulator, asset: Json
) -> None:
    market = sim.collection("/Markets/DACH").id
    for label in ("Product line", "Languages"):
        entry = api.value(label, {"op": "SET", "value": [market]})
        await api.refused("PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [entry]})


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Campaign", "a bare value"),
        ("Title", {"op": "SET", "value": {"en": "no SET on localized text"}}),
        ("Title", {"en": "a bare map"}),
        ("Campaign", {"op": "MODIFY", "add": [1]}),
        ("Campaign", {"op": "SET"}),
        ("Campaign", {"op": "ERASE"}),
        ("Campaign", {"op": "CLEAR", "value": "x"}),
        ("Languages", {"op": "MODIFY"}),
    ],
)
async def test_an_update_takes_the_operations_of_the_type_and_nothing_else(
    api: Client, sim: CelumSimulator, asset: Json, label: str, value: Any
) -> None:
    refusal = await api.refused(
        "PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [api.value(label, value)]}
    )
    assert refusal["faults"][0]["informationFieldId"] == sim.field(label).id


async def test_modify_leaves_alone_what_it_does_not_name(api: Client, sim: CelumSimulator, asset: Json) -> None:
    english, german = (sim.collection(f"/Languages/{name}").id for name in ("English", "German"))
    await change(
        api,
        asset["id"],
        api.value("Title", {"op": "MODIFY", "set": {"en": "Hero", "de": "Held"}}),
        api.value("Languages", {"op": "MODIFY", "add": [english]}),
    )
    await change(
        api,
        asset["id"],
        api.value("Title", {"op": "MODIFY", "set": {"en": "Star"}, "clear": ["de"]}),
        api.value("Languages", {"op": "MODIFY", "add": [german], "remove": [english]}),
    )
    shown = await read(api, asset["id"])
    assert shown["Title"] == {"en": "Star"}
    assert [one["id"] for one in shown["Languages"]] == [german]


async def test_the_type_in_the_body_must_be_the_fields_own(api: Client, sim: CelumSimulator, asset: Json) -> None:
    entry = {"id": sim.field("Campaign").id, "type": "TEXT_AREA", "value": {"op": "SET", "value": "x"}}
    await api.refused("PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [entry]})


async def test_a_field_that_the_type_does_not_have_is_refused(api: Client) -> None:
    untyped = await api.created("a.docx", b"a")
    entry = api.value("Campaign", {"op": "SET", "value": "x"})
    refusal = await api.refused("PATCH", f"/assets/{untyped['id']}", json={"informationFieldValues": [entry]})
    assert refusal["faults"][0]["code"] == "unknownField"


async def test_limits_of_texts_are_checked(api: Client, sim: CelumSimulator) -> None:
    sim.add_field("Code", "TEXT", min_length=2, max_length=4, pattern="[A-Z]+")
    type_id = sim.add_asset_type("Coded", ["Code"])
    for text, accepted in (("A", False), ("ABCDE", False), ("ab", False), ("ABC", True)):
        body = {
            "parentId": sim.collection("/Marketing/Office").id,
            "typeId": type_id,
            "informationFieldValues": [api.value("Code", text)],
        }
        reply = await api.ask("POST", "/assets", json=body)
        assert (reply.status == 201) == accepted, text


async def test_a_dependent_set_exists_only_while_its_switch_is_on(api: Client, sim: CelumSimulator) -> None:
    sim.add_field("Ink", "TEXT", required=True)
    type_id = sim.add_asset_type("Print", ["Print ready"], depends_on={"Print ready": ["Ink"]})
    asset = await api.created("a.pdf", b"a", typeId=type_id)
    assert asset["validationStatus"]["requiredFieldsValid"] is True

    ink = api.value("Ink", {"op": "SET", "value": "CMYK"})
    await api.refused("PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [ink]})
    after = await change(api, asset["id"], api.value("Print ready", {"op": "SET", "value": True}), ink)
    assert after["validationStatus"]["requiredFieldsValid"] is True


async def test_definitions_tell_what_is_required_and_possible(api: Client, sim: CelumSimulator) -> None:
    body = await api.ok("GET", f"/asset-types/{sim.asset_type('Campaign asset').id}")
    fields = {f["labels"]["en"]: f for f in body["informationFieldSets"][0]["informationFields"]}
    assert fields["Usage rights"]["required"] is True
    assert fields["Market"]["options"]["en"][0] == {"index": 1, "label": "Norway"}
    assert fields["Title"]["locales"] == ["en", "de"]
    listed = await api.ok("GET", "/asset-types")
    assert all("informationFieldSets" not in one for one in listed)
    everything = await api.ok("GET", "/information-fields?entityType=ASSET")
    assert len(everything) == 16


async def test_one_wrong_member_keeps_the_whole_patch_from_applying(
    api: Client, sim: CelumSimulator, asset: Json
) -> None:
    body = {"name": "New", "informationFieldValues": [api.value("Rating", {"op": "SET", "value": 9})]}
    await api.refused("PATCH", f"/assets/{asset['id']}", json=body)
    assert sim.asset(asset["id"]).name == "a.docx"

    sim.quirks.patch_atomic = False
    await api.refused("PATCH", f"/assets/{asset['id']}", json=body)
    assert sim.asset(asset["id"]).name == "New"


async def test_values_may_be_inherited_from_collections(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.inherit_fields = True
    sim.add_collection_type("Campaign", fields=["Campaign"])
    sim.add_collection("/Summer", type="Campaign")
    summer = sim.collection("/Summer").id
    entry = api.value("Campaign", {"op": "SET", "value": "Sun"})
    await api.ok("PATCH", f"/collections/{summer}", json={"informationFieldValues": [entry]})
    asset = await api.created("a.docx", b"a", parentId=summer, typeId=sim.asset_type("Office document").id)

    assert (await read(api, asset["id"]))["Campaign"] == "Sun"
    filter_ = {
        "type": "ASSET_TEXT_INFORMATION_FIELD",
        "informationFieldId": sim.field("Campaign").id,
        "text": "sun",
    }
    assert await api.found(filter_) == [asset["id"]]
    assert await api.found({**filter_, "inheritedValueExcluded": True}) == []
