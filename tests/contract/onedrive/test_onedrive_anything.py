"""Whatever a client sends, the simulator answers within the contract: no 5xx, no shape that is not declared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from local.onedrive_simulator import Column, OneDriveSimulator
from tests.contract.anything import FEW, Asker, Known, Request, operations, requests
from tests.contract.document import Document

DOCUMENT = Document.from_file(Path(__file__).parents[1] / "graph.openapi.yaml")
OPERATIONS = operations(DOCUMENT)
COLUMNS = (Column("Title"), Column("Status", "choice", ("Draft", "Approved")), Column("Rating", "number"))


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> OneDriveSimulator:
    return OneDriveSimulator(tmp_path_factory.mktemp("anything"))


@pytest.fixture(scope="module")
def asker(sim: OneDriveSimulator) -> Iterator[Asker]:
    def address(path: str) -> tuple[str, dict[str, str]]:
        """Opaque urls, of uploads and content, stand outside of the version and need no token."""
        return (sim.base_url, {}) if path.startswith("/_") else (f"{sim.base_url}/v1.0", {"Authorization": "Bearer t"})

    with Asker(sim, DOCUMENT, address) as opened:
        yield opened


@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request_is_answered_within_the_contract(label: str, asker: Asker, sim: OneDriveSimulator) -> None:
    @FEW
    @given(request=requests(OPERATIONS[label], a_little_of_everything(sim)))
    def holds(request: Request) -> None:
        wrong = [str(one) for one in asker.ask(request) if one.place.startswith("response")]

        assert not wrong, (wrong, request)

    holds()


def a_little_of_everything(sim: OneDriveSimulator) -> Known:
    """A fresh tenant."""
    sim.reset()
    site = sim.add_site("marketing")
    drive = sim.add_drive("Documents", site=site, columns=COLUMNS)
    person = sim.add_drive("Documents", site=None)
    folder = sim.make_folder(drive, "/F")
    item = sim.put_file(drive, "/F/a.txt", b"a")
    sim.put_file(drive, "/F/a.txt", b"b")
    return {
        "drive-id": [drive],
        "item-id": [item, folder, "root"],
        "path": ["F/a.txt", "F", "new.txt", "a.txt"],
        "site-id": [site],
        "host": ["acme.sharepoint.com"],
        "list-id": ["Documents"],
        "list-item-id": ["1", "2"],
        "user-id": [sim.tenant.drives[person].owner.email],
        "version-id": ["1.0", "2.0"],
        "delta-token": ["latest", "none"],
    }
