"""Answers of shapes that nobody promised: each is read as far as it goes, or one of the errors of the bridge."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin

import pytest

from local.serving import Exchange, Fault
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Columns, Item
from shared.errors import BridgeError, CursorExpired, HostNotAllowed, Missing, Throttled, Unavailable
from tests.contract.onedrive.conftest import World

JSON = {"Content-Type": "application/json"}


def answer(world: World, match: str, body: object, *, status: int = 200, **headers: str) -> None:
    fault = Fault(match, status=status, headers=JSON | headers, body=json.dumps(body))
    world.simulator.serving.faults.append(fault)


@pytest.mark.parametrize(
    "date", ["Tue, 24 Nov 2026 17:00:00 +9999999999999999999", "Tue, 24 Nov 20260000000000000 17:00:00 GMT"]
)
async def test_C19_a_pause_until_a_date_that_no_calendar_has_is_a_pause_of_unsaid_length(
    world: World, date: str
) -> None:
    item = world.put("/a.txt", b"abc")
    answer(world, "/items/", {}, status=429, **{"Retry-After": date})
    with pytest.raises(Throttled) as caught:
        await world.onedrive.item(world.drive, item)
    assert caught.value.retry_after is None


@pytest.mark.parametrize("list_item", ["x", ["x"], 5, {"fields": "x"}])
async def test_C20_an_odd_list_item_says_nothing_of_columns(world: World, list_item: object) -> None:
    item = world.put("/a.txt", b"abc")
    answer(world, "/items/", {"id": item, "file": {}, "size": 3, "listItem": list_item})
    found, columns = await world.onedrive.item(world.drive, item)
    assert (found.id, columns.values) == (item, {})


async def test_C20_one_odd_member_leaves_the_rest_of_a_batch_as_it_is(world: World) -> None:
    items = [world.put(f"/{n}.txt", b"abc") for n in range(4)]
    members = [
        {"id": "0", "status": 200, "body": {"id": items[0], "file": {}, "size": 3, "listItem": "x"}},
        {"id": "1", "status": 200, "body": {"name": "without an id"}},
        {"id": "2", "status": 200, "body": {"id": None}},
        {"id": "3", "status": 200, "body": {"id": items[3], "file": {}, "size": 3}},
    ]
    both: list[Callable[[], Awaitable[dict[ItemId, Any]]]] = [
        lambda: world.onedrive.items(world.drive, items),
        lambda: world.onedrive.batching.items(world.drive, items),
    ]
    for read in both:
        answer(world, "batch", {"responses": members})
        found: dict[ItemId, tuple[Item, Columns] | Item | BridgeError] = await read()
        good = [item for item, one in found.items() if not isinstance(one, BridgeError)]
        assert good == [items[0], items[3]]


async def test_C20_what_has_no_id_is_in_no_page(world: World, caplog: pytest.LogCaptureFixture) -> None:
    latest = await world.onedrive.delta_latest(world.drive)
    listed = [{"name": "a"}, {"id": None}, {"id": 5}, {"id": ""}, "x", {"id": "01A", "name": "b"}]
    for link in (world.onedrive.delta_start(world.drive), latest.delta_link or ""):
        answer(world, "/delta", {"value": listed, "@odata.deltaLink": latest.delta_link})
        assert [item.id for item in (await world.onedrive.delta(link)).items] == ["01A"]
    answer(world, "/children", {"value": listed})
    page, _ = await world.onedrive.children_page(world.drive, ItemId("root"), None)
    assert [item.id for item in page] == ["01A"]
    assert "4 listed items have no id" in caplog.text


async def test_C28_half_a_surrogate_pair_in_a_name_is_replaced(world: World) -> None:
    latest = await world.onedrive.delta_latest(world.drive)
    names = ["Logo \ud83d", "\U0001f600 whole"]
    listed = [{"id": f"01{n}", "name": name} for n, name in enumerate(names)]
    answer(world, "/delta", {"value": listed, "@odata.deltaLink": latest.delta_link})
    page = await world.onedrive.delta(world.onedrive.delta_start(world.drive))
    assert [item.name for item in page.items] == ["Logo ?", "\U0001f600 whole"]


@pytest.mark.parametrize("link", [5, ["x"], "", {"a": 1}])
async def test_C20_a_listing_with_a_link_that_is_none_has_not_come_to_its_end(world: World, link: object) -> None:
    listed = {"value": [], "@odata.nextLink": link}
    for _ in range(2):
        answer(world, "/children", listed)
    with pytest.raises(BridgeError):
        [one async for one in world.onedrive.children(world.drive, ItemId("root"))]
    with pytest.raises(BridgeError):
        await world.onedrive.children_page(world.drive, ItemId("root"), None)


async def test_C14_a_listed_folder_whose_page_leads_to_itself_has_not_come_to_its_end(world: World) -> None:
    for n in range(201):
        world.put(f"/{n}.txt", b"")
    _, link = await world.onedrive.children_page(world.drive, ItemId("root"), None)
    answer(world, "/children", {"value": [], "@odata.nextLink": link})
    with pytest.raises(Unavailable):
        await world.onedrive.children_page(world.drive, ItemId("root"), link)


async def test_C20_a_library_without_an_id_is_none(world: World) -> None:
    answer(world, "/drives", {"value": [{"name": "Documents"}]})
    with pytest.raises(Unavailable):
        await world.onedrive.drive_of("acme.sharepoint.com:/sites/marketing", "Documents")


async def test_B5_one_odd_subscription_hides_none_of_the_others(world: World) -> None:
    resource = f"drives/{world.drive}/root"
    good = {"resource": resource, "id": "b", "expirationDateTime": "2026-11-30T00:00:00Z"}
    odd = [{"resource": resource, "id": "a"}, {"resource": resource}, {"resource": 5}, "x"]
    answer(world, "/subscriptions", {"value": [*odd, good]})
    assert [one.id for one in await world.onedrive.subscriptions.list()] == ["a", "b"]


@pytest.mark.parametrize("item", ["../../../subscriptions", "..", ".", "a/b", "a?b", "a#b"])
async def test_C28_an_id_never_leads_elsewhere(world: World, item: str) -> None:
    asked: list[str] = []

    def note(exchange: Exchange) -> None:
        asked.append(exchange.path_and_query)

    world.simulator.serving.observers.append(note)
    with pytest.raises(BridgeError):
        await world.onedrive.item(world.drive, ItemId(item))
    assert asked
    assert all(f"/drives/{world.drive}/items/" in path.replace("%21", "!") for path in asked), asked


@pytest.mark.parametrize("location", ["/v1.0/drives/b!x/root/delta?token=a", "?token=a", "https://elsewhere.example/x"])
async def test_C11_C21_an_expired_link_leads_on_at_the_same_server_alone(world: World, location: str) -> None:
    start = world.onedrive.delta_start(world.drive)
    answer(world, "/delta", {}, status=410, Location=location)
    with pytest.raises(BridgeError) as caught:
        await world.onedrive.delta(start)
    if "elsewhere" in location:
        assert isinstance(caught.value, HostNotAllowed)
    else:
        assert isinstance(caught.value, CursorExpired)
        assert caught.value.location == urljoin(start, location)


async def test_B15_the_first_look_at_a_drive_that_is_gone_says_so(world: World) -> None:
    gone = DriveId(world.simulator.add_drive("Old", site=world.simulator.add_site("old")))
    world.simulator.remove_drive(gone)
    with pytest.raises(Missing):
        await world.onedrive.delta_latest(gone)
