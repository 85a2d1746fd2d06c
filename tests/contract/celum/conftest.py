from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.celum_simulator import CelumSimulator, seeds
from local.serving import Exchange
from shared.celum import Celum, CelumSettings
from shared.clock import SystemClock


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[CelumSimulator]:
    simulator = CelumSimulator(tmp_path)
    seeds.plant(simulator, "acme")
    async with simulator.running():
        yield simulator


@pytest.fixture
async def celum(sim: CelumSimulator) -> AsyncIterator[Celum]:
    opened = Celum(CelumSettings(sim.api_url, seeds.ACME_KEY), SystemClock())
    yield opened
    await opened.close()


@pytest.fixture
def exchanges(sim: CelumSimulator) -> list[Exchange]:
    seen: list[Exchange] = []
    sim.serving.observers.append(seen.append)
    return seen
