from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.onedrive_simulator.estate.model import Column
from local.onedrive_simulator.simulator import OneDriveSimulator
from shared.clock import SystemClock
from shared.domain.ids import DriveId, ItemId
from shared.onedrive import LocalToken, OneDrive, OneDriveSettings
from shared.onedrive.notifications import Secrets
from tests.contract.document import Document
from tests.contract.onedrive.desk import Desk, client, webhook
from tests.contract.onedrive.sending import Sender
from tests.contract.validation import Contract

TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
USER_AGENT = "NONISV|Acme|OneDriveCelumBridge/0.1"
COLUMNS = (
    Column("Title"),
    Column("ApprovalStatus", "choice", ("Draft", "Approved"), display_name="Approval status"),
    Column("Languages", "multiChoice", ("de", "en", "fr")),
    Column("RightsUntil", "dateTime", display_name="Rights until", date_only=False),
    Column("CampaignDay", "dateTime", display_name="Campaign day", date_only=True),
    Column("Rating", "number"),
    Column("Final", "boolean"),
    Column("Reviewer", "person"),
)


def settings_for(base_url: str, *, stall_seconds: float = 60) -> OneDriveSettings:
    return OneDriveSettings(
        credential=LocalToken,
        user_agent=USER_AGENT,
        tenant=TENANT,
        notification_url="http://127.0.0.1:9/api/graph/notifications",
        secrets=Secrets(current=("k1", "a secret of the tests")),
        base_url=base_url,
        stall_seconds=stall_seconds,
    )


@dataclass(slots=True)
class World:
    """The simulator, a client of it, and one library named Documents in the site /sites/marketing."""

    simulator: OneDriveSimulator
    onedrive: OneDrive
    drive: DriveId

    def put(self, path: str, data: bytes) -> ItemId:
        return ItemId(self.simulator.put_file(self.drive, path, data))


@pytest.fixture(scope="session")
def graph_document() -> Document:
    return Document.from_file(Path(__file__).parents[1] / "graph.openapi.yaml")


@pytest.fixture
async def world(tmp_path: Path, graph_document: Document) -> AsyncIterator[World]:
    """Every request that the client sends must be one of the contract; odd answers are the purpose of some tests."""
    simulator, contract = OneDriveSimulator(tmp_path), Contract(graph_document)
    simulator.serving.observers.append(contract.observe)
    async with simulator.running():
        site = simulator.add_site("marketing", zone="Europe/Vienna")
        drive = DriveId(simulator.add_drive("Documents", site=site, columns=COLUMNS))
        onedrive = OneDrive(settings_for(simulator.base_url), SystemClock(time_scale=1000))
        yield World(simulator, onedrive, drive)
        await onedrive.close()
    broken = [str(violation) for violation in contract.violations if not violation.place.startswith("response")]
    assert not broken, "\n".join(dict.fromkeys(broken))


@pytest.fixture
def sender(world: World) -> Sender:
    """Uploads into the folder /Out."""
    return Sender(world, ItemId(world.simulator.make_folder(world.drive, "/Out")))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with OneDriveSimulator(tmp_path).running() as simulator:
        drive = DriveId(simulator.add_drive("Documents", site=simulator.add_site("marketing")))
        desk = Desk(simulator, client(simulator, ""), drive, "", asyncio.Queue())
        async with webhook(desk) as url:
            desk.url, desk.onedrive = url, client(simulator, url)
            yield desk
            await desk.onedrive.close()
