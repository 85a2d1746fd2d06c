"""A second app on a library of the first one, at its start, on the real worker library."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from local.azurite import Azurite
from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.seed import seed
from local.processes import ROOT, FunctionsHostProcess
from local.stack import EXAMPLE
from shared.domain.items import MARKER_NAME
from shared.engine.marker import understood, written
from shared.ledger.rows import Installation

FIRST = Installation("the first one", datetime(2026, 3, 1, tzinfo=UTC))
ADDRESS = "https://bridge.acme.example"
KEY = "the key of the tests"
SCALE = 60  # the watch over a flow that cannot begin rings every 5 seconds
PATIENCE = 60  # seconds, against a test that hangs


async def until_barred(http: aiohttp.ClientSession) -> Any:
    """How the app is, once the flow is known to stand still."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with http.get("/api/v1/status", headers={"x-functions-key": KEY}) as answer:
                status = await answer.json()
            if status["flows"][0]["state"] == "barred":
                return status
            await asyncio.sleep(0.1)


async def test_a_second_installation_says_at_its_start_whose_the_library_is_and_takes_it_when_handed_over(
    tmp_path: Path,
) -> None:
    async with Azurite(tmp_path / "storage") as azurite, OneDriveSimulator(tmp_path / "onedrive").running() as onedrive:
        drive = seed(onedrive, "acme")["marketing/Documents"]
        onedrive.put_file(drive, f"/{MARKER_NAME}", written(FIRST, ADDRESS))
        settings = json.loads(EXAMPLE.read_text("utf-8"))["Values"] | {
            "AzureWebJobsStorage": azurite.connection_string,
            "BRIDGE_TENANT_ID": onedrive.tenant.id,
            "BRIDGE_TIME_SCALE": f"{SCALE}",
            "GRAPH_URL": onedrive.base_url,
            "LOCAL_FUNCTION_KEY": KEY,
        }
        async with (
            FunctionsHostProcess(ROOT, settings=settings) as host,
            aiohttp.ClientSession(host.base_url) as http,
        ):
            await host.logged(f"library marketing .*: the installation at {ADDRESS}, of 2026-03-01, works there")
            status = await until_barred(http)
            assert status["drives"][0]["marker"] == "foreign"
            assert status["drives"][0]["last_scan"] is None

            onedrive.delete(drive, f"/{MARKER_NAME}")
            await host.logged("files were there before it")

        marker = understood(onedrive.read_file(drive, f"/{MARKER_NAME}"))
        assert marker is not None
        assert marker.owner != FIRST.id
