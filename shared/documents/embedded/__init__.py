"""What the makers of a picture or PDF wrote into it: XMP, IPTC, EXIF texts and document information."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from shared.documents.embedded import jpeg, pdf, png, tiff
from shared.documents.embedded.found import Found
from shared.documents.embedded.iptc import iptc_properties
from shared.documents.embedded.names import SOURCES, named
from shared.documents.embedded.xmp import xmp_properties
from shared.documents.reader import RangeReader, UnsafeContent
from shared.documents.window import Window

NAMES = tuple(SOURCES)
PDF_END_BYTES = 64 * 1024  # the last trailer, or the dictionary of the last cross-reference stream with its data
VALUES_CHARACTERS = 64 * 1024  # of one property; longer ones are data, not words

__all__ = ["NAMES", "embedded_properties", "refuse_protected"]


async def embedded_properties(reader: RangeReader) -> Mapping[str, str | tuple[str, ...]]:
    """By the names of `names.py` and by prefixed XMP, IPTC and format names; several values as a tuple.

    {} when the file is no JPEG, PNG, TIFF or PDF, or has none; what is damaged is left out. Raises UnsafeContent for a
    file that would take more than it may, Protected for a PDF that needs a password, or what the reader raises.
    """
    return await properties_in(Window(reader))


async def refuse_protected(reader: RangeReader) -> None:
    """Raise Protected for a PDF that nobody can open without a password. What is damaged passes.

    Only where the end of the file speaks of encryption, as the end of an encrypted one does, is more of it read.
    """
    size = await reader.size()
    start = max(0, size - PDF_END_BYTES)
    if b"/Encrypt" not in await reader.read(start, size - start):
        return
    with contextlib.suppress(UnsafeContent):
        await pdf.find(Window(reader))


async def properties_in(window: Window) -> Mapping[str, str | tuple[str, ...]]:
    found = await _find(window)
    raw: dict[str, tuple[str, ...]] = {}
    for record in found.iptc:
        raw = {**iptc_properties(record), **raw}
    for packet in found.xmp:
        raw = {**xmp_properties(packet), **raw}
    raw = {**found.fields, **raw}
    everything = {**raw, **named(raw)}
    return {name: _plain(values) for name, values in everything.items() if sum(map(len, values)) <= VALUES_CHARACTERS}


async def _find(window: Window) -> Found:
    head = await window.read(0, 1024)
    if head.startswith(jpeg.MAGIC):
        return await jpeg.find(window)
    if head.startswith(png.MAGIC):
        return await png.find(window)
    if head.startswith(tiff.MAGICS):
        return await tiff.find(window)
    if pdf.MAGIC in head:  # mail gateways and some printers put lines before it
        return await pdf.find(window)
    return Found()


def _plain(values: tuple[str, ...]) -> str | tuple[str, ...]:
    return values[0] if len(values) == 1 else values
