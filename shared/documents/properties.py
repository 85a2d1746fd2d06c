"""The properties of an Office document, as its "File, Info" page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.documents.package import ROOT_RELATIONSHIPS, open_package, parse, relationships_of
from shared.documents.reader import RangeReader

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CORE = "/metadata/core-properties"  # how the type of the relationship ends, in both editions of the standard
_CUSTOM = "/custom-properties"
_CUSTOM_STRICT = "/customProperties"
_PROPERTY = "{http://schemas.openxmlformats.org/officeDocument/2006/custom-properties}property"
_PROPERTY_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/customProperties}property"


async def office_properties(reader: RangeReader) -> dict[str, str]:
    """Core properties (title, subject, creator, keywords, category, contentStatus, language …) and custom ones by name.

    A core property wins over a custom one of the same name. {} when the file is no Office package or has none.
    UnsafeArchive for a hostile one, Protected for one that takes a password.
    """
    package = await open_package(reader)
    if package is None or ROOT_RELATIONSHIPS not in package.parts:
        return {}
    root = await package.read([ROOT_RELATIONSHIPS])
    related = relationships_of(ROOT_RELATIONSHIPS, root[ROOT_RELATIONSHIPS])
    inside = [one for one in related if not one.external and one.target in package.parts]
    core = {one.target for one in inside if one.type.endswith(_CORE)}
    custom = {one.target for one in inside if one.type.endswith((_CUSTOM, _CUSTOM_STRICT))}
    found: dict[str, str] = {}
    for name, xml in (await package.read(core | custom)).items():
        document = parse(xml)
        found = {**_custom(document), **found} if name in custom else {**found, **_core(document)}
    return found


def _core(document: Element) -> dict[str, str]:
    return {_local(element.tag): _text(element) for element in document if _text(element)}


def _custom(document: Element) -> dict[str, str]:
    named = (element for element in document if element.tag in {_PROPERTY, _PROPERTY_STRICT})
    return {element.get("name", ""): _text(element) for element in named if element.get("name") and _text(element)}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _text(element: Element) -> str:
    """All text below: a custom property wraps its value in an element of its type, keywords may come in languages."""
    return " ".join("".join(element.itertext()).split())
