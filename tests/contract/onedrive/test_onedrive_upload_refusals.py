from __future__ import annotations

import asyncio

import pytest

from local.onedrive_simulator.estate.quickxor import quick_xor
from shared.domain.items import Content
from shared.errors import (
    ContentMismatch,
    Forbidden,
    ItemChanged,
    Locked,
    Malware,
    Missing,
    NameTaken,
    Refused,
    Unavailable,
)
from shared.onedrive.placing import IfTaken
from tests.contract.onedrive.sending import DATA, FRAGMENT, PUT, SESSION, File, Sender


@pytest.mark.parametrize("early", [True, False])
async def test_D11_a_taken_name_is_refused_and_no_session_stays(sender: Sender, *, early: bool) -> None:
    sender.world.simulator.quirks.session_checks_name_early = early
    sender.world.put("/Out/A.BIN", b"somebody else's")
    with pytest.raises(NameTaken):
        await sender.send(File(DATA))
    assert sender.read() == b"somebody else's"
    assert sender.world.simulator.tenant.sessions == {}


async def test_D11_replace_makes_a_new_version_of_the_same_item(sender: Sender) -> None:
    before = sender.world.put("/Out/a.bin", b"old")
    item = await sender.send(File(DATA), sender.target("a.bin", IfTaken.REPLACE))
    assert item.id == before
    assert sender.read() == DATA


async def test_D11_rename_finds_a_free_name(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    item = await sender.send(File(DATA), sender.target("a.bin", IfTaken.RENAME))
    assert sender.names == sorted(["a.bin", item.name])
    assert sender.read() == b"old"


async def test_D12_an_item_that_changed_is_not_overwritten(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    seen = await sender.world.onedrive.item_at(sender.world.drive, "/Out/a.bin")
    assert seen is not None
    sender.world.put("/Out/a.bin", b"edited")
    with pytest.raises(ItemChanged):
        await sender.send(File(DATA), sender.target("a.bin", IfTaken.REPLACE, seen.etag))
    assert sender.read() == b"edited"


async def test_D12_an_item_that_changes_during_the_upload_is_not_overwritten(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    seen = await sender.world.onedrive.item_at(sender.world.drive, "/Out/a.bin")
    assert seen is not None

    def edit(position: int) -> None:
        if position:
            file.stop = lambda _: None
            sender.world.put("/Out/a.bin", b"edited")

    file = File(DATA, stop=edit)
    with pytest.raises(ItemChanged):
        await sender.send(file, sender.target("a.bin", IfTaken.REPLACE, seen.etag))
    assert sender.read() == b"edited"
    assert sender.world.simulator.tenant.sessions == {}


async def test_D12_a_right_etag_that_is_refused_all_the_same_is_left_out(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    seen = await sender.world.onedrive.item_at(sender.world.drive, "/Out/a.bin")
    assert seen is not None
    sender.world.simulator.quirks.if_match_always_fails = True
    await sender.send(File(DATA), sender.target("a.bin", IfTaken.REPLACE, seen.etag))
    assert sender.read() == DATA


async def test_D13_a_file_that_somebody_has_open_waits(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    sender.world.simulator.lock(sender.world.drive, "/Out/a.bin")
    with pytest.raises(Locked):
        await sender.send(File(DATA), sender.target("a.bin", IfTaken.REPLACE))
    sender.world.simulator.lock(sender.world.drive, "/Out/a.bin", locked=False)

    def lock(position: int) -> None:
        sender.world.simulator.lock(sender.world.drive, "/Out/a.bin", locked=position > 0)

    with pytest.raises(Locked):
        await sender.send(File(DATA, stop=lock), sender.target("a.bin", IfTaken.REPLACE))
    assert sender.read() == b"old"


async def test_D14_a_full_drive_is_said_before_any_byte_and_at_the_end(sender: Sender) -> None:
    sender.world.simulator.drive(sender.world.drive).quota = 100
    with pytest.raises(Refused) as full:
        await sender.send(File(DATA))
    assert full.value.status == 507
    assert sender.asked(FRAGMENT) == 0
    sender.world.simulator.drive(sender.world.drive).quota = 1 << 40
    sender.fault(PUT, status=507, skip=3, body='{"error":{"code":"quotaLimitReached"}}')
    with pytest.raises(Refused):
        await sender.send(File(DATA))
    assert sender.world.simulator.tenant.sessions == {}


@pytest.mark.parametrize("code", ["fragmentOverlap", "fragmentOutOfOrder", "fragmentLengthMismatch"])
async def test_D15_a_fragment_out_of_step_is_resumed_where_the_server_stands(sender: Sender, code: str) -> None:
    sender.fault(PUT, status=400, body=f'{{"error":{{"code":"invalidRequest","innerError":{{"code":"{code}"}}}}}}')
    await sender.send(File(DATA))
    assert sender.read() == DATA


async def test_D15_a_fragment_that_is_too_large_is_our_mistake(sender: Sender) -> None:
    sender.fault(PUT, status=413)
    with pytest.raises(Refused):
        await sender.send(File(DATA))


async def test_D16_a_success_without_a_body_is_looked_up(sender: Sender) -> None:
    sender.world.simulator.quirks.session_answers_without_body = True
    item = await sender.send(File(DATA))
    assert item.content == Content(len(DATA), quick_xor(DATA))


async def test_D16_a_success_that_stored_nothing_is_none(sender: Sender) -> None:
    sender.world.simulator.quirks.session_stores_nothing = True
    with pytest.raises(ContentMismatch):
        await sender.send(File(DATA))


async def test_D22_a_missing_folder_surfaces(sender: Sender) -> None:
    sender.world.simulator.delete(sender.world.drive, "/Out")
    with pytest.raises(Missing):
        await sender.send(File(DATA))


async def test_D22_a_folder_made_by_two_at_once_is_made_once(sender: Sender) -> None:
    placing = sender.world.onedrive.placing
    folders = await asyncio.gather(*(placing.folder(sender.world.drive, "/Out/X/Y") for _ in range(4)))
    assert len({folder.id for folder in folders}) == 1


@pytest.mark.parametrize(
    ("refusal", "error"),
    [("403 malwareDetected", Malware), ("403 accessDenied", Forbidden), ("422 unprocessableEntity", Refused)],
)
async def test_D29_a_refused_content_is_no_matter_of_trying_again(
    sender: Sender, refusal: str, error: type[Exception]
) -> None:
    sender.world.simulator.quirks.upload_refusal = refusal
    with pytest.raises(error):
        await sender.send(File(DATA))
    assert sender.asked(SESSION) == 1
    assert sender.world.simulator.tenant.sessions == {}


async def test_Q17_a_file_that_is_there_and_not_found_is_replaced_all_the_same(sender: Sender) -> None:
    sender.world.put("/Out/a.bin", b"old")
    sender.world.simulator.quirks.replace_not_found = 1
    await sender.send(File(DATA), sender.target("a.bin", IfTaken.REPLACE))
    assert sender.read() == DATA


@pytest.mark.parametrize("quirk", ["column_validation_fails", "date_default_fails"])
async def test_Q13_Q14_a_library_that_takes_no_upload_says_so(sender: Sender, quirk: str) -> None:
    sender.world.simulator.quirks.update({quirk: True})
    with pytest.raises((Refused, Unavailable)):
        await sender.send(File(DATA))
