"""Pictures and PDF files with metadata in them, as small as their formats allow."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

XMP_OF_JPEG = b"http://ns.adobe.com/xap/1.0/\x00"


def packet(inside: str, rdf: str = "") -> bytes:
    """An XMP packet with the usual namespaces declared."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:xmpNote="http://ns.adobe.com/xmp/note/">'
        f'<rdf:Description rdf:about="" {rdf}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def titled(title: str) -> bytes:
    return packet(f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>')


def dataset(number: int, value: bytes, record: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def photoshop(record: bytes) -> bytes:
    """The image resource of Photoshop that IPTC stands in."""
    return b"8BIM\x04\x04\x00\x00" + struct.pack(">L", len(record)) + record + b"\x00" * (len(record) % 2)


def segment(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    """A picture with these segments before its own."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "JPEG")
    picture = target.getvalue()
    return picture[:2] + b"".join(segments) + picture[2:]


def jpeg_with(xmp: bytes = b"", iptc: bytes = b"") -> bytes:
    segments = [segment(0xE1, XMP_OF_JPEG + xmp)] if xmp else []
    segments += [segment(0xED, b"Photoshop 3.0\x00" + photoshop(iptc))] if iptc else []
    return jpeg(*segments)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(data, zlib.crc32(kind)))


def png(*before: bytes, after: bytes = b"", picture: bytes = b"") -> bytes:
    """A picture with chunks before and after its own, and perhaps as much more of it as wanted."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PNG")
    plain = target.getvalue()
    pixels, end = plain.index(b"IDAT") - 4, plain.index(b"IEND") - 4
    return plain[:pixels] + b"".join(before) + plain[pixels:end] + picture + after + plain[end:]


def xmp_chunk(xmp: bytes, *, packed: bool = False) -> bytes:
    head = b"XML:com.adobe.xmp\x00" + (b"\x01" if packed else b"\x00") + b"\x00\x00\x00"
    return chunk(b"iTXt", head + (zlib.compress(xmp) if packed else xmp))


def tiff(tags: dict[int, tuple[int, bytes]], *, order: str = "<", big: bool = False) -> bytes:
    """A file of one directory, no picture. Tags are number → type (1 bytes, 2 text, 4 numbers of four bytes), data."""
    word, head, size = ("Q", "Q", 20) if big else ("L", "H", 12)
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    start = 16 if big else 8
    magic += struct.pack(f"{order}HHQ", 8, 0, start) if big else struct.pack(f"{order}L", start)
    room = struct.calcsize(f"{order}{word}")
    data_at = start + struct.calcsize(f"{order}{head}") + size * len(tags) + room
    directory, data = struct.pack(f"{order}{head}", len(tags)), b""
    for number, (kind, value) in sorted(tags.items()):
        count = len(value) // (4 if kind == 4 else 1)
        if len(value) <= room:
            place = value.ljust(room, b"\x00")
        else:
            place = struct.pack(f"{order}{word}", data_at + len(data))
            data += value
        directory += struct.pack(f"{order}HH{word}", number, kind, count) + place
    return magic + directory + bytes(room) + data


def pdf(pages: int = 1, xmp: bytes = b"", *, password: str | None = None, **info: str) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.add_metadata({f"/{name}": value for name, value in info.items()})
    if xmp:
        stream = StreamObject()
        stream.set_data(xmp)
        stream[NameObject("/Type")] = NameObject("/Metadata")
        writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)
    if password is not None:
        writer.encrypt(password, algorithm="AES-256")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
