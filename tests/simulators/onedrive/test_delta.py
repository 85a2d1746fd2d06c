from __future__ import annotations

from typing import Any

import pytest

from local.onedrive_simulator import OneDriveSimulator
from tests.simulators.onedrive.client import Graph


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [i["id"] for i in items]


async def test_a_crawl_lists_everything_and_ends_with_a_link_for_what_comes_later(graph: Graph) -> None:
    folder = await graph.folder("F")
    item = await graph.put("/F/a.txt", b"x")

    everything, link = await graph.delta()
    nothing, _ = await graph.delta(link)
    changed = await graph.put("/F/a.txt", b"xy")
    later, _ = await graph.delta(link)

    assert ids(everything)[1:] == [folder["id"], item["id"]]
    assert "root" in everything[0]
    assert nothing == []
    assert [i["id"] for i in later if "file" in i] == [item["id"]]
    assert later[-1]["eTag"] == changed["eTag"]


async def test_unchanged_parents_come_along_unless_the_caller_excludes_them(graph: Graph) -> None:
    folder = await graph.folder("F")
    _, link = await graph.delta()
    item = await graph.put("/F/a.txt", b"x")

    with_parents, _ = await graph.delta(link)
    alone, _ = await graph.delta(link, headers={"deltaExcludeParent": "true"})

    assert ids(with_parents)[1:] == [folder["id"], item["id"]]
    assert "root" in with_parents[0]
    assert ids(alone) == [item["id"]]


async def test_an_item_shows_its_last_state_without_ctag_and_path(graph: Graph) -> None:
    _, link = await graph.delta()
    item = await graph.put("/a.txt", b"1")
    await graph.on_drive("PATCH", f"/items/{item['id']}", json={"name": "b.txt"})
    items, _ = await graph.delta(link)

    assert [i["name"] for i in items if "file" in i] == ["b.txt"]
    assert "cTag" not in items[-1]
    assert "path" not in items[-1]["parentReference"]


async def test_a_delete_is_a_tombstone_without_name_for_each_descendant(sim: OneDriveSimulator, graph: Graph) -> None:
    folder = await graph.folder("F")
    item = await graph.put("/F/a.txt", b"x")
    _, link = await graph.delta()
    await graph.on_drive("DELETE", f"/items/{folder['id']}")

    gone = [i for i in (await graph.delta(link))[0] if "deleted" in i]
    assert set(ids(gone)) == {folder["id"], item["id"]}
    assert all("name" not in i and "cTag" not in i for i in gone)
    sim.quirks.delta_omits_deleted_descendants = True
    assert [i["id"] for i in (await graph.delta(link))[0] if "deleted" in i] == [folder["id"]]
    sim.quirks.delta_missing_tombstones = True
    assert (await graph.delta(link))[0] == []
    sim.quirks.delta_missing_tombstones = False
    assert not [i for i in (await graph.delta())[0] if "deleted" in i], "a crawl has no tombstones"


async def test_a_restored_item_returns_alive(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    await graph.on_drive("DELETE", f"/items/{item['id']}")
    _, link = await graph.delta()
    sim.restore(graph.drive, item["id"])

    items, _ = await graph.delta(link)
    assert items[-1]["id"] == item["id"]
    assert "deleted" not in items[-1]


async def test_descendants_of_a_moved_folder_are_not_returned(graph: Graph) -> None:
    folder, target = await graph.folder("F"), await graph.folder("T")
    await graph.put("/F/a.txt", b"x")
    _, link = await graph.delta()
    await graph.on_drive("PATCH", f"/items/{folder['id']}", json={"parentReference": {"id": target["id"]}})

    items, _ = await graph.delta(link)
    assert folder["id"] in ids(items)
    assert not [i for i in items if "file" in i]


async def test_pages_are_as_long_as_asked_and_their_links_remember_the_question(graph: Graph) -> None:
    for n in range(5):
        await graph.put(f"/{n}.txt", b"x")

    first = await graph.on_drive("GET", "/root/delta?$top=2&$select=id,name")
    second = await graph.call("GET", first.json["@odata.nextLink"])

    assert len(first.json["value"]) == len(second.json["value"]) == 2
    assert all(set(i) == {"@odata.etag", "id", "name"} for i in second.json["value"])
    assert len(ids((await graph.delta(second.json["@odata.nextLink"]))[0])) == 2


async def test_what_changes_while_somebody_pages_is_not_lost(graph: Graph) -> None:
    made = [await graph.put(f"/{n}.txt", b"x") for n in range(4)]
    first = await graph.on_drive("GET", "/root/delta?$top=3")
    await graph.on_drive("DELETE", f"/items/{made[0]['id']}")
    await graph.put("/3.txt", b"yy")

    rest, _ = await graph.delta(first.json["@odata.nextLink"])
    last = {i["id"]: i for i in first.json["value"] + rest}
    assert "deleted" in last[made[0]["id"]]
    assert last[made[3]["id"]]["size"] == 2


@pytest.mark.parametrize(
    "form",
    [
        "/root/delta?token=latest",
        "/root/delta(token='latest')",
        "/items/root/delta(token='latest')",
        "/root/microsoft.graph.delta(token=%27latest%27)",
        "/items/root/delta()?token=latest",
    ],
)
async def test_latest_is_an_empty_page_with_a_link_from_now_on(graph: Graph, form: str) -> None:
    await graph.put("/a.txt", b"x")

    answer = await graph.on_drive("GET", form)
    await graph.put("/b.txt", b"x")
    items, _ = await graph.delta(answer.json["@odata.deltaLink"])

    assert answer.json["value"] == []
    assert [i["name"] for i in items if "file" in i] == ["b.txt"]


async def test_a_moment_is_a_token(sim: OneDriveSimulator, graph: Graph) -> None:
    await graph.put("/a.txt", b"x")
    sim.clock.advance(60)
    moment = sim.clock.now().isoformat().replace("+", "%2B")
    sim.clock.advance(60)
    await graph.put("/b.txt", b"x")

    items, _ = await graph.delta(f"{graph.base}/drives/{graph.drive}/root/delta?token={moment}")
    assert [i["name"] for i in items if "file" in i] == ["b.txt"]


async def test_delta_of_a_folder_a_foreign_token_and_columns_are_refused(sim: OneDriveSimulator, graph: Graph) -> None:
    folder = await graph.folder("F")

    assert (await graph.on_drive("GET", f"/items/{folder['id']}/delta")).status == 400
    assert (await graph.on_drive("GET", "/root/delta?token=nonsense")).code == "invalidRequest"
    columns = "/root/delta?$expand=listItem($expand=fields)"
    assert (await graph.on_drive("GET", columns)).status == 400
    sim.quirks.delta_expands_fields = True
    assert "fields" in (await graph.on_drive("GET", columns)).json["value"][-1]["listItem"]


async def test_410_names_a_place_to_start_again(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    _, link = await graph.delta()
    sim.force_resync(graph.drive, "resyncChangesUploadDifferences")

    gone = await graph.call("GET", link)
    everything, fresh = await graph.delta(gone.headers["Location"])

    assert (gone.status, gone.code) == (410, "resyncRequired")
    assert gone.json["error"]["innerError"]["code"] == "resyncChangesUploadDifferences"
    assert item["id"] in ids(everything)
    assert (await graph.call("GET", fresh)).status == 200


async def test_the_oddities_of_delta(sim: OneDriveSimulator, graph: Graph) -> None:
    made = [await graph.put(f"/{n}.txt", b"x") for n in range(3)]
    _, link = await graph.delta()

    sim.quirks.delta_empty_page = True
    empty = await graph.call("GET", link)
    assert empty.json["value"] == []
    assert "@odata.nextLink" in empty.json
    sim.quirks.update({"delta_empty_page": False, "delta_repeats_unchanged": True})
    assert ids((await graph.delta(link))[0]) == [made[0]["id"]]
    sim.quirks.update({"delta_repeats_unchanged": False, "delta_duplicates": True})
    listed = ids((await graph.delta(f"{graph.base}/drives/{graph.drive}/root/delta?$top=2"))[0])
    assert len(listed) > len(set(listed)) == 4
    sim.quirks.update({"delta_duplicates": False, "delta_repeats_next_link": True})
    next_link = (await graph.call("GET", link)).json["@odata.nextLink"]
    assert (await graph.call("GET", next_link)).json["@odata.nextLink"] == next_link


REMOVED = "deltashowremovedasdeleted"
ALL_THREE = f"{REMOVED}, deltatraversepermissiongaps, deltashowsharingchanges"
MARK = "@microsoft.graph.sharedChanged"


async def told(graph: Graph, link: str, prefer: str = "") -> dict[str, dict[str, Any]]:
    """The entries of the page by id, as they come to who sends this Prefer header."""
    answer = await graph.raw("GET", link, headers=graph.bearer | ({"Prefer": prefer} if prefer else {}))
    return {entry["id"]: entry for entry in answer.json["value"]}


async def test_what_leaves_the_view_of_the_app_is_told_as_deleted_to_who_asks(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    item = sim.put_file(graph.drive, "/a.txt", b"a")
    _, link = await graph.delta()
    sim.hide(graph.drive, "/a.txt")

    assert item not in await told(graph, link)
    assert item not in await told(graph, link, "deltashowsharingchanges")
    removed = (await told(graph, link, REMOVED))[item]
    assert "deleted" in removed
    assert MARK not in removed
    assert (await graph.on_drive("GET", f"/items/{item}")).status == 404
    sim.hide(graph.drive, item, hidden=False)
    assert (await graph.on_drive("GET", f"/items/{item}")).status == 200


async def test_a_change_of_permissions_is_marked_for_who_asks_for_all_that_it_needs(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    hidden, deleted = (sim.put_file(graph.drive, f"/{name}.txt", b"x") for name in "ab")
    _, link = await graph.delta()
    sim.hide(graph.drive, hidden)
    sim.delete(graph.drive, deleted)

    page = await told(graph, link, ALL_THREE)
    assert page[hidden][MARK] == "True"
    assert MARK not in page[deleted]
    assert "deleted" in page[deleted]

    sim.hide(graph.drive, hidden, hidden=False)
    shown = (await told(graph, link, ALL_THREE))[hidden]
    assert shown[MARK] == "True"
    assert "deleted" not in shown
    sim.put_file(graph.drive, "/a.txt", b"new bytes")
    assert MARK not in (await told(graph, link, ALL_THREE))[hidden]


async def test_what_lies_below_a_folder_out_of_view_is_listed_for_who_steps_over_gaps(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    folder = sim.make_folder(graph.drive, "/F")
    sim.hide(graph.drive, folder)
    _, link = await graph.delta()
    item = sim.put_file(graph.drive, "/F/a.txt", b"a")

    assert item not in await told(graph, link)
    over = await told(graph, link, "deltatraversepermissiongaps")
    assert item in over
    assert folder not in over, "the folder itself stays out of view"


async def test_a_410_may_not_say_where_to_start_again(sim: OneDriveSimulator, graph: Graph) -> None:
    _, link = await graph.delta()
    sim.force_resync(graph.drive)
    sim.quirks.delta_gone_without_location = True
    gone = await graph.raw("GET", link, headers=graph.bearer)
    assert gone.status == 410
    assert "Location" not in gone.headers


async def test_a_notebook_is_neither_file_nor_folder(sim: OneDriveSimulator, graph: Graph) -> None:
    notebook = sim.make_notebook(graph.drive, "/Notes")
    told = (await graph.on_drive("GET", f"/items/{notebook}")).json
    assert "package" in told
    assert not {"file", "folder"} & set(told)
    assert (await graph.on_drive("GET", f"/items/{notebook}/content")).status == 400
    assert (await graph.on_drive("PUT", "/root:/Notes:/content", data=b"x")).status == 409


async def test_what_is_deleted_may_look_alive(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.txt", b"x")
    _, link = await graph.delta()
    sim.quirks.delta_deleted_look_alive = True
    await graph.on_drive("DELETE", f"/items/{item['id']}")

    [told] = [one for one in (await graph.delta(link))[0] if "file" in one]
    assert (told["id"], told["name"], "deleted" in told) == (item["id"], "a.txt", False)
    assert (await graph.on_drive("GET", f"/items/{item['id']}")).status == 404


@pytest.mark.parametrize("kind", ["empty", "same"])
async def test_pages_without_an_end_have_each_a_link_of_its_own(
    sim: OneDriveSimulator, graph: Graph, kind: str
) -> None:
    await graph.put("/a.txt", b"x")
    sim.quirks.update({"delta_endless": kind})
    first = (await graph.on_drive("GET", "/root/delta")).json
    second = (await graph.call("GET", first["@odata.nextLink"])).json
    assert first["value"] == second["value"]
    assert first["@odata.nextLink"] != second["@odata.nextLink"]
    assert bool(first["value"]) == (kind == "same")


async def test_a_link_may_expire_again_and_again(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.delta_expires_again = 2
    first = await graph.on_drive("GET", "/root/delta")
    second = await graph.call("GET", first.headers["Location"])
    assert (first.status, second.status) == (410, 410)
    assert first.headers["Location"] != second.headers["Location"]
    assert (await graph.call("GET", second.headers["Location"])).status == 200
