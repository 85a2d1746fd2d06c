from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.estate.quickxor import quick_xor
from tests.simulators.onedrive.client import Graph

JANE = {"X-Simulated-User": "Jane Doe <jane@acme.example>"}


def word() -> bytes:
    file = io.BytesIO()
    docx.Document().save(file)
    return file.getvalue()


def slides() -> bytes:
    file = io.BytesIO()
    pptx.Presentation().save(file)
    return file.getvalue()


def sheet() -> bytes:
    file, book = io.BytesIO(), openpyxl.Workbook()
    book.save(file)
    book.close()
    return file.getvalue()


async def test_a_word_file_changes_after_the_answer_and_stays_a_word_file(sim: OneDriveSimulator, graph: Graph) -> None:
    data = word()
    told = await graph.put("/a.docx", data, headers=JANE)
    await sim.settle()
    sim.clock.advance(1)
    await sim.settle()
    item = (await graph.on_drive("GET", "/root:/a.docx")).json
    stored = await graph.bytes_of("/root:/a.docx:")

    assert told["file"]["hashes"]["quickXorHash"] == quick_xor(data), "the answer shows what was sent"
    assert item["file"]["hashes"]["quickXorHash"] == quick_xor(stored) != quick_xor(data)
    assert item["size"] == len(stored) != len(data)
    assert int(item["eTag"].split(",")[1][:-1]) == int(told["eTag"].split(",")[1][:-1]) + 2, "rewrite and one more"
    assert item["lastModifiedBy"]["user"]["displayName"] == "Jane Doe"
    assert docx.Document(io.BytesIO(stored)).paragraphs == []


async def test_columns_filled_in_meanwhile_do_not_keep_sharepoint_from_rewriting(
    sim: OneDriveSimulator, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = sim.tenant.blobs
    free_path = blobs.free_path

    def fill_in_a_column_now() -> Path:
        asyncio.get_running_loop().call_soon(sim.set_column, graph.drive, "/a.docx", "ApprovalStatus", "Approved")
        return free_path()

    sim.quirks.rewrite_after_seconds = 60
    told = await graph.put("/a.docx", word(), headers=JANE)
    monkeypatch.setattr(blobs, "free_path", fill_in_a_column_now)  # asked for when the rewriting begins
    sim.clock.advance(60)
    await sim.settle()
    item = (await graph.on_drive("GET", "/root:/a.docx")).json
    assert [version.number for version in sim.item(graph.drive, "/a.docx").versions] == [1, 2]
    assert item["file"]["hashes"] != told["file"]["hashes"]


@pytest.mark.parametrize(("name", "make"), [("a.pptx", slides), ("a.xlsx", sheet), ("a.docx", word)])
async def test_column_values_are_promoted_into_the_package_every_time_anew(
    sim: OneDriveSimulator, graph: Graph, name: str, make: object
) -> None:
    assert callable(make)
    sim.quirks.rewrites_after_column_write = True
    sim.put_file(graph.drive, f"/{name}", make())
    await sim.settle()
    first = sim.read_file(graph.drive, f"/{name}")
    for title in ("Spring & more", "Autumn"):
        sim.set_column(graph.drive, f"/{name}", "Title", title)
        await sim.settle()
    stored = sim.read_file(graph.drive, f"/{name}")

    with zipfile.ZipFile(io.BytesIO(stored)) as package:
        custom = package.read("docProps/custom.xml").decode()
        assert package.testzip() is None
    assert first != stored
    assert custom.count('name="Title"') == 1
    assert "Autumn" in custom
    if name == "a.xlsx":
        book = openpyxl.load_workbook(io.BytesIO(stored))
        assert book.sheetnames == ["Sheet"]
        book.close()
    if name == "a.pptx":
        assert len(pptx.Presentation(io.BytesIO(stored)).slides) == 0


async def test_other_files_and_drives_without_the_mode_stay_as_they_are(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.put_file(graph.drive, "/a.pdf", b"%PDF-1.7")
    sim.put_file(graph.drive, "/broken.docx", b"no package")
    await sim.settle()
    assert sim.read_file(graph.drive, "/a.pdf") == b"%PDF-1.7"
    assert sim.read_file(graph.drive, "/broken.docx") == b"no package"

    sim.quirks.rewrites_pdf_and_html = True
    sim.put_file(graph.drive, "/a.pdf", b"%PDF-1.7")
    await sim.settle()
    assert len(sim.read_file(graph.drive, "/a.pdf")) > 8
    sim.drive(graph.drive).rewrites = False
    sim.put_file(graph.drive, "/a.docx", word_bytes := word())
    await sim.settle()
    assert sim.read_file(graph.drive, "/a.docx") == word_bytes


async def test_the_rewrite_may_be_a_version_of_the_sharepoint_app(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.update({"rewrite_by": "SharePoint App", "rewrite_makes_version": True})
    sim.put_file(graph.drive, "/a.docx", word())
    await sim.settle()

    versions = (await graph.on_drive("GET", "/root:/a.docx:/versions")).json["value"]
    assert [v["id"] for v in versions] == ["2.0", "1.0"]
    assert versions[0]["lastModifiedBy"]["application"]["displayName"] == "SharePoint App"
