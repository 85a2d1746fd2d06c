"""Upload sessions: created through Graph, fed at a pre-authenticated URL on the other host."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.blobs import Content
from local.onedrive_simulator.estate.model import Item
from local.onedrive_simulator.estate.names import check_name
from local.onedrive_simulator.estate.tenant import Tenant, UploadSession
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation, tags
from local.onedrive_simulator.graph.content import answer, check_target
from local.onedrive_simulator.graph.items import read_times
from local.onedrive_simulator.problems import (
    GraphProblem,
    invalid,
    missing,
    name_taken,
    out_of_quota,
    precondition_failed,
)
from local.onedrive_simulator.sharepoint import after_upload

FRAGMENT_UNIT = 327_680  # every fragment but the last is a multiple
FRAGMENT_BYTES = 60 << 20  # a fragment stays below
FILE_BYTES = 250_000_000_000  # largest file of all
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@operation("POST", "item", "createUploadSession")
@operation("POST", "item", "microsoft.graph.createUploadSession")
async def create_session(call: Call) -> Reply:
    """By parent:/name: for a new or an existing file, by its id for an existing one. Nothing is visible yet."""
    body = await call.json()
    described: dict[str, Any] = body.get("item") or {}
    if not isinstance(described, dict):
        raise invalid("item is no object")
    by_id = call.place is not None and call.place.parent is None
    conflict = call.conflict("replace" if by_id else "fail", described)
    check_target(call, conflict if by_id or call.tenant.quirks.session_checks_name_early else "rename")
    if call.tenant.quirks.date_default_fails:
        raise invalid("The date column has a default value that is not valid")
    if call.place and call.place.item:
        call.check_match(call.place.item)
        call.drive.check_unlocked(call.place.item, call.by)
    _check_size(call, described.get("fileSize"))
    session = _new_session(call, described)
    session.conflict, session.defer = conflict, bool(body.get("deferCommit"))
    call.tenant.sessions[session.id] = session
    url = f"{call.tenant.content_url}/_upload/{session.id}?guid={ids.opaque(8)}&tempauth={ids.opaque(32)}"
    return Reply(200, {"uploadUrl": url, **_progress(call.tenant, session)})


def _check_size(call: Call, size: object) -> None:
    if size is None:
        return
    if not isinstance(size, int) or size < 0:
        raise invalid("fileSize is not a number of bytes")
    if size == 0:
        raise invalid("An upload session cannot take an empty file; use a simple upload")
    if size > FILE_BYTES:
        raise GraphProblem(413, "requestEntityTooLarge", "The file is larger than 250 GB")
    if call.drive.used() + size > call.drive.quota:
        raise out_of_quota()


def _new_session(call: Call, described: dict[str, Any]) -> UploadSession:
    place, now = call.place, call.tenant.clock.now()
    if place is None or (place.item is None and place.parent is None):
        raise missing()
    by_id = place.parent is None
    name = place.name or (place.item.name if place.item else "")
    check_name(name)
    return UploadSession(
        id=ids.opaque(32),
        drive=call.drive,
        parent=place.parent or call.drive.items[call.item.parent_id],
        name=name,
        target=place.item if by_id else None,
        conflict="fail",
        by=call.by,
        draft=call.tenant.blobs.draft(),
        created=now,
        expires=now + timedelta(seconds=call.tenant.quirks.session_seconds),
        if_match=call.headers.get("If-Match", ""),
        times=read_times(described.get("fileSystemInfo") or {}),
    )


def _progress(tenant: Tenant, session: UploadSession) -> Json:
    end = session.total - 1 if tenant.quirks.ranges_with_end and session.total > 0 else ""
    at = session.draft.size
    ranges = [] if at == session.total else [f"{at}-{end}"]
    body: Json = {"expirationDateTime": iso(session.expires), "nextExpectedRanges": ranges}
    return _as_told(body, tenant.quirks.ranges)


def _as_told(body: Json, form: str) -> Json:
    """Services differ in how they write what they expect next."""
    ranges: list[str] = body.pop("nextExpectedRanges")
    match form:
        case "missing":
            return body
        case "empty":
            return body | {"nextExpectedRanges": []}
        case "pascal":
            return body | {"NextExpectedRanges": ranges}
        case "several" if ranges:
            start = int(ranges[0].split("-")[0])
            far = start + 10 * FRAGMENT_UNIT
            return body | {"nextExpectedRanges": [f"{far}-", f"{start}-{far - 1}"]}
    return body | {"nextExpectedRanges": ranges}


@dataclass(slots=True)
class UploadHost:
    """What answers at an upload URL. It knows no bearer token and refuses one."""

    tenant: Tenant

    async def handle(
        self, method: str, session_id: str, headers: Mapping[str, str], chunks: AsyncIterator[bytes]
    ) -> Reply:
        if "Authorization" in headers:
            self.tenant.refusals.append({"rule": "no Authorization at an upload URL", "method": method})
            raise GraphProblem(401, "unauthenticated", "The upload URL must be used without an Authorization header")
        session = self._find(session_id)
        match method:
            case "GET":
                return Reply(200, _progress(self.tenant, session))
            case "DELETE":
                self._drop(session)
                return Reply(204)
            case "POST":
                return self._commit_deferred(session, headers)
            case "PUT":
                return await self._fragment(session, headers, chunks)
        raise GraphProblem(405, "methodNotAllowed", "The method is not allowed here")

    def _find(self, session_id: str) -> UploadSession:
        session, now, quirks = self.tenant.sessions.get(session_id), self.tenant.clock.now(), self.tenant.quirks
        if session and quirks.session_not_found_at_first > 0:
            quirks.session_not_found_at_first -= 1
            raise missing("The upload session was not found")
        if session and now > session.created + timedelta(seconds=quirks.session_hard_seconds):
            raise GraphProblem(401, "unauthenticated", "The tempauth token has expired", inner="expiredToken")
        if session and now > session.expires:
            self._drop(session)
            session = None
        if session is None:
            raise missing("The upload session was not found")
        return session

    def _drop(self, session: UploadSession) -> None:
        session.draft.discard()
        self.tenant.sessions.pop(session.id, None)

    async def _fragment(
        self, session: UploadSession, headers: Mapping[str, str], chunks: AsyncIterator[bytes]
    ) -> Reply:
        try:
            length = self._check_fragment(session, headers)
        except GraphProblem as problem:
            if problem.status != 416:  # repeating a fragment whose answer was lost is no mistake
                self.tenant.refusals.append({"rule": "fragments of an upload", "problem": problem.message})
            raise
        mark, received = session.draft.mark(), 0
        try:
            async for chunk in chunks:
                received += len(chunk)
                session.draft.write(chunk)
        except BaseException:
            session.draft.rewind(mark)
            raise
        if received != length:
            session.draft.rewind(mark)
            raise invalid("The body is shorter or longer than its Content-Range")
        if self.tenant.quirks.session_forgets > 0:
            self.tenant.quirks.session_forgets -= 1
            session.draft.rewind(mark)
        session.expires = self.tenant.clock.now() + timedelta(seconds=self.tenant.quirks.session_seconds)
        if session.draft.size < session.total or session.defer:
            return Reply(202, _progress(self.tenant, session))
        return self.commit(session)

    def _check_fragment(self, session: UploadSession, headers: Mapping[str, str]) -> int:
        """The length of a fragment that obeys every rule."""
        if "chunked" in headers.get("Transfer-Encoding", "").lower() or "Content-Length" not in headers:
            raise invalid("The size of the provided stream is not known.")
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if not found:
            raise invalid("Content-Range is missing or not of the form: bytes first-last/total")
        first, last, total = (int(g) for g in found.groups())
        length = last - first + 1
        if length <= 0 or last >= total or str(length) != headers["Content-Length"]:
            raise invalid("Content-Range and Content-Length do not fit together")
        if session.total not in {-1, total}:
            raise invalid("The total of Content-Range must stay the same during an upload session")
        if length >= FRAGMENT_BYTES:
            raise GraphProblem(413, "requestEntityTooLarge", "A fragment must be smaller than 60 MiB")
        if length % FRAGMENT_UNIT and last != total - 1:
            raise invalid("A fragment must be a multiple of 327,680 bytes, except the last one")
        if first != session.draft.size:
            text = "The fragment is already there" if first < session.draft.size else "An earlier fragment is missing"
            raise GraphProblem(416, "invalidRange", text, inner="fragmentOverlap" if first < session.draft.size else "")
        session.total = total
        return length

    def _commit_deferred(self, session: UploadSession, headers: Mapping[str, str]) -> Reply:
        if not session.defer or session.draft.size != session.total:
            raise invalid("The upload session is not complete, or not one with deferCommit")
        if headers.get("Content-Length", "0") != "0":
            raise invalid("The commit of an upload session has no body")
        reply = self.commit(session)
        reply.status = 201
        return reply

    def commit(self, session: UploadSession) -> Reply:
        """The file becomes visible. A refusal leaves the session alive until it expires."""
        if refusal := self.tenant.quirks.upload_refusal:
            status, _, code = refusal.partition(" ")
            raise GraphProblem(int(status), code or "accessDenied", "The file was refused by a policy")
        existing = session.target or session.drive.child(session.parent, session.name)
        if session.if_match and (existing is None or session.if_match not in (*tags(existing), "*")):
            raise precondition_failed()
        if session.parent.id not in session.drive.items:
            raise missing("The parent folder does not exist any more")
        item, new = self._store(session)
        reply = Reply(201 if new else 200, answer(self.tenant, session.drive, item))
        if self.tenant.quirks.session_answers_without_body:
            reply.body = None
        return reply

    def _store(self, session: UploadSession) -> tuple[Item, bool]:
        drive = session.drive
        existing = drive.child(session.parent, session.name)
        if session.target is None and existing and session.conflict == "fail":
            raise name_taken()
        target = session.target or (existing if session.conflict == "replace" else None)
        if target:
            drive.check_unlocked(target, session.by)
        content = self._content(session)
        del self.tenant.sessions[session.id]
        if target:
            drive.replace_content(target, content, session.by)
            item, new = target, False
        else:
            item, new = drive.put_content(session.parent, session.name, content, session.by, session.conflict)
        after_upload(self.tenant, drive, item)
        created, modified = session.times
        item.disk_created = created or item.disk_created
        if modified:
            item.disk_modified = item.modified = item.current.at = modified
        return item, new

    def _content(self, session: UploadSession) -> Content:
        content = session.draft.finish()
        return self.tenant.blobs.store(b"") if self.tenant.quirks.session_stores_nothing else content
