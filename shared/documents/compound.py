"""The directory of a compound file, the container of Word 97, in which Office still wraps what it has encrypted."""

from __future__ import annotations

from shared.documents.reader import RangeReader
from shared.documents.window import Window

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_BYTES = 512
TABLES_IN_HEADER = 109  # enough for files of 6 MiB in small sectors, and of all sizes for where the directory stands
DIRECTORY_SECTORS = 64
ENTRY_BYTES = 128
_SECTOR_SHIFTS = {9, 12}


async def protection(reader: RangeReader) -> str | None:
    """What an encrypted Office document is protected by; None when the file is no such document."""
    window = Window(reader)
    header = await window.read(0, HEADER_BYTES)
    if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
        return None
    names = await _names(window, header)
    if "EncryptedPackage" not in names:
        return None
    return "rights management" if any("DRM" in name for name in names) else "a password"


async def _names(window: Window, header: bytes) -> set[str]:
    """Of all streams and storages, as far as the chain of the directory can be followed."""
    shift = int.from_bytes(header[30:32], "little")
    if shift not in _SECTOR_SHIFTS:
        return set()
    size, sector = 1 << shift, int.from_bytes(header[48:52], "little")
    names: set[str] = set()
    for _ in range(DIRECTORY_SECTORS):
        raw = await window.read((sector + 1) << shift, size)
        names |= {_name(raw[at : at + ENTRY_BYTES]) for at in range(0, len(raw), ENTRY_BYTES)}
        table, place = divmod(sector, size // 4)
        if table >= TABLES_IN_HEADER:
            break
        table_sector = int.from_bytes(header[76 + 4 * table : 80 + 4 * table], "little")
        raw = await window.read(((table_sector + 1) << shift) + 4 * place, 4)
        sector = int.from_bytes(raw, "little") if len(raw) == 4 else 0xFFFFFFFF
        if sector >= 0xFFFFFFFA:  # the end of the chain, or no sector at all
            break
    return names


def _name(entry: bytes) -> str:
    length = int.from_bytes(entry[64:66], "little")
    return entry[: min(max(length - 2, 0), 64)].decode("utf-16-le", errors="replace")
