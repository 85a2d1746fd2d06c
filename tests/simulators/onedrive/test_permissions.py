from __future__ import annotations

from local.onedrive_simulator import OneDriveSimulator
from tests.simulators.onedrive.client import Graph

INVITATION = {"recipients": [{"email": "jane@acme.example"}], "roles": ["read"], "sendInvitation": False}


async def test_a_grant_is_given_changed_inherited_and_taken_back(graph: Graph) -> None:
    folder = await graph.folder("F")
    item = await graph.put("/F/a.txt", b"x")
    given = (await graph.on_drive("POST", f"/items/{folder['id']}/invite", json=INVITATION)).json["value"][0]
    grant = f"/items/{folder['id']}/permissions/{given['id']}"

    assert given["grantedToV2"]["user"]["email"] == "jane@acme.example"
    assert (await graph.on_drive("PATCH", grant, json={"roles": ["write"]})).json["roles"] == ["write"]
    seen = (await graph.on_drive("GET", f"/items/{item['id']}/permissions")).json["value"]
    assert [p["id"] for p in seen] == [given["id"]]
    assert (await graph.on_drive("DELETE", f"/items/{item['id']}/permissions/{given['id']}")).status == 403
    assert (await graph.on_drive("DELETE", grant)).status == 204
    assert (await graph.on_drive("GET", grant)).status == 404


async def test_an_application_cannot_invite_a_new_guest(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    body = INVITATION | {"recipients": [{"email": "someone@elsewhere.example"}, {"email": "jane@acme.example"}]}

    answer = await graph.on_drive("POST", f"/items/{item['id']}/invite", json=body)

    assert answer.status == 207
    assert ["error" in p for p in answer.json["value"]] == [True, False]


async def test_the_same_link_comes_back_and_the_etag_stays(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    sim.quirks.share_links_per_hour = 1
    body = {"type": "view", "scope": "organization"}

    first = await graph.on_drive("POST", f"/items/{item['id']}/createLink", json=body)
    again = await graph.on_drive("POST", f"/items/{item['id']}/createLink", json=body)
    other = await graph.on_drive("POST", f"/items/{item['id']}/createLink", json=body | {"type": "edit"})

    assert (first.status, again.status, other.status) == (201, 200, 429)
    assert first.json["link"] == again.json["link"]
    assert (await graph.on_drive("GET", f"/items/{item['id']}")).json["eTag"] == item["eTag"]


async def test_groups_and_ids_of_the_directory_are_granted_too(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    team = sim.add_to_directory("Agency team", "agency@elsewhere.example", group=True)
    body = {"recipients": [{"objectId": team}], "roles": ["write"], "sendInvitation": True}

    given = (await graph.on_drive("POST", f"/items/{item['id']}/invite", json=body)).json["value"][0]

    assert given["grantedToV2"]["group"] == {
        "id": team,
        "displayName": "Agency team",
        "email": "agency@elsewhere.example",
    }
    assert sim.tenant.mails == [{"to": team, "item": item["id"]}]


async def test_the_first_invitation_may_end_what_is_inherited(graph: Graph) -> None:
    folder = await graph.folder("F")
    item = await graph.put("/F/a.txt", b"x")
    await graph.on_drive("POST", f"/items/{folder['id']}/invite", json=INVITATION)
    alone = INVITATION | {"recipients": [{"email": "bo@acme.example"}], "retainInheritedPermissions": False}

    await graph.on_drive("POST", f"/items/{item['id']}/invite", json=alone)

    seen = (await graph.on_drive("GET", f"/items/{item['id']}/permissions")).json["value"]
    assert [p["grantedToV2"]["user"]["email"] for p in seen] == ["bo@acme.example"]


async def test_inviting_may_be_forbidden_or_refuse_all_for_one(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    sim.quirks.update({"unknown_people": ["jane@acme.example"], "unknown_people_refuse_all": True})
    assert (await graph.on_drive("POST", f"/items/{item['id']}/invite", json=INVITATION)).status == 400
    sim.quirks.invite_forbidden = True
    assert (await graph.on_drive("POST", f"/items/{item['id']}/invite", json=INVITATION)).status == 403


async def test_links_of_a_company_have_no_password(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    body = {"type": "view", "scope": "organization", "password": "secret"}
    assert (await graph.on_drive("POST", f"/items/{item['id']}/createLink", json=body)).status == 400
