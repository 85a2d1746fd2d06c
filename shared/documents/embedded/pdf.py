"""The document information and the XMP packet of a PDF file, through pypdf, which sees the file by ranges."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.documents.embedded.found import Found
from shared.documents.embedded.xmp import PACKET_BYTES
from shared.documents.reader import Protected, UnsafeContent
from shared.documents.window import BLOCK_BYTES, Window

if TYPE_CHECKING:
    from pypdf import PdfReader

MAGIC = b"%PDF-"
TOLERANT_BYTES = 4 * 1024 * 1024  # repairing means reading all of it
STEPS = 2_000_000  # of pypdf in one file, some seconds; a document with 100,000 objects takes 600,000
STEP_BYTES = 256  # read in one step; pypdf looks for lines backwards and reads 8 KiB for each
FETCH_STEPS = 100  # what it costs to ask the loop
CPU_SECONDS = 2  # of the thread alone, for what costs no steps: unpacking the same zeros again and again
TABLE_ENTRIES = 500_000
LIMITS: Mapping[str, Any] = {  # pypdf types its settings so
    "maximum_declared_stream_length": PACKET_BYTES,
    "array_based_stream_maximum_output_length": PACKET_BYTES,
    "lzw_maximum_output_length": PACKET_BYTES,
    "run_length_maximum_output_length": PACKET_BYTES,
    "zlib_maximum_output_length": PACKET_BYTES,  # also of tables and of packed objects, which have some 100 KiB
    "brotli_maximum_output_length": PACKET_BYTES,
    "stream_decoding_work_maximum_length": 8 * PACKET_BYTES,
    "stream_filters_maximum_length": 3,
}

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it says of each damaged object what it thinks


async def find(window: Window) -> Found:
    """What there is of both; nothing of a damaged file. Protected when it takes a password to open."""
    size = await window.size()
    for strict in (True, False) if size <= TOLERANT_BYTES else (True,):
        file = _File(window, size, asyncio.get_running_loop())
        try:
            found = await asyncio.to_thread(_read, file, strict=strict)
        finally:
            file.close()
        if file.failure is not None:
            raise file.failure
        if found is not None:
            return found
    return Found()


class _File(io.RawIOBase):
    """A PDF as pypdf wants it, while its bytes come through the window in the loop of the caller."""

    def __init__(self, window: Window, size: int, loop: asyncio.AbstractEventLoop) -> None:
        self._window = window
        self._size = size
        self._loop = loop
        self._at = 0
        self._steps, self._started = STEPS, 0.0
        self._near, self._near_at = b"", 0  # the last blocks: pypdf reads byte by byte, to and fro
        self.failure: Exception | None = None

    def begin(self) -> None:
        """Called in the thread that will read."""
        self._started = time.thread_time()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._step(1)
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning of the file")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(self._size - self._at, 0)
        length = left if size is None or size < 0 else min(size, left)
        self._step(1 + length // STEP_BYTES)
        start = self._at - self._near_at
        if start < 0 or start + length > len(self._near):
            self._near_at = self._at - self._at % BLOCK_BYTES
            start = self._at - self._near_at
            self._near = self._fetched(self._near_at, max(start + length, BLOCK_BYTES))
        data = self._near[start : start + length]
        self._at += len(data)
        return data

    def _fetched(self, offset: int, length: int) -> bytes:
        """What goes wrong is kept: pypdf takes any error for a damaged file and goes on."""
        self._step(FETCH_STEPS)
        try:
            reading = self._window.read(offset, length)
            return asyncio.run_coroutine_threadsafe(reading, self._loop).result()
        except Exception as error:
            self.failure = error
            raise

    def _step(self, count: int) -> None:
        self._steps -= count
        exhausted = self._steps < 0 or (count > 1 and time.thread_time() - self._started > CPU_SECONDS)
        if exhausted or self.closed:
            self.failure = self.failure or UnsafeContent("its structure leads in circles")
        if self.failure is not None:
            raise self.failure


def _read(file: _File, *, strict: bool) -> Found | None:
    """None when it is damaged."""
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 (needed by few files)
    from pypdf.errors import FileNotDecryptedError, LimitReachedError  # noqa: PLC0415

    file.begin()
    with apply_configuration(**LIMITS):
        try:
            reader = PdfReader(file, strict=strict, xref_stream_maximum_entries=TABLE_ENTRIES)  # type: ignore[arg-type]  # takes any stream, says BytesIO or file
            return _found_in(reader)
        except FileNotDecryptedError as error:
            raise Protected("a password") from error
        except LimitReachedError as error:
            raise UnsafeContent("it unpacks to more than any metadata take, or leads in circles") from error
        except Exception:  # noqa: BLE001 (pypdf raises whatever a damaged file makes it stumble over)
            return None


def _found_in(reader: PdfReader) -> Found:
    found = Found()
    packet = reader.root_object.get("/Metadata")
    packet = packet.get_object() if packet is not None else None
    if packet is not None and hasattr(packet, "get_data"):
        found.xmp.append(packet.get_data())
    info = reader.trailer.get("/Info")
    info = info.get_object() if info is not None else None
    if isinstance(info, Mapping):
        for key in info:
            value = info[key]
            if isinstance(value, str):
                found.add_field(f"info:{str(key).removeprefix('/')}", str(value).strip("\x00").strip())
    return found
