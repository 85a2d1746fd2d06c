"""What a document says, apart from what SharePoint writes into it.

SharePoint puts column values into the properties of an Office file after upload (`docProps`, `customXml`), adds the
relationships and content types that go with them, and packs everything anew. What people made keeps its bytes, and so
its CRC.
"""

from __future__ import annotations

import hashlib
import json

from shared.documents.package import (
    CONTENT_TYPES,
    ROOT_RELATIONSHIPS,
    Package,
    Relationship,
    is_relationships,
    open_package,
    relationships_of,
)
from shared.documents.reader import RangeReader, UnsafeArchive

WRITTEN_BY_SHAREPOINT = ("docprops/", "customxml/")
RELATIONSHIP_PARTS = 2_000  # a presentation has one for each slide


async def content_signature(reader: RangeReader) -> str | None:
    """`office:<sha256>`; None when the file is no Office package, whose signature is its size and quickXorHash.

    Reads the central directory and the relationship parts, never the whole file. UnsafeArchive for a hostile one,
    Protected for one that takes a password.
    """
    package = await open_package(reader)
    if package is None:
        return None
    kept = [name for name in package.parts if not _is_written_by_sharepoint(name) and name != CONTENT_TYPES]
    related = [name for name in kept if is_relationships(name)]
    if len(related) > RELATIONSHIP_PARTS:
        raise UnsafeArchive(f"it has {len(related)} relationship parts")
    lines = [
        [name, package.parts[name].crc, package.parts[name].size]
        for name in kept
        if not is_relationships(name) and not name.endswith("/")
    ]
    lines += await _relationships(package, related)
    text = json.dumps(sorted(lines, key=lambda line: str(line[0])), ensure_ascii=False, separators=(",", ":"))
    return f"office:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


async def _relationships(package: Package, names: list[str]) -> list[list[object]]:
    """Each relationship part with what is left of it; one with nothing left is as good as none."""
    found: list[list[object]] = []
    for name, xml in (await package.read(names)).items():
        left = sorted(
            _compared(name, one)
            for one in relationships_of(name, xml)
            if one.external or not _is_written_by_sharepoint(one.target)
        )
        if left:
            found.append([name, left])
    return found


def _compared(name: str, one: Relationship) -> tuple[str, str, str, bool]:
    """Nothing refers to the ids of the package's own relationships, so SharePoint may number them as it likes."""
    return ("" if name == ROOT_RELATIONSHIPS else one.id, one.type, one.target, one.external)


def _is_written_by_sharepoint(name: str) -> bool:
    return name.casefold().startswith(WRITTEN_BY_SHAREPOINT)
