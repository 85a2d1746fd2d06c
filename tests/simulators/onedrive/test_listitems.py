from __future__ import annotations

from typing import Any

import pytest

from local.onedrive_simulator import OneDriveSimulator
from tests.simulators.onedrive.client import Graph

JANE = {"X-Simulated-User": "Jane Doe <jane@acme.example>"}
MULTI = "Languages@odata.type"


async def write(graph: Graph, item: dict[str, Any], fields: dict[str, Any], **options: Any) -> Any:
    return await graph.on_drive("PATCH", f"/items/{item['id']}/listItem/fields", json=fields, **options)


async def test_columns_are_written_and_read_through_both_addresses(graph: Graph, site: str) -> None:
    item = await graph.put("/a.txt", b"x")
    fields = {
        "Title": "Spring",
        "ApprovalStatus": "Approved",
        "Languages": ["de", "en"],
        MULTI: "Collection(Edm.String)",
        "RightsUntil": "2027-07-31",
        "Rating": 4,
        "Checked": True,
    }

    assert (await write(graph, item, fields)).status == 200
    by_drive = (await graph.on_drive("GET", f"/items/{item['id']}/listItem?$expand=fields")).json
    by_list = (
        await graph.call("GET", f"/sites/{site}/lists/Documents/items/{by_drive['id']}?$expand=fields($select=Title)")
    ).json

    kept = by_drive["fields"]
    assert kept["RightsUntil"] == "2027-07-31T04:00:00Z", "midnight in New York, told in UTC"
    assert (kept["Languages"], kept["Rating"], kept["Checked"]) == (["de", "en"], 4, True)
    assert by_list["fields"].keys() <= {"@odata.etag", "Title"}
    expanded = await graph.on_drive("GET", "/root/children?$expand=listItem($expand=fields)&$select=id")
    assert expanded.json["value"][0]["listItem"]["fields"]["Title"] == "Spring"


async def test_a_moment_in_a_date_column_becomes_the_day_that_it_is_at_the_site(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")

    for moment in ("2027-07-30T04:00:00Z", "2027-07-31T02:00:00Z"):
        written = await write(graph, item, {"RightsUntil": moment})
        assert written.json["RightsUntil"] == "2027-07-30T04:00:00Z"


@pytest.mark.parametrize(
    "fields",
    [{"Nothing": "x"}, {"ApprovalStatus": "Maybe"}, {"Languages": ["de"]}, {"Rating": "four"}, {"RightsUntil": "soon"}],
)
async def test_a_value_that_does_not_fit_is_refused(graph: Graph, fields: dict[str, Any]) -> None:
    item = await graph.put("/a.txt", b"x")

    assert (await write(graph, item, fields)).code == "invalidRequest"


async def test_a_column_write_makes_a_version_and_another_etag_but_no_other_content(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"one", headers=JANE)
    await write(graph, item, {"Title": "first"}, headers=JANE)
    await graph.on_drive("PUT", f"/items/{item['id']}/content", data=b"two")
    await write(graph, item, {"Title": "second"})
    after = (await graph.on_drive("GET", f"/items/{item['id']}")).json

    lists = (await graph.on_drive("GET", f"/items/{item['id']}/listItem/versions?$expand=fields")).json["value"]
    drives = (await graph.on_drive("GET", f"/items/{item['id']}/versions")).json["value"]
    contents = [await graph.bytes_of(f"/items/{item['id']}/versions/{v['id']}") for v in drives]

    assert after["eTag"] != item["eTag"]
    assert [v["id"] for v in lists] == [v["id"] for v in drives] == ["4.0", "3.0", "2.0", "1.0"]
    assert [v["fields"].get("Title") for v in lists] == ["second", "first", "first", None]
    assert contents == [b"two", b"two", b"one", b"one"]
    assert lists[2]["lastModifiedBy"]["user"]["displayName"] == "Jane Doe"


async def test_versions_of_the_list_item_may_be_forbidden(sim: OneDriveSimulator, graph: Graph, site: str) -> None:
    item = await graph.put("/a.txt", b"x")
    number = (await graph.on_drive("GET", f"/items/{item['id']}/listItem")).json["id"]
    address = f"/sites/{site}/lists/Documents/items/{number}/versions?$expand=fields"

    assert len((await graph.call("GET", address)).json["value"]) == 1
    sim.quirks.list_versions_forbidden = True
    assert (await graph.call("GET", address)).status == 403


async def test_a_restored_version_comes_on_top(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"one")
    await graph.put("/a.txt", b"two")

    assert (await graph.on_drive("POST", f"/items/{item['id']}/versions/1.0/restoreVersion")).status == 204
    assert await graph.bytes_of(f"/items/{item['id']}") == b"one"
    versions = (await graph.on_drive("GET", f"/items/{item['id']}/versions")).json["value"]
    assert [v["id"] for v in versions] == ["3.0", "2.0", "1.0"]


async def test_the_oldest_versions_go_when_there_are_too_many(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.version_limit = 2
    item = await graph.put("/a.txt", b"1")
    for data in (b"2", b"3"):
        await graph.put("/a.txt", data)

    versions = (await graph.on_drive("GET", f"/items/{item['id']}/versions")).json["value"]
    assert [v["id"] for v in versions] == ["3.0", "2.0"]


async def test_the_caller_is_told_when_the_item_has_changed(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    assert (await write(graph, item, {"Title": "a"}, headers={"If-Match": item["eTag"]})).status == 200
    assert (await write(graph, item, {"Title": "b"}, headers={"If-Match": item["eTag"]})).status == 412


async def test_a_checked_out_file_is_locked_for_others(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    await graph.on_drive("POST", f"/items/{item['id']}/checkout", headers=JANE)

    assert (await write(graph, item, {"Title": "b"})).status == 423
    assert (await write(graph, item, {"Title": "b"}, headers=JANE)).status == 200
    assert (await graph.on_drive("POST", f"/items/{item['id']}/checkin", json={}, headers=JANE)).status == 204
    assert (await write(graph, item, {"Title": "c"})).status == 200


async def test_the_publication_is_told_to_who_asks_for_it(graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    one = f"/items/{item['id']}"

    assert "publication" not in (await graph.on_drive("GET", one)).json
    assert (await graph.on_drive("GET", f"{one}?$select=publication")).json["publication"]["level"] == "published"
    await graph.on_drive("POST", f"{one}/checkout", headers=JANE)
    assert (await graph.on_drive("GET", f"{one}?$select=publication")).json["publication"]["level"] == "checkout"


async def test_where_content_approval_is_on_each_edit_asks_for_it_anew(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    fields = f"/items/{item['id']}/listItem?$expand=fields($select=_ModerationStatus)"
    assert "_ModerationStatus" not in (await graph.on_drive("GET", fields)).json["fields"]
    assert "_ModerationStatus" not in {c["name"] for c in (await graph.on_drive("GET", "/list/columns")).json["value"]}

    sim.require_approval(graph.drive)
    assert (await graph.on_drive("GET", fields)).json["fields"]["_ModerationStatus"] == 0
    await graph.put("/a.txt", b"y")
    assert (await graph.on_drive("GET", fields)).json["fields"]["_ModerationStatus"] == 2
    _, link = await graph.delta()
    sim.moderate(graph.drive, "/a.txt", "Denied")
    assert (await graph.on_drive("GET", fields)).json["fields"]["_ModerationStatus"] == 1
    assert item["id"] in [i["id"] for i in (await graph.delta(link))[0]]
    assert "_ModerationStatus" in {c["name"] for c in (await graph.on_drive("GET", "/list/columns")).json["value"]}


async def test_where_check_out_is_required_a_new_file_is_seen_by_its_uploader_only(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    sim.drive(graph.drive).requires_check_out = True
    item = await graph.put("/a.txt", b"x", headers=JANE)
    one = f"/items/{item['id']}"

    assert (await graph.on_drive("GET", one)).status == 404
    assert (await graph.on_drive("GET", "/root/children")).json["value"] == []
    assert item["id"] not in [i["id"] for i in (await graph.delta())[0]]
    assert (await graph.on_drive("GET", one, headers=JANE)).status == 200
    _, link = await graph.delta()
    await graph.on_drive("POST", f"{one}/checkin", json={"comment": "done"}, headers=JANE)
    assert (await graph.on_drive("GET", one)).status == 200
    assert item["id"] in [i["id"] for i in (await graph.delta(link))[0]]
