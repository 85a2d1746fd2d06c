"""Putting, reading, moving and taking away small files and folders, held against the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from local.serving import Fault
from shared.domain.ids import DriveId, ItemId
from shared.errors import (
    Forbidden,
    ItemChanged,
    Locked,
    Malware,
    Missing,
    NameTaken,
    Refused,
    RemoteError,
    Throttled,
    Unavailable,
)
from shared.onedrive import IfTaken, Placing
from shared.onedrive.placing import ROOT
from tests.contract.onedrive.conftest import World
from tests.contract.validation import Contract

CONTRACT = Path(__file__).parents[1] / "graph.openapi.yaml"
ODD = "Ärger #1 100% d'été & co + e\u0301 \U0001f600.txt"


@pytest.fixture
async def placing(world: World) -> AsyncIterator[Placing]:
    contract = Contract.from_file(CONTRACT)
    world.simulator.serving.observers.append(contract.observe)
    yield world.onedrive.placing
    contract.check()


async def test_a_new_file_is_put_into_a_folder_by_its_name(world: World, placing: Placing) -> None:
    folder = ItemId(world.simulator.make_folder(world.drive, "/Campaigns"))
    item = await placing.put(world.drive, folder, "hello.txt", b"hello", if_taken=IfTaken.FAIL)
    assert (item.drive, item.name, item.parent) == (world.drive, "hello.txt", folder)
    assert item.content is not None
    assert item.content.size == 5
    assert world.simulator.read_file(world.drive, "/Campaigns/hello.txt") == b"hello"


async def test_an_empty_file_is_put_too(world: World, placing: Placing) -> None:
    item = await placing.put(world.drive, ROOT, "empty.txt", b"", if_taken=IfTaken.FAIL)
    assert item.content is not None
    assert item.content.size == 0
    found = await placing.read(world.drive, "/empty.txt", limit=10)
    assert found is not None
    assert found.data == b""


async def test_a_name_of_any_characters_comes_through(world: World, placing: Placing) -> None:
    await placing.put(world.drive, ROOT, ODD, b"odd", if_taken=IfTaken.FAIL)
    found = await placing.read(world.drive, f"/{ODD}", limit=10)
    assert found is not None
    assert (found.item.name, found.data) == (ODD, b"odd")


async def test_a_taken_name_fails_and_the_file_there_is_left_alone(world: World, placing: Placing) -> None:
    world.put("/note.txt", b"first")
    with pytest.raises(NameTaken):
        await placing.put(world.drive, ROOT, "NOTE.txt", b"second", if_taken=IfTaken.FAIL)
    assert world.simulator.read_file(world.drive, "/note.txt") == b"first"


async def test_a_taken_name_is_replaced_by_a_new_version_of_the_same_item(world: World, placing: Placing) -> None:
    before = world.put("/note.txt", b"first")
    item = await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.REPLACE)
    assert item.id == before
    assert world.simulator.read_file(world.drive, "/note.txt") == b"second"


async def test_a_replacement_never_covers_what_a_person_saved_meanwhile(world: World, placing: Placing) -> None:
    item = world.put("/note.txt", b"first")
    before = world.simulator.item(world.drive, item).etag
    world.put("/note.txt", b"a person's")
    with pytest.raises(ItemChanged):
        await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.REPLACE, if_match=before)
    assert world.simulator.read_file(world.drive, item) == b"a person's"
    world.simulator.delete(world.drive, item)
    with pytest.raises(ItemChanged):
        await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.REPLACE, if_match=before)


async def test_a_replacement_of_the_state_that_was_named_goes_through(world: World, placing: Placing) -> None:
    item = world.put("/note.txt", b"first")
    before = world.simulator.item(world.drive, item).etag
    await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.REPLACE, if_match=before)
    world.simulator.quirks.if_match_always_fails = True
    again = world.simulator.item(world.drive, item).etag
    await placing.put(world.drive, ROOT, "note.txt", b"third", if_taken=IfTaken.REPLACE, if_match=again)
    assert world.simulator.read_file(world.drive, item) == b"third"


async def test_for_a_taken_name_a_free_one_is_found(world: World, placing: Placing) -> None:
    before = world.put("/note.txt", b"first")
    item = await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.RENAME)
    assert item.id != before
    assert world.simulator.read_file(world.drive, item.id) == b"second"
    assert world.simulator.read_file(world.drive, before) == b"first"


async def test_a_file_for_a_folder_that_is_gone_is_missing(world: World, placing: Placing) -> None:
    with pytest.raises(Missing):
        await placing.put(world.drive, ItemId("01GONE"), "note.txt", b"x", if_taken=IfTaken.FAIL)


async def test_a_replaced_file_that_somebody_has_open_is_locked(world: World, placing: Placing) -> None:
    world.put("/note.txt", b"first")
    world.simulator.lock(world.drive, "/note.txt")
    with pytest.raises(Locked):
        await placing.put(world.drive, ROOT, "note.txt", b"second", if_taken=IfTaken.REPLACE)


async def test_nothing_is_read_where_nothing_stands(world: World, placing: Placing) -> None:
    assert await placing.read(world.drive, "/Campaigns/none.txt", limit=10) is None


async def test_no_more_is_read_than_the_limit(world: World, placing: Placing) -> None:
    world.put("/long.txt", b"0123456789")
    found = await placing.read(world.drive, "/long.txt", limit=4)
    assert found is not None
    assert found.data == b"0123"


async def test_what_has_no_content_or_may_not_be_had_is_said(world: World, placing: Placing) -> None:
    world.simulator.make_folder(world.drive, "/Campaigns")
    with pytest.raises(Refused):
        await placing.read(world.drive, "/Campaigns", limit=4)
    item = world.put("/bad.txt", b"bad")
    world.simulator.item(world.drive, item).malware = True
    with pytest.raises(Malware):
        await placing.read(world.drive, "/bad.txt", limit=4)


async def test_an_item_is_moved_and_renamed_in_one_call_and_keeps_its_id(world: World, placing: Placing) -> None:
    item = world.put("/Inbox/a.txt", b"a")
    folder = ItemId(world.simulator.make_folder(world.drive, "/Outbox"))
    before = world.simulator.item(world.drive, item).etag
    moved = await placing.move(world.drive, item, to=folder, name="b.txt", if_match=before)
    assert (moved.id, moved.parent, moved.name) == (item, folder, "b.txt")
    assert world.simulator.item(world.drive, "/Outbox/b.txt").id == item


async def test_an_item_is_only_renamed_or_only_moved(world: World, placing: Placing) -> None:
    item = world.put("/Inbox/a.txt", b"a")
    await placing.move(world.drive, item, name="b.txt")
    assert world.simulator.item(world.drive, "/Inbox/b.txt").id == item
    await placing.move(world.drive, item, to=ROOT)
    assert world.simulator.item(world.drive, "/b.txt").id == item


async def test_a_move_to_a_taken_name_moves_nothing(world: World, placing: Placing) -> None:
    item = world.put("/a.txt", b"a")
    world.put("/b.txt", b"b")
    with pytest.raises(NameTaken):
        await placing.move(world.drive, item, name="b.txt")
    assert world.simulator.item(world.drive, "/a.txt").id == item


@pytest.mark.parametrize("act", ["move", "delete"])
async def test_an_item_that_changed_meanwhile_is_not_touched(world: World, placing: Placing, act: str) -> None:
    item = world.put("/a.txt", b"a")
    before = world.simulator.item(world.drive, item).etag
    world.put("/a.txt", b"a new version")
    with pytest.raises(ItemChanged):
        await _act(act, placing, world.drive, item, before)
    assert world.simulator.read_file(world.drive, "/a.txt") == b"a new version"


@pytest.mark.parametrize("act", ["move", "delete"])
async def test_an_item_that_somebody_has_open_is_locked(world: World, placing: Placing, act: str) -> None:
    item = world.put("/a.txt", b"a")
    world.simulator.lock(world.drive, item)
    with pytest.raises(Locked):
        await _act(act, placing, world.drive, item, None)


async def test_a_move_of_what_is_gone_or_to_what_is_gone_is_missing(world: World, placing: Placing) -> None:
    item = world.put("/a.txt", b"a")
    with pytest.raises(Missing):
        await placing.move(world.drive, item, to=ItemId("01GONE"))
    world.simulator.delete(world.drive, item)
    with pytest.raises(Missing):
        await placing.move(world.drive, item, name="b.txt")


async def test_a_deleted_item_is_in_the_recycle_bin_and_deleting_it_again_is_no_error(
    world: World, placing: Placing
) -> None:
    item = world.put("/a.txt", b"a")
    etag = world.simulator.item(world.drive, item).etag
    assert await placing.delete(world.drive, item, if_match=etag) is True
    assert await placing.delete(world.drive, item, if_match=etag) is False
    world.simulator.restore(world.drive, item)
    assert world.simulator.read_file(world.drive, "/a.txt") == b"a"


async def test_a_folder_path_is_made_once_and_found_from_then_on(world: World, placing: Placing) -> None:
    world.simulator.make_folder(world.drive, "/Campaigns")
    made = await placing.folder(world.drive, f"/campaigns/{ODD}/Print")
    assert made.is_folder
    assert world.simulator.item(world.drive, f"/Campaigns/{ODD}/Print").id == made.id
    assert (await placing.folder(world.drive, f"/Campaigns/{ODD}/print/")).id == made.id
    assert (await placing.folder(world.drive, "/")).is_root


async def test_a_folder_that_somebody_makes_at_the_same_moment_is_taken(world: World, placing: Placing) -> None:
    folder = world.simulator.make_folder(world.drive, "/Campaigns")
    world.simulator.serving.faults.append(Fault(r"GET .*root:/Campaigns", status=404, body=_error("itemNotFound")))
    assert (await placing.folder(world.drive, "/Campaigns")).id == folder


async def test_a_file_in_the_way_of_a_folder_is_told(world: World, placing: Placing) -> None:
    world.put("/Campaigns", b"a file of this name")
    for path in ("/Campaigns", "/Campaigns/Spring"):
        with pytest.raises(NameTaken):
            await placing.folder(world.drive, path)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((403, "accessDenied"), Forbidden),
        ((429, "activityLimitReached"), Throttled),
        ((500, "generalException"), Unavailable),
        ((507, "quotaLimitReached"), Refused),
    ],
)
@pytest.mark.parametrize("act", ["put", "move", "delete", "folder"])
async def test_every_other_answer_is_an_error_of_the_tree(
    world: World, placing: Placing, act: str, answer: tuple[int, str], expected: type[RemoteError]
) -> None:
    status, code = answer
    item = world.put("/a.txt", b"a")
    world.simulator.serving.faults.append(Fault("^(PUT|PATCH|DELETE|POST) ", status=status, body=_error(code)))
    with pytest.raises(expected):
        await _act(act, placing, world.drive, item, None)


@pytest.mark.parametrize("kind", ["reset", "lost"])
async def test_an_answer_that_never_comes_is_unavailable(world: World, placing: Placing, kind: str) -> None:
    fault = Fault("^PUT ")
    fault.kind = kind  # type: ignore[assignment]  # one of the literals, as the parameters above show
    world.simulator.serving.faults.append(fault)
    with pytest.raises(Unavailable):
        await placing.put(world.drive, ROOT, "a.txt", b"a", if_taken=IfTaken.FAIL)


async def _act(act: str, placing: Placing, drive: DriveId, item: ItemId, if_match: str | None) -> None:
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "put": lambda: placing.put(drive, ROOT, "new.txt", b"new", if_taken=IfTaken.FAIL),
        "move": lambda: placing.move(drive, item, name="b.txt", if_match=if_match),
        "delete": lambda: placing.delete(drive, item, if_match=if_match),
        "folder": lambda: placing.folder(drive, "/New/Folder"),
    }
    await acts[act]()


def _error(code: str) -> str:
    return f'{{"error":{{"code":"{code}","message":"as ordered"}}}}'
