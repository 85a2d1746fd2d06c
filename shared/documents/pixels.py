"""How large a picture is, as its first bytes say."""

from __future__ import annotations

from shared.documents.embedded import jpeg, png, tiff
from shared.documents.reader import RangeReader
from shared.documents.window import Window

type Pixels = tuple[int, int]  # width, height

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG: how the picture is packed, and its size


async def pixels_in(reader: RangeReader) -> Pixels | None:
    """None when it is no JPEG, PNG or TIFF, or does not say. Raises UnsafeContent, or what the reader raises."""
    window = Window(reader)
    head = await window.read(0, 24)
    found: Pixels | None = None
    if head.startswith(jpeg.MAGIC):
        found = await _of_jpeg(window)
    elif head.startswith(png.MAGIC) and head[12:16] == b"IHDR" and len(head) == 24:
        found = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    elif head.startswith(tiff.MAGICS):
        found = await tiff.pixels(window)
    return found if found is not None and min(found) > 0 else None


async def _of_jpeg(window: Window) -> Pixels | None:
    async for kind, data in jpeg.segments(window, _FRAMES):
        if kind in _FRAMES and len(data) >= 5:
            return int.from_bytes(data[3:5]), int.from_bytes(data[1:3])
    return None
