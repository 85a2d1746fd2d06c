from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from local.celum_simulator import CelumSimulator, seeds
from tests.contract.validation import Contract
from tests.simulators.celum.client import Client

DOCUMENT = Path(__file__).parents[2] / "contract" / "celum.openapi.yaml"


@pytest.fixture(scope="session")
def parsed_contract() -> Contract:
    return Contract.from_file(DOCUMENT)


@pytest.fixture
async def sim(tmp_path: Path, parsed_contract: Contract) -> AsyncIterator[CelumSimulator]:
    """Every exchange of a test is held against the contract; one about other operations clears the observers."""
    simulator = CelumSimulator(tmp_path)
    seeds.plant(simulator, "acme")
    parsed_contract.violations.clear()
    simulator.serving.observers.append(parsed_contract.observe)
    async with simulator.running():
        yield simulator
    parsed_contract.check()


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
