"""The segments of a JPEG file up to the picture itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from shared.documents.embedded.found import Found
from shared.documents.embedded.iptc import iptc_of_photoshop
from shared.documents.embedded.tiff import exif
from shared.documents.embedded.xmp import PACKET_BYTES
from shared.documents.reader import UnsafeContent
from shared.documents.window import Window

MAGIC = b"\xff\xd8\xff"
XMP = b"http://ns.adobe.com/xap/1.0/\x00"
XMP_MORE = b"http://ns.adobe.com/xmp/extension/\x00"
EXIF = b"Exif\x00\x00"
PHOTOSHOP = b"Photoshop 3.0\x00"
SEGMENTS = 2_000
FILL_BYTES = 64  # between two segments; the standard allows any number
_APP1, _APP13, _START_OF_SCAN, _END = 0xE1, 0xED, 0xDA, 0xD9
_WITH_WORDS = frozenset({_APP1, _APP13})
_GUID_BYTES = 32
_PLACE_BYTES = _GUID_BYTES + 8  # whole length and offset follow the id


async def find(window: Window) -> Found:
    found = Found()
    more: dict[bytes, dict[int, bytes]] = {}
    resources = b""
    async for kind, data in segments(window, _WITH_WORDS):
        if kind == _APP1 and data.startswith(XMP):
            found.xmp.append(data[len(XMP) :])
        elif kind == _APP1 and data.startswith(XMP_MORE):
            part = data[len(XMP_MORE) :]
            offset = int.from_bytes(part[_GUID_BYTES + 4 : _PLACE_BYTES])
            more.setdefault(part[:_GUID_BYTES], {})[offset] = part[_PLACE_BYTES:]
        elif kind == _APP1 and data.startswith(EXIF):
            for name, value in (await exif(data[len(EXIF) :])).items():
                found.add_field(name, value)
        elif kind == _APP13 and data.startswith(PHOTOSHOP):
            resources += data[len(PHOTOSHOP) :]
    if iptc := iptc_of_photoshop(resources):
        found.iptc.append(iptc)
    found.xmp += [whole for guid, parts in more.items() if (whole := _joined(guid, parts, found.xmp))]
    return found


async def segments(window: Window, kinds: Collection[int]) -> AsyncIterator[tuple[int, bytes]]:
    """Those of the kinds, with their data. What follows a break in the chain is not believed."""
    at = 2
    for _ in range(SEGMENTS):
        head = await window.read(at, FILL_BYTES)
        fill = len(head) - len(head.lstrip(b"\xff"))
        if fill == 0 or len(head) < fill + 3 or head[fill] in {_START_OF_SCAN, _END}:
            return
        kind, length = head[fill], int.from_bytes(head[fill + 1 : fill + 3])
        if length < 2:
            return
        at += fill + 1
        if kind in kinds:
            data = await window.read(at + 2, length - 2)
            if len(data) < length - 2:
                return
            yield kind, data
        at += length
    raise UnsafeContent("it has more segments than any photo")


def _joined(guid: bytes, parts: dict[int, bytes], packets: list[bytes]) -> bytes:
    """An XMP packet too long for one segment, if it is whole and the main packet names it."""
    whole = bytearray()
    for offset in sorted(parts):
        if offset != len(whole) or offset > PACKET_BYTES:
            return b""
        whole += parts[offset]
    return bytes(whole) if any(guid in packet for packet in packets) else b""
