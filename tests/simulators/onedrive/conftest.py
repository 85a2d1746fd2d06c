from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.onedrive_simulator import Column, OneDriveSimulator
from tests.simulators.onedrive.client import Graph

COLUMNS = (
    Column("Title"),
    Column("ApprovalStatus", "choice", ("Draft", "Approved")),
    Column("Languages", "multiChoice", ("de", "en", "fr")),
    Column("RightsUntil", "dateTime"),
    Column("Rating", "number"),
    Column("Checked", "boolean"),
    Column("Owner", "person"),
)


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[OneDriveSimulator]:
    async with OneDriveSimulator(tmp_path).running() as running:
        yield running


@pytest.fixture
def site(sim: OneDriveSimulator) -> str:
    return sim.add_site("marketing", zone="America/New_York")


@pytest.fixture
def drive(sim: OneDriveSimulator, site: str) -> str:
    return sim.add_drive("Documents", site=site, columns=COLUMNS)


@pytest.fixture
async def graph(sim: OneDriveSimulator, drive: str) -> AsyncIterator[Graph]:
    async with Graph.open(sim.base_url, drive) as opened:
        yield opened
