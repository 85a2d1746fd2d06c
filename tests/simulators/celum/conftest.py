from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from local.celum_simulator import CelumSimulator, seeds
from tests.simulators.celum.client import Client


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[CelumSimulator]:
    simulator = CelumSimulator(tmp_path)
    seeds.plant(simulator, "acme")
    async with simulator.running():
        yield simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def api(sim: CelumSimulator, session: aiohttp.ClientSession) -> Client:
    return Client(sim, session, {"X-API-KEY": seeds.ACME_KEY})


@pytest.fixture
def editor(sim: CelumSimulator, session: aiohttp.ClientSession) -> Client:
    return Client(sim, session, {"X-API-KEY": seeds.ACME_EDITOR_KEY})
