import io
import json
import zipfile
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from PIL import Image

from local.celum_simulator import CelumSimulator
from local.serving import Fault
from tests.simulators.celum.client import Client, Json


async def link(api: Client, asset: Json, query: str = "downloadFormatId=1") -> str:
    return str((await api.ok("GET", f"/assets/{asset['id']}/download?{query}"))["url"])


async def fetch(api: Client, url: str, **headers: str) -> tuple[int, bytes]:
    async with api.session.get(url, headers=headers) as got:
        return got.status, await got.read()


async def test_the_original_comes_by_a_url_that_expires(api: Client, sim: CelumSimulator) -> None:
    formats = await api.ok("GET", "/download-formats")
    assert [one["id"] for one in formats if one.get("original")] == [1]
    asset = await api.created("a.bin", b"0123456789")
    url = await link(api, asset)

    assert await fetch(api, url) == (200, b"0123456789")
    assert await fetch(api, url, Range="bytes=4-") == (206, b"456789")
    sim.quirks.range = False
    assert await fetch(api, url, Range="bytes=4-") == (200, b"0123456789")
    sim.clock.advance(sim.quirks.download_ttl + 1)
    assert (await fetch(api, url))[0] == 403


async def test_an_old_version_is_had_by_its_id(api: Client) -> None:
    asset = await api.created("a.bin", b"one")
    body = {"filename": "a.bin", "uploadHandle": await api.uploaded("a.bin", b"two")}
    await api.ok("POST", f"/assets/{asset['id']}/versions", json=body)
    first = asset["currentVersion"]["id"]
    assert await fetch(api, await link(api, asset)) == (200, b"two")
    assert await fetch(api, await link(api, asset, f"downloadFormatId=1&versionId={first}")) == (200, b"one")


async def test_a_format_makes_a_picture_of_its_size(api: Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (600, 300), "red").save(out, "PNG")
    asset = await api.created("red.png", out.getvalue())
    _, picture = await fetch(api, await link(api, asset, "downloadFormatId=2"))
    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (250, 125)
    facts = await api.ok("GET", f"/assets/{asset['id']}?inclusions=fileProperties&inclusions=downloadFormats")
    assert {p["name"]: p["value"] for p in facts["fileProperties"]}["width"] == 600
    assert facts["downloadFormats"][0]["key"] == "original"


async def test_several_assets_come_as_a_zip(api: Client) -> None:
    ids = [(await api.created(f"{name}.txt", name.encode()))["id"] for name in ("a", "b")]
    answer = await api.ok("GET", f"/assets/download?assetIds={ids[0]}&assetIds={ids[1]}&downloadFormatId=1")
    _, content = await fetch(api, answer["url"])
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        assert [bundle.read(name) for name in bundle.namelist()] == [b"a", b"b"]


async def test_a_job_is_polled_and_may_finish_with_failed_items(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    items = [{"assetId": asset["id"], "formatId": 1}, {"assetId": 999999, "formatId": 1}]
    job = await api.ok("POST", "/jobs", json={"type": "DOWNLOAD", "items": items})
    path = f"/jobs/{job['id']}"
    assert (await api.ok("GET", path))["status"] == "PROGRESS"
    sim.clock.advance(sim.quirks.job_delay)
    done = await api.ok("GET", path)
    assert done["status"] == "FINISHED"
    assert done["failedItems"] == items[1:]
    assert await fetch(api, done["download"]["url"]) == (200, b"a")
    sim.quirks.job_outcome = "FAILED"
    assert (await api.ok("GET", path))["status"] == "FAILED"
    sim.clock.advance(sim.quirks.job_forget)
    await api.refused("GET", path)


async def test_download_credentials_and_bodies_can_be_odd(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.bin", b"0123456789")
    url = await link(api, asset)
    sim.quirks.download_auth = "required"
    assert (await fetch(api, url))[0] == 401
    assert (await fetch(api, url, **api.headers))[0] == 200
    sim.quirks.download_auth = "forbidden"
    assert (await fetch(api, url, **api.headers))[0] == 400
    sim.quirks.download_body = "html"
    assert b"<html>" in (await fetch(api, url))[1]
    sim.quirks.download_body = "short"
    assert await fetch(api, url) == (200, b"01234")
    sim.quirks.interceptor_required = True
    await api.refused("GET", f"/assets/{asset['id']}/download?downloadFormatId=1", status=403)


async def test_a_download_can_be_cut_and_continued(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.bin", b"0123456789")
    url = await link(api, asset)
    sim.faults.append(Fault("GET /download/", kind="cut", cut_after=4))
    got = bytearray()
    async with api.session.get(url) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await receive(response, got)
    assert got == b"0123"
    assert await fetch(api, url, Range="bytes=4-") == (206, b"456789")


async def receive(response: aiohttp.ClientResponse, got: bytearray) -> None:
    async for piece in response.content.iter_any():
        got += piece


async def test_an_upload_can_be_cut_and_sent_again(api: Client, sim: CelumSimulator) -> None:
    asked = await api.ok("POST", "/upload", json={"filename": "a.bin", "filesize": 3})
    sim.faults.append(Fault("POST /upload/", kind="cut", cut_after=1))
    with pytest.raises(aiohttp.ClientError):
        await api.send(asked["url"], b"abc")
    assert await api.send(asked["url"], b"abc") == 200


async def test_an_answer_can_be_lost_after_the_change_was_made(api: Client, sim: CelumSimulator) -> None:
    handle = await api.uploaded("a.txt", b"a")
    sim.faults.append(Fault("POST /content-api/v1/assets$", kind="lost"))
    body = {"parentId": sim.collection("/Marketing/Office").id, "uploadHandle": handle}
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.ask("POST", "/assets", json=body)
    assert [asset.name for asset in sim.assets()] == ["a.txt"]


async def test_events_tell_what_happened(api: Client, sim: CelumSimulator, unused_tcp_port: int) -> None:
    received: list[Any] = []

    async def receive(request: aiohttp.web.Request) -> aiohttp.web.Response:
        received.append(await request.json())
        return aiohttp.web.Response(status=204)

    app = aiohttp.web.Application()
    app.router.add_post("/events", receive)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    sim.quirks.events_url = f"http://127.0.0.1:{unused_tcp_port}/events"

    asset = await api.created("a.txt", b"a", typeId=sim.asset_type("Office document").id)
    await api.ok("PATCH", f"/assets/{asset['id']}", json={"name": "b"})
    sim.clock.advance(sim.quirks.preview_delay)
    sim.tenant.let_happen()
    sim.delete_asset(asset["id"])
    await sim.outbox.emptied()
    await runner.cleanup()

    assert [event["type"] for event in received] == [
        "ASSET_CREATED",
        "ASSET_ADDED",
        "ASSET_RELEASED",
        "ASSET_UPDATED",
        "PREVIEW_CONVERSION",
        "ASSET_DELETED",
    ]
    assert received[3]["updatedFields"] == ["name"]
    assert received[0]["userId"] == sim.user("onedrive-bridge").id


async def test_the_event_of_an_update_may_name_anything_and_be_of_any_size(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    sim.quirks.change({"updated_fields": ["Name", "what.nobody.knows"], "entity_bytes": 2_000_000})
    await api.ok("PATCH", f"/assets/{asset['id']}", json={"name": "b"})

    update = sim.outbox.sent[-1]
    assert update["type"] == "ASSET_UPDATED"
    assert update["updatedFields"] == ["Name", "what.nobody.knows"]
    assert len(json.dumps(update["entity"])) > 2_000_000
