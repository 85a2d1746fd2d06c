"""An Office package: its parts, and which relates to which. Only the parts that are asked for are fetched."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.documents.archive import Part, read_directory, unpack
from shared.documents.compound import protection
from shared.documents.reader import Protected, RangeReader, UnsafeArchive

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CONTENT_TYPES = "[Content_Types].xml"
ROOT_RELATIONSHIPS = "_rels/.rels"
SLACK_BYTES = 1_024  # for the extra field of a local header, which Office pads by some hundred bytes
GAP_BYTES = 128 * 1024  # fetched along rather than asking twice
WINDOW_BYTES = 4 * 1024 * 1024  # of one request
PART_BYTES = 4 * 1024 * 1024  # of one XML part, unpacked
PARTS_BYTES = 32 * 1024 * 1024  # of all XML parts that are read
READS_AT_ONCE = 4
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@dataclass(frozen=True, slots=True, order=True)
class Relationship:
    """`target` is the name of a part where it lies inside the package, else as written."""

    id: str
    type: str
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class Package:
    reader: RangeReader
    parts: Mapping[str, Part]

    async def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """The named parts, unpacked; neighbours in one request, a few requests at a time."""
        wanted = sorted((self.parts[name] for name in names), key=lambda part: part.offset)
        if any(part.size > PART_BYTES for part in wanted) or sum(part.size for part in wanted) > PARTS_BYTES:
            raise UnsafeArchive("its XML parts are larger than any document needs")
        gate = asyncio.Semaphore(READS_AT_ONCE)

        async def fetch(window: list[Part]) -> dict[str, bytes]:
            async with gate:
                return await self._window(window)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(fetch(window)) for window in _windows(wanted)]
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        return {name: data for task in tasks for name, data in task.result().items()}

    async def _window(self, parts: list[Part]) -> dict[str, bytes]:
        start = parts[0].offset
        length = parts[-1].least_end + SLACK_BYTES - start
        raw = await self.reader.read(start, length)
        found: dict[str, bytes] = {}
        for part in parts:
            data = unpack(part, raw[part.offset - start :])
            if isinstance(data, int):  # an extra field longer than the slack
                data = unpack(part, await self.reader.read(part.offset, data))
            if isinstance(data, int):
                raise UnsafeArchive("a part is cut off")
            found[part.name] = data
        return found


async def open_package(reader: RangeReader) -> Package | None:
    """None when the file is no Office package: no zip archive, or one without content types. Protected if encrypted."""
    parts = await read_directory(reader)
    if parts is None:
        if (by := await protection(reader)) is not None:
            raise Protected(by)
        return None
    named = {part.name: part for part in parts}
    return Package(reader, named) if CONTENT_TYPES in named else None


def _windows(parts: list[Part]) -> Iterator[list[Part]]:
    window: list[Part] = []
    for part in parts:
        near = window and part.offset - window[-1].least_end <= GAP_BYTES
        if window and (not near or part.least_end - window[0].offset > WINDOW_BYTES):
            yield window
            window = []
        window.append(part)
    if window:
        yield window


def is_relationships(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return file.endswith(".rels") and (folder == "_rels" or folder.endswith("/_rels"))


def relationships_of(name: str, xml: bytes) -> list[Relationship]:
    """What the relationship part `name` says, targets resolved against the part it belongs to."""
    base = posixpath.dirname(posixpath.dirname(name))
    found: list[Relationship] = []
    for element in parse(xml).iter(_RELATIONSHIP):
        target, external = element.get("Target", ""), element.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(posixpath.join("/", base, target)).lstrip("/")
        found.append(Relationship(element.get("Id", ""), element.get("Type", ""), target, external))
    return found


def parse(xml: bytes) -> Element:
    """XML without entities, external references or a document type; anything else is hostile here."""
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 (only the error's name)

    from defusedxml import DefusedXmlException  # noqa: PLC0415 (needed by few files)
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except DefusedXmlException as error:
        text = "an XML part declares a document type or entities, which no Office program writes"
        raise UnsafeArchive(text) from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnsafeArchive("an XML part cannot be parsed: the file is damaged") from error
    return root
