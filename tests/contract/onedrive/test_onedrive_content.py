from __future__ import annotations

import asyncio
import gzip
import logging
import os
import random

import pytest
from aiohttp import web

from shared.domain.ids import ItemId
from shared.domain.items import Content
from shared.errors import (
    BridgeError,
    ContentProblem,
    HostNotAllowed,
    Malware,
    Missing,
    Refused,
    SourceChanged,
    Throttled,
    Unavailable,
)
from shared.onedrive import DriveContent
from tests.contract.onedrive.conftest import USER_AGENT, World
from tests.contract.onedrive.faulty_source import (
    FaultySource,
    answers,
    chunked,
    cut_after,
    faulty,
    good,
    ignores_range,
    sends,
    stalls_after,
)

DATA = random.Random(7).randbytes(102_400)


async def gathered(content: DriveContent, expected: Content | None = None, start: int = 0) -> bytes:
    return b"".join([chunk async for chunk in content.stream(expected=expected, start=start)])


async def test_E1_a_file_is_streamed_without_a_token_from_the_content_host(world: World) -> None:
    item = world.put("/a b/c#d.bin", DATA)
    assert await gathered(world.onedrive.content(world.drive, item)) == DATA
    assert world.simulator.tenant.refusals == []


async def test_E1_the_url_arrives_as_it_was_given_and_with_our_name() -> None:
    async with faulty(DATA) as source:
        assert await gathered(source.content()) == DATA
    assert source.raw_paths == ["/c/a%2Bb%20c'd?tempauth=1%2F%3D"]
    assert "Authorization" not in source.headers[0]
    assert source.headers[0]["User-Agent"] == USER_AGENT
    assert source.headers[0]["Accept-Encoding"] == "identity"


async def test_E2_an_expired_url_is_replaced_and_the_very_next_byte_asked_for(world: World) -> None:
    item = world.put("/a.bin", DATA)
    content = world.onedrive.content(world.drive, item)
    assert await content.read(0, 10) == DATA[:10]
    world.simulator.clock.advance(7200)
    assert await content.read(10, 10) == DATA[10:20]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_E2_expiry_in_the_middle_of_a_stream_goes_on_with_a_new_url(status: int) -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(1000), answers(status, body="expired")]
        assert await gathered(source.content()) == DATA
    assert source.ranges == [None, "bytes=1000-", "bytes=1000-"]
    assert len(set(source.tokens)) == 3


async def test_E3_a_server_that_ignores_range_appends_no_garbage() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(70_000), ignores_range]
        assert await gathered(source.content()) == DATA


async def test_E3_a_range_read_of_a_server_that_ignores_range_is_right() -> None:
    async with faulty(DATA) as source:
        source.script = [ignores_range]
        assert await source.content().read(50_001, 100) == DATA[50_001:50_101]


async def test_E4_a_range_from_another_byte_is_not_taken() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(1000), sends(999, len(DATA) - 1, len(DATA), DATA[999:])]
        assert await gathered(source.content()) == DATA


async def test_E4_another_total_means_another_file() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(1000), sends(1000, 1009, len(DATA) + 1, DATA[1000:1010])]
        with pytest.raises(SourceChanged, match="from 102400 to 102401"):
            await gathered(source.content())


async def test_E5_every_cut_is_survived_at_the_very_byte() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(0), cut_after(1), cut_after(99_999)]
        assert await gathered(source.content()) == DATA
    assert source.ranges == [None, None, "bytes=1-", "bytes=100000-"]


async def test_E5_a_source_that_falls_silent_is_asked_again() -> None:
    freed = asyncio.Event()
    async with faulty(DATA, stall_seconds=0.2) as source:
        source.script = [stalls_after(5_000, freed)]
        assert await gathered(source.content()) == DATA
        await freed.wait()
    assert source.ranges == [None, "bytes=5000-"]


async def test_E5_a_source_that_never_gets_anywhere_is_given_up() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(10)] * 50
        with pytest.raises(Unavailable, match="5 times in a row"):
            await gathered(source.content())
    assert len(source.ranges) == 5


async def test_E5_a_large_file_may_be_cut_any_number_of_times() -> None:
    data = os.urandom(1 << 20) * 12
    async with faulty(data) as source:
        source.script = [cut_after(1 << 20)] * 11
        assert await gathered(source.content()) == data


async def test_E5_a_server_that_hands_out_small_ranges_only_is_read_to_the_end() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(1), sends(1, 50_000, len(DATA), DATA[1:50_001])]
        assert await gathered(source.content()) == DATA


async def test_E6_a_file_that_changes_under_the_reader_is_noticed_by_its_metadata() -> None:
    async with faulty(DATA) as source:

        async def changes(request: web.Request, changing: FaultySource) -> web.StreamResponse:
            response = await cut_after(1000)(request, changing)
            changing.data = DATA[::-1]
            return response

        source.script = [changes]
        with pytest.raises(SourceChanged):
            await gathered(source.content())


async def test_E6_without_a_hash_another_size_means_another_file() -> None:
    async with faulty(DATA) as source:
        source.hashed = False

        async def grows(request: web.Request, changing: FaultySource) -> web.StreamResponse:
            response = await cut_after(1000)(request, changing)
            changing.data = DATA + b"more"
            return response

        source.script = [grows]
        with pytest.raises(SourceChanged):
            await gathered(source.content())
    assert source.ranges == [None]


async def test_E6_without_a_hash_another_etag_means_another_file() -> None:
    async with faulty(DATA) as source:
        source.hashed = False

        async def changes(request: web.Request, changing: FaultySource) -> web.StreamResponse:
            response = await cut_after(1000)(request, changing)
            changing.etag = '"{GUID},2"'
            return response

        source.script = [changes]
        with pytest.raises(SourceChanged, match="ETag"):
            await gathered(source.content())


async def test_E6_a_new_etag_with_the_same_hash_is_the_same_file() -> None:
    async with faulty(DATA) as source:

        async def columns_written(request: web.Request, changing: FaultySource) -> web.StreamResponse:
            response = await cut_after(1000)(request, changing)
            changing.etag = '"{GUID},2"'
            return response

        source.script = [columns_written]
        assert await gathered(source.content()) == DATA


async def test_E6_content_that_is_not_the_expected_one_is_not_even_begun(world: World) -> None:
    item = world.put("/a.bin", DATA)
    with pytest.raises(SourceChanged):
        await gathered(world.onedrive.content(world.drive, item), Content(len(DATA), "another"))
    assert world.simulator.tenant.requests["GET download url"] == 0


async def test_E7_a_file_that_is_deleted_meanwhile_is_missing(world: World) -> None:
    item = world.put("/a.bin", DATA)
    content = world.onedrive.content(world.drive, item)
    world.simulator.delete(world.drive, item)
    with pytest.raises(Missing):
        await gathered(content)


async def test_E7_a_file_that_is_moved_meanwhile_is_read_on(world: World) -> None:
    item = world.put("/a.bin", DATA)
    content = world.onedrive.content(world.drive, item)
    assert await content.read(0, 5) == DATA[:5]
    world.simulator.make_folder(world.drive, "/b")
    world.simulator.move(world.drive, item, to="/b")
    assert await gathered(content) == DATA


@pytest.mark.parametrize("announced", [1, 10**9])
@pytest.mark.parametrize("behaviour", [good, chunked])
async def test_E8_where_the_announced_size_lies_the_body_wins(announced: int, behaviour: object) -> None:
    async with faulty(DATA) as source:
        source.announced, source.script = announced, [behaviour]  # type: ignore[list-item]  # both are behaviours
        content = source.content()
        assert await gathered(content) == DATA
        assert await content.size() == len(DATA)


async def test_E8_a_first_range_corrects_the_announced_size() -> None:
    async with faulty(DATA) as source:
        source.announced = 5
        content = source.content()
        assert await content.size() == 5
        assert await content.read(0, 4) == DATA[:4]
        assert await content.size() == len(DATA)


async def test_E10_malware_is_told_by_the_item() -> None:
    async with faulty(DATA) as source:
        source.more = {"malware": {"description": "x"}}
        with pytest.raises(Malware):
            await gathered(source.content())
    assert source.ranges == []


async def test_E10_malware_is_told_by_the_content_host() -> None:
    async with faulty(DATA) as source:
        source.script = [answers(403, X_Virus_Infected="yes")]
        with pytest.raises(Malware):
            await gathered(source.content())
        source.script = [answers(403, body='{"error":{"code":"malwareDetected"}}')]
        with pytest.raises(Malware):
            await gathered(source.content())
    assert len(source.ranges) == 2


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_E11_a_page_instead_of_the_file_is_not_stored(kind: str) -> None:
    async with faulty(DATA) as source:
        source.script = [answers(200, body="<h1>sorry</h1>", content_type=kind)]
        assert await gathered(source.content()) == DATA


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_E11_a_page_instead_of_a_file_that_is_one_is_not_stored_where_no_hash_tells_them_apart(kind: str) -> None:
    async with faulty(DATA) as source:
        source.mime_type, source.hashed = kind, False
        source.script = [answers(200, body="<h1>sorry</h1>", content_type=kind)]
        assert await gathered(source.content()) == DATA


async def test_E11_a_file_that_is_a_page_is_known_by_its_etag_where_its_announced_size_lies() -> None:
    async with faulty(b"<h1>hello</h1>") as source:
        source.mime_type, source.hashed, source.announced = "text/html", False, 3
        source.more = {"eTag": source.etag}
        assert await gathered(source.content()) == b"<h1>hello</h1>"


async def test_E11_a_file_that_is_a_page_is_stored() -> None:
    async with faulty(b"<h1>hello</h1>") as source:
        source.mime_type = "text/html"
        source.announced = 3
        assert await gathered(source.content()) == b"<h1>hello</h1>"


@pytest.mark.parametrize("data", [b"", b"x"])
async def test_E12_an_empty_file_is_read_without_a_range(data: bytes) -> None:
    async with faulty(data) as source:
        content = source.content()
        assert await gathered(content) == data
        assert await content.size() == len(data)
        assert await content.read(0, 100) == data
    assert source.ranges[0] is None


async def test_E12_an_offset_beyond_four_gigabytes_is_asked_for_as_it_is() -> None:
    start, total = 5 * 2**32, 5 * 2**32 + 3
    async with faulty(b"") as source:
        source.announced, source.hashed = total, False
        source.script = [sends(start, total - 1, total, b"abc")]
        assert await gathered(source.content(), start=start) == b"abc"
    assert source.ranges == [f"bytes={start}-"]


@pytest.mark.parametrize(("status", "after"), [(429, "120"), (503, None), (503, "7")])
async def test_E13_throttling_of_the_content_host_surfaces(status: int, after: str | None) -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(10), answers(status, **({"Retry_After": after} if after else {}))]
        with pytest.raises(Throttled) as throttled:
            await gathered(source.content())
    assert throttled.value.retry_after == (float(after) if after else None)


async def test_E16_bytes_that_were_compressed_on_the_way_are_not_taken() -> None:
    packed = gzip.compress(DATA)
    async with faulty(DATA) as source:

        async def compressed(_request: web.Request, _source: FaultySource) -> web.StreamResponse:
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

        source.script = [compressed]
        assert await gathered(source.content()) == DATA


async def test_E16_bytes_that_are_stored_compressed_come_as_they_are_stored() -> None:
    packed = gzip.compress(DATA)
    async with faulty(packed) as source:

        async def labelled(_request: web.Request, _source: FaultySource) -> web.StreamResponse:
            return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

        source.script = [labelled]
        assert await gathered(source.content()) == packed


@pytest.mark.parametrize(
    "url",
    [
        "https://content.example/x?tempauth=secret",
        "http://acme.sharepoint.com/x?tempauth=secret",
        "https://user@acme.sharepoint.com/x?tempauth=secret",
        "https://sharepoint.com.content.example/x?tempauth=secret",
        "https://10.0.0.7/x?tempauth=secret",
        "https://[::1/x?tempauth=secret",
        "file:///x?tempauth=secret",
    ],
)
@pytest.mark.parametrize("redirected", [False, True])
async def test_E17_F14_a_url_to_a_host_that_is_not_on_the_list_is_not_followed(url: str, *, redirected: bool) -> None:
    async with faulty(DATA) as source:
        if redirected:
            source.script = [answers(302, Location=url)]
        else:
            source.url = url
        with pytest.raises(HostNotAllowed, match="ONEDRIVE_CONTENT_HOSTS") as refused:
            await gathered(source.content())
    assert "secret" not in str(refused.value)


async def test_E17_a_redirect_loop_ends() -> None:
    async with faulty(DATA) as source:
        source.script = [answers(302, Location="/c/again")] * 50
        with pytest.raises(Unavailable, match="redirects without end"):
            await gathered(source.content())
    assert len(source.ranges) <= 4


async def test_a_redirect_to_an_allowed_host_is_followed() -> None:
    async with faulty(DATA) as source:
        source.script = [answers(307, Location="/c/elsewhere?x=%2F")]
        assert await gathered(source.content()) == DATA
    assert source.raw_paths[1] == "/c/elsewhere?x=%2F"


async def test_F13_no_url_and_no_token_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with faulty(DATA) as source:
        source.script = [cut_after(10), answers(401), ignores_range]
        await gathered(source.content())
        source.script = [cut_after(0)] * 9
        with pytest.raises(BridgeError) as error:
            await gathered(source.content())
        source.script = []
        await gathered(source.content("1.0"))
    assert source.ranges
    assert "tempauth" not in caplog.text
    assert "tempauth" not in str(error.value)


async def test_a_reader_that_stops_early_leaves_nothing_open() -> None:
    async with faulty(DATA * 100) as source:
        stream = source.content().stream()
        assert (await anext(stream))[:4] == DATA[:4]
        await stream.aclose()


async def test_a_folder_has_no_content(world: World) -> None:
    folder = ItemId(world.simulator.make_folder(world.drive, "/a"))
    with pytest.raises(Refused, match="no content"):
        await gathered(world.onedrive.content(world.drive, folder))


async def test_an_older_version_is_read_by_its_id(world: World) -> None:
    item = world.put("/a.bin", b"first")
    world.put("/a.bin", b"the second")
    old = world.onedrive.content(world.drive, item, version="1.0")
    assert await old.size() == 5
    assert await gathered(old) == b"first"
    assert await gathered(world.onedrive.content(world.drive, item, version="2.0")) == b"the second"


async def test_the_current_version_is_read_as_the_item_where_its_id_is_refused(world: World) -> None:
    world.simulator.quirks.current_version_content_refused = True
    item = world.put("/a.bin", b"first")
    world.put("/a.bin", b"the second")
    assert await gathered(world.onedrive.content(world.drive, item, version="2.0")) == b"the second"
    assert await gathered(world.onedrive.content(world.drive, item, version="1.0")) == b"first"


async def test_ranges_are_cut_at_the_end_of_the_file(world: World) -> None:
    item = world.put("/a.bin", DATA)
    content = world.onedrive.content(world.drive, item)
    assert await content.size() == len(DATA)
    assert await content.read(len(DATA) - 5, 100) == DATA[-5:]
    assert await content.read(len(DATA), 100) == b""
    assert await content.read(10, 0) == b""


async def test_a_range_read_that_breaks_is_repeated() -> None:
    async with faulty(DATA) as source:
        source.script = [cut_after(3), answers(500), answers(404)]
        assert await source.content().read(10, 1000) == DATA[10:1010]


async def test_a_range_read_of_a_changed_file_is_refused() -> None:
    async with faulty(DATA) as source:
        content = source.content()
        await content.read(0, 10)
        source.etag = '"{GUID},2"'
        with pytest.raises(ContentProblem):
            await content.read(10, 10)
