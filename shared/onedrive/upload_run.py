"""One process's part of an upload: where the server stands, what it gets next, and what became of it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.clock import Clock
from shared.domain.items import Content, Item
from shared.errors import (
    Conflict,
    RemoteError,
    SessionGone,
    System,
    Unavailable,
)
from shared.onedrive.answers import Json
from shared.onedrive.arrival import candidates, is_ours, was_no_clash
from shared.onedrive.fragments import Fragment, Fragments, Source
from shared.onedrive.upload_session import (
    FRAGMENT_BYTES,
    UNIT_BYTES,
    OutOfStep,
    Progress,
    Session,
    Target,
    UploadSessions,
    item_in,
)
from shared.onedrive.verifying import may_be_rewritten, verdict

ATTEMPTS = 5  # in a row without a byte taken; then the transfer comes back another time
SESSIONS = 3  # in one run; a file whose sessions end as quickly comes back another time
READINGS = 10  # of the source in one run
PAUSE_SECONDS = 0.5  # before the second attempt; doubles
NEWBORN_PAUSE_SECONDS = 5.0  # a session may be unknown for a moment after it was created (rclone#8545)
_SENDING = "send a fragment of a file"

type Absorb = Callable[[int, bytes], Awaitable[None]]
type Checkpoint = Callable[[Session], Awaitable[None]]


class Digest(Protocol):
    """What hashes the bytes on their way; documents.Hashes is one."""

    async def update(self, chunk: bytes) -> None: ...

    async def digests(self) -> Mapping[str, str]:
        """`quickXor` among them."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """`source(offset)` yields the file from a byte on. `digest` has seen the first `session.offset` bytes.

    `checkpoint` is awaited with every session that begins and after every fragment that OneDrive has taken.
    """

    target: Target
    size: int
    source: Source
    digest: Digest
    checkpoint: Checkpoint
    modified: datetime | None = None
    defer: bool = False  # the file appears at once with all its bytes, or not at all
    fragment_bytes: int = FRAGMENT_BYTES


class Run:
    """One process's part of an upload."""

    def __init__(self, sessions: UploadSessions, upload: Upload, clock: Clock, session: Session | None) -> None:
        self._sessions = sessions
        self._upload = upload
        self._clock = clock
        self.session = session
        self._resumed = session is not None
        self._hashed = session.offset if session else 0
        self._begun = 0
        self._clashed = False
        self._failed = 0
        self._position = 0
        self._readings = 0
        self._expires: datetime | None = None

    async def to_the_end(self) -> Item:
        while True:
            try:
                await self._find_position()
                return await self._send_everything()
            except SessionGone as gone:
                item = await self._arrived()
                if item is not None:
                    return item
                await self._begin_again(gone)
            except Conflict as clash:
                if self._clashed or not await was_no_clash(clash, self._sessions, self._upload.target):
                    raise
                self._clashed = True
                await self._begin_again(clash)

    # --- sessions

    @property
    def _live(self) -> Session:
        if self.session is None:  # never: _find_position begins one
            raise SessionGone(System.ONEDRIVE, _SENDING, "there is no upload session")
        return self.session

    async def _find_position(self) -> None:
        if self.session is None:
            await self._begin()
        elif self._resumed:
            self._resumed = False
            told = await self._ask()
            if told.next_byte is None and not self._live.deferred:
                raise SessionGone(System.ONEDRIVE, "resume an upload", "it expects nothing more and made no file")
            self._position = self._upload.size if told.next_byte is None else told.next_byte

    async def _begin(self) -> None:
        upload = self._upload
        self._begun += 1
        self.session = await self._sessions.begin(
            upload.target, upload.size, modified=upload.modified, defer=upload.defer
        )
        self._position = 0
        await upload.checkpoint(self.session)

    async def _begin_again(self, gone: RemoteError) -> None:
        """An offset of another session means nothing to a new one."""
        if self._begun >= SESSIONS:
            raise gone
        with contextlib.suppress(RemoteError):
            await self._sessions.cancel(self._live)
        await self._begin()

    # --- bytes

    async def _send_everything(self) -> Item:
        while self._position < self._upload.size:
            self._readings += 1
            if self._readings > READINGS:
                raise Unavailable(System.ONEDRIVE, _SENDING, "it asks for bytes again and again that it has taken")
            item = await self._send_on()
            if item is not None:
                return item
        if not self._live.deferred:
            raise SessionGone(System.ONEDRIVE, _SENDING, "it expects nothing more and made no file")
        await self._hash_the_rest()  # the file is to be compared with it as soon as it appears
        return await self._stored(await self._sessions.commit(self._live))

    async def _send_on(self) -> Item | None:
        """From the present position on; without an item: everything is there, or the source has to be read anew."""
        upload, first = self._upload, self._position
        start = min(first, self._hashed)
        fragments = _fragments(upload, start, first, self._hash)
        async with aclosing(fragments.each()) as each:
            async for fragment in each:
                await self._hash_all(fragment)
                item = await self._deliver(fragment)
                if item is not None or self._position != fragment.end:
                    return item
                self.session = self._live.at(fragment.end, self._expires)
                await upload.checkpoint(self.session)
        return None

    async def _hash_all(self, fragment: Fragment) -> None:
        position = fragment.start
        for chunk in fragment.chunks:
            await self._hash(position, chunk)
            position += len(chunk)

    async def _hash_the_rest(self) -> None:
        """What OneDrive has, but this process has not read yet."""
        if self._hashed < self._upload.size:
            await exhaust(self._upload, self._hashed, self._upload.size, self._hash)

    async def _hash(self, position: int, chunk: bytes) -> None:
        """Each byte once, however often it is read."""
        fresh = chunk[max(self._hashed - position, 0) :]
        if fresh:
            await self._upload.digest.update(fresh)
            self._hashed += len(fresh)

    async def _deliver(self, fragment: Fragment) -> Item | None:
        """Until OneDrive has all of it, has made the file of it, or wants bytes that lie elsewhere."""
        at = fragment.start
        while True:
            try:
                answer = await self._put(at, fragment.after(at))
                if not isinstance(answer, Progress):
                    return await self._stored(answer)
                told = answer
                if told.next_byte is not None and told.next_byte <= at:
                    await self._failure(Unavailable(System.ONEDRIVE, _SENDING, "a fragment was taken and not kept"))
            except (OutOfStep, Unavailable) as problem:
                await self._failure(problem)
                told = await self._ask()
            except SessionGone:
                if not self._is_newborn():
                    raise
                await self._clock.sleep(NEWBORN_PAUSE_SECONDS)
                continue
            self._note(told, fragment, at)
            if not self._goes_on_within(fragment):
                return None
            at = self._position

    async def _put(self, at: int, chunks: list[bytes]) -> Progress | Json:
        """What was sent is let go, whatever became of it (see Fragment)."""
        try:
            return await self._sessions.put(self._live, at, chunks)
        finally:
            chunks.clear()

    def _note(self, told: Progress, fragment: Fragment, at: int) -> None:
        """Where the server stands; one that names no range has what it was sent."""
        position = fragment.end if told.next_byte is None else told.next_byte
        if position > fragment.end:
            came_back = f"it expects byte {position}, but only {fragment.end} were sent: somebody else feeds it"
            raise Conflict(System.ONEDRIVE, _SENDING, came_back)
        self._failed = 0 if position > at else self._failed
        self._position, self._expires = position, told.expires

    def _goes_on_within(self, fragment: Fragment) -> bool:
        rest = fragment.end - self._position
        whole = rest % UNIT_BYTES == 0 or fragment.end == self._upload.size
        return fragment.start <= self._position < fragment.end and whole

    def _is_newborn(self) -> bool:
        self._failed += 1
        return self._begun > 0 and self._position == 0 and self._failed == 1

    async def _failure(self, problem: Exception) -> None:
        self._failed += 1
        if self._failed >= ATTEMPTS:
            if isinstance(problem, Unavailable):
                raise problem
            raise Unavailable(System.ONEDRIVE, _SENDING, str(problem)) from problem
        await self._clock.sleep(PAUSE_SECONDS * 2 ** (self._failed - 1))

    async def _ask(self) -> Progress:
        while True:
            try:
                return await self._sessions.status(self._live)
            except Unavailable as problem:
                await self._failure(problem)

    # --- the end

    async def _stored(self, raw: Json) -> Item:
        """The item of the last answer; some services send none."""
        item = item_in(self._upload.target.drive, raw) or await self._sessions.look(self._upload.target)
        if item is None:
            raise Unavailable(System.ONEDRIVE, "finish an upload", "success, but there is no such file")
        return item

    async def _arrived(self) -> Item | None:
        """The answer to the last fragment may have been lost, and with the file its session ends."""
        upload = self._upload
        there = [item for item in await candidates(self._sessions, upload.target) if _may_be(item, upload.size)]
        if not there:
            return None
        await self._hash_the_rest()
        sent = Content(upload.size, (await upload.digest.digests()).get("quickXor"))
        begun = self._live.begun
        return next((item for item in there if is_ours(item, verdict(item, sent), upload.target, begun)), None)


def _may_be(item: Item, size: int) -> bool:
    return item.content is not None and (item.content.size == size or may_be_rewritten(item.name))


def _fragments(upload: Upload, start: int, first: int, absorb: Absorb) -> Fragments:
    return Fragments(
        upload.source,
        start=start,
        first=first,
        size=upload.size,
        fragment_bytes=upload.fragment_bytes,
        absorb=absorb,
    )


async def exhaust(upload: Upload, start: int, end: int, absorb: Absorb) -> None:
    fragments = _fragments(upload, start, end, absorb)
    async with aclosing(fragments.each(to_the_end=True)) as each:
        async for _ in each:
            pass
