"""Previews, renditions and technical properties: real pictures of images, a plain card for everything else."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, UnidentifiedImageError

from local.celum_simulator import blobs
from local.celum_simulator.model import Version
from local.celum_simulator.refusals import Json

LONGEST = {"THUMB": 250, "PREVIEW": 1024, "LARGE": 3000}
COLOURS = {
    "IMAGE": "#3a6ea5",
    "DOCUMENT": "#8a3b3b",
    "VIDEO": "#5b4a8a",
    "AUDIO": "#3b7a57",
    "TEXT": "#5f6b7a",
    "MODEL3D": "#8a6d3b",
}


def rendition(version: Version, longest: int) -> bytes:
    """A JPEG no longer than `longest` on its longer side."""
    picture = _opened(version) or _card(version, longest)
    picture.thumbnail((longest, longest))
    out = BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def _opened(version: Version) -> Image.Image | None:
    if version.category != "IMAGE" or version.blob is None:
        return None
    try:
        with Image.open(version.blob.path) as image:
            image.load()
            return image.copy()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def _card(version: Version, longest: int) -> Image.Image:
    card = Image.new("RGB", (longest, longest * 3 // 4), COLOURS.get(version.category, "#5f6b7a"))
    text = blobs.extension(version.filename).upper() or version.category
    ImageDraw.Draw(card).text((longest // 2, longest * 3 // 8), text, anchor="mm", fill="white", font_size=longest // 6)
    return card


def properties(version: Version) -> list[Json]:
    """`fileProperties`: what can be told without understanding every format."""
    found: dict[str, tuple[str, object]] = {}
    if version.category == "IMAGE" and version.blob is not None:
        found = _image_facts(version.blob.path)
    return [
        {"id": i, "name": name, "labels": {"en": name}, "type": kind, "value": value}
        for i, (name, (kind, value)) in enumerate(found.items(), start=1)
    ]


def _image_facts(path: Path) -> dict[str, tuple[str, object]]:
    try:
        with Image.open(path) as image:
            return {
                "width": ("NUMBER", image.width),
                "height": ("NUMBER", image.height),
                "colorSpace": ("TEXT", image.mode),
            }
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return {}
