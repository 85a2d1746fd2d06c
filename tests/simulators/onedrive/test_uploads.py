from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.estate.quickxor import quick_xor
from local.serving import Fault
from tests.simulators.onedrive.client import UNIT, Graph

DATA = bytes(range(256)) * (UNIT * 2 // 256) + b"the end"
TOTAL = len(DATA)


async def test_a_file_in_fragments_appears_with_the_last_one(graph: Graph) -> None:
    created = await graph.session(
        "/big.bin", item={"fileSize": TOTAL, "fileSystemInfo": {"lastModifiedDateTime": "2020-01-01T00:00:00Z"}}
    )
    url = created.json["uploadUrl"]
    assert created.json["nextExpectedRanges"] == ["0-"]
    assert "localhost" in url

    first = await graph.fragment(url, DATA[:UNIT], 0, TOTAL)
    assert (first.status, first.json["nextExpectedRanges"]) == (202, [f"{UNIT}-"])
    assert (await graph.on_drive("GET", "/root:/big.bin")).status == 404
    status = await graph.raw("GET", url)
    assert status.json["nextExpectedRanges"] == [f"{UNIT}-"]
    last = await graph.fragment(url, DATA[UNIT:], UNIT, TOTAL)

    assert last.status == 201
    assert last.json["file"]["hashes"]["quickXorHash"] == quick_xor(DATA)
    assert last.json["fileSystemInfo"]["lastModifiedDateTime"] == "2020-01-01T00:00:00Z"
    assert await graph.bytes_of("/root:/big.bin:") == DATA
    assert (await graph.raw("GET", url)).status == 404, "the session ends with the file"


async def test_rules_for_fragments_are_enforced(sim: OneDriveSimulator, graph: Graph) -> None:
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]

    assert (await graph.fragment(url, DATA[:100], 0, TOTAL)).status == 400, "not a multiple of 320 KiB"
    assert (await graph.fragment(url, DATA[:UNIT], UNIT, TOTAL)).status == 416, "out of order"
    assert (await graph.raw("PUT", url, data=DATA[:UNIT])).status == 400, "no Content-Range"
    assert (await graph.raw("PUT", url, data=b"", headers={"Content-Range": "bytes 0--1/0"})).status == 400, "empty"
    assert (await graph.fragment(url, DATA[:UNIT], 0, TOTAL, Authorization="Bearer token")).status == 401
    assert sim.tenant.refusals[-1]["rule"] == "no Authorization at an upload URL"
    assert (await graph.fragment(url, DATA[:UNIT], 0, TOTAL)).status == 202
    assert (await graph.fragment(url, DATA[:UNIT], 0, TOTAL)).status == 416, "already there"
    assert (await graph.fragment(url, DATA[UNIT : 2 * UNIT], UNIT, TOTAL + 1)).status == 400, "another total"

    async def chunked() -> AsyncIterator[bytes]:
        yield DATA[UNIT:]

    span = {"Content-Range": f"bytes {UNIT}-{TOTAL - 1}/{TOTAL}"}
    answer = await graph.raw("PUT", url, data=chunked(), headers=span)
    assert (answer.status, answer.json["error"]["message"]) == (400, "The size of the provided stream is not known.")
    assert (await graph.fragment(url, DATA[UNIT:], UNIT, TOTAL)).status == 201


async def test_a_fragment_of_60_mib_is_too_large(graph: Graph) -> None:
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]
    size = 192 * UNIT

    headers = {"Content-Range": f"bytes 0-{size - 1}/{size}", "Content-Length": str(size)}
    answer = await graph.raw("PUT", url, data=io.BytesIO(b"\0" * size), headers=headers)

    assert answer.status == 413


async def test_expected_ranges_may_name_their_end(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.ranges_with_end = True
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]

    assert (await graph.fragment(url, DATA[:UNIT], 0, TOTAL)).json["nextExpectedRanges"] == [f"{UNIT}-{TOTAL - 1}"]


async def test_expiry_moves_forward_with_fragments_until_the_url_itself_ends(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]
    sim.clock.advance(800)
    assert (await graph.fragment(url, DATA[:UNIT], 0, TOTAL)).status == 202
    sim.clock.advance(800)
    assert (await graph.raw("GET", url)).status == 200
    sim.clock.advance(101)
    assert (await graph.raw("GET", url)).status == 404

    sim.quirks.session_seconds = 100_000
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]
    sim.clock.advance(86_401)
    expired = await graph.raw("GET", url)
    assert (expired.status, expired.json["error"]["innerError"]["code"]) == (401, "expiredToken")


async def test_a_deferred_commit_waits_for_an_empty_post(graph: Graph) -> None:
    url = (await graph.session("/a.bin", item={}, deferCommit=True)).json["uploadUrl"]
    assert (await graph.raw("POST", url)).status == 400

    assert (await graph.fragment(url, b"abc", 0, 3)).status == 202
    assert (await graph.on_drive("GET", "/root:/a.bin")).status == 404
    assert (await graph.raw("POST", url)).status == 201
    assert await graph.bytes_of("/root:/a.bin:") == b"abc"


async def test_a_cancelled_session_is_gone_and_leaves_no_file(graph: Graph) -> None:
    url = (await graph.session("/a.bin", item={})).json["uploadUrl"]

    assert (await graph.raw("DELETE", url)).status == 204
    assert (await graph.fragment(url, b"abc", 0, 3)).status == 404


async def test_a_name_that_is_taken_meanwhile_refuses_the_last_fragment_and_keeps_the_session(graph: Graph) -> None:
    url = (await graph.session("/a.bin", item={"@microsoft.graph.conflictBehavior": "fail"})).json["uploadUrl"]
    taken = await graph.put("/A.bin", b"first")

    clash = await graph.fragment(url, b"abc", 0, 3)
    assert (clash.status, clash.code) == (409, "nameAlreadyExists")
    assert (await graph.raw("GET", url)).status == 200
    early = await graph.session("/a.bin", item={})
    assert (early.status, early.code) == (409, "nameAlreadyExists")
    assert (await graph.bytes_of(f"/items/{taken['id']}")) == b"first"


async def test_a_session_with_a_taken_name_may_be_committed_under_another(sim: OneDriveSimulator, graph: Graph) -> None:
    url = (await graph.session("/a.bin", item={})).json["uploadUrl"]
    await graph.put("/a.bin", b"first")
    assert (await graph.fragment(url, b"abc", 0, 3)).status == 409
    body = {"name": "a.bin", "@microsoft.graph.conflictBehavior": "rename", "@microsoft.graph.sourceUrl": url}

    assert (await graph.on_drive("PUT", "/root:/a.bin", json=body)).code == "notSupported"
    sim.quirks.session_commit_by_source_url = True
    assert (await graph.on_drive("PUT", "/root:/a.bin", json=body)).json["name"] == "a 1.bin"


@pytest.mark.parametrize("by_id", [True, False])
async def test_replacing_keeps_the_id_and_obeys_if_match(graph: Graph, by_id: bool) -> None:
    item = await graph.put("/a.bin", b"first")
    address = f"/items/{item['id']}" if by_id else "/root:/a.bin:"
    body = {"item": {"@microsoft.graph.conflictBehavior": "replace"}}

    match = {"If-Match": item["eTag"]}
    url = (await graph.on_drive("POST", f"{address}/createUploadSession", json=body, headers=match)).json["uploadUrl"]
    done = await graph.fragment(url, b"second", 0, 6)
    assert (done.status, done.json["id"]) == (200, item["id"])
    stale = await graph.on_drive("POST", f"{address}/createUploadSession", json=body, headers=match)
    assert stale.status == 412


async def test_a_simple_upload_obeys_if_match_until_its_last_byte(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.bin", b"first")

    async def saved_under_way() -> AsyncIterator[bytes]:
        yield b"second"
        while sim.tenant.requests["PUT item/content"] == asked:  # noqa: ASYNC110  it is counted over HTTP
            await asyncio.sleep(0)
        sim.put_file(graph.drive, "/a.bin", b"a person's")

    match, asked = {"If-Match": item["eTag"]}, sim.tenant.requests["PUT item/content"]
    late = await graph.on_drive("PUT", "/root:/a.bin:/content", data=saved_under_way(), headers=match)
    assert late.status == 412
    assert sim.read_file(graph.drive, "/a.bin") == b"a person's"
    assert (await graph.on_drive("PUT", "/root:/b.bin:/content", data=b"x", headers=match)).status == 412


async def test_an_upload_session_for_nothing_or_for_a_folder_is_refused(graph: Graph) -> None:
    folder = await graph.folder("F")

    assert (await graph.session("/a.bin", item={"fileSize": 0})).status == 400
    assert (await graph.on_drive("POST", f"/items/{folder['id']}/createUploadSession", json={})).status == 400
    assert (await graph.put("/empty.bin", b""))["file"]["hashes"]["quickXorHash"] == "A" * 27 + "="


async def test_a_fragment_whose_answer_is_lost_is_known_to_the_session(sim: OneDriveSimulator, graph: Graph) -> None:
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]
    sim.serving.faults.append(Fault("PUT /_upload", times=2, kind="lost"))  # aiohttp repeats a PUT by itself

    with pytest.raises(aiohttp.ClientError):
        await graph.fragment(url, DATA[:UNIT], 0, TOTAL)
    assert (await graph.raw("GET", url)).json["nextExpectedRanges"] == [f"{UNIT}-"]


async def test_the_oddities_of_uploads(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.session_not_found_at_first = 1
    url = (await graph.session("/a.bin", item={})).json["uploadUrl"]
    assert (await graph.fragment(url, b"abc", 0, 3)).status == 404
    sim.quirks.session_answers_without_body = True
    bare = await graph.fragment(url, b"abc", 0, 3)
    assert (bare.status, bare.raw) == (201, b"")
    sim.quirks.update({"session_answers_without_body": False, "session_stores_nothing": True})
    url = (await graph.session("/b.bin", item={})).json["uploadUrl"]
    assert (await graph.fragment(url, b"abc", 0, 3)).json["size"] == 0
    sim.quirks.replace_not_found = 1
    assert (await graph.on_drive("PUT", "/root:/a.bin:/content", data=b"x")).code == "itemNotFound"
    assert (await graph.on_drive("PUT", "/root:/a.bin:/content", data=b"x")).status == 200
    sim.quirks.column_validation_fails = True
    assert (await graph.on_drive("PUT", "/root:/a.bin:/content", data=b"x")).status == 500
    sim.quirks.update({"column_validation_fails": False, "date_default_fails": True})
    assert (await graph.session("/c.bin", item={})).status == 400


@pytest.mark.parametrize("form", ["plain", "several", "pascal", "empty", "missing"])
async def test_expected_ranges_are_written_in_many_ways(sim: OneDriveSimulator, graph: Graph, form: str) -> None:
    sim.quirks.update({"ranges": form})
    url = (await graph.session("/big.bin", item={})).json["uploadUrl"]
    answer = (await graph.fragment(url, DATA[:UNIT], 0, TOTAL)).json
    expected = {
        "plain": {"nextExpectedRanges": [f"{UNIT}-"]},
        "several": {"nextExpectedRanges": [f"{11 * UNIT}-", f"{UNIT}-{11 * UNIT - 1}"]},
        "pascal": {"NextExpectedRanges": [f"{UNIT}-"]},
        "empty": {"nextExpectedRanges": []},
        "missing": {},
    }
    assert {k: v for k, v in answer.items() if k != "expirationDateTime"} == expected[form]


async def test_a_fragment_may_be_taken_and_not_kept_and_a_file_be_refused(sim: OneDriveSimulator, graph: Graph) -> None:
    url = (await graph.session("/a.bin", item={})).json["uploadUrl"]
    sim.quirks.session_forgets = 1
    assert (await graph.fragment(url, b"abc", 0, 3)).json["nextExpectedRanges"] == ["0-"]
    sim.quirks.upload_refusal = "403 malwareDetected"
    assert (await graph.fragment(url, b"abc", 0, 3)).code == "malwareDetected"
    assert (await graph.fragment(url, DATA[:100], 0, TOTAL)).status == 400
    assert [refusal["rule"] for refusal in sim.tenant.refusals] == ["fragments of an upload"]
