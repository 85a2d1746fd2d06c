"""A file's way through everything that is real, and both simulators as processes of their own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from local.demo import files
from local.demo.dam import Asset, Dam
from local.demo.person import Person
from local.stack import Stack, hello
from shared.cli import main

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCALE = 60  # the quiet period of 2 minutes passes in 2 seconds, a transfer's lease in 2
PATIENCE = 60  # seconds, against a test that hangs
UPLOAD = "POST /upload/{token}"  # as CELUM counts it
SUBSCRIBE = "POST tenant/subscriptions"  # as Graph counts it
READY = {"UsageRights": "worldwide, all media", "Market": "NO", "ApprovalStatus": "Approved"}


@dataclass(slots=True)
class Place:
    stack: Stack
    jane: Person
    dam: Dam
    onedrive: aiohttp.ClientSession
    celum: aiohttp.ClientSession

    async def arrives(self, name: str) -> Asset:
        """The asset, once the file's own column says that it is there."""
        async with asyncio.timeout(PATIENCE):
            while (await self.jane.columns(name)).get("SyncStatus") != "In CELUM":  # noqa: ASYNC110  over HTTP
                await asyncio.sleep(0.1)
        (asset,) = [asset for asset in await self.dam.assets() if asset.name == name.rpartition(".")[0]]
        return asset

    async def requests(self, system: aiohttp.ClientSession) -> Any:
        """What a system was asked so far."""
        async with system.get("/_control/requests") as answer:
            return await answer.json()

    async def count(self, system: aiohttp.ClientSession, operation: str) -> int:
        return int((await self.requests(system))["operations"].get(operation, 0))

    async def until_more(self, system: aiohttp.ClientSession, operation: str, before: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.count(system, operation) == before:  # noqa: ASYNC110  over HTTP
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        folder: Path = tmp_path_factory.mktemp("stack")
        running = await stack.enter_async_context(Stack(folder / "all", time_scale=SCALE))
        await running.running_host.logged("files were there before it")
        place = Place(
            running,
            await stack.enter_async_context(Person.at_work(running.onedrive.base_url)),
            await stack.enter_async_context(
                Dam.seen_with(running.settings["CELUM_URL"], running.settings["CELUM_API_KEY"])
            ),
            await stack.enter_async_context(aiohttp.ClientSession(running.onedrive.base_url)),
            await stack.enter_async_context(aiohttp.ClientSession(running.celum.base_url)),
        )
        await place.until_more(place.onedrive, SUBSCRIBE, 0)  # it may come after the look at what is there
        yield place


async def test_a_notification_brings_an_approved_file_to_celum(place: Place) -> None:
    before = await place.requests(place.onedrive)
    assert before["operations"][SUBSCRIBE] == 1, "made once, after a handshake with the host"

    await place.jane.put("Launch.pptx", files.slides("Spring launch", "Spring"))
    await place.jane.fill("Launch.pptx", **READY)
    asset = await place.arrives("Launch.pptx")

    after = await place.requests(place.onedrive)
    assert after["notifications"] > before["notifications"]
    assert after["refusals"] == []
    assert asset.collections == ("/Marketing/Campaigns/Spring-26",)
    assert asset.fields.pop("Bridge key").startswith(place.jane.drive)
    assert asset.fields == {
        "Campaign": "Spring-26",
        "Title": "Spring launch",
        "Market": "Norway",
        "Usage rights": "worldwide, all media",
    }
    approved = next(version for version in await place.jane.versions("Launch.pptx") if version.by_a_person)
    assert await place.dam.sha256_of(asset) == await place.jane.sha256_of("Launch.pptx", approved)


async def test_H77_a_long_transfer_does_not_keep_a_small_file_waiting(place: Place) -> None:
    await place.jane.put("Small.png", files.picture("small", "PNG"))
    await place.jane.fill("Small.png", UsageRights="print only")
    await place.jane.put("Long.mp4", next(files.film(1024 * 1024)))
    stalled = {"match": "^POST /upload/", "delay": 10}
    faults = [stalled, {**stalled, "skip": 1, "times": 3}]  # the second upload, which is the small file's, passes
    async with place.celum.post("/_control/faults", json=faults) as answer:
        assert answer.status == 200
    before = await place.count(place.celum, UPLOAD)
    await place.jane.fill("Long.mp4", **READY)
    await place.until_more(place.celum, UPLOAD, before)

    await place.jane.fill("Small.png", ApprovalStatus="Approved")
    await place.arrives("Small.png")

    assert [asset for asset in await place.dam.assets() if asset.name == "Long"] == []
    async with place.celum.delete("/_control/faults") as answer:
        assert answer.status == 200
    await place.arrives("Long.mp4")


async def test_an_upload_that_celum_answers_long_after_the_last_byte_is_not_begun_again(place: Place) -> None:
    slow = {"match": "^POST /upload/", "delay": 7}  # seconds: three leases, and the watch over the transfer
    async with place.celum.post("/_control/faults", json=slow) as answer:
        assert answer.status == 200
    before = await place.count(place.celum, UPLOAD)

    await place.jane.put("Slow.png", files.picture("slow", "PNG"))
    await place.jane.fill("Slow.png", **READY)
    await place.arrives("Slow.png")

    assert await place.count(place.celum, UPLOAD) == before + 1


async def test_F11_E15_H92_a_host_killed_in_the_middle_of_a_transfer_is_followed_by_one_that_ends_it(
    place: Place,
) -> None:
    name, size = "Film.mp4", 24 * 1024 * 1024
    pieces = list(files.film(size))
    upload = {"match": "^POST /upload/", "delay": PATIENCE}  # CELUM does not read, so the bytes stand on the way
    async with place.celum.post("/_control/faults", json=upload) as answer:
        assert answer.status == 200
    before = await place.count(place.celum, UPLOAD)
    await place.jane.upload(name, size, pieces, lambda _: None)
    await place.jane.fill(name, **READY)
    await place.until_more(place.celum, UPLOAD, before)

    await place.stack.running_host.kill()
    assert [asset for asset in await place.dam.assets() if asset.name == "Film"] == []
    second = await place.stack.start_host()

    asset = await place.arrives(name)
    assert await place.dam.count_versions(asset) == 1
    assert await place.dam.sha256_of(asset) == sha256(b"".join(pieces)).hexdigest()
    assert not [line for line in second.stderr if " ERROR " in line]


async def test_the_lines_to_paste_let_the_command_line_in(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in re.findall(r"export (\w+)=(\S+)", hello(place.stack)):
        monkeypatch.setenv(name, value)
    await asyncio.to_thread(main, ["status"])
    assert capsys.readouterr().out.startswith("FLOW ")
