"""The example company's spring campaign: a library, a CELUM tenant, and the people who work in both."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document as WordDocument
from pptx import Presentation

from local.azurite import Azurite
from local.celum_simulator.seeds import plant
from local.onedrive_simulator.estate.model import Identity
from local.onedrive_simulator.seed import seed
from shared.domain.ids import DriveId, FlowId, ItemId, link_key
from shared.domain.links import Link
from tests.contract.document import Document
from tests.contract.validation import Contract
from tests.kit.storage import AzuriteStorage, MemoryStorage
from tests.kit.world import World

JANE = Identity("Jane Doe", "jane@acme.example")
APPROVED = "/Campaigns/Spring-26/Approved"
FLOW = FlowId("campaign-masters")
CONTRACTS = Path(__file__).parents[1] / "contract"
SHIPPED = (Path(__file__).parents[2] / "flows.yaml").read_text("utf-8")
CAMPAIGN_FLOWS = SHIPPED[: SHIPPED.index("\n  # Office documents")]  # the first flow alone


@dataclass(slots=True)
class Campaign:
    world: World
    drive: str

    # --- What people do ---

    def drop(self, name: str, data: bytes, **columns: str) -> str:
        """Put a file into the Approved folder and fill its columns, as Jane."""
        item = self.world.onedrive.put_file(self.drive, f"{APPROVED}/{name}", data, by=JANE)
        for column, value in columns.items():
            self.set(name, column, value)
        return item

    def set(self, name: str, column: str, value: str | None) -> None:
        self.world.clock.jump(1)  # two things a person does never happen in the same second
        self.world.onedrive.set_column(self.drive, f"{APPROVED}/{name}", column, value, by=JANE)

    def approve(self, name: str) -> None:
        self.set(name, "ApprovalStatus", "Draft")
        self.set(name, "ApprovalStatus", "Approved")

    def move(self, path: str, *, to: str | None = None, name: str | None = None) -> None:
        """A file or folder by its whole path; into the folder `to`, under the name `name`, or both."""
        self.world.clock.jump(1)
        if to is not None:
            self.world.onedrive.make_folder(self.drive, to, by=JANE)
        self.world.onedrive.move(self.drive, path, to=to, name=name, by=JANE)

    def delete(self, path: str) -> str:
        self.world.clock.jump(1)
        return self.world.onedrive.delete(self.drive, path, by=JANE)

    def restore(self, item: str) -> None:
        self.world.clock.jump(1)
        self.world.onedrive.restore(self.drive, item)

    # --- What can be seen ---

    def columns(self, name: str) -> dict[str, object]:
        return dict(self.world.onedrive.item(self.drive, f"{APPROVED}/{name}").fields)

    def assets(self) -> list[dict[str, Any]]:
        snapshot: Any = self.world.celum.snapshot()
        return list(snapshot["assets"])

    def asset(self, name: str) -> dict[str, Any]:
        found = [asset for asset in self.assets() if asset["name"] == name]
        assert len(found) == 1, f"{len(found)} assets are named {name}: {self.assets()}"
        return found[0]

    def bytes_of(self, name: str) -> bytes:
        return self.world.onedrive.read_file(self.drive, f"{APPROVED}/{name}")

    def asset_id(self, name: str) -> int:
        found = [asset.id for asset in self.world.celum.assets() if asset.name == name]
        assert len(found) == 1, f"{len(found)} assets are named {name}"
        return found[0]

    async def link(self, item: str, flow: FlowId = FLOW) -> Link:
        found = await self.link_or_none(item, flow)
        assert found is not None, "the ledger knows no link of this file"
        return found

    async def link_or_none(self, item: str, flow: FlowId = FLOW) -> Link | None:
        ledger, store = self.world.ledger()
        try:
            return await ledger.link(link_key(flow, DriveId(self.drive), ItemId(item)))
        finally:
            await store.close()


@contextlib.asynccontextmanager
async def campaign_in(
    azurite: Azurite | None,
    folder: Path,
    name: str,
    *,
    flows: str | None = None,
    prepare: Callable[[Campaign], None] = lambda _: None,
    is_known: bool = True,
    with_contracts: bool = True,
) -> AsyncIterator[Campaign]:
    """A world with the example company in it, whose drive was scanned once: what comes now is new.

    Without Azurite its ledger and queues are in memory.
    `flows` is the text of another flow file; `prepare` is called before that first scan, which
    is left to the test where the drive is not to be known.
    """
    file = folder / "flows.yaml"
    file.write_text(CAMPAIGN_FLOWS if flows is None else flows)
    prefix = "t" + hashlib.sha256(name.encode()).hexdigest()[:16]
    storage = MemoryStorage() if azurite is None else AzuriteStorage(azurite, prefix)
    async with World(storage, folder, file).running() as world:
        plant(world.celum, "acme")
        drives = seed(world.onedrive, "acme")
        contracts = [Contract(document(name)) for name in ("graph.openapi.yaml", "celum.openapi.yaml")]
        if with_contracts:
            world.onedrive.serving.observers.append(contracts[0].observe)
            world.celum.serving.observers.append(contracts[1].observe)
        campaign = Campaign(world, drives["marketing/Documents"])
        prepare(campaign)
        if is_known:
            await world.until_quiet()
        yield campaign
        if world.fault is None:  # an exchange that was cut on the wire says nothing about either side
            for contract in contracts:
                contract.check()


@functools.cache
def document(name: str) -> Document:
    """Reading it takes longer than most tests."""
    return Document.from_file(CONTRACTS / name)


def word(text: str, *, title: str = "") -> bytes:
    text_file = WordDocument()
    text_file.core_properties.title = title
    text_file.add_paragraph(text)
    file = io.BytesIO()
    text_file.save(file)
    return file.getvalue()


def slides(*titles: str, title: str = "") -> bytes:
    deck = Presentation()
    deck.core_properties.title = title
    for text in titles:
        slide = deck.slides.add_slide(deck.slide_layouts[0])
        slide.shapes.title.text = text
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()
