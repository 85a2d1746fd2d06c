"""The central directory of a zip archive, read by ranges and believed only where it is consistent with itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.documents.reader import RangeReader, UnsafeArchive

END = struct.Struct("<4s4H2LH")
END_MARK = b"PK\x05\x06"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_MARK = b"PK\x06\x06"
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_MARK = b"PK\x06\x07"
ENTRY = struct.Struct("<4s6H3L5H2L")
ENTRY_MARK = b"PK\x01\x02"
LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_MARK = b"PK\x03\x04"

TAIL_BYTES = END.size + 0xFFFF + LOCATOR.size + END64.size  # the longest comment, and what may stand before it
DIRECTORY_BYTES = 8 * 1024 * 1024  # of a document with 20,000 parts it is 2 MiB
PARTS = 20_000
BOMB_BYTES, BOMB_RATIO = 256 * 1024 * 1024, 200  # a part that grows so far beyond its size is no document
DEFLATE_RATIO = 1032  # the most that deflate can do
STORED, DEFLATED = 0, 8
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    crc: int
    size: int
    packed: int  # size as it lies in the archive
    method: int
    offset: int  # of its local header
    name_bytes: int = 0

    @property
    def least_end(self) -> int:
        """Where it ends if its local header has no extra fields."""
        return self.offset + LOCAL.size + self.name_bytes + self.packed


@dataclass(frozen=True, slots=True)
class _End:
    count: int
    size: int
    offset: int
    at: int  # where the end record, or the first of its records, stands: the directory has to reach up to it


async def read_directory(reader: RangeReader) -> tuple[Part, ...] | None:
    """Every part in the order of the directory; None when this is no zip archive. UnsafeArchive for a hostile one."""
    size, tail = await _tail(reader)
    found = _find_end(tail, size)
    if found is None:
        return None
    end = await _end64(reader, tail, size, found)
    if end.count > PARTS or end.size > DIRECTORY_BYTES:
        raise UnsafeArchive(f"it has {end.count} parts and a directory of {end.size} bytes")
    if end.offset + end.size != end.at:
        raise UnsafeArchive("its directory does not stand where it says")
    start = size - len(tail)
    inside = end.offset >= start
    raw = tail[end.offset - start : end.at - start] if inside else await reader.read(end.offset, end.size)
    parts = tuple(_entries(raw, end))
    _check_places(parts, end.offset)
    return parts


async def _tail(reader: RangeReader) -> tuple[int, bytes]:
    """The true size of the file and its last bytes."""
    size = await reader.size()
    for _ in range(2):
        start = max(size - TAIL_BYTES, 0)
        tail = await reader.read(start, size - start)
        announced, size = size, await reader.size()
        if announced == size:
            break
    if len(tail) != min(size, TAIL_BYTES):
        raise UnsafeArchive("its end could not be read")
    return size, tail


def _find_end(tail: bytes, size: int) -> _End | None:
    """The last end record whose comment reaches exactly to the end of the file."""
    at = len(tail)
    while (at := tail.rfind(END_MARK, 0, at)) >= 0:
        if len(tail) - at < END.size:
            continue
        _, disk, start_disk, here, count, length, offset, comment = END.unpack_from(tail, at)
        if at + END.size + comment == len(tail):
            if (disk, start_disk) not in {(0, 0), (_FULL16, _FULL16)} or here != count:
                raise UnsafeArchive("it is spread over several volumes")
            return _End(count, length, offset, size - len(tail) + at)
    return None


async def _end64(reader: RangeReader, tail: bytes, size: int, end: _End) -> _End:
    """The 64-bit record where the short one says "too large for me", or the short one itself."""
    start = size - len(tail)
    at = end.at - start - LOCATOR.size
    wanted = end.count == _FULL16 or _FULL32 in {end.size, end.offset}
    if at < 0 or tail[at : at + 4] != LOCATOR_MARK:
        if wanted:
            raise UnsafeArchive("its 64-bit end record is missing")
        return end
    _, _, where, _ = LOCATOR.unpack_from(tail, at)
    if where + END64.size > end.at - LOCATOR.size:
        raise UnsafeArchive("its 64-bit end record is not where it says")
    raw = tail[where - start :][: END64.size] if where >= start else await reader.read(where, END64.size)
    if len(raw) != END64.size or raw[:4] != END64_MARK:
        raise UnsafeArchive("its 64-bit end record is not where it says")
    _, length, _, _, disk, start_disk, here, count, directory, offset = END64.unpack(raw)
    if disk or start_disk or here != count or where + 12 + length != end.at - LOCATOR.size:
        raise UnsafeArchive("its 64-bit end record contradicts itself")
    return _End(count, directory, offset, where)


def _entries(raw: bytes, end: _End) -> Iterator[Part]:
    at = 0
    for _ in range(end.count):
        if len(raw) - at < ENTRY.size or raw[at : at + 4] != ENTRY_MARK:
            raise UnsafeArchive("its directory is damaged")
        fields = ENTRY.unpack_from(raw, at)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        name_length, extra_length, comment_length, disk, offset = *fields[10:14], fields[16]
        name_at = at + ENTRY.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        if at > len(raw) or disk not in {0, _FULL16}:
            raise UnsafeArchive("its directory is damaged")
        name = raw[name_at:extra_at].decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
        part = Part(name, crc, size, packed, method, offset, name_length)
        part = _widened(part, raw[extra_at : extra_at + extra_length])
        _check_part(part, flags)
        yield part
    if at != len(raw):
        raise UnsafeArchive("its directory holds more than it says")


def _widened(part: Part, extra: bytes) -> Part:
    """The 64-bit sizes and offset out of the extra field, in the order of the standard, each only where needed."""
    needed = [name for name in ("size", "packed", "offset") if getattr(part, name) == _FULL32]
    if not needed:
        return part
    for kind, data in _extras(extra):
        if kind == 1 and len(data) >= 8 * len(needed):
            numbers = struct.unpack_from(f"<{len(needed)}Q", data)
            return replace(part, **dict(zip(needed, numbers, strict=True)))
    raise UnsafeArchive("the 64-bit sizes of a part are missing")


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while len(extra) - at >= 4:
        kind, length = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _check_part(part: Part, flags: int) -> None:
    if flags & _ENCRYPTED:
        raise UnsafeArchive("a part is encrypted")
    if part.method not in {STORED, DEFLATED}:
        raise UnsafeArchive(f"a part is packed by method {part.method}")
    lying = part.size > part.packed * DEFLATE_RATIO + 64 if part.method == DEFLATED else part.size != part.packed
    if lying:
        raise UnsafeArchive("a part lies about its size")
    if part.size > BOMB_BYTES and part.size > part.packed * BOMB_RATIO:
        raise UnsafeArchive("a part unpacks to far more than any document needs")


def _check_places(parts: tuple[Part, ...], directory: int) -> None:
    """No two parts share a byte, none reaches into the directory, no name stands twice."""
    names = {part.name.casefold() for part in parts}
    if len(names) != len(parts):
        raise UnsafeArchive("a name stands twice in it")
    ordered = sorted(parts, key=lambda part: part.offset)
    ends = [part.offset for part in ordered[1:]] + [directory]
    for part, next_starts in zip(ordered, ends, strict=False):
        if part.least_end > next_starts:
            raise UnsafeArchive("parts overlap")


def unpack(part: Part, raw: bytes) -> bytes | int:
    """The bytes of a part out of `raw`, which begins with its local header; or how many bytes of raw it takes.

    The caller has bounded part.size. UnsafeArchive when header, length or CRC are not those of the directory.
    """
    if len(raw) < LOCAL.size or raw[:4] != LOCAL_MARK:
        raise UnsafeArchive("a part does not begin where it says")
    header: tuple[int, ...] = LOCAL.unpack_from(raw)
    name_length, extra_length = header[9:11]
    start = LOCAL.size + name_length + extra_length
    if name_length != part.name_bytes:
        raise UnsafeArchive("a part has two names")
    if len(raw) < start + part.packed:
        return start + part.packed
    data = raw[start : start + part.packed]
    if part.method == DEFLATED:
        data = _inflated(data, part.size)
    if len(data) != part.size or zlib.crc32(data) != part.crc:
        raise UnsafeArchive("a part lies about its content")
    return data


def _inflated(data: bytes, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(data, size + 1)
    except zlib.error as error:
        raise UnsafeArchive("a part cannot be unpacked") from error
    if not inflater.eof and len(inflated) <= size:
        inflated += inflater.flush()
    return inflated
