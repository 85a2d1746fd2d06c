from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.celum_simulator import CelumSimulator, seeds
from local.serving import Exchange
from shared.celum import Celum, CelumSettings
from shared.clock import SystemClock
from tests.contract.document import Document
from tests.contract.validation import Contract


@pytest.fixture(scope="session")
def document() -> Document:
    return Document.from_file(Path(__file__).parents[1] / "celum.openapi.yaml")


@pytest.fixture
async def sim(tmp_path: Path, document: Document) -> AsyncIterator[CelumSimulator]:
    """Every request that the client sends must be one of the contract; odd answers are the purpose of some tests."""
    simulator = CelumSimulator(tmp_path)
    seeds.plant(simulator, "acme")
    contract = Contract(document)
    simulator.serving.observers.append(contract.observe)
    async with simulator.running():
        yield simulator
    broken = [str(violation) for violation in contract.violations if not violation.place.startswith("response")]
    assert not broken, "\n".join(dict.fromkeys(broken))


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
