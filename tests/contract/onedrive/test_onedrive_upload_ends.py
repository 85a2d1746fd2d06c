"""How an upload ends whose last answers were lost, or are odd."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Conflict
from shared.onedrive.placing import IfTaken
from shared.onedrive.upload_session import UNIT_BYTES
from tests.contract.onedrive.sending import DATA, GET, PUT, File, Sender


async def test_D15_a_server_that_does_not_know_how_far_it_is_is_asked_again(sender: Sender) -> None:
    session = await sender.world.onedrive.uploading.sessions.begin(sender.target("a.bin"), len(DATA))
    sender.fault(GET, status=416, body="")
    await sender.send(File(DATA), session=session)
    assert sender.read() == DATA


async def test_H28_who_goes_on_where_every_byte_was_sent_has_hashed_them_all_before_the_file_appears(
    sender: Sender,
) -> None:
    """`send` looks at the hash."""
    sessions = sender.world.onedrive.uploading.sessions
    session = await sessions.begin(sender.target("a.bin"), len(DATA), defer=True)
    for start in range(0, len(DATA), UNIT_BYTES):
        await sessions.put(session, start, [DATA[start : start + UNIT_BYTES]])
    await sender.send(File(DATA), session=session.at(UNIT_BYTES, None), defer=True)
    assert sender.read() == DATA


@pytest.mark.parametrize("taken", [True, False])
async def test_D5_D11_a_renamed_file_whose_last_answer_was_lost_is_found(sender: Sender, *, taken: bool) -> None:
    if taken:
        sender.world.put("/Out/a.bin", DATA[::-1])
        sender.world.put("/Out/a other.bin", DATA[::-1])
    before = sender.names
    sender.fault(PUT, skip=3, kind="lost")
    item = await sender.send(File(DATA), sender.target("a.bin", IfTaken.RENAME))
    assert sender.names == sorted([*before, item.name])
    assert sender.read(f"/Out/{item.name}") == DATA


async def test_D5_D11_without_hashes_an_older_file_of_the_same_size_is_not_taken_for_the_renamed_one(
    sender: Sender,
) -> None:
    sender.world.simulator.quirks.hash_missing = True
    other = sender.world.put("/Out/a.bin", DATA[::-1])
    sender.world.simulator.item(sender.world.drive, other).created -= timedelta(hours=1)
    sender.fault(PUT, skip=3, kind="lost")
    item = await sender.send(File(DATA), sender.target("a.bin", IfTaken.RENAME))
    assert item.id != other
    assert sender.read() == DATA[::-1]
    assert sender.read(f"/Out/{item.name}") == DATA


CLASH: dict[str, Any] = {
    "status": 409,
    "body": '{"error": {"code": "resourceModified", "message": "ETag does not match"}}',
}


@pytest.mark.parametrize("if_taken", [IfTaken.FAIL, IfTaken.REPLACE])
async def test_D12_modified_it_says_though_nothing_was_so_the_upload_is_tried_once_more(
    sender: Sender, if_taken: IfTaken
) -> None:
    seen = None
    if if_taken is IfTaken.REPLACE:
        sender.world.put("/Out/a.bin", b"old")
        seen = await sender.world.onedrive.item_at(sender.world.drive, "/Out/a.bin")
    sender.fault(PUT, skip=3, **CLASH)
    await sender.send(File(DATA), sender.target("a.bin", if_taken, seen.etag if seen else None))
    assert sender.read() == DATA
    assert sender.world.simulator.tenant.sessions == {}


async def test_D12_modified_again_ends_the_upload(sender: Sender) -> None:
    sender.fault(PUT, times=20, **CLASH)
    with pytest.raises(Conflict):
        await sender.send(File(DATA))
    assert sender.names == []
    assert sender.world.simulator.tenant.sessions == {}


async def test_D12_what_was_modified_indeed_is_left_as_it_is(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    seen = await sender.world.onedrive.item_at(sender.world.drive, "/Out/a.bin")
    assert seen is not None
    sender.fault(PUT, skip=3, **CLASH)
    file = File(DATA)

    def edit(count: int) -> None:
        if count == 2:
            sender.world.put("/Out/a.bin", b"edited")

    file.remembered = edit
    with pytest.raises(Conflict):
        await sender.send(file, sender.target("a.bin", IfTaken.REPLACE, seen.etag))
    assert sender.read() == b"edited"
