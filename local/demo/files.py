"""Files as people make them: real ones of Office and a real picture; the film is only the outside of one."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Mapping

from docx import Document
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from PIL import Image, ImageDraw
from pptx import Presentation

FINAL = "Final"
PIECE_BYTES = 32 * 320 * 1024  # an upload session takes multiples of 320 KiB, under 60 MiB


def slides(title: str, *lines: str) -> bytes:
    deck = Presentation()
    deck.core_properties.title = title
    for line in lines:
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = line
    return _saved(deck)


def text(title: str, *paragraphs: str, category: str = "", language: str = "") -> bytes:
    """With a category it is marked as final, as Word does it."""
    document = Document()
    document.core_properties.title = title
    document.core_properties.category, document.core_properties.language = category, language
    document.core_properties.content_status = FINAL if category else ""
    document.add_heading(title)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return _saved(document)


def sheet(
    title: str, *rows: tuple[str | int, ...], category: str = "", custom: Mapping[str, str] | None = None
) -> bytes:
    """With a category it is marked as final, as Excel does it."""
    book = Workbook()
    book.properties.title = title
    book.properties.category, book.properties.contentStatus = category or None, FINAL if category else None
    for name, value in (custom or {}).items():
        book.custom_doc_props.append(StringProperty(name=name, value=value))  # type: ignore[attr-defined]  # not in its stubs
    for row in rows:
        book.worksheets[0].append(row)
    return _saved(book)


def picture(caption: str, kind: str) -> bytes:
    image = Image.linear_gradient("L").resize((1600, 900)).convert("RGB")
    ImageDraw.Draw(image).text((80, 400), caption, fill="white", font_size=96)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def film(size: int) -> Iterator[bytes]:
    """Pieces of a file that begins as an MP4 does and goes on with noise, no piece like the other."""
    brand = b"isom\x00\x00\x02\x00isomiso2mp41"
    head = struct.pack(">I4s", 8 + len(brand), b"ftyp") + brand
    head += struct.pack(">I4sQ", 1, b"mdat", size - len(head))
    noise = bytearray(os.urandom(PIECE_BYTES))
    for start in range(0, size, PIECE_BYTES):
        noise[:8] = struct.pack(">Q", start)
        piece = head + noise[len(head) :] if start == 0 else bytes(noise)
        yield piece[: size - start]


def _saved(made: object) -> bytes:
    file = io.BytesIO()
    made.save(file)  # type: ignore[attr-defined]  # what the three libraries have in common
    return file.getvalue()
