import hashlib
from typing import Any

import aiohttp

from local.celum_simulator import CelumSimulator
from tests.simulators.celum.client import BYTES, Client


async def test_a_file_becomes_an_asset_in_three_steps(api: Client, sim: CelumSimulator) -> None:
    office = sim.collection("/Marketing/Office").id
    type_id = sim.asset_type("Office document").id

    asset = await api.created("plan.docx", b"words", name="Plan", parentId=office, typeId=type_id)

    assert asset["parentIds"] == [office]
    assert asset["releaseStatus"] == "RELEASED"
    assert asset["validationStatus"] == {
        "assetTypeSet": True,
        "requiredFieldsValid": True,
        "permissionDefiningCollectionValid": True,
    }
    version = asset["currentVersion"]
    assert version["filename"] == "plan.docx"
    assert version["filesize"] == 5
    assert version["fileChecksum"] == hashlib.sha1(b"words").hexdigest()
    assert version["fileCategory"] == "DOCUMENT"
    assert sim.content(asset["id"]) == b"words"


async def test_a_missing_required_field_keeps_the_asset_in_the_basket_until_it_comes(
    api: Client, sim: CelumSimulator
) -> None:
    asset = await api.created("hero.psd", b"x", typeId=sim.asset_type("Campaign asset").id)
    assert asset["releaseStatus"] == "UNRELEASED"
    assert asset["validationStatus"]["requiredFieldsValid"] is False

    rights = api.value("Usage rights", {"op": "SET", "value": "worldwide"})
    after = await api.ok("PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [rights]})

    assert after["releaseStatus"] == "RELEASED"


async def test_a_required_field_of_a_released_asset_cannot_be_cleared(api: Client, sim: CelumSimulator) -> None:
    given = [api.value("Usage rights", "worldwide")]
    asset = await api.created(
        "hero.psd", b"x", typeId=sim.asset_type("Campaign asset").id, informationFieldValues=given
    )

    clear = api.value("Usage rights", {"op": "CLEAR"})
    body = await api.refused("PATCH", f"/assets/{asset['id']}", json={"informationFieldValues": [clear]})

    assert [fault["informationFieldId"] for fault in body["faults"]] == [sim.field("Usage rights").id]


async def test_a_keyword_tree_takes_no_upload(api: Client, sim: CelumSimulator) -> None:
    handle = await api.uploaded("a.txt", b"a")
    body = {"parentId": sim.collection("/Markets/DACH").id, "uploadHandle": handle}
    refusal = await api.refused("POST", "/assets", json=body)
    assert refusal["faults"][0]["type"] == "ARGUMENT"
    assert refusal["faults"][0]["argument"] == "parentId"


async def test_without_a_handle_a_placeholder_is_made_and_a_version_fills_it(api: Client, sim: CelumSimulator) -> None:
    office = sim.collection("/Marketing/Office").id
    asset = await api.ok("POST", "/assets", json={"parentId": office, "name": "Expected"})
    assert asset["currentVersion"]["fileCategory"] == "PLACEHOLDER"

    handle = await api.uploaded("there.pdf", b"%PDF")
    body = {"filename": "there.pdf", "uploadHandle": handle}
    version = await api.ok("POST", f"/assets/{asset['id']}/versions", json=body)

    after = await api.ok("GET", f"/assets/{asset['id']}")
    assert after["currentVersion"]["id"] == version["id"]
    assert after["currentVersion"]["fileCategory"] == "DOCUMENT"


async def test_the_multipart_form_of_the_vendor_works_too(
    api: Client, sim: CelumSimulator, session: aiohttp.ClientSession
) -> None:
    asked = await api.ok("POST", "/upload", json={"filename": "a.bin", "filesize": 3})
    form = aiohttp.FormData()
    form.add_field("file", b"abc", filename="a.bin", content_type="application/octet-stream")
    async with session.post(asked["url"], data=form, headers=api.headers) as got:
        assert got.status == 200
    office = sim.collection("/Marketing/Office").id
    asset = await api.ok("POST", "/assets", json={"parentId": office, "uploadHandle": asked["handle"]})
    assert sim.content(asset["id"]) == b"abc"
    assert asset["name"] == "a.bin"


async def test_bytes_go_by_post_with_a_length_the_key_and_the_right_count(
    api: Client, sim: CelumSimulator, session: aiohttp.ClientSession
) -> None:
    asked = await api.ok("POST", "/upload", json={"filename": "a.bin", "filesize": 3})
    url = asked["url"]

    async def status(method: str, data: Any, headers: dict[str, str]) -> int:
        async with session.request(method, url, data=data, headers=headers) as got:
            return got.status

    async def chunked() -> Any:
        yield b"abc"

    whole = {**api.headers, **BYTES}
    assert await status("PUT", b"abc", whole) == 405
    assert await status("POST", b"abc", BYTES) == 401
    assert await status("POST", chunked(), whole) == 411
    assert await status("POST", b"ab", whole) == 400
    sim.quirks.max_upload = 2
    assert await status("POST", b"abc", whole) == 413
    sim.quirks.max_upload = None
    sim.quirks.upload_auth = "forbidden"
    assert await status("POST", b"abc", whole) == 400
    assert await status("POST", b"abc", BYTES) == 200


async def test_a_handle_serves_once_expires_and_needs_its_bytes(api: Client, sim: CelumSimulator) -> None:
    office = sim.collection("/Marketing/Office").id
    handle = await api.uploaded("a.txt", b"a")
    await api.ok("POST", "/assets", json={"parentId": office, "uploadHandle": handle})
    again = await api.refused("POST", "/assets", json={"parentId": office, "uploadHandle": handle})
    assert again["faults"][0]["argument"] == "uploadHandle"

    empty = (await api.ok("POST", "/upload", json={"filename": "b.txt", "filesize": 1}))["handle"]
    await api.refused("POST", "/assets", json={"parentId": office, "uploadHandle": empty})

    late = await api.uploaded("c.txt", b"c")
    sim.clock.advance(sim.quirks.handle_ttl + 1)
    await api.refused("POST", "/assets", json={"parentId": office, "uploadHandle": late})


async def test_the_bytes_may_travel_to_another_host(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.upload_host = "other"
    asked = await api.ok("POST", "/upload", json={"filename": "a.bin", "filesize": 3})
    assert asked["url"].startswith("http://localhost:")
    assert await api.send(asked["url"], b"abc") == 200


async def test_a_new_version_becomes_current_and_an_old_one_can_be_activated(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("plan.docx", b"one")
    path = f"/assets/{asset['id']}"
    first = asset["currentVersion"]["id"]
    body = {"filename": "plan.docx", "uploadHandle": await api.uploaded("plan.docx", b"two")}
    second = await api.ok("POST", f"{path}/versions", json=body)
    assert second["active"] is True

    listed = await api.ok("GET", f"{path}/versions")
    assert [v["id"] for v in listed["content"]] == [first, second["id"]]

    await api.ok("PATCH", path, json={"currentVersion": first})
    assert sim.content(asset["id"]) == b"one"
    await api.refused("DELETE", f"{path}/versions/{first}")
    await api.ok("DELETE", f"{path}/versions/{second['id']}")
    assert (await api.ok("GET", f"{path}/versions"))["totalElements"] == 1


async def test_a_tenant_may_leave_the_old_version_current(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.add_version_activates = False
    asset = await api.created("plan.docx", b"one")
    body = {"filename": "plan.docx", "uploadHandle": await api.uploaded("plan.docx", b"two")}
    added = await api.ok("POST", f"/assets/{asset['id']}/versions", json=body)
    assert added["active"] is False
    assert sim.content(asset["id"]) == b"one"


async def test_equal_bytes_are_refused_where_the_tenant_wants_it(api: Client, sim: CelumSimulator) -> None:
    await api.created("a.txt", b"same")
    sim.serving.observers.clear()  # 409 is not declared
    sim.quirks.reject_duplicates = 409
    handle = await api.uploaded("b.txt", b"same")
    office = sim.collection("/Marketing/Office").id
    await api.refused("POST", "/assets", json={"parentId": office, "uploadHandle": handle}, status=409)


async def test_previews_are_ready_after_a_while(
    api: Client, sim: CelumSimulator, session: aiohttp.ClientSession
) -> None:
    asset = await api.created("plan.docx", b"one")
    assert asset["currentVersion"]["previewState"] == "PROCESSING"
    sim.clock.advance(sim.quirks.preview_delay)
    version = (await api.ok("GET", f"/assets/{asset['id']}"))["currentVersion"]
    assert version["previewState"] == "SUCCEEDED"
    async with session.get(version["previewUrls"]["THUMB"]) as got:
        assert got.content_type == "image/jpeg"
        assert (await got.read()).startswith(b"\xff\xd8")
