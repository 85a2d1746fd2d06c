"""An upload session step by step: begun through Graph, fed at a pre-authenticated URL that knows no token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Item
from shared.errors import Forbidden, ItemChanged, Malware, Missing, Refused, SessionGone, System, Unavailable
from shared.onedrive.addresses import step
from shared.onedrive.answers import Answer, Json, codes_of, error_of, json_of
from shared.onedrive.columns import iso
from shared.onedrive.content import Sources
from shared.onedrive.content_host import ERROR_BYTES
from shared.onedrive.items import SELECT, has_id, item_of, items_of, moment_of
from shared.onedrive.placing import IfTaken

UNIT_BYTES = 320 * 1024  # Graph: every fragment but the last is a multiple
FRAGMENT_BYTES = 32 * UNIT_BYTES  # 10 MiB, as Graph advises for good links; below 60 MiB it must stay
LARGEST_FILE_BYTES = 250 * 1000**3  # OneDrive takes no larger file
LAST_ANSWER_SECONDS = 300.0  # the last fragment of a large file is answered when the whole has been put together
TEMPAUTH_LASTS = timedelta(hours=1)  # a 403 to a younger session is meant for the file, to an older one for its URL
_OUT_OF_STEP = frozenset({"fragmentoverlap", "fragmentoutoforder", "fragmentlengthmismatch", "invalidrange"})
_EXPIRED = frozenset({"expiredtoken", "expired_token", "sessionexpired", "uploadsessionexpired"})
_RANGE = re.compile(r"(\d{1,18})-\d*")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes. `if_match`: only over the item that still has this eTag."""

    drive: DriveId
    parent: ItemId
    name: str
    if_taken: IfTaken = IfTaken.FAIL
    if_match: str | None = None

    @property
    def address(self) -> str:
        return f"/drives/{step(self.drive)}/items/{step(self.parent)}:/{step(self.name)}:"


@dataclass(frozen=True, slots=True)
class Session:
    """What a later process needs to go on. `url` lets anybody write: seal it before it is stored, never log it.

    `offset`: so many bytes have been taken by OneDrive and by the caller's hash alike.
    """

    url: str = field(repr=False)
    size: int
    begun: datetime
    expires: datetime | None = None
    offset: int = 0
    deferred: bool = False  # the file appears with `commit`, not with its last byte

    def at(self, offset: int, expires: datetime | None) -> Session:
        return replace(self, offset=offset, expires=expires or self.expires)


@dataclass(frozen=True, slots=True)
class Progress:
    """`next_byte` is None where the answer named no range: everything is there, or the server did not say."""

    next_byte: int | None
    expires: datetime | None = None


class OutOfStep(Exception):
    """The server expects other bytes than were sent; its status says which."""


class UploadSessions:
    """Single steps; nothing is retried. SessionGone: begin anew at byte 0."""

    def __init__(self, sources: Sources) -> None:
        self._graph = sources.graph
        self._host = sources.host
        self._clock = sources.clock

    async def begin(
        self, target: Target, size: int, *, modified: datetime | None = None, defer: bool = False
    ) -> Session:
        """POST createUploadSession. `modified` goes along here, since set afterwards it makes a second version.

        NameTaken, ItemChanged, Locked, Refused (507: the quota; 413: over 250 GB), Missing (the parent folder).
        """
        operation = "begin an upload"
        if size > LARGEST_FILE_BYTES:
            raise Refused(System.ONEDRIVE, operation, f"{size} bytes are more than OneDrive takes (250 GB)", status=413)
        described: Json = {"@microsoft.graph.conflictBehavior": target.if_taken.value, "fileSize": size}
        if modified is not None:
            described["fileSystemInfo"] = {"lastModifiedDateTime": iso(modified)}
        body: Json = {"item": described, "deferCommit": defer}
        begun = self._clock.now()
        raw = await self._begin(target, body, operation)
        url = raw.get("uploadUrl")
        if not isinstance(url, str) or not url:
            raise Unavailable(System.ONEDRIVE, operation, "an answer without an upload URL")
        self._host.check(url)
        return Session(url, size, begun, moment_of(raw.get("expirationDateTime")), deferred=defer)

    async def _begin(self, target: Target, body: Json, operation: str) -> Json:
        """Twice, where what stands there says that the refusal was none of its own doing."""
        url, headers = f"{target.address}/createUploadSession", _matching(target.if_match)
        try:
            return await self._graph.call("POST", url, operation, body=body, headers=headers)
        except ItemChanged:  # though the eTag may be the right one (onedrive-api-docs#1716)
            there = await self.look(target)
            if there is None or target.if_match is None or there.etag != target.if_match:
                raise
            headers = {}
        except Missing:  # though the file to be replaced may be there (onedrive-api-docs#1068)
            if target.if_taken is not IfTaken.REPLACE or await self.look(target) is None:
                raise
        return await self._graph.call("POST", url, operation, body=body, headers=headers)

    async def status(self, session: Session) -> Progress:
        """GET: how far the server is."""
        answer = await self._send("GET", session, "ask how far an upload is")
        if not 200 <= answer.status < 300:
            raise _in_step(self._meaning(answer, session, "ask how far an upload is"), "ask how far an upload is")
        return progress_of(json_of(answer, "ask how far an upload is"))

    async def put(self, session: Session, start: int, chunks: Sequence[bytes]) -> Progress | Json:
        """One fragment. Progress while more is expected; the driveItem ({} where the body is empty) at the end.

        OutOfStep, Throttled, Unavailable, SessionGone, NameTaken, ItemChanged, Locked, Refused, Forbidden, Malware.
        """
        operation = "send a fragment of a file"
        length = sum(map(len, chunks))
        headers = {
            "Content-Length": str(length),
            "Content-Range": f"bytes {start}-{start + length - 1}/{session.size}",
            "Content-Type": "application/octet-stream",
        }
        answer = await self._send("PUT", session, operation, headers=headers, chunks=chunks)
        if answer.status == 202:
            return progress_of(json_of(answer, operation))
        if 200 <= answer.status < 300:
            return json_of(answer, operation)
        raise self._meaning(answer, session, operation)

    async def commit(self, session: Session) -> Json:
        """POST with nothing in it: the file of a deferred session appears. The driveItem, or {} for an empty body."""
        operation = "commit an upload"
        answer = await self._send("POST", session, operation, headers={"Content-Length": "0"})
        if not 200 <= answer.status < 300:
            raise _in_step(self._meaning(answer, session, operation), operation)
        return json_of(answer, operation)

    async def cancel(self, session: Session) -> None:
        """DELETE; also fine when it is gone already, or does not know us any more."""
        answer = await self._send("DELETE", session, "cancel an upload")
        if answer.status >= 300 and answer.status not in {401, 403, 404, 410}:
            raise error_of(answer, "cancel an upload")

    async def look(self, target: Target) -> Item | None:
        """What stands at the target now."""
        try:
            raw = await self._graph.get(f"{target.address}?$select={SELECT}", "look where a file was uploaded")
        except Missing:
            return None
        return item_of(target.drive, raw)

    async def beside(self, target: Target) -> AsyncIterator[Item]:
        """What stands in the folder of a target."""
        url = f"/drives/{step(target.drive)}/items/{step(target.parent)}/children?$select={SELECT}"
        async for page in self._graph.pages(url, "look where a file was uploaded"):
            for item in items_of(target.drive, page):
                yield item

    async def _send(
        self,
        method: str,
        session: Session,
        operation: str,
        *,
        headers: dict[str, str] | None = None,
        chunks: Sequence[bytes] = (),
    ) -> Answer:
        import aiohttp  # noqa: PLC0415 (keeps the webhook's start cheap)

        try:
            async with asyncio.timeout(None) as watch:
                last = LAST_ANSWER_SECONDS if chunks else self._host.stall_seconds
                moving = _moving(chunks, watch, self._host.stall_seconds, last) if chunks else None
                if not chunks:
                    _expect(watch, last)
                async with self._host.send(method, session.url, headers=headers or {}, data=moving) as response:
                    body = await response.content.read(ERROR_BYTES)
                    told = {name.lower(): value for name, value in response.headers.items()}
                    return Answer(response.status, told, body)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
            raise Unavailable(System.ONEDRIVE, operation, f"no answer ({type(error).__name__})") from error

    def _meaning(self, answer: Answer, session: Session, operation: str) -> Exception:
        """What an answer of the upload host outside 2xx means."""
        codes = codes_of(answer)
        if answer.status == 416 or (answer.status in {400, 409} and codes & _OUT_OF_STEP):
            return OutOfStep(f"the upload host answered {answer.status}")
        gone = SessionGone(System.ONEDRIVE, operation, "the upload session is over", status=answer.status)
        if answer.status in {401, 404, 410}:
            return gone
        error = error_of(answer, operation)
        old = self._clock.now() - session.begun > TEMPAUTH_LASTS
        if isinstance(error, Forbidden) and not isinstance(error, Malware) and (old or codes & _EXPIRED):
            return gone
        return error


def _in_step(problem: Exception, operation: str) -> Exception:
    """Where no bytes were sent, none of them can be out of step: the server does not know its own state."""
    return Unavailable(System.ONEDRIVE, operation, str(problem)) if isinstance(problem, OutOfStep) else problem


def _matching(if_match: str | None) -> dict[str, str]:
    return {} if if_match is None else {"If-Match": if_match}


def progress_of(raw: Json) -> Progress:
    """`nextExpectedRanges` as "26-", "26-99", several, none, missing, and in either case of its name."""
    members = {name.casefold(): value for name, value in raw.items()}
    ranges = members.get("nextexpectedranges")
    found = [_RANGE.fullmatch(one) for one in ranges if isinstance(one, str)] if isinstance(ranges, list) else []
    starts = [int(match[1]) for match in found if match]
    return Progress(min(starts, default=None), moment_of(members.get("expirationdatetime")))


async def _moving(chunks: Sequence[bytes], watch: asyncio.Timeout, stall: float, last: float) -> AsyncIterator[bytes]:
    """The chunks, with a limit on how long the other side may let each of them wait."""
    for chunk in chunks:
        _expect(watch, stall)
        yield chunk
    _expect(watch, last)


def _expect(watch: asyncio.Timeout, seconds: float) -> None:
    watch.reschedule(asyncio.get_running_loop().time() + seconds)


def item_in(drive: DriveId, raw: Json) -> Item | None:
    """The driveItem of a last answer; None for a body without one."""
    return item_of(drive, raw) if has_id(raw) else None
