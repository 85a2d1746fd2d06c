from __future__ import annotations

import io

import aiohttp
import pytest
from PIL import Image

from local.onedrive_simulator import OneDriveSimulator
from local.serving import Fault
from tests.simulators.onedrive.client import Graph

DATA = bytes(range(256)) * 4_000


async def url_of(graph: Graph, path: str) -> str:
    redirect = await graph.on_drive("GET", f"/root:{path}:/content")
    assert redirect.status == 302
    return redirect.headers["Location"]


async def test_content_lies_at_a_url_of_another_host_and_takes_ranges(graph: Graph) -> None:
    item = await graph.put("/a.bin", DATA)
    url = await url_of(graph, "/a.bin")

    part = await graph.raw("GET", url, headers={"Range": "bytes=10-19"})
    tail = await graph.raw("GET", url, headers={"Range": f"bytes={len(DATA) - 5}-"})
    beyond = await graph.raw("GET", url, headers={"Range": f"bytes={len(DATA)}-"})

    assert url.startswith("http://localhost:")
    assert "tempauth=" in url
    assert (part.status, part.raw, part.headers["Content-Range"]) == (206, DATA[10:20], f"bytes 10-19/{len(DATA)}")
    assert (tail.status, tail.raw, tail.headers["ETag"]) == (206, DATA[-5:], item["eTag"])
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(DATA)}")
    assert (await graph.raw("GET", url)).raw == DATA


async def test_an_empty_file_takes_no_range(graph: Graph) -> None:
    await graph.put("/a.bin", b"")
    url = await url_of(graph, "/a.bin")

    assert (await graph.raw("GET", url, headers={"Range": "bytes=0-"})).status == 416
    assert (await graph.raw("GET", url)).status == 200


async def test_a_download_url_wants_no_authorization_and_ends(sim: OneDriveSimulator, graph: Graph) -> None:
    await graph.put("/a.bin", b"x")
    url = await url_of(graph, "/a.bin")

    assert (await graph.call("GET", url)).status == 401
    assert sim.tenant.refusals[-1]["rule"] == "no Authorization at a download URL"
    sim.clock.advance(3601)
    assert (await graph.raw("GET", url)).status == 401


async def test_a_range_may_be_ignored(sim: OneDriveSimulator, graph: Graph) -> None:
    await graph.put("/a.bin", b"abc")
    sim.quirks.range_ignored = True

    answer = await graph.raw("GET", await url_of(graph, "/a.bin"), headers={"Range": "bytes=1-"})
    assert (answer.status, answer.raw) == (200, b"abc")


async def test_malware_is_not_handed_out(sim: OneDriveSimulator, graph: Graph) -> None:
    item = await graph.put("/a.bin", b"x")
    url = await url_of(graph, "/a.bin")
    sim.item(graph.drive, item["id"]).malware = True

    for answer in (await graph.on_drive("GET", "/root:/a.bin:/content"), await graph.raw("GET", url)):
        assert (answer.status, answer.code) == (403, "malwareDetected")
        assert "X-Virus-Infected" in answer.headers


async def test_a_download_can_break_in_the_middle(sim: OneDriveSimulator, graph: Graph) -> None:
    await graph.put("/a.bin", DATA)
    sim.serving.faults.append(Fault("GET /_content", kind="cut", cut_after=500_000))
    got = bytearray()

    async with graph.http.get(await url_of(graph, "/a.bin")) as answer:
        assert answer.content_length == len(DATA)
        with pytest.raises(aiohttp.ClientError):
            await receive(answer, got)
    assert bytes(got) == DATA[:500_000]


async def receive(answer: aiohttp.ClientResponse, got: bytearray) -> None:
    async for chunk in answer.content.iter_any():
        got += chunk


async def test_a_picture_tells_its_size(graph: Graph) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "PNG")

    item = await graph.put("/a.png", picture.getvalue())

    assert item["image"] == {"width": 30, "height": 20}
    assert "image" not in await graph.put("/broken.png", b"no picture")


@pytest.mark.parametrize(("wrong", "told"), [("start", "bytes 2-2/3"), ("total", "bytes 1-2/4")])
async def test_a_range_may_be_told_wrongly(sim: OneDriveSimulator, graph: Graph, wrong: str, told: str) -> None:
    await graph.put("/a.bin", b"abc")
    sim.quirks.update({"range_wrong": wrong})

    answer = await graph.raw("GET", await url_of(graph, "/a.bin"), headers={"Range": "bytes=1-"})
    assert (answer.status, answer.headers["Content-Range"], answer.raw) == (206, told, b"bc")


async def test_bytes_cost_units_as_calls_do(sim: OneDriveSimulator, graph: Graph) -> None:
    await graph.put("/a.bin", b"abc")
    down = await url_of(graph, "/a.bin")
    up = (await graph.on_drive("POST", "/root:/b.bin:/createUploadSession", json={})).json["uploadUrl"]
    sim.quirks.update({"throttle": True, "units_per_minute": 5})

    assert [(await graph.raw("GET", down)).status for _ in range(3)] == [200] * 3
    sent = {"Content-Range": "bytes 0-327679/655361"}
    assert (await graph.raw("PUT", up, headers=sent, data=bytes(327_680))).status == 202
    refused = await graph.raw("GET", down)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "10")
