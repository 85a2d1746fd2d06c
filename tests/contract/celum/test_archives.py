"""Several files in one download, asked of the simulator itself: the bridge never does."""

from __future__ import annotations

import io
import zipfile

import aiohttp

from local.celum_simulator import CelumSimulator, seeds

ORIGINAL = 1  # the format


async def test_an_asset_that_is_asked_for_twice_is_once_in_the_archive(sim: CelumSimulator) -> None:
    first, second = (sim.add_asset(name, b"a hero", parents=["/Marketing/Office"]) for name in ("a.txt", "b.txt"))
    query = [("downloadFormatId", str(ORIGINAL)), *(("assetIds", str(asset)) for asset in (first, second, second))]

    async with aiohttp.ClientSession(headers={"X-API-KEY": seeds.ACME_KEY}) as session:
        async with session.get(f"{sim.api_url}/assets/download", params=query) as told:
            link = (await told.json())["url"]
        async with session.get(link) as got:
            archive = zipfile.ZipFile(io.BytesIO(await got.read()))

    assert archive.namelist() == [f"{first}/a.txt", f"{second}/b.txt"]


async def test_an_item_that_is_asked_for_twice_is_once_in_a_job(sim: CelumSimulator) -> None:
    sim.quirks.job_delay = 0
    asset = sim.add_asset("a.txt", b"a hero", parents=["/Marketing/Office"])
    item = {"assetId": asset, "formatId": ORIGINAL}

    async with aiohttp.ClientSession(headers={"X-API-KEY": seeds.ACME_KEY}) as session:
        async with session.post(f"{sim.api_url}/jobs", json={"type": "DOWNLOAD", "items": [item, item]}) as begun:
            job = (await begun.json())["id"]
        async with session.get(f"{sim.api_url}/jobs/{job}") as told:
            download = (await told.json())["download"]

    assert download["filename"] == "a.txt"
