"""Office files as people make them, and as SharePoint hands them back."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
import pptx


class Bytes:
    """A range reader over bytes that remembers what was asked of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads: list[tuple[int, int]] = []

    async def size(self) -> int:
        return len(self.data)

    async def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.data[offset : offset + length]


def make_docx(text: str = "Spring campaign", **properties: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    for name, value in properties.items():
        setattr(document.core_properties, name, value)
    return _saved(document)


def make_pptx(text: str = "Spring campaign", slides: int = 3) -> bytes:
    deck = pptx.Presentation()
    for n in range(slides):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = f"{text} {n}"
    return _saved(deck)


def make_xlsx(text: str = "Spring campaign") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = text
    return _saved(book)


def _saved(document: object) -> bytes:
    target = io.BytesIO()
    document.save(target)  # type: ignore[attr-defined]  # all three libraries have it
    return target.getvalue()


def unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def make_zip(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def as_sharepoint_writes_it(data: bytes, main: str) -> bytes:
    """Column values in docProps and customXml, their relationships and content types, everything packed anew."""
    parts = unzip(data)
    parts["docProps/core.xml"] = parts["docProps/core.xml"].replace(b"</cp:core", b"<dc:title>T</dc:title></cp:core")
    parts["docProps/custom.xml"] = (
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>'
    )
    parts["customXml/item1.xml"] = b"<p:properties xmlns:p='http://schemas.microsoft.com/office/2006/metadata'/>"
    parts["customXml/_rels/item1.xml.rels"] = _relationships([("rId1", "customXmlProps", "itemProps1.xml")])
    folder, _, name = main.rpartition("/")
    related = f"{folder}/_rels/{name}.rels"
    parts[related] = _with(parts[related], [("rId901", "customXml", "../customXml/item1.xml")])
    root = _with(parts["_rels/.rels"], [("rId902", "custom-properties", "docProps/custom.xml")])
    parts["_rels/.rels"] = root.replace(b'"rId1"', b'"rIdA"')
    parts["[Content_Types].xml"] += b"<!-- more types -->"
    return make_zip(dict(reversed(parts.items())), zipfile.ZIP_STORED)


def _relationships(entries: list[tuple[str, str, str]]) -> bytes:
    empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    return _with(empty, entries)


def _with(xml: bytes, entries: list[tuple[str, str, str]]) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    more = "".join(f'<Relationship Id="{i}" Type="{kind}/{t}" Target="{target}"/>' for i, t, target in entries)
    return xml.replace(b"</Relationships>", more.encode() + b"</Relationships>")
