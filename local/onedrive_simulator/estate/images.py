from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError


def measure_image(mime_type: str, path: Path) -> tuple[int, int] | None:
    """Width and height from the header of an image file; None for anything else."""
    if not mime_type.startswith("image/"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size of the picture is no danger: it is never decoded
            with Image.open(path) as picture:
                return picture.size
    except (UnidentifiedImageError, OSError, ValueError):
        return None
