from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from local.celum_simulator import CelumSimulator
from local.celum_simulator.seeds import plant
from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.seed import seed
from tests.browser.window import CHROMIUM, QUIET, playwright_or_skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")  # starting one takes seconds
async def browser() -> AsyncIterator[Any]:
    async with playwright_or_skip().async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def onedrive(tmp_path: Path) -> AsyncIterator[OneDriveSimulator]:
    async with OneDriveSimulator(tmp_path / "onedrive").running() as sim:
        seed(sim, "acme")
        yield sim


@pytest_asyncio.fixture(loop_scope="module")
async def celum(tmp_path: Path) -> AsyncIterator[CelumSimulator]:
    sim = CelumSimulator(tmp_path / "celum")
    plant(sim, "acme")
    async with sim.running():
        yield sim
