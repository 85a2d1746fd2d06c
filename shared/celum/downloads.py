"""Bytes on their way out of CELUM: by a URL of minutes, asked for anew when it expires, resumed where that is safe.

A download that broke goes on at its byte only where the bytes must be the same: the original of a named version. Where
the server ignores Range, what is known already is read over. Everything else begins again at byte 0, and whoever has
taken bytes already is told so (SourceChanged).
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass

import aiohttp
from yarl import URL

from shared.celum.client import Client, Target
from shared.celum.definitions import Link
from shared.errors import ContentMismatch, SourceChanged, System, Unavailable, let_go

CHUNK_BYTES = 256 * 1024
REDIRECTS = 3
ATTEMPTS = 5  # in a row without real progress; then the transfer comes back another time
PROGRESS_BYTES = 1024 * 1024  # less than this between two cuts is no progress
PAUSE_SECONDS = 0.2  # before the second attempt; grows with each
TEXT_TYPES = frozenset({"text/html", "application/json"})  # an error text where a file should be (G63)
TEXT_SUFFIXES = (".html", ".htm", ".xhtml", ".json")
# Reference 14.4 "HTTP Range / resume on the url": sent only to resume, and either answer is understood.
RANGE_ANSWERED, RANGE_IGNORED, RANGE_IMPOSSIBLE = 206, 200, 416
# Reference 25 "Download url lifetime": what an expired URL may be answered with; 400 is storage that signs its URLs.
EXPIRED = frozenset({400, 401, 403, 404, 410})


class Credentials:
    """Reference 25 "Download url host/credentials": the key is tried second, at the own origin only, and remembered."""

    def __init__(self) -> None:
        self.wanted = False

    def for_(self, target: Target) -> bool:
        return self.wanted and target.own

    def refused_without(self, target: Target, status: int, *, with_key: bool) -> bool:
        """Whether the same URL is worth another try with the key.

        One that is refused with it, too, has expired, which says nothing about the key: storage may forbid it (G25).
        """
        if with_key and status in EXPIRED:
            self.wanted = False
        if status not in {401, 403} or with_key or not target.own:
            return False
        self.wanted = True
        return True


@dataclass(frozen=True, slots=True)
class Wanted:
    """`ask` gets a fresh link. `same_bytes`: always the same ones. `size`: how many, where that is known."""

    operation: str
    ask: Callable[[], Awaitable[Link]]
    same_bytes: bool = False
    size: int | None = None


class _Broken(Exception):
    """The stream ended before its end, or its URL has expired; another attempt may do."""


class _Odd(_Broken):
    """Other bytes than CELUM announced; another attempt may do, and if none does, nothing may be stored."""


@dataclass(slots=True)
class _Attempts:
    client: Client
    operation: str
    failed: int = 0
    at: int = 0  # the byte of the last failure

    async def failure(self, position: int, problem: Exception) -> None:
        self.failed = 1 if position - self.at >= PROGRESS_BYTES else self.failed + 1
        self.at = position
        if self.failed >= ATTEMPTS:
            told = problem.came_back if isinstance(problem, Unavailable) else str(problem)
            if isinstance(problem, _Odd):
                raise ContentMismatch(f"{self.operation}: {told}")
            raise Unavailable(System.CELUM, self.operation, f"{told}, {self.failed} times in a row")
        await self.client.clock.sleep(PAUSE_SECONDS * self.failed)


class Source:
    """One rendition's bytes. `filename` and `total` are known once the first byte has come."""

    def __init__(self, client: Client, credentials: Credentials, wanted: Wanted) -> None:
        self._client = client
        self._credentials = credentials
        self._wanted = wanted
        self._link: Link | None = None
        self.filename = ""
        self.total: int | None = wanted.size

    async def stream(self, start: int = 0) -> AsyncGenerator[bytes]:
        """All bytes from `start` on; close it, or read it to its end. SourceChanged: begin again at byte 0.

        ContentMismatch: the bytes are not as many as CELUM says. Refusals that another URL cannot mend come out.
        """
        if start and not self._wanted.same_bytes:
            raise ValueError("only bytes that stay the same can be continued")
        position, attempts = start, _Attempts(self._client, self._wanted.operation)
        while not start or position != self.total:
            try:
                async with aclosing(self._once(position)) as chunks:
                    async for chunk in chunks:
                        position += len(chunk)
                        yield chunk
            except (_Broken, Unavailable) as problem:
                if position and not self._wanted.same_bytes:
                    raise SourceChanged(f"{self._wanted.operation}: broken at byte {position}, begin again") from None
                await attempts.failure(position, problem)
                let_go(problem)
            else:
                return

    async def _once(self, position: int) -> AsyncGenerator[bytes]:
        link = self._link or await self._wanted.ask()
        self._link = None
        self.filename = link.filename or self.filename
        async with aclosing(self._followed(self._client.target(link.url), link, position)) as chunks:
            async for chunk in chunks:
                self._link = link  # it leads to bytes, so it is worth another try
                yield chunk
        self._link = None

    async def _followed(self, target: Target, link: Link, position: int) -> AsyncGenerator[bytes]:
        for _ in range(REDIRECTS + 2):  # one more for the key
            with_key = self._credentials.for_(target)
            async with self._get(target, position, with_key=with_key) as answer:
                if 300 <= answer.status < 400 and "Location" in answer.headers:
                    target = self._next(answer)
                    continue
                if self._credentials.refused_without(target, answer.status, with_key=with_key):
                    continue
                await self._admit(answer, link)
                async with aclosing(self._body(answer, position)) as chunks:
                    async for chunk in chunks:
                        yield chunk
                return
        raise Unavailable(System.CELUM, self._wanted.operation, "redirected too often")

    def _next(self, answer: aiohttp.ClientResponse) -> Target:
        try:
            url = answer.url.join(URL(answer.headers["Location"]))
        except ValueError:
            raise Unavailable(System.CELUM, self._wanted.operation, "redirected to what is no URL") from None
        return self._client.target(str(url))

    def _get(
        self, target: Target, position: int, *, with_key: bool
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"Accept-Encoding": "identity"}  # the bytes are hashed and counted as they are stored
        if position:
            headers["Range"] = f"bytes={position}-"
        settings = self._client.settings
        limits = aiohttp.ClientTimeout(
            total=None, sock_connect=settings.connect_timeout, sock_read=settings.idle_timeout
        )
        return self._client.open(
            "GET", target, self._wanted.operation, with_key=with_key, headers=headers, limits=limits
        )

    async def _admit(self, answer: aiohttp.ClientResponse, link: Link) -> None:
        if answer.status in {RANGE_ANSWERED, RANGE_IGNORED}:
            if answer.content_type in TEXT_TYPES and not link.filename.lower().endswith(TEXT_SUFFIXES):
                raise _Broken(f"{answer.content_type} came instead of the file")
            return
        problem = await self._client.problem_of(answer, self._wanted.operation)
        if answer.status in EXPIRED or answer.status == RANGE_IMPOSSIBLE:
            raise _Broken(f"{problem.came_back}; the URL may have expired")
        raise problem

    async def _body(self, answer: aiohttp.ClientResponse, position: int) -> AsyncGenerator[bytes]:
        """From `position` on, whether the server continued there or began anew."""
        begins, total = _span(answer)
        if begins not in {0, position}:
            raise _Broken(f"the server continued at byte {begins} instead of {position}")
        self._agree(total, position)
        skip, at = position - begins, begins
        async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
            at += len(chunk)
            if self.total is not None and at > self.total:
                raise _Odd(f"more than the announced {self.total} bytes came")
            passed, skip = min(skip, len(chunk)), max(0, skip - len(chunk))
            if passed < len(chunk):
                yield chunk[passed:] if passed else chunk
        if self.total is not None and at < self.total:
            raise _Odd(f"{at} bytes came instead of {self.total}")

    def _agree(self, total: int | None, position: int) -> None:
        """What is not continued may be of another length than last time, unless CELUM has said how long it is."""
        if not position:
            self.total = self._wanted.size
        if total is None:
            return
        if self.total is not None and total != self.total:
            raise _Odd(f"{total} bytes are offered instead of {self.total}")
        self.total = total


def _span(answer: aiohttp.ClientResponse) -> tuple[int, int | None]:
    """Where the body begins, and how long the whole is, as far as the server says (G61, G62)."""
    if answer.status != RANGE_ANSWERED:
        return 0, answer.content_length
    match = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", answer.headers.get("Content-Range", "").strip())
    if match is None:
        raise _Broken("a part came that does not say which")
    return int(match[1]), None if match[3] == "*" else int(match[3])
