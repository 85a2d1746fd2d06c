"""The bytes of an asset on their way to CELUM: one URL, one POST."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp

from shared.celum import wire
from shared.celum.answers import MISSING, TOO_LARGE, UNKNOWN_OUTCOME, mentions_handle
from shared.celum.client import Client, Target
from shared.errors import (
    Conflict,
    ContentMismatch,
    Forbidden,
    Locked,
    Missing,
    NotAuthorised,
    Refused,
    RemoteError,
    System,
    Unavailable,
)

UPLOAD_METHOD = "POST"  # as the specification says; one client in the field uses PUT (reference 24, row 5)
KEY_REFUSALS = frozenset({400, 401, 403})  # storage that signs its URLs answers 400 to a second credential


@dataclass(frozen=True, slots=True)
class Upload:
    """Where bytes may be sent, and what they are named afterwards. Its URL carries its own authorisation."""

    url: str = field(repr=False)
    handle: str = field(repr=False)


class Content:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._key_on_upload = True  # reference 25 "Upload URL wants the key?": the own origin first gets it …
        self._upload_worked = False  # … until an upload has shown which way is right

    async def begin_upload(self, filename: str, size: int) -> Upload:
        operation = f"ask for an upload of {size} bytes"
        answer = await self._client.post("upload", {"filename": filename, "filesize": size}, operation=operation)
        given = wire.understood(wire.UploadModel, answer, operation)
        if not given.handle or not given.url:
            raise Unavailable(System.CELUM, operation, "neither a URL nor a handle came back")
        return Upload(given.url, given.handle)

    async def send(self, upload: Upload, size: int, chunks: AsyncIterator[bytes]) -> None:
        """All bytes in one POST with their exact length; what `chunks` raises comes out unchanged, and it is closed.

        Unavailable: nothing may be created from this handle, ask for a new one. Refused, Forbidden: these bytes will
        not be taken another time either. No repetition inside.
        """
        operation = f"send {size} bytes"
        target = self._client.target(upload.url)
        with_key = target.own and self._key_on_upload
        settings = self._client.settings
        limits = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        clock = asyncio.get_running_loop().time
        watch = asyncio.timeout(settings.idle_timeout if size else settings.upload_answer_timeout)
        body = _Exactly(size, chunks, lambda seconds: watch.reschedule(clock() + seconds))
        if not size:
            await body.expect_nothing()
        stream = body.stream(settings.idle_timeout, settings.upload_answer_timeout)
        try:
            async with (
                watch,
                self._client.open(
                    UPLOAD_METHOD,
                    target,
                    operation,
                    with_key=with_key,
                    headers=headers,
                    data=stream if size else b"",
                    limits=limits,
                ) as response,
            ):
                await self._judge_upload(response, target, operation, with_key=with_key)
        except TimeoutError as problem:
            raise Unavailable(System.CELUM, operation, "no byte moved for too long") from problem
        except RemoteError:
            if body.problem is not None:
                raise body.problem from None
            raise
        finally:
            await body.close()

    async def _judge_upload(
        self, response: aiohttp.ClientResponse, target: Target, operation: str, *, with_key: bool
    ) -> None:
        """Any 2xx will do and the body says nothing (reference 25, "Answer of the upload POST")."""
        if 200 <= response.status < 300:
            self._upload_worked = self._upload_worked or target.own
            return
        problem = await self._client.problem_of(response, operation)
        if problem.status in MISSING or isinstance(problem, Missing) or mentions_handle(problem):  # the URL has expired
            raise Unavailable(System.CELUM, operation, problem.came_back, status=problem.status)
        raise _for_good(self._refused_upload(problem, target, operation, with_key=with_key), operation)

    def _refused_upload(self, problem: RemoteError, target: Target, operation: str, *, with_key: bool) -> RemoteError:
        """For the key, or its absence? The bytes are spent, so the next upload takes the other way (G25)."""
        if not target.own and isinstance(problem, NotAuthorised | Forbidden):
            told = f"{problem.came_back}; the upload lies on another host, which is never shown the key"
            return Forbidden(System.CELUM, operation, told, status=problem.status, code=problem.code)
        if not target.own or self._upload_worked or problem.status not in KEY_REFUSALS:
            return problem
        self._key_on_upload = not with_key
        if with_key:
            told = f"{problem.came_back}; the next upload goes without the key"
            return _TakesOtherWay(System.CELUM, operation, told, status=problem.status, code=problem.code)
        if problem.status == 400:
            return problem
        told = f"{problem.came_back}; refused with the key and without"
        return Forbidden(System.CELUM, operation, told, status=problem.status, code=problem.code)


def _for_good(problem: RemoteError, operation: str) -> RemoteError:
    """A 4xx to the bytes is about them, in whatever words: a proxy's page, a conflict, a lock. None of it will pass."""
    status = problem.status or 0
    is_lasting = isinstance(problem, Unavailable | Conflict | Locked) and 400 <= status < 500
    if isinstance(problem, _TakesOtherWay) or status == UNKNOWN_OUTCOME or not (is_lasting or status == TOO_LARGE):
        return problem
    what = "too large for CELUM or for what stands before it: " if status == TOO_LARGE else ""
    told = f"{what}{problem.came_back}"
    faults = problem.faults if isinstance(problem, Refused) else ()
    return Refused(System.CELUM, operation, told, status=status, code=problem.code, faults=faults)


class _TakesOtherWay(Unavailable):
    """Refused for the key, or its absence: the next upload does it otherwise."""


class _Exactly:
    """Exactly so many bytes, or an error that says what came instead; keeps a watch on their moving."""

    def __init__(self, size: int, chunks: AsyncIterator[bytes], watch: Callable[[float], None]) -> None:
        self.problem: Exception | None = None
        self._size = size
        self._chunks = chunks
        self._watch = watch

    async def stream(self, idle: float, answer: float) -> AsyncIterator[bytes]:
        """`idle` seconds may pass between two chunks, `answer` seconds after the last one."""
        try:
            async for chunk in self._counted():
                self._watch(idle)
                yield chunk
            self._watch(answer)
        except Exception as problem:
            self.problem = problem
            raise

    async def close(self) -> None:
        """The source may hold a connection open; whoever broke off before its end lets it go."""
        if isinstance(self._chunks, AsyncGenerator):
            with contextlib.suppress(RuntimeError):  # it still runs: aiohttp has cancelled it, which ends it too
                await self._chunks.aclose()

    async def expect_nothing(self) -> None:
        async for _ in self._counted():
            pass

    async def _counted(self) -> AsyncIterator[bytes]:
        sent = 0
        async for chunk in self._chunks:
            sent += len(chunk)
            if sent > self._size:
                raise ContentMismatch(f"more than the announced {self._size} bytes came from the source")
            if chunk:
                yield chunk
        if sent < self._size:
            raise ContentMismatch(f"{sent} bytes came from the source instead of the announced {self._size}")
