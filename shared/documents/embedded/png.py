"""The chunks of a PNG file before its picture, and those at its end."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from shared.documents.embedded.found import Found
from shared.documents.embedded.iptc import iptc_of_photoshop
from shared.documents.embedded.tiff import exif
from shared.documents.embedded.xmp import PACKET_BYTES
from shared.documents.reader import UnsafeContent
from shared.documents.window import Window

MAGIC = b"\x89PNG\r\n\x1a\n"
CHUNKS = 2_000
CHUNK_BYTES = PACKET_BYTES
TAIL_BYTES = 256 * 1024  # where programs append metadata rather than write the picture anew
CANDIDATES = 500
XMP = "XML:com.adobe.xmp"
_WANTED = {b"iTXt", b"tEXt", b"zTXt", b"eXIf"}
_WANTED_AT_END = re.compile(rb"iTXt|tEXt|zTXt|eXIf")
_PROFILE = re.compile(r"Raw profile type (iptc|8bim|xmp|exif|APP1)", re.IGNORECASE)


async def find(window: Window) -> Found:
    found = Found()
    picture = await _before_picture(window, found)
    size = await window.size()
    start = max(picture, size - TAIL_BYTES)
    if 0 < picture < size:
        for kind, data in _at_end(await window.read(start, size - start)):
            await _take(found, kind, data)
    return found


async def _before_picture(window: Window, found: Found) -> int:
    """Where the picture begins; 0 when the chain breaks before."""
    at = len(MAGIC)
    for _ in range(CHUNKS):
        head = await window.read(at, 8)
        if len(head) < 8 or head[4:] == b"IEND":
            return 0
        length, kind = int.from_bytes(head[:4]), head[4:]
        if kind == b"IDAT":
            return at
        if kind in _WANTED and length <= CHUNK_BYTES:
            data = await window.read(at + 8, length + 4)
            if not _is_sound(kind, data):
                return 0
            await _take(found, kind, data[:-4])
        at += length + 12
    raise UnsafeContent("it has more chunks than any picture")


def _at_end(tail: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Chunks that prove themselves by their checksum: from the end the chain cannot be walked."""
    done = checked = 0
    for count, match in enumerate(_WANTED_AT_END.finditer(tail)):
        start = match.start()
        length = int.from_bytes(tail[max(start - 4, 0) : start])
        data = tail[start + 4 : start + 8 + length]
        checked += len(data)
        if count > CANDIDATES or checked > 16 * TAIL_BYTES:
            return
        if start - 4 >= done and len(data) == length + 4 and _is_sound(match[0], data):
            yield match[0], data[:-4]
            done = match.end() + length + 4


def _is_sound(kind: bytes, data: bytes) -> bool:
    return len(data) >= 4 and zlib.crc32(data[:-4], zlib.crc32(kind)) == int.from_bytes(data[-4:])


async def _take(found: Found, kind: bytes, data: bytes) -> None:
    if kind == b"eXIf":
        for name, value in (await exif(data)).items():
            found.add_field(name, value)
        return
    key, text = _text(kind, data)
    profile = _PROFILE.fullmatch(key)
    if key == XMP:
        found.xmp.append(text)
    elif profile:
        await _take_profile(found, profile[1].lower(), _unhexed(text))
    elif key:
        found.add_field(f"png:{key}", text.decode("utf-8" if kind == b"iTXt" else "latin-1", errors="replace").strip())


async def _take_profile(found: Found, kind: str, data: bytes) -> None:
    """The way of ImageMagick to keep what PNG had no chunk for."""
    if kind in {"iptc", "8bim"}:
        record = iptc_of_photoshop(data) if data.startswith(b"8BIM") else data
        found.iptc += [record] if record else []
    elif kind == "xmp":
        found.xmp.append(data)
    else:
        for name, value in (await exif(data.removeprefix(b"Exif\x00\x00"))).items():
            found.add_field(name, value)


def _text(kind: bytes, data: bytes) -> tuple[str, bytes]:
    """Keyword and text; an empty keyword for what cannot be read."""
    raw_key, _, rest = data.partition(b"\x00")
    key = raw_key[:80].decode("latin-1")
    if kind == b"tEXt":
        return key, rest
    if kind == b"zTXt":
        return key, _inflated(rest[1:])
    packed = rest[:1] == b"\x01"
    _, _, after_language = rest[2:].partition(b"\x00")
    text = after_language.partition(b"\x00")[2]
    return key, _inflated(text) if packed else text


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(packed, PACKET_BYTES + 1)
    except zlib.error:
        return b""
    if len(data) > PACKET_BYTES:
        raise UnsafeContent("a text in it unpacks to more than any metadata take")
    return data


def _unhexed(text: bytes) -> bytes:
    """`iptc`, `80`, `1c0250…`, each in its lines: the name, the length, the bytes in lines of hexadecimal digits."""
    words = text.split(maxsplit=2)
    try:
        return bytes.fromhex(words[2].decode("ascii")) if len(words) == 3 else b""
    except ValueError:  # also UnicodeDecodeError
        return b""
