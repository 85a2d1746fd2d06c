"""Bytes on disk: written piece by piece, hashed on the way."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from local.celum_simulator.model import Blob


class Writer:
    """Takes pieces; `blob` holds the result when the block has ended well, and nothing stays when it has not."""

    def __init__(self, path: Path, checksum: str) -> None:
        self._path = path
        self._hashes = {name: hashlib.new(name) for name in {checksum} - {"none"}}
        self._size = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def write(self, piece: bytes) -> int:
        self._file.write(piece)
        for digest in self._hashes.values():
            digest.update(piece)
        self._size += len(piece)
        return self._size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is not None:
            self._path.unlink(missing_ok=True)

    @property
    def blob(self) -> Blob:
        return Blob(self._path, self._size, {name: digest.hexdigest() for name, digest in self._hashes.items()})


def store(path: Path, content: bytes, checksum: str) -> Blob:
    with Writer(path, checksum) as writer:
        writer.write(content)
    return writer.blob


def digest(blob: Blob, name: str) -> str:
    """Lower-case hex; read from disk when the algorithm was not asked for while the bytes came."""
    if name not in blob.digests:
        with blob.path.open("rb") as file:
            blob.digests[name] = hashlib.file_digest(file, name).hexdigest()
    return blob.digests[name]


CATEGORIES = {
    "IMAGE": "jpg jpeg png gif webp tif tiff bmp heic psd psb ai eps svg indd raw cr2 nef dng exr",
    "DOCUMENT": "pdf doc docx docm dot dotx xls xlsx xlsm ppt pptx pptm potx odt ods odp key pages numbers vsdx",
    "VIDEO": "mp4 mov avi mkv webm wmv mpg mpeg m4v mxf",
    "AUDIO": "mp3 wav flac aac ogg m4a aiff",
    "TEXT": "txt md csv xml json html htm rtf log yaml yml srt vtt",
    "MODEL3D": "obj fbx stl glb gltf usdz blend 3ds dae",
}
MAGIC = {b"%PDF": "DOCUMENT", b"\x89PNG": "IMAGE", b"\xff\xd8\xff": "IMAGE", b"GIF8": "IMAGE", b"ID3": "AUDIO"}


def extension(filename: str) -> str:
    return Path(filename).suffix.removeprefix(".").lower()


def category(filename: str, blob: Blob) -> str:
    """By extension, else by the first bytes."""
    wanted = extension(filename)
    for name, extensions in CATEGORIES.items():
        if wanted in extensions.split():
            return name
    with blob.path.open("rb") as file:
        start = file.read(8)
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), "UNKNOWN")
