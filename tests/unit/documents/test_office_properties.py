from __future__ import annotations

import io

import openpyxl
import pytest
from openpyxl.packaging.custom import StringProperty

from shared.documents import office_properties
from tests.unit.documents.packages import Bytes, make_docx, make_pptx, make_xlsx, make_zip, unzip


async def test_the_core_properties_of_a_document_are_read() -> None:
    wanted = {
        "title": "Spring",
        "subject": "Campaign",
        "author": "Olivia",
        "keywords": "a, b",
        "category": "Brochure",
        "content_status": "Final",
        "language": "de-AT",
    }
    found = await office_properties(Bytes(make_docx(**wanted)))
    assert {name: found[name] for name in ("title", "subject", "creator", "keywords", "category", "language")} == {
        "title": "Spring",
        "subject": "Campaign",
        "creator": "Olivia",
        "keywords": "a, b",
        "category": "Brochure",
        "language": "de-AT",
    }
    assert found["contentStatus"] == "Final"


@pytest.mark.parametrize("data", [make_pptx(), make_xlsx()])
async def test_presentations_and_workbooks_have_them_too(data: bytes) -> None:
    assert "modified" in await office_properties(Bytes(data))


async def test_custom_properties_are_read_by_their_names() -> None:
    book = openpyxl.Workbook()
    book.properties.title = "The core one"
    custom = book.custom_doc_props  # type: ignore[attr-defined]  # missing in the published types
    custom.append(StringProperty(name="Campaign", value="Spring 26"))
    custom.append(StringProperty(name="title", value="the custom one"))
    target = io.BytesIO()
    book.save(target)
    found = await office_properties(Bytes(target.getvalue()))
    assert (found["Campaign"], found["title"]) == ("Spring 26", "The core one")


async def test_core_properties_are_found_wherever_the_package_keeps_them() -> None:
    parts = unzip(make_docx(title="Elsewhere"))
    parts["package/core.psmdcp"] = parts.pop("docProps/core.xml")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"docProps/core.xml", b"/package/core.psmdcp")
    assert (await office_properties(Bytes(make_zip(parts))))["title"] == "Elsewhere"


async def test_properties_cost_a_few_small_reads() -> None:
    parts = unzip(make_docx(title="Large")) | {"word/media/image.bin": bytes(range(256)) * 40_000}
    reader = Bytes(make_zip(parts, method=0))
    await office_properties(reader)
    assert len(reader.reads) <= 3
    assert sum(length for _, length in reader.reads) < 400_000
