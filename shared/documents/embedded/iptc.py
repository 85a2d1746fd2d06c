"""IPTC-IIM, the metadata of picture agencies since 1991: numbered datasets, one after the other.

A small parser, because the kept libraries want a whole file: IPTCInfo3 reads JPEG only, Pillow opens the image.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

IPTC_RESOURCE = 0x0404
DATASETS = 5_000  # an archive photo has some hundred keywords
_HEADER = struct.Struct(">BBBH")
_MARK = 0x1C
_CHARACTERS = (1, 90)
_UTF8 = b"\x1b%G"
_EXTENDED = 0x8000  # the length of the length follows

NAMES = {
    (2, 5): "ObjectName",
    (2, 7): "EditStatus",
    (2, 10): "Urgency",
    (2, 12): "SubjectReference",
    (2, 15): "Category",
    (2, 20): "SupplementalCategories",
    (2, 22): "FixtureIdentifier",
    (2, 25): "Keywords",
    (2, 30): "ReleaseDate",
    (2, 37): "ExpirationDate",
    (2, 40): "SpecialInstructions",
    (2, 55): "DateCreated",
    (2, 60): "TimeCreated",
    (2, 65): "OriginatingProgram",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province-State",
    (2, 100): "Country-PrimaryLocationCode",
    (2, 101): "Country-PrimaryLocationName",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption-Abstract",
    (2, 122): "Writer-Editor",
}


def iptc_properties(raw: bytes) -> dict[str, tuple[str, ...]]:
    """`iptc:Keywords` and `iptc:2:25` → its values. What follows a damaged dataset is not read."""
    found: dict[str, tuple[str, ...]] = {}
    utf8 = False
    for number, data in _datasets(raw):
        if number == _CHARACTERS:
            utf8 = data == _UTF8
            continue
        text = _text(data, utf8=utf8)
        if number[0] != 2 or number[1] == 0 or not text:  # 2:0 is a version, other records are about sending
            continue
        names = [f"iptc:{number[0]}:{number[1]}"]
        names += [f"iptc:{NAMES[number]}"] if number in NAMES else []
        for name in names:
            found[name] = (*found.get(name, ()), text)
    return found


def iptc_of_photoshop(raw: bytes) -> bytes:
    """The IPTC record among the image resources of Photoshop; b"" when there is none."""
    at = 0
    while len(raw) - at >= 12 and raw[at : at + 4] == b"8BIM":
        kind = int.from_bytes(raw[at + 4 : at + 6])
        name = raw[at + 6] + 1
        at += 6 + name + name % 2
        length = int.from_bytes(raw[at : at + 4])
        data = raw[at + 4 : at + 4 + length]
        if kind == IPTC_RESOURCE:
            return data
        at += 4 + length + length % 2
    return b""


def _datasets(raw: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    for _ in range(DATASETS):
        if len(raw) - at < _HEADER.size:
            return
        mark, record, dataset, length = _HEADER.unpack_from(raw, at)
        at += _HEADER.size
        if length & _EXTENDED:
            digits = length & ~_EXTENDED
            length = int.from_bytes(raw[at : at + min(digits, 8)])
            at += digits
        if mark != _MARK or at + length > len(raw):
            return
        yield (record, dataset), raw[at : at + length]
        at += length


def _text(data: bytes, *, utf8: bool) -> str:
    """Without a declared character set the programs of a decade wrote either; what is valid UTF-8 is UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8" if utf8 else "cp1252", errors="replace")
    return text.strip("\x00").strip()
