"""The size of a picture, from its first bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.documents.pixels import pixels_in
from shared.documents.window import Memory
from tests.unit.documents.pictures import segment


def picture(form: str, *, progressive: bool = False) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (300, 70)).save(target, form, progressive=progressive)
    return target.getvalue()


BIG_ENDIAN = bytes.fromhex("4d4d002a00000008 0002 0100000300000001012c0000 010100040000000100000046 00000000")
JPEG = picture("JPEG")


@pytest.mark.parametrize(
    "data",
    [
        JPEG,
        picture("JPEG", progressive=True),
        JPEG[:2] + segment(0xE1, b"x" * 60_000) * 3 + JPEG[2:],  # behind more than one block of metadata
        picture("PNG"),
        picture("TIFF"),
        BIG_ENDIAN,
    ],
    ids=["jpeg", "progressive", "long metadata", "png", "tiff", "big-endian tiff"],
)
async def test_pictures_say_how_large_they_are(data: bytes) -> None:
    assert await pixels_in(Memory(data)) == (300, 70)


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.4", JPEG[:100], picture("PNG")[:20], picture("TIFF")[:8], picture("GIF")],
    ids=["empty", "pdf", "cut jpeg", "cut png", "cut tiff", "gif"],
)
async def test_what_does_not_say_has_no_size(data: bytes) -> None:
    assert await pixels_in(Memory(data)) is None
