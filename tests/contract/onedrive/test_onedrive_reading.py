from __future__ import annotations

import asyncio
import re
from zoneinfo import ZoneInfo

import pytest

from local.onedrive_simulator.estate.model import Column
from local.serving import Exchange, Fault
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Content, Item
from shared.errors import (
    CursorExpired,
    Forbidden,
    HostNotAllowed,
    Missing,
    NameProblem,
    NotAuthorised,
    Throttled,
    Unavailable,
    ValueDoesNotFit,
)
from shared.onedrive import DeltaPage
from tests.contract.onedrive.conftest import USER_AGENT, World


async def everything(world: World, link: str | None = None) -> tuple[dict[str, Item], str]:
    """All items from a link on (last one wins), and the delta link at the end."""
    items: dict[str, Item] = {}
    page = DeltaPage((), link or world.onedrive.delta_start(world.drive), None)
    while page.next_link:
        page = await world.onedrive.delta(page.next_link)
        items |= {item.id: item for item in page.items}
    assert page.delta_link is not None
    return items, page.delta_link


async def test_a_library_is_found_by_site_and_name(world: World) -> None:
    assert await world.onedrive.drive_of("acme.sharepoint.com:/sites/marketing", "documents") == world.drive


async def test_an_unknown_library_is_answered_with_those_that_exist(world: World) -> None:
    with pytest.raises(NameProblem, match='no library "Dokumente"; candidates: Documents'):
        await world.onedrive.drive_of("acme.sharepoint.com:/sites/marketing", "Dokumente")


async def test_an_unknown_site_is_named(world: World) -> None:
    with pytest.raises(NameProblem, match=r'no site "acme\.sharepoint\.com:/sites/sales"'):
        await world.onedrive.drive_of("acme.sharepoint.com:/sites/sales", "Documents")


async def test_C1_all_pages_of_a_drive_are_read_to_the_delta_link(world: World) -> None:
    world.simulator.quirks.delta_page_size = 2
    ids = {world.put(f"/Campaigns/{n}.txt", b"x" * n) for n in range(5)}
    items, link = await everything(world)
    assert ids <= set(items)
    assert next(item for item in items.values() if item.is_root).path == "/"
    file = items[next(iter(ids))]
    assert file.drive == world.drive
    assert file.content is not None
    assert file.content.quick_xor is not None

    changed = world.put("/Campaigns/new.txt", b"new")
    assert changed in (await everything(world, link))[0]


async def test_C2_C3_empty_pages_are_not_the_end(world: World) -> None:
    world.simulator.quirks.delta_empty_page = True
    item = world.put("/a.txt", b"a")
    assert item in (await everything(world))[0]


async def test_C4_duplicates_come_through_in_order(world: World) -> None:
    world.simulator.quirks.delta_duplicates = True
    world.simulator.quirks.delta_page_size = 2
    item = world.put("/a.txt", b"a")
    world.put("/b.txt", b"b")
    assert item in (await everything(world))[0]


async def test_C5_a_deleted_item_comes_without_a_name(world: World) -> None:
    item = world.put("/a.txt", b"a")
    _, link = await everything(world)
    world.simulator.delete(world.drive, item)
    gone = (await everything(world, link))[0][item]
    assert (gone.deleted, gone.name, gone.content) == (True, "", None)


async def test_C11_an_expired_cursor_says_where_to_go_on(world: World) -> None:
    item = world.put("/a.txt", b"a")
    _, link = await everything(world)
    world.simulator.force_resync(world.drive)
    with pytest.raises(CursorExpired) as expired:
        await world.onedrive.delta(link)
    assert expired.value.location is not None
    assert item in (await everything(world, expired.value.location))[0]


async def test_C12_a_410_without_a_location_is_an_expired_cursor_too(world: World) -> None:
    _, link = await everything(world)
    world.simulator.serving.faults.append(Fault("delta", status=410, body='{"error":{"code":"resyncRequired"}}'))
    with pytest.raises(CursorExpired) as expired:
        await world.onedrive.delta(link)
    assert expired.value.location is None


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_C13_a_cursor_that_is_not_known_is_an_expired_one(world: World, status: int) -> None:
    _, link = await everything(world)
    world.simulator.serving.faults.append(Fault("delta", status=status, body='{"error":{"code":"invalidRequest"}}'))
    with pytest.raises(CursorExpired):
        await world.onedrive.delta(link)


async def test_a_drive_that_is_gone_is_missing_not_an_expired_cursor(world: World) -> None:
    with pytest.raises(Missing):
        await world.onedrive.delta(world.onedrive.delta_start(DriveId("b!gone")))


async def test_a_latest_token_knows_only_what_comes_after_it(world: World) -> None:
    world.put("/old.txt", b"old")
    page = await world.onedrive.delta_latest(world.drive)
    assert page.items == ()
    assert page.delta_link is not None
    new = world.put("/new.txt", b"new")
    assert new in (await everything(world, page.delta_link))[0]


@pytest.mark.parametrize(
    "body", ["<html>busy</html>", '{"value": [', '{"value": []}', '{"value": 7, "@odata.deltaLink": "x"}', ""]
)
async def test_C20_a_body_that_is_no_page_is_never_no_changes(world: World, body: str) -> None:
    world.simulator.serving.faults.append(Fault("delta", status=200, body=body))
    with pytest.raises(Unavailable):
        await world.onedrive.delta(world.onedrive.delta_start(world.drive))


@pytest.mark.parametrize("kind", ["reset", "lost", "cut"])
async def test_C20_a_connection_that_breaks_is_unavailable(world: World, kind: str) -> None:
    world.put("/a.txt", b"a")
    fault = Fault("delta", cut_after=20)
    fault.kind = kind  # type: ignore[assignment]  # one of the literals, as the parameters above show
    world.simulator.serving.faults.append(fault)
    with pytest.raises(Unavailable):
        await world.onedrive.delta(world.onedrive.delta_start(world.drive))


async def test_C21_a_link_to_a_foreign_host_is_refused_and_gets_no_token(world: World) -> None:
    for link in ("https://graph.example/v1.0/drives/x/root/delta?token=1", "http://127.0.0.1:1/v1.0/x", "x"):
        with pytest.raises(HostNotAllowed):
            await world.onedrive.delta(link)
    body = '{"value": [], "@odata.nextLink": "https://graph.example/v1.0/next"}'
    world.simulator.serving.faults.append(Fault("delta", status=200, body=body))
    with pytest.raises(HostNotAllowed, match=r"graph\.example"):
        await world.onedrive.delta(world.onedrive.delta_start(world.drive))
    assert world.simulator.tenant.user_agents.total() == 1


async def test_F3_the_larger_of_two_pauses_is_reported(world: World) -> None:
    headers = {"Retry-After": "7", "RateLimit-Reset": "31"}
    world.simulator.serving.faults.append(Fault("delta", status=429, headers=headers))
    with pytest.raises(Throttled) as throttled:
        await world.onedrive.delta(world.onedrive.delta_start(world.drive))
    assert throttled.value.retry_after == 31
    assert world.simulator.tenant.requests.total() <= 1


async def test_a_revoked_token_is_not_authorised(world: World) -> None:
    world.simulator.quirks.revoked_tokens = ("*",)
    with pytest.raises(NotAuthorised):
        await world.onedrive.item_at(world.drive, "/")


async def test_an_item_and_its_columns_come_in_one_call(world: World) -> None:
    item = world.put("/Campaigns/Spring #1/übel & 100% 'gut'.txt", b"hello")
    world.simulator.set_column(world.drive, item, "ApprovalStatus", "Approved")
    world.simulator.set_column(world.drive, item, "Languages", ["de", "en"])
    world.simulator.set_column(world.drive, item, "Rating", 4.0)
    world.simulator.set_column(world.drive, item, "Final", value=True)
    world.simulator.set_column(world.drive, item, "RightsUntil", "2026-11-24T10:30:00Z")
    world.simulator.set_column(world.drive, item, "CampaignDay", "2026-11-24")
    await world.onedrive.column_definitions(world.drive)
    seen: list[Exchange] = []
    world.simulator.serving.observers.append(seen.append)

    found, columns = await world.onedrive.item(world.drive, item)

    assert len(seen) == 1
    assert found.path == "/Campaigns/Spring #1/übel & 100% 'gut'.txt"
    assert found.content is not None
    assert found.content.size == 5
    assert {name: columns.values[name] for name in ("ApprovalStatus", "Languages", "Rating", "Final")} == {
        "ApprovalStatus": "Approved",
        "Languages": ("de", "en"),
        "Rating": "4",
        "Final": "true",
    }
    assert columns.values["RightsUntil"] == "2026-11-24T10:30:00Z"
    assert columns.values["CampaignDay"] == "2026-11-23T23:00:00Z"  # midnight in Vienna
    assert columns.display["Approval status"] == ("ApprovalStatus",)
    assert (columns.types["CampaignDay"], columns.types["Languages"]) == ("dateOnly", "multiChoice")


async def test_many_items_at_once_read_the_columns_of_their_library_once(world: World) -> None:
    items = [world.put(f"/{n}.txt", b"a") for n in range(8)]
    await asyncio.gather(*[world.onedrive.item(world.drive, item) for item in items])
    assert world.simulator.tenant.user_agents.total() == 9


async def test_an_item_costs_two_calls_where_the_expand_is_refused(world: World) -> None:
    item = world.put("/a.txt", b"a")
    world.simulator.set_column(world.drive, item, "Title", "A")
    refusal = '{"error":{"code":"invalidRequest","message":"expand"}}'
    world.simulator.serving.faults.append(Fault(r"expand=listItem", times=9, status=400, body=refusal))
    for _ in range(2):
        found, columns = await world.onedrive.item(world.drive, item)
        assert (found.name, columns.values["Title"]) == ("a.txt", "A")
    assert world.simulator.serving.faults[0].times == 8


async def test_a_deleted_item_is_missing(world: World) -> None:
    item = world.put("/a.txt", b"a")
    world.simulator.delete(world.drive, item)
    with pytest.raises(Missing):
        await world.onedrive.item(world.drive, item)


async def test_C28_an_item_is_found_by_a_path_with_any_name(world: World) -> None:
    for name in ("a+b %20 #1 & 'x'.txt", "emoji 🎨.txt", "שלום.txt", "100%25.txt"):
        item = world.put(f"/Some folder/{name}", b"a")
        found = await world.onedrive.item_at(world.drive, f"/Some folder/{name}")
        assert found is not None, name
        assert (found.id, found.path) == (item, f"/Some folder/{name}")
    assert await world.onedrive.item_at(world.drive, "/nothing/here.txt") is None
    root = await world.onedrive.item_at(world.drive, "/")
    assert root is not None
    assert root.is_root


async def test_the_children_of_a_folder_come_page_by_page(world: World) -> None:
    ids = {world.put(f"/Many/{n}.txt", b"") for n in range(205)}
    folder = await world.onedrive.item_at(world.drive, "/many")
    assert folder is not None
    assert {child.id async for child in world.onedrive.children(world.drive, folder.id)} == ids
    assert (await world.onedrive.folder(world.drive, folder.id)).name == "Many"


async def test_versions_come_newest_first_with_their_columns(world: World) -> None:
    item = world.put("/a.txt", b"a")
    for n in range(11):
        world.simulator.set_column(world.drive, item, "Title", f"title {n}")
    versions = await world.onedrive.versions(world.drive, item)
    assert [version.id for version in versions] == [f"{n}.0" for n in range(12, 0, -1)]
    assert [version.values.get("Title") for version in versions][:2] == ["title 10", "title 9"]


async def test_versions_that_may_not_be_read_are_forbidden(world: World) -> None:
    item = world.put("/a.txt", b"a")
    world.simulator.quirks.list_versions_forbidden = True
    with pytest.raises(Forbidden):
        await world.onedrive.versions(world.drive, item)


async def test_columns_are_written_in_their_own_types(world: World) -> None:
    item = world.put("/a.txt", b"a")
    await world.onedrive.write_columns(
        world.drive,
        item,
        {
            "Title": "A",
            "Approval status": "Approved",
            "Languages": ("de", "fr"),
            "Rating": "2.5",
            "Final": "yes",
            "Campaign day": "2026-11-24",
        },
    )
    _, columns = await world.onedrive.item(world.drive, item)
    assert (columns.values["Title"], columns.values["ApprovalStatus"]) == ("A", "Approved")
    assert (columns.values["Languages"], columns.values["Rating"]) == (("de", "fr"), "2.5")
    assert columns.values["CampaignDay"] == "2026-11-23T23:00:00Z"

    await world.onedrive.write_columns(world.drive, item, {"Title": "", "Languages": ()})
    _, columns = await world.onedrive.item(world.drive, item)
    assert "Title" not in columns.values
    assert "Languages" not in columns.values
    assert columns.values["Rating"] == "2.5"


async def test_a_day_is_the_same_day_in_a_library_east_of_the_date_line(world: World) -> None:
    site = world.simulator.add_site("auckland", zone="Pacific/Auckland")
    day = Column("Day", "dateTime", date_only=True)
    drive = DriveId(world.simulator.add_drive("Documents", site=site, columns=(day,)))
    item = ItemId(world.simulator.put_file(drive, "/a.txt", b"a"))
    await world.onedrive.write_columns(drive, item, {"Day": "2026-11-24"}, zone=ZoneInfo("Pacific/Auckland"))
    _, columns = await world.onedrive.item(drive, item)
    assert columns.values["Day"] == "2026-11-23T11:00:00Z"


async def test_a_column_that_does_not_exist_or_fit_is_refused_before_anything_is_sent(world: World) -> None:
    item = world.put("/a.txt", b"a")
    with pytest.raises(NameProblem, match=re.escape('no column "Titel"')):
        await world.onedrive.write_columns(world.drive, item, {"Title": "A", "Titel": "B"})
    with pytest.raises(ValueDoesNotFit, match="accepted: Draft, Approved"):
        await world.onedrive.write_columns(world.drive, item, {"Title": "A", "ApprovalStatus": "Maybe"})
    assert not any(line.startswith("PATCH") for line in world.simulator.tenant.requests)


async def test_the_user_agent_is_decorated_on_every_call(world: World) -> None:
    item = world.put("/a.txt", b"a")
    await world.onedrive.item(world.drive, item)
    assert set(world.simulator.tenant.user_agents) == {USER_AGENT}


async def test_a_stranger_item_id_cannot_leave_its_place_in_the_url(world: World) -> None:
    with pytest.raises(Missing):
        await world.onedrive.item(world.drive, ItemId("../../users"))


async def test_content_in_delta_is_what_the_item_says(world: World) -> None:
    item = world.put("/a.bin", b"abc")
    items, _ = await everything(world)
    assert items[item].content == Content(3, "YRDDGAAAAAAAAAAAAwAAAAAAAAA=")
