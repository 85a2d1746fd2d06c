"""The first directory of a TIFF file, which is also what EXIF is inside a JPEG or PNG. BigTIFF too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.documents.embedded.found import Found
from shared.documents.embedded.iptc import iptc_of_photoshop
from shared.documents.embedded.xmp import PACKET_BYTES
from shared.documents.window import Memory, Window

MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
ENTRIES = 1_000  # of one directory; cameras write some dozen
TEXT_BYTES = 64 * 1024
XMP, IPTC, PHOTOSHOP, EXIF_DIRECTORY = 700, 33723, 34377, 34665
BLOCK_BYTES = PACKET_BYTES

NAMES = {
    269: "DocumentName",
    270: "ImageDescription",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    33432: "Copyright",
    36867: "DateTimeOriginal",
    36881: "OffsetTimeOriginal",
    40091: "XPTitle",
    40092: "XPComment",
    40093: "XPAuthor",
    40094: "XPKeywords",
    40095: "XPSubject",
}
_WIDTH, _HEIGHT = 256, 257
_WIDE = range(40091, 40096)  # Windows writes these in UTF-16
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    value: bytes  # itself if it fits here, else the place where it stands

    @property
    def size(self) -> int:
        return _SIZES.get(self.kind, 0) * self.count


@dataclass(frozen=True, slots=True)
class _Tiff:
    window: Window
    order: Literal["little", "big"]
    word: int  # of a place: 4 bytes, 8 in a BigTIFF

    def number(self, data: bytes) -> int:
        return int.from_bytes(data, self.order)

    async def directory(self, at: int) -> dict[int, _Entry]:
        head, size = (2, 12) if self.word == 4 else (8, 20)
        count = self.number(await self.window.read(at, head))
        if at == 0 or not 0 < count <= ENTRIES:
            return {}
        raw = await self.window.read(at + head, count * size)
        rows = [raw[start : start + size] for start in range(0, len(raw) - size + 1, size)]
        return {self.number(row[:2]): self._entry(row) for row in rows}

    def _entry(self, row: bytes) -> _Entry:
        return _Entry(self.number(row[2:4]), self.number(row[4 : 4 + self.word]), row[4 + self.word :])

    async def value(self, entry: _Entry, most: int) -> bytes:
        """b"" when it is longer than `most` or not all there."""
        if entry.size > most:
            return b""
        if entry.size <= self.word:
            return entry.value[: entry.size]
        data = await self.window.read(self.number(entry.value), entry.size)
        return data if len(data) == entry.size else b""


async def find(window: Window) -> Found:
    found = Found()
    tiff = await _opened(window)
    if tiff is None:
        return found
    tags = await _first(tiff)
    for name, value in (await _texts(tiff, tags)).items():
        found.add_field(name, value)
    if XMP in tags and (packet := await tiff.value(tags[XMP], BLOCK_BYTES)):
        found.xmp.append(packet)
    if iptc := await _iptc(tiff, tags):
        found.iptc.append(iptc)
    return found


async def _iptc(tiff: _Tiff, tags: Mapping[int, _Entry]) -> bytes:
    """The longer of two copies: ImageMagick declares a quarter of the true length in the one tag."""
    alone = _unswapped(await tiff.value(tags[IPTC], BLOCK_BYTES)) if IPTC in tags else b""
    resources = await tiff.value(tags[PHOTOSHOP], BLOCK_BYTES) if PHOTOSHOP in tags else b""
    return max(alone, iptc_of_photoshop(resources), key=len)


async def exif(raw: bytes) -> dict[str, str]:
    """The texts of an EXIF block, `ifd:Artist` and so on."""
    tiff = await _opened(Window(Memory(raw)))
    return await _texts(tiff, await _first(tiff)) if tiff else {}


async def pixels(window: Window) -> tuple[int, int] | None:
    """Width and height of the first picture; None where a directory does not say."""
    tiff = await _opened(window)
    tags = await _first(tiff) if tiff is not None else {}
    if tiff is None or not {_WIDTH, _HEIGHT} <= tags.keys():
        return None
    return tiff.number(await tiff.value(tags[_WIDTH], 8)), tiff.number(await tiff.value(tags[_HEIGHT], 8))


async def _opened(window: Window) -> _Tiff | None:
    magic = await window.read(0, 4)
    if magic not in MAGICS:
        return None
    return _Tiff(window, "little" if magic[:1] == b"I" else "big", 4 if b"*" in magic else 8)


async def _first(tiff: _Tiff) -> dict[int, _Entry]:
    place = await tiff.window.read(4 if tiff.word == 4 else 8, tiff.word)
    return await tiff.directory(tiff.number(place))


async def _texts(tiff: _Tiff, tags: Mapping[int, _Entry]) -> dict[str, str]:
    """Of the first directory and of the one that EXIF hangs below it; no chain is followed further."""
    everything = dict(tags)
    if EXIF_DIRECTORY in tags:
        below = await tiff.directory(tiff.number(await tiff.value(tags[EXIF_DIRECTORY], tiff.word)))
        everything = {**below, **everything}
    found: dict[str, str] = {}
    for tag, name in NAMES.items():
        if tag in everything:
            data = await tiff.value(everything[tag], TEXT_BYTES)
            found[f"ifd:{name}"] = _text(data, wide=tag in _WIDE)
    return found


def _text(data: bytes, *, wide: bool) -> str:
    """The standard says ASCII; programs write UTF-8 and, before it, Latin letters."""
    if wide:
        return data[: len(data) // 2 * 2].decode("utf-16-le", errors="replace").partition("\x00")[0].strip()
    raw = data.rstrip(b"\x00")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return " ".join(text.replace("\x00", " ").split()) if "\x00" in text else text.strip()


def _unswapped(record: bytes) -> bytes:
    """Some programs declare IPTC as numbers and so have its bytes turned round, four by four."""
    if record[:1] == b"\x1c" or record[3:4] != b"\x1c":
        return record
    return b"".join(record[at : at + 4][::-1] for at in range(0, len(record), 4))
