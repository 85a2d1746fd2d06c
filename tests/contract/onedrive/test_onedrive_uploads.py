from __future__ import annotations

import pytest

from local.onedrive_simulator.estate.quickxor import quick_xor
from shared.domain.items import Content
from shared.errors import ContentMismatch, ItemChanged, NameTaken, Refused, SessionGone, Throttled, Unavailable
from shared.onedrive.placing import IfTaken
from shared.onedrive.upload_session import LARGEST_FILE_BYTES, UNIT_BYTES, progress_of
from tests.contract.onedrive.sending import DATA, FRAGMENT, GET, PUT, SESSION, File, Sender


@pytest.mark.parametrize(
    "size", [1, UNIT_BYTES - 1, UNIT_BYTES, 2 * UNIT_BYTES - 1, 2 * UNIT_BYTES, 2 * UNIT_BYTES + 1]
)
async def test_D1_every_size_arrives_in_fragments_that_graph_takes(sender: Sender, size: int) -> None:
    file = File(DATA[:size])
    item = await sender.send(file)
    assert item.content == Content(size, quick_xor(DATA[:size]))
    assert sender.read() == DATA[:size]
    assert sender.world.simulator.tenant.refusals == []
    assert [one.offset for one in file.checkpoints] == list(range(0, size, UNIT_BYTES))


async def test_D1_an_empty_file_goes_by_a_simple_put(sender: Sender) -> None:
    item = await sender.send(File(b""))
    assert item.content is not None
    assert item.content.size == 0
    assert sender.asked(FRAGMENT) == 0
    with pytest.raises(ContentMismatch):
        await sender.send(File(b"x", size=0), "b.bin")
    assert sender.names == ["a.bin"]


async def test_D5_an_empty_file_whose_answer_was_lost_is_found(sender: Sender) -> None:
    sender.fault("PUT .*content", kind="lost")
    with pytest.raises(Unavailable):
        await sender.send(File(b""))
    await sender.send(File(b""))
    assert sender.names == ["a.bin"]
    sender.world.put("/Out/a.bin", b"no longer empty")
    with pytest.raises(NameTaken):
        await sender.send(File(b""))


async def test_D5_an_empty_file_replaces_only_the_state_it_was_meant_for(sender: Sender) -> None:
    simulator, drive = sender.world.simulator, sender.world.drive
    item = sender.world.put("/Out/a.bin", b"ours")
    target = sender.target("a.bin", IfTaken.REPLACE, simulator.item(drive, item).etag)
    sender.world.put("/Out/a.bin", b"a person's")
    with pytest.raises(ItemChanged):
        await sender.send(File(b""), target)
    assert sender.read() == b"a person's"

    target = sender.target("a.bin", IfTaken.REPLACE, simulator.item(drive, item).etag)
    sender.fault("PUT .*content", kind="lost")
    with pytest.raises(Unavailable):
        await sender.send(File(b""), target)
    assert (await sender.send(File(b""), target)).id == item
    assert sender.read() == b""


async def test_D1_more_than_250_gb_is_refused_before_any_call(sender: Sender) -> None:
    with pytest.raises(Refused):
        await sender.send(File(b"", size=LARGEST_FILE_BYTES + 1))
    assert sender.world.simulator.tenant.requests.total() == 0


@pytest.mark.parametrize("units", [0, 192])
async def test_D1_a_fragment_that_graph_would_refuse_is_a_mistake(sender: Sender, units: int) -> None:
    with pytest.raises(ValueError, match="320 KiB"):
        await sender.send(File(DATA), units=units)


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        ({"nextExpectedRanges": ["26-"]}, 26),
        ({"nextExpectedRanges": ["12345-55232", "77829-99375"]}, 12345),
        ({"NextExpectedRanges": ["99-", "26-98"]}, 26),
        ({"nextExpectedRanges": []}, None),
        ({"nextExpectedRanges": ["nonsense", 7]}, None),
        ({}, None),
        ({"nextExpectedRanges": [f"{5 << 40}-"]}, 5 << 40),
    ],
)
def test_D2_the_next_byte_is_read_in_every_spelling(raw: dict[str, object], offset: int | None) -> None:
    assert progress_of(raw).next_byte == offset


@pytest.mark.parametrize("ranges", ["plain", "several", "pascal", "empty", "missing"])
@pytest.mark.parametrize("with_end", [True, False])
async def test_D2_an_upload_goes_on_however_the_ranges_are_written(
    sender: Sender, ranges: str, *, with_end: bool
) -> None:
    sender.world.simulator.quirks.update({"ranges": ranges, "ranges_with_end": with_end})
    await sender.send(File(DATA))
    assert sender.read() == DATA
    assert sender.world.simulator.tenant.refusals == []


async def test_D2_a_fragment_that_was_taken_and_not_kept_is_sent_again(sender: Sender) -> None:
    sender.world.simulator.quirks.session_forgets = 2
    await sender.send(File(DATA))
    assert sender.read() == DATA


async def test_D2_a_session_that_keeps_nothing_ends_in_a_later_attempt(sender: Sender) -> None:
    sender.world.simulator.quirks.session_forgets = 100
    with pytest.raises(Unavailable):
        await sender.send(File(DATA))


@pytest.mark.parametrize("skip", [0, 1, 3])
async def test_D3_a_connection_that_is_cut_resumes_at_the_server_s_offset(sender: Sender, skip: int) -> None:
    sender.fault(PUT, kind="reset", skip=skip)
    file = File(DATA)
    await sender.send(file)
    assert sender.read() == DATA
    assert file.opened == [0]  # the fragment was still in memory


@pytest.mark.parametrize("skip", [0, 1, 2])
async def test_D4_a_stored_fragment_whose_answer_was_lost_is_not_sent_again(sender: Sender, skip: int) -> None:
    sender.fault(PUT, kind="lost", skip=skip)
    await sender.send(File(DATA))
    assert sender.read() == DATA
    assert sender.asked(FRAGMENT) == 4


async def test_D4_a_416_is_answered_by_asking(sender: Sender) -> None:
    sender.fault(PUT, kind="lost")
    sender.fault(GET, status=500)
    sender.fault(PUT, status=416)
    await sender.send(File(DATA))
    assert sender.read() == DATA


async def test_D5_a_file_whose_last_answer_was_lost_is_found(sender: Sender) -> None:
    sender.fault(PUT, kind="lost", skip=3)
    item = await sender.send(File(DATA))
    assert item.content == Content(len(DATA), quick_xor(DATA))
    assert sender.names == ["a.bin"]
    assert sender.asked(FRAGMENT) == 4


async def test_D5_a_process_that_was_killed_before_the_last_answer_finds_the_file(sender: Sender) -> None:
    file = File(DATA)
    await sender.send(file)
    again = await sender.send(file, session=file.checkpoints[-1])
    assert sender.names == ["a.bin"]
    assert sender.asked(SESSION) == 1
    assert again.content == Content(len(DATA), quick_xor(DATA))


async def test_D5_other_bytes_under_the_name_are_no_success(sender: Sender) -> None:
    file = File(DATA)
    target = sender.target("a.bin", IfTaken.REPLACE)
    sender.fault(PUT, status=429, skip=2)
    with pytest.raises(Throttled):
        await sender.send(file, target)
    sender.world.put("/Out/a.bin", DATA[::-1])
    sender.world.simulator.clock.advance(1000)
    await sender.send(file, target, file.checkpoints[-1])
    assert sender.read() == DATA


@pytest.mark.parametrize("status", [429, 503, 509])
async def test_D6_throttling_keeps_the_session_and_the_next_run_sends_the_same_fragment(
    sender: Sender, status: int
) -> None:
    sender.fault(PUT, status=status, headers={"Retry-After": "17"}, skip=1)
    file = File(DATA)
    with pytest.raises(Throttled) as throttled:
        await sender.send(file)
    assert throttled.value.retry_after == 17
    assert file.checkpoints[-1].offset == UNIT_BYTES
    await sender.send(file, session=file.checkpoints[-1])
    assert sender.read() == DATA
    assert file.opened == [0, UNIT_BYTES]
    assert sender.asked(SESSION) == 1


@pytest.mark.parametrize("status", [500, 502, 504, 408])
async def test_D7_server_errors_are_ridden_out(sender: Sender, status: int) -> None:
    sender.fault(PUT, status=status, times=3)
    await sender.send(File(DATA))
    assert sender.read() == DATA


async def test_D7_a_series_that_does_not_end_is_left_to_a_later_run(sender: Sender) -> None:
    sender.fault(PUT, status=500, times=99, skip=1)
    file = File(DATA)
    with pytest.raises(Unavailable):
        await sender.send(file)
    sender.world.simulator.serving.faults.clear()
    await sender.send(file, session=file.checkpoints[-1])
    assert sender.read() == DATA


@pytest.mark.parametrize(("times", "sessions"), [(1, 1), (2, 2)])
async def test_D8_a_session_unknown_at_first_is_tried_again_and_then_replaced(
    sender: Sender, times: int, sessions: int
) -> None:
    sender.world.simulator.quirks.session_not_found_at_first = times
    await sender.send(File(DATA))
    assert sender.read() == DATA
    assert sender.asked(SESSION) == sessions


@pytest.mark.parametrize("status", [401, 404, 410])
async def test_D9_a_url_that_has_ended_is_followed_by_a_new_session_from_byte_0(sender: Sender, status: int) -> None:
    sender.fault(PUT, status=status, skip=2)
    file = File(DATA)
    await sender.send(file)
    assert sender.read() == DATA
    assert file.opened == [0, 0]
    assert len(sender.world.simulator.tenant.sessions) == 0  # the old one was cancelled


async def test_D9_a_403_is_the_end_of_the_url_when_it_says_so(sender: Sender) -> None:
    sender.fault(PUT, status=403, skip=2, body='{"error":{"code":"accessDenied","innerError":{"code":"expiredToken"}}}')
    await sender.send(File(DATA))
    assert sender.read() == DATA


async def test_D9_sessions_that_end_again_and_again_are_left_to_a_later_run(sender: Sender) -> None:
    sender.fault(PUT, status=401, times=99)
    with pytest.raises(SessionGone):
        await sender.send(File(DATA))
    assert sender.asked(SESSION) == 3


async def test_D10_a_session_that_expired_while_it_waited_is_replaced(sender: Sender) -> None:
    file = File(DATA)
    sender.fault(PUT, status=429, skip=2)
    with pytest.raises(Throttled):
        await sender.send(file)
    sender.world.simulator.clock.advance(1_000)
    await sender.send(file, session=file.checkpoints[-1])
    assert sender.read() == DATA
