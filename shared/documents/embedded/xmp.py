"""XMP, the metadata packet of Adobe and ISO 16684: RDF in XML, read into flat names."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.documents.reader import UnsafeContent

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PACKET_BYTES = 4 * 1024 * 1024  # with embedded thumbnails and an edit history; plain ones have 10 KiB
XML_DEPTH = 64
XML_ELEMENTS = 100_000
NAME_DEPTH = 4  # a structure in a list in a structure: creator contact, locations, licensors
NAME_CHARACTERS = 200
VALUES = 20_000

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LISTS = {f"{RDF}Bag", f"{RDF}Seq", f"{RDF}Alt"}
_ABOUT_RDF = {f"{RDF}about", f"{RDF}parseType", f"{RDF}ID", f"{RDF}nodeID", f"{RDF}datatype", _LANGUAGE}

# The usual prefixes, whatever prefix a file chooses for them.
PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://ns.adobe.com/pdfx/1.3/": "pdfx",
    "http://www.aiim.org/pdfa/ns/id/": "pdfaid",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://creativecommons.org/ns#": "cc",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.google.com/photos/1.0/image/": "GImage",
}
_TAKEN = set(PREFIXES.values())  # another namespace that calls itself `dc` does not pass for it


def xmp_properties(packet: bytes) -> dict[str, tuple[str, ...]]:
    """`dc:title` → its values, structures as `Iptc4xmpExt:LocationCreated/Iptc4xmpExt:City`; {} for broken XML.

    Of a text in several languages the default one counts. UnsafeContent for entities, a document type, or excess.
    """
    if len(packet) > PACKET_BYTES:
        raise UnsafeContent("its XMP packet is larger than any")
    root, prefixes = _tree(packet.strip(b"\x00"))
    if root is None:
        return {}
    found: dict[str, list[str]] = {}
    for count, (name, value) in enumerate(_all(root, prefixes), start=1):
        if count > VALUES:
            raise UnsafeContent("its XMP packet holds more values than any")
        if value and len(name) <= NAME_CHARACTERS:
            found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def _tree(packet: bytes) -> tuple[Element | None, dict[str, str]]:
    """Without an element for what a program has broken, or for an unknown encoding."""
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 (only the error's name)

    from defusedxml import DefusedXmlException  # noqa: PLC0415 (needed by few files)
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    prefixes: dict[str, str] = {}
    root: Element | None = None
    depth = elements = 0
    try:
        for event, what in iterparse(io.BytesIO(packet), ("start", "end", "start-ns"), forbid_dtd=True):
            if event == "start-ns":
                prefix, uri = what
                prefixes.setdefault(uri, PREFIXES.get(uri, f"{prefix}_" if prefix in _TAKEN else prefix))
            elif event == "start":
                root = what if root is None else root
                depth, elements = depth + 1, elements + 1
            else:
                depth -= 1
            if depth > XML_DEPTH or elements > XML_ELEMENTS:
                raise UnsafeContent("its XMP packet has more elements, or deeper ones, than any")
    except DefusedXmlException as error:
        raise UnsafeContent("its XMP packet declares a document type or entities, which no program writes") from error
    except (ParseError, ValueError, LookupError):
        return None, {}
    return root, prefixes


def _all(root: Element, prefixes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for rdf in root.iter(f"{RDF}RDF"):
        for description in rdf:
            yield from _members(description, "", prefixes, NAME_DEPTH)


def _members(holder: Element, path: str, prefixes: dict[str, str], depth: int) -> Iterator[tuple[str, str]]:
    """The properties of a description or structure, which may stand as attributes or as elements."""
    for tag, text in holder.attrib.items():
        if tag not in _ABOUT_RDF and tag.startswith("{"):
            yield path + _name(tag, prefixes), text.strip()
    for element in holder:
        if not element.tag.startswith(RDF):
            yield from _property(element, path + _name(element.tag, prefixes), prefixes, depth)


def _property(element: Element, name: str, prefixes: dict[str, str], depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    inner = next(iter(element), None)
    if inner is not None and inner.tag in _LISTS:
        for item in _chosen(inner):
            yield from _property(item, name, prefixes, depth - 1)
        return
    value = element.find(f"{RDF}value")
    if inner is not None and inner.tag == f"{RDF}Description":
        element = inner
        value = inner.find(f"{RDF}value")
    if value is not None:
        yield name, _text(value)
        return
    if f"{RDF}resource" in element.attrib:
        yield name, element.attrib[f"{RDF}resource"].strip()
    elif inner is None and _text(element):
        yield name, _text(element)
    else:
        yield from _members(element, f"{name}/", prefixes, depth - 1)


def _chosen(items: Element) -> list[Element]:
    """All of a list; of alternatives the default one, else the first."""
    inside = list(items)
    if items.tag != f"{RDF}Alt":
        return inside
    default = [item for item in inside if item.get(_LANGUAGE) == "x-default"]
    return (default or inside)[:1]


def _name(tag: str, prefixes: dict[str, str]) -> str:
    uri, _, local = tag[1:].rpartition("}")
    prefix = prefixes.get(uri) or PREFIXES.get(uri, "")
    return f"{prefix}:{local}" if prefix else local


def _text(element: Element) -> str:
    return (element.text or "").strip()
