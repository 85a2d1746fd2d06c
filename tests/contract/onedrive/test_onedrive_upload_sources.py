from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.onedrive_simulator.estate.quickxor import quick_xor
from shared.domain.items import Content
from shared.errors import Conflict, ContentMismatch, SourceChanged, Throttled, Unavailable
from shared.onedrive.upload_session import UNIT_BYTES
from shared.onedrive.uploading import Upload
from tests.contract.onedrive.sending import COMMIT, DATA, FRAGMENT, PUT, SESSION, File, Sender


async def test_D19_a_source_that_changes_ends_the_upload(sender: Sender) -> None:
    def change(position: int) -> None:
        if position > UNIT_BYTES:
            raise SourceChanged("the asset has another version now")

    with pytest.raises(SourceChanged):
        await sender.send(File(DATA, stop=change))
    assert sender.names == []
    assert sender.world.simulator.tenant.sessions == {}


@pytest.mark.parametrize("lie", [-1, 1, UNIT_BYTES, -UNIT_BYTES])
async def test_D20_a_source_of_another_length_than_announced_makes_no_file(sender: Sender, lie: int) -> None:
    with pytest.raises(ContentMismatch):
        await sender.send(File(DATA, size=len(DATA) + lie))
    assert sender.names == []
    assert sender.world.simulator.tenant.sessions == {}


async def test_D24_a_session_that_somebody_else_feeds_is_let_go(sender: Sender) -> None:
    file = File(DATA)
    sender.fault(PUT, status=429, skip=1)
    with pytest.raises(Throttled):
        await sender.send(file)
    ahead = f'{{"expirationDateTime":"2030-01-01T00:00:00Z","nextExpectedRanges":["{3 * UNIT_BYTES}-"]}}'
    sender.fault(PUT, status=202, body=ahead)
    with pytest.raises(Conflict):
        await sender.send(file, session=file.checkpoints[-1])


@pytest.mark.parametrize("after", [0, 1, 2, 3])
async def test_D25_a_killed_process_is_followed_by_one_that_resumes(sender: Sender, after: int) -> None:
    class Killed(BaseException):
        pass

    def kill(checkpoints: int) -> None:
        if checkpoints > after:
            raise Killed

    file = File(DATA, remembered=kill)
    with pytest.raises(Killed):
        await sender.send(file)
    file.remembered = lambda _: None
    await sender.send(file, session=file.checkpoints[-1])
    assert sender.read() == DATA
    assert file.opened[-1] == after * UNIT_BYTES
    assert sender.asked(SESSION) == 1


async def test_D25_a_fragment_taken_after_the_last_checkpoint_is_hashed_and_not_sent_again(sender: Sender) -> None:
    file = File(DATA)
    sender.fault(PUT, status=429, skip=3)
    with pytest.raises(Throttled):
        await sender.send(file)
    before_the_last = file.checkpoints[-2]
    hashes = await file.hashed(before_the_last.offset)
    upload = Upload(sender.target("a.bin"), file.size, file.source, hashes, file.remember, fragment_bytes=UNIT_BYTES)
    await sender.world.onedrive.uploading.upload(upload, before_the_last)
    assert (await hashes.digests())["quickXor"] == quick_xor(DATA)
    assert sender.asked(FRAGMENT) == 4


async def test_D26_cancelling_is_fine_twice_and_carries_no_token(sender: Sender) -> None:
    sessions = sender.world.onedrive.uploading.sessions
    session = await sessions.begin(sender.target("a.bin"), len(DATA))
    await sessions.cancel(session)
    await sessions.cancel(session)
    assert sender.world.simulator.tenant.sessions == {}
    assert sender.world.simulator.tenant.refusals == []


async def test_D27_no_token_ever_reaches_an_upload_url(sender: Sender) -> None:
    seen: list[dict[str, str]] = []
    sender.world.simulator.serving.observers.append(
        lambda exchange: seen.append(exchange.request_headers) if "_upload" in exchange.path_and_query else None
    )
    file = File(DATA)
    sender.fault(PUT, status=500)
    await sender.send(file)
    assert len(seen) >= 5
    assert not any("authorization" in headers for headers in seen)
    assert "tempauth" not in repr(file.checkpoints)  # nor is the URL ever shown


async def test_D28_a_deferred_file_appears_with_its_commit_alone(sender: Sender) -> None:
    sender.fault(COMMIT, kind="reset")
    file = File(DATA)
    with pytest.raises(Unavailable):
        await sender.send(file, defer=True)
    assert sender.names == []
    await sender.send(file, session=file.checkpoints[-1])
    assert sender.read() == DATA


async def test_D28_a_commit_whose_answer_was_lost_is_found(sender: Sender) -> None:
    sender.fault(COMMIT, kind="lost")
    file = File(DATA)
    with pytest.raises(Unavailable):
        await sender.send(file, defer=True)
    item = await sender.send(file, session=file.checkpoints[-1])
    assert item.content == Content(len(DATA), quick_xor(DATA))
    assert sender.names == ["a.bin"]


async def test_D30_at_most_two_fragments_are_in_memory(sender: Sender) -> None:
    ahead: list[int] = []

    def note(position: int) -> None:
        sessions = sender.world.simulator.tenant.sessions.values()
        there = next((one.draft.size for one in sessions), 0)
        ahead.append(position - there // UNIT_BYTES * UNIT_BYTES)

    file = File(DATA * 4, stop=note)
    await sender.send(file)
    assert max(ahead) <= 2 * UNIT_BYTES


async def test_the_modified_time_goes_along_and_makes_no_second_version(sender: Sender) -> None:
    item = await sender.send(File(DATA), modified=datetime(2020, 1, 2, tzinfo=UTC))
    stored = sender.world.simulator.item(sender.world.drive, item.id)
    assert stored.disk_modified == datetime(2020, 1, 2, tzinfo=UTC)
    assert len(stored.versions) == 1
