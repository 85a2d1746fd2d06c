"""The bytes of one file or of one of its versions: as a stream that survives cuts and expiry, or by ranges."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Content, Item
from shared.errors import ContentMismatch, Malware, Refused, SourceChanged, System, Unavailable, let_go
from shared.onedrive.addresses import step
from shared.onedrive.answers import Answer, Json, error_of
from shared.onedrive.body import Body, Broken, Known, admit, error_in
from shared.onedrive.content_host import ERROR_BYTES, ContentHost
from shared.onedrive.graph import Graph, objects
from shared.onedrive.items import item_of

if TYPE_CHECKING:
    import aiohttp

ATTEMPTS = 5  # in a row without real progress; then the transfer comes back another time
PROGRESS_BYTES = 1024 * 1024  # less than this between two cuts is no progress
PAUSE_SECONDS = 0.2  # before the second attempt; grows with each
_URLS = ("@microsoft.graph.downloadUrl", "@content.downloadUrl")


@dataclass(frozen=True, slots=True)
class Sources:
    """What reading content takes."""

    graph: Graph
    host: ContentHost
    clock: Clock


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where the bytes of a file are for some minutes. Lives in memory only."""

    url: str = field(repr=False)  # opens the file to anybody: never logged
    item: Item | None = None  # None for an older version


@dataclass(slots=True)
class _Attempts:
    operation: str
    clock: Clock
    failed: int = 0
    at: int = 0  # the byte of the last failure

    async def failure(self, position: int, why: str, cause: Exception | None = None) -> None:
        self.failed = 1 if position - self.at >= PROGRESS_BYTES else self.failed + 1
        self.at = position
        if self.failed >= ATTEMPTS:
            raise Unavailable(System.ONEDRIVE, self.operation, f"{why}, {self.failed} times in a row") from cause
        await self.clock.sleep(PAUSE_SECONDS * self.failed)


class DriveContent:
    """Also a RangeReader for what stands inside a document. The download URL is asked for anew, never stored."""

    def __init__(
        self,
        sources: Sources,
        drive: DriveId,
        item: ItemId,
        version: str | None = None,
        ticket: Ticket | None = None,
    ) -> None:
        """`ticket`: one that came along with a look at the item a moment ago; it spares the first question."""
        self._graph = sources.graph
        self._host = sources.host
        self._clock = sources.clock
        self._url = f"/drives/{step(drive)}/items/{step(item)}"
        self._version = version
        self._ticket_given = ticket
        self._known = Known()
        self._size: int | None = None
        self._ticket_kept: Ticket | None = None  # for reads of ranges, which follow each other within seconds
        what = f"version {version} of item {item}" if version else f"item {item}"
        self._operation = f"read {what}"

    async def size(self) -> int:
        """As OneDrive announces it, until a range was read: then as the content host says."""
        if self._size is None and self._version is not None:
            raw = await self._graph.get(f"{self._url}/versions/{step(self._version)}", self._operation)
            size = raw.get("size")
            self._size = size if isinstance(size, int) else None
        if self._size is None:
            await self._kept_ticket()
        return self._size or 0

    async def stream(self, *, expected: Content | None = None, start: int = 0) -> AsyncGenerator[bytes]:
        """Every byte from `start` on. `expected` is the content that was decided about; without it, the present one.

        Raises SourceChanged, ContentMismatch, Malware, Throttled, Unavailable (after ATTEMPTS), HostNotAllowed, or what
        Graph answered when it was asked for a URL. Where the announced size lies, the body wins.
        """
        known = Known(expected=expected)
        position, attempts = start, _Attempts(self._operation, self._clock)
        while True:
            ticket = await self._ticket()
            proven = _check_unchanged(ticket, known)
            try:
                async with self._host.open(ticket.url, _from(position), self._operation) as response:
                    body = await self._admitted(response, position, known, proven=proven)
                    self._size = known.total if known.total is not None else self._size
                    async for chunk in _chunks(response, body):
                        position += len(chunk)
                        _check_length(position, known)
                        yield chunk
                if body.empty or _is_whole(position, known):
                    self._size = position
                    return
                await attempts.failure(position, "the body was shorter than announced")
            except _passing() as error:
                await attempts.failure(position, str(error) or type(error).__name__, error)
                let_go(error)

    @asynccontextmanager
    async def opened(self, expected: Content) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        """The size as the body itself says it, and the bytes as `stream` gives them; the announced size is a hint."""
        chunks = self.stream(expected=expected)
        try:
            first = await anext(chunks, b"")
            yield expected.size if self._size is None else self._size, _after(first, chunks)
        finally:
            with contextlib.suppress(RuntimeError):  # it still runs: whoever reads it is being cancelled, which ends it
                await chunks.aclose()

    async def read(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer only at the end of the file."""
        if length <= 0 or (self._size is not None and offset >= self._size):
            return b""
        attempts = _Attempts(self._operation, self._clock)
        while True:
            ticket = await self._kept_ticket()
            try:
                return await self._read(ticket, offset, length)
            except _passing() as error:
                self._ticket_kept = None
                await attempts.failure(0, str(error) or type(error).__name__, error)

    async def _read(self, ticket: Ticket, offset: int, length: int) -> bytes:
        window = f"bytes={offset}-{offset + length - 1}"
        gathered = bytearray()
        async with self._host.open(ticket.url, window, self._operation) as response:
            body = await self._admitted(response, offset, self._known, proven=False)
            self._size = self._known.total if self._known.total is not None else self._size
            async for chunk in _chunks(response, body):
                gathered += chunk
                if len(gathered) >= length:
                    break
        total = self._known.total
        if len(gathered) < length and (total is None or offset + len(gathered) < total) and not body.empty:
            raise Broken("the range was shorter than announced")
        return bytes(gathered[:length])

    async def _admitted(self, response: aiohttp.ClientResponse, position: int, known: Known, *, proven: bool) -> Body:
        if response.status not in {200, 206, 416}:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = await response.content.read(ERROR_BYTES)
            raise error_in(Answer(response.status, headers, body), self._operation)
        return admit(response.status, response.headers, position, known, proven=proven)

    # --- where the bytes are

    async def _kept_ticket(self) -> Ticket:
        if self._ticket_kept is None:
            self._ticket_kept = await self._ticket()
            _check_unchanged(self._ticket_kept, self._known)
            item = self._ticket_kept.item
            if self._size is None and item is not None and item.content is not None:
                self._size = item.content.size
        return self._ticket_kept

    async def _ticket(self) -> Ticket:
        given, self._ticket_given = self._ticket_given, None
        if given is not None:
            return given
        if self._version is not None:
            return await self._ticket_of_version(self._version)
        raw = await self._graph.get(self._url, self._operation)
        item = item_of(DriveId(""), raw)
        if item.malware:
            raise Malware(f"OneDrive: could not {self._operation}: the file is marked as malware")
        if item.is_folder or item.is_package:
            raise Refused(System.ONEDRIVE, self._operation, "a folder or notebook has no content", status=400)
        url = download_url(raw)
        return Ticket(url or await self._redirect(f"{self._url}/content"), item)

    async def _ticket_of_version(self, version: str) -> Ticket:
        try:
            return Ticket(await self._redirect(f"{self._url}/versions/{step(version)}/content"))
        except Refused:
            # Some servers hand out the current version only as the item itself.
            page = await self._graph.get(f"{self._url}/versions?$top=1", self._operation)
            if [one.get("id") for one in objects(page.get("value"))][:1] != [version]:
                raise
            return Ticket(await self._redirect(f"{self._url}/content"))

    async def _redirect(self, url: str) -> str:
        answer = await self._graph.send("GET", url, self._operation)
        if answer.status in {301, 302, 303, 307, 308} and (location := answer.headers.get("location")):
            return location
        if answer.status >= 400:
            raise error_of(answer, self._operation)
        raise Unavailable(System.ONEDRIVE, self._operation, "no download URL", status=answer.status)


def download_url(raw: Json) -> str | None:
    return next((url for name in _URLS if isinstance(url := raw.get(name), str)), None)


def _check_unchanged(ticket: Ticket, known: Known) -> bool:
    """SourceChanged when OneDrive now announces other content; true when its hash proves that it is the same."""
    item = ticket.item
    if item is None or item.content is None:
        return False
    known.mime_type, known.item_etag = item.mime_type, item.etag
    if known.expected is None:
        known.expected = item.content
    now, before = item.content, known.expected
    hashed = now.quick_xor is not None and before.quick_xor is not None
    if now.size != before.size or (hashed and now.quick_xor != before.quick_xor):
        raise SourceChanged("OneDrive: the file changed while it was read")
    return hashed


def _from(position: int) -> str | None:
    """An empty file knows no ranges, so none is asked for at the start."""
    return f"bytes={position}-" if position else None


async def _chunks(response: aiohttp.ClientResponse, body: Body) -> AsyncIterator[bytes]:
    """The body without what was read before, as the socket delivers it: joining what has come would copy it all."""
    skip = body.skip
    if body.empty:
        return
    async for chunk, _ in response.content.iter_chunks():
        if skip >= len(chunk):
            skip -= len(chunk)
            continue
        yield chunk[skip:] if skip else chunk
        skip = 0


async def _after(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in chunks:
        yield chunk


def _check_length(position: int, known: Known) -> None:
    if known.total is not None and position > known.total:
        raise ContentMismatch(f"OneDrive: the file is longer than the {known.total} bytes that its host announced")


def _is_whole(position: int, known: Known) -> bool:
    """A body without a length is whole when it is as long as OneDrive said; else the next byte is asked for."""
    if known.total is not None:
        return position == known.total
    return known.expected is None or position == known.expected.size


def _passing() -> tuple[type[Exception], ...]:
    """What may be over with the next attempt."""
    import aiohttp  # noqa: PLC0415 (keeps the webhook's start cheap)

    return (Broken, OSError, TimeoutError, aiohttp.ClientError)
