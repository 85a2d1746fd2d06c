from __future__ import annotations

from typing import Any

import pytest

from local.onedrive_simulator import OneDriveSimulator
from tests.simulators.onedrive.client import Graph


async def test_without_a_token_the_answer_is_401_with_a_graph_error_body(sim: OneDriveSimulator, graph: Graph) -> None:
    answer = await graph.raw("GET", f"{graph.base}/drives/{graph.drive}")

    assert answer.status == 401
    assert answer.code == "InvalidAuthenticationToken"
    assert set(answer.json["error"]["innerError"]) == {"date", "request-id", "client-request-id"}

    sim.quirks.revoked_tokens = ("token",)
    assert (await graph.on_drive("GET", "")).status == 401


async def test_an_item_is_found_by_every_form_of_its_address(graph: Graph, site: str) -> None:
    folder = await graph.folder("Camp & Co's")
    item = await graph.put("/Camp%20&%20Co's/a%231%2050%25.txt", b"x")
    d, relative = graph.drive, "a%231%2050%25.txt"

    addresses = [
        f"/drives/{d}/items/{item['id']}",
        f"//drives/{d.replace('!', '%21')}/items/{item['id']}",
        f"/drives/{d}/root:/Camp%20&%20Co's/{relative}",
        f"/drives/{d}/root:/camp%20&%20co's/{relative}:/",
        f"/drives/{d}/items/{folder['id']}:/{relative}:",
        f"/drives/{d}/items/{folder['id']}%3A%2F{relative}%3A",
        f"/sites/{site}/drive/items/{item['id']}",
        f"/sites/{site}/drives/{d}/items/{item['id']}",
        f"/sites/acme.sharepoint.com:/sites/marketing:/drive/items/{item['id']}",
    ]
    found = [(a, (await graph.call("GET", a)).json.get("id")) for a in addresses]

    assert found == [(a, item["id"]) for a in addresses]


async def test_what_a_file_says_of_itself(graph: Graph) -> None:
    headers = {"X-Simulated-User": "Jane Doe <jane@acme.example>"}
    item = await graph.put("/a.txt", b"Hello, world!", headers=headers)

    assert item["id"].startswith("01")
    assert len(item["id"]) == 34
    assert item["eTag"].startswith('"{')
    assert item["cTag"].startswith('"c:{')
    assert item["size"] == 13
    assert item["file"] == {"mimeType": "text/plain", "hashes": {"quickXorHash": "SCgDG9jwBhaA4A5vnQMbyBACAAA="}}
    assert item["createdBy"]["user"]["email"] == "jane@acme.example"
    assert item["parentReference"]["path"] == f"/drives/{graph.drive}/root:"
    replaced = await graph.put("/a.txt", b"more")
    assert replaced["id"] == item["id"]
    assert replaced["eTag"] != item["eTag"]
    assert replaced["cTag"] != item["cTag"]
    assert replaced["lastModifiedBy"]["application"]["displayName"] == "Bridge"


async def test_select_cuts_the_answer_and_names_the_download_url(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")

    for name in ("@microsoft.graph.downloadUrl", "content.downloadUrl"):
        answer = await graph.on_drive("GET", f"/items/{item['id']}?$select=id,{name}")
        assert set(answer.json) == {"@odata.etag", "id", "@microsoft.graph.downloadUrl"}
    assert "@microsoft.graph.downloadUrl" in (await graph.on_drive("GET", f"/items/{item['id']}")).json
    assert set((await graph.on_drive("GET", f"/items/{item['id']}?$select=name")).json) == {"@odata.etag", "name"}


async def test_children_come_in_pages_in_order_of_their_names(graph: Graph) -> None:
    for name in ("c.txt", "A.txt", "b.txt"):
        await graph.put(f"/{name}", b"x")

    first = await graph.on_drive("GET", "/root/children?$top=2&$select=name&$orderby=name")
    second = await graph.call("GET", first.json["@odata.nextLink"])

    assert [i["name"] for i in first.json["value"] + second.json["value"]] == ["A.txt", "b.txt", "c.txt"]
    assert "@odata.nextLink" not in second.json


async def test_a_taken_name_fails_is_renamed_or_is_taken_over(graph: Graph) -> None:
    folder = await graph.folder("Spring")

    async def again(conflict: str) -> Any:
        body = {"name": "SPRING", "folder": {}, "@microsoft.graph.conflictBehavior": conflict}
        return await graph.on_drive("POST", "/root/children", json=body)

    assert ((await again("fail")).status, (await again("fail")).code) == (409, "nameAlreadyExists")
    assert (await again("rename")).json["name"] == "SPRING 1"
    assert (await again("replace")).json["id"] == folder["id"]
    await graph.put("/a.txt", b"x")
    clash = await graph.on_drive("PUT", "/root:/A.TXT:/content?@microsoft.graph.conflictBehavior=fail", data=b"y")
    assert clash.status == 409
    renamed = await graph.put("/a.txt", b"x")
    rename = await graph.on_drive("PUT", "/root:/a.txt:/content?@microsoft.graph.conflictBehavior=rename", data=b"y")
    assert rename.json["name"] == "a 1.txt"
    assert rename.json["id"] != renamed["id"]


async def test_a_moved_and_renamed_item_keeps_its_id(graph: Graph) -> None:
    folder, item = await graph.folder("New"), await graph.put("/a.txt", b"x")

    body = {"name": "b.txt", "parentReference": {"id": folder["id"]}}
    moved = await graph.on_drive("PATCH", f"/items/{item['id']}", json=body, headers={"If-Match": item["eTag"]})

    assert moved.json["id"] == item["id"]
    assert moved.json["parentReference"]["id"] == folder["id"]
    assert (await graph.on_drive("GET", "/root:/New/b.txt")).status == 200
    assert (await graph.on_drive("GET", "/root:/a.txt")).code == "itemNotFound"
    stale = await graph.on_drive(
        "PATCH", f"/items/{item['id']}", json={"name": "c"}, headers={"If-Match": item["eTag"]}
    )
    assert stale.status == 412
    below = await graph.folder("Below", folder["id"])
    into_itself = {"parentReference": {"id": below["id"]}}
    assert (await graph.on_drive("PATCH", f"/items/{folder['id']}", json=into_itself)).status == 400


async def test_a_modified_time_makes_a_version(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")

    body = {"fileSystemInfo": {"lastModifiedDateTime": "2020-01-02T03:04:05Z"}}
    changed = await graph.on_drive("PATCH", f"/items/{item['id']}", json=body)

    assert changed.json["fileSystemInfo"]["lastModifiedDateTime"] == "2020-01-02T03:04:05Z"
    assert len((await graph.on_drive("GET", f"/items/{item['id']}/versions")).json["value"]) == 2


async def test_a_deleted_folder_comes_back_from_the_recycle_bin_with_its_ids(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    folder = await graph.folder("Old")
    item = await graph.put("/Old/a.txt", b"x")

    assert (await graph.on_drive("DELETE", f"/items/{folder['id']}")).status == 204
    assert (await graph.on_drive("GET", f"/items/{item['id']}")).status == 404
    sim.restore(graph.drive, folder["id"])

    assert (await graph.on_drive("GET", "/root:/Old/a.txt")).json["id"] == item["id"]


@pytest.mark.parametrize(
    "name",
    ['a"b', "a*b", "a|b", " a", "a ", "a.", "CON", "nul.txt", "COM1", "desktop.ini", ".lock", "~$a.docx", "x_vti_y"],
)
async def test_a_name_that_onedrive_refuses_is_an_invalid_request(graph: Graph, name: str) -> None:
    answer = await graph.on_drive("POST", "/root/children", json={"name": name, "folder": {}})

    assert (answer.status, answer.code) == (400, "invalidRequest")


async def test_a_path_of_400_characters_is_too_long(graph: Graph) -> None:
    folder = await graph.folder("x" * 200)

    answer = await graph.on_drive("PUT", f"/items/{folder['id']}:/{'y' * 200}:/content", data=b"x")

    assert (answer.status, answer.code) == (400, "pathIsTooLong")


async def test_a_copy_is_watched_at_its_monitor_url(sim: OneDriveSimulator, graph: Graph) -> None:
    folder, target = await graph.folder("From"), await graph.folder("To")
    await graph.put("/From/a.txt", b"x")

    body = {"parentReference": {"driveId": graph.drive, "id": target["id"]}, "name": "Copy"}
    accepted = await graph.on_drive("POST", f"/items/{folder['id']}/copy", json=body)
    await sim.settle()
    monitor = await graph.raw("GET", accepted.headers["Location"])

    assert accepted.status == 202
    assert monitor.json["status"] == "completed"
    assert await graph.bytes_of("/root:/To/Copy/a.txt:") == b"x"


async def test_a_locked_file_answers_423(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    sim.lock(graph.drive, "/a.txt")

    statuses = [
        (await graph.on_drive("PUT", f"/items/{item['id']}/content", data=b"y")).status,
        (await graph.on_drive("PATCH", f"/items/{item['id']}", json={"name": "b.txt"})).status,
        (await graph.on_drive("PATCH", f"/items/{item['id']}/listItem/fields", json={"Title": "t"})).status,
        (await graph.on_drive("DELETE", f"/items/{item['id']}")).status,
    ]
    assert statuses == [423] * 4


async def test_a_full_drive_answers_507(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.drive(graph.drive).quota = 10

    assert (await graph.on_drive("PUT", "/root:/a.txt:/content", data=b"x" * 11)).status == 507
    assert (await graph.session("/b.txt", item={"fileSize": 11})).status == 507


async def test_a_batch_answers_each_part_by_itself(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    url = f"/drives/{graph.drive}"
    parts: list[dict[str, Any]] = [
        {"id": "1", "method": "GET", "url": f"{url}/items/{item['id']}?$select=name"},
        {"id": "2", "method": "GET", "url": f"{url}/items/nothing"},
        {"id": "3", "method": "DELETE", "url": f"{url}/items/{item['id']}", "dependsOn": ["2"]},
        {
            "id": "4",
            "method": "POST",
            "url": f"{url}/root/children",
            "headers": {"Content-Type": "application/json"},
            "body": {"name": "F", "folder": {}},
        },
    ]

    answer = await graph.call("POST", "/$batch", json={"requests": parts})

    assert [(r["id"], r["status"]) for r in answer.json["responses"]] == [
        ("1", 200),
        ("2", 404),
        ("3", 424),
        ("4", 201),
    ]
    assert answer.json["responses"][0]["body"]["name"] == "a.txt"
    too_many = [parts[0] | {"id": str(n)} for n in range(21)]
    assert (await graph.call("POST", "/$batch", json={"requests": too_many})).status == 400


async def test_sites_lists_and_columns(graph: Graph, site: str) -> None:
    assert (await graph.call("GET", "/sites/acme.sharepoint.com:/sites/marketing")).json["id"] == site
    assert [d["id"] for d in (await graph.call("GET", f"/sites/{site}/drives")).json["value"]] == [graph.drive]
    columns = (await graph.call("GET", f"/sites/{site}/lists/Documents/columns")).json["value"]
    assert {
        "name": "Languages",
        "choice": {"choices": ["de", "en", "fr"], "displayAs": "checkBoxes", "allowTextEntry": False},
    }.items() <= next(c for c in columns if c["name"] == "Languages").items()
    for path in ("/me", "/organization", "/sites", f"/drives/{graph.drive}", f"/sites/{site}/lists"):
        assert (await graph.call("GET", path)).status == 200, path


async def test_a_move_to_another_drive_is_refused_or_gives_another_id(
    sim: OneDriveSimulator, graph: Graph, site: str
) -> None:
    other = sim.add_drive("Archive", site=site)
    item = await graph.put("/a.txt", b"x")
    body = {"parentReference": {"driveId": other, "path": "/root:"}}

    assert (await graph.on_drive("PATCH", f"/items/{item['id']}", json=body)).status == 400
    sim.quirks.moves_across_drives = True
    moved = await graph.on_drive("PATCH", f"/items/{item['id']}", json=body)

    assert moved.status == 200
    assert moved.json["id"] != item["id"]
    assert moved.json["parentReference"]["driveId"] == other
    assert (await graph.on_drive("GET", f"/items/{item['id']}")).status == 404
    assert sim.read_file(other, "/a.txt") == b"x"


async def test_an_id_may_change_and_a_drive_may_go(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    changed = sim.change_id(graph.drive, "/a.txt")
    assert changed != item["id"]
    assert (await graph.on_drive("GET", "/root:/a.txt")).json["id"] == changed

    sim.remove_drive(graph.drive)
    assert (await graph.on_drive("GET", "/root")).status == 404
