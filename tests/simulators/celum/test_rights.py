from datetime import UTC, datetime

import pytest

from local.celum_simulator import Availability, CelumSimulator
from tests.simulators.celum.client import Client, Json


async def test_the_key_goes_out_verbatim(api: Client, sim: CelumSimulator) -> None:
    key = api.headers["X-API-KEY"]
    me = await api.ok("GET", "/users/me")
    assert me["username"] == "onedrive-bridge"

    prefixed = await api.ask("GET", "/users/me", headers={"X-API-KEY": f"Bearer {key}"})
    assert prefixed.status == 401
    assert prefixed.body["message"] == "No authentication profile found for API key"

    sim.revoke(key)
    assert (await api.ask("GET", "/users/me")).status == 401


async def test_basic_works_and_nothing_does_not(sim: CelumSimulator, api: Client) -> None:
    basic = Client(sim, api.session, {"Authorization": "Basic b25lZHJpdmUtYnJpZGdlOmFjbWUtbG9jYWwtcGFzc3dvcmQ="})
    assert (await basic.ok("GET", "/users/me"))["username"] == "onedrive-bridge"
    anonymous = Client(sim, api.session, {})
    assert (await anonymous.ask("GET", "/version")).status == 401


async def test_a_key_may_act_with_a_persons_rights(api: Client, sim: CelumSimulator) -> None:
    as_editor = {"X-CELUM-Username": "dam-editor"}
    me = await api.ask("GET", "/users/me", headers=as_editor)
    assert me.body["username"] == "dam-editor"
    intake = f"/collections/{sim.collection('/Bridge/Intake').id}"
    assert (await api.ask("GET", intake)).status == 200
    assert (await api.ask("GET", intake, headers=as_editor)).status == 400
    sim.quirks.impersonation = "forbidden"
    assert (await api.ask("GET", "/users/me", headers=as_editor)).status == 403


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_what_is_missing_and_what_is_hidden_look_the_same(
    editor: Client, api: Client, sim: CelumSimulator, status: int
) -> None:
    sim.serving.observers.clear()  # 404 is not declared
    sim.quirks.missing_id_status = status  # type: ignore[assignment]  # one of the three
    hidden = await api.created("a.txt", b"a", parentId=sim.collection("/Bridge/Intake").id)
    for asset_id in (hidden["id"], 999999):
        refusal = await editor.refused("GET", f"/assets/{asset_id}", status=status)
        assert refusal["entity"] == f"Asset:{asset_id}"
    assert await editor.found({"type": "ASSET_ID", "values": [hidden["id"]]}) == []


async def test_rights_can_be_missing_by_collection_field_and_format(
    editor: Client, api: Client, sim: CelumSimulator
) -> None:
    handle = await editor.uploaded("a.txt", b"a")
    tree = {"parentId": sim.collection("/Languages").id, "uploadHandle": handle}
    await editor.refused("POST", "/assets", json=tree)
    root = {"name": {"en": "x"}, "typeId": sim.collection("/Marketing").type_id}
    await editor.refused("POST", "/collections", json=root, status=403)

    asset = await api.created("a.psd", b"a", typeId=sim.asset_type("Office document").id)
    sim.change_user("dam-editor", uneditable_fields=frozenset({sim.field("Rating").id}))
    entry = api.value("Rating", {"op": "SET", "value": 1})
    body = {"informationFieldValues": [entry]}
    await editor.refused("PATCH", f"/assets/{asset['id']}", json=body, status=403)

    sim.change_user("dam-editor", forbidden_extensions=frozenset({"psd"}))
    await editor.refused("GET", f"/assets/{asset['id']}/download?downloadFormatId=1", status=403)


async def test_a_lock_holds_others_back_until_its_owner_clears_it(
    editor: Client, api: Client, sim: CelumSimulator
) -> None:
    asset = await api.created("a.txt", b"a")
    path = f"/assets/{asset['id']}"
    await api.refused("PATCH", path, json={"lock": {"op": "SET"}})
    locked = await api.ok("PATCH", path, json={"lock": {"op": "SET", "comment": "transfer"}})
    assert locked["lock"]["comment"] == "transfer"
    assert locked["modification"] == asset["modification"]

    await editor.refused("PATCH", path, json={"name": "x"}, status=403)
    await editor.refused("PATCH", path, json={"lock": {"op": "CLEAR"}}, status=403)
    await editor.refused("DELETE", path, status=403)
    sim.serving.observers.clear()  # 423 is not declared
    sim.quirks.locked_status = 423
    await editor.refused("PATCH", path, json={"name": "x"}, status=423)

    await api.ok("PATCH", path, json={"name": "mine"})
    await api.ok("PATCH", path, json={"lock": {"op": "CLEAR"}})
    await editor.ok("PATCH", path, json={"name": "x"})


async def test_an_expired_asset_looks_deleted_to_who_may_not_see_it(
    editor: Client, api: Client, sim: CelumSimulator
) -> None:
    asset = await api.created("a.txt", b"a")
    path = f"/assets/{asset['id']}"
    dated = {"type": "DATED", "to": "2030-06-30T00:00:00Z"}
    await api.ok("PATCH", path, json={"availability": dated})
    sim.change_user("dam-editor", may=frozenset())

    sim.clock.set(datetime(2030, 6, 29, 23, 59, 30, tzinfo=UTC))  # time goes on: not at the very instant
    assert (await editor.ask("GET", path)).status == 200
    sim.clock.advance(60)
    assert (await editor.ask("GET", path)).status == 400
    assert (await api.ok("GET", path))["availability"]["to"] == "2030-06-30T00:00:00.000Z"
    sim.quirks.to_inclusive = "day"
    assert (await editor.ask("GET", path)).status == 200
    sim.clock.advance(86400)
    sim.quirks.hide_expired = False
    assert (await editor.ask("GET", path)).status == 200


@pytest.mark.parametrize(
    "availability",
    [
        "DIRECT",
        {"type": "UNAVAILABLE"},
        {"type": "DIRECT"},
        {"type": "DATED", "to": 1790000000000},
        {"type": "DATED", "from": "2027-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
    ],
)
async def test_availability_is_a_typed_object(api: Client, availability: object) -> None:
    asset = await api.created("a.txt", b"a")
    await api.refused("PATCH", f"/assets/{asset['id']}", json={"availability": availability})


async def test_parents_are_added_removed_and_set(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    path, office = f"/assets/{asset['id']}", asset["parentIds"][0]
    dach, spring = sim.collection("/Markets/DACH").id, sim.collection("/Marketing/Campaigns/Spring-26").id
    both = await api.ok("PATCH", path, json={"parentIds": {"op": "MODIFY", "add": [dach]}})
    assert both["parentIds"] == [office, dach]
    moved = await api.ok("PATCH", path, json={"parentIds": {"op": "SET", "values": [spring]}})
    assert moved["parentIds"] == [spring]
    await api.refused("PATCH", path, json={"parentIds": {"op": "SET", "value": [spring]}})
    await api.refused("PATCH", path, json={"parentIds": {"op": "MODIFY", "add": [999999]}})


async def test_an_external_reference_is_known_by_its_keys(api: Client) -> None:
    asset = await api.created("a.txt", b"a")
    path = f"/assets/{asset['id']}"
    keys: Json = {"descriptionKey": "file", "providerKey": "onedrive", "instanceKey": "emea"}

    async def modify(**members: object) -> list[str]:
        await api.ok("PATCH", path, json={"externalReferences": {"op": "MODIFY", **members}})
        return [
            one["url"] for one in (await api.ok("GET", f"{path}?inclusions=externalReferences"))["externalReferences"]
        ]

    assert await modify(add=[{**keys, "url": "https://one.example"}]) == ["https://one.example"]
    assert await modify(add=[{**keys, "url": "https://two.example"}]) == ["https://two.example"]
    assert await modify(remove=[keys]) == []


async def test_what_counts_as_a_modification_is_the_tenants_choice(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    sim.clock.advance(60)
    sim.quirks.bump_on = ("name",)
    path = f"/assets/{asset['id']}"
    direct = await api.ok("PATCH", path, json={"availability": {"type": "DIRECT", "available": True}})
    assert direct["modification"] == asset["modification"]
    named = await api.ok("PATCH", path, json={"name": "b"})
    assert named["modification"] != asset["modification"]


async def test_a_person_changes_an_asset_with_the_same_rules(api: Client, sim: CelumSimulator) -> None:
    asset_id = sim.add_asset("a.txt", b"a", parents=["/Marketing/Office"], type="Office document", as_user="dam-editor")
    sim.change_asset(
        asset_id,
        as_user="dam-editor",
        fields={"Approval status": "Approved", "Title": {"en": "A"}},
        availability=Availability(start=datetime(2026, 1, 1, tzinfo=UTC)),
        add_to=["/Markets/DACH"],
    )
    sim.add_version(asset_id, "a.txt", b"b", as_user="dam-editor")
    shown = await api.ok("GET", f"/assets/{asset_id}")
    assert shown["modification"]["userId"] == sim.user("dam-editor").id
    assert sim.content(asset_id) == b"b"
