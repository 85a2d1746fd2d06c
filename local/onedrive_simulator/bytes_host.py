"""The other host name: download URLs, upload URLs and monitor URLs, none of which knows a bearer token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import NoReturn

from aiohttp import web

from local.onedrive_simulator.estate.blobs import Content, pieces
from local.onedrive_simulator.estate.tenant import DownloadTicket, Tenant
from local.onedrive_simulator.graph.call import Reply
from local.onedrive_simulator.graph.content import infected
from local.onedrive_simulator.graph.uploads import UploadHost
from local.onedrive_simulator.problems import GraphProblem, missing
from local.onedrive_simulator.throttle import Throttle
from local.serving import CUT_AFTER, Move, abort, move

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
SENDFILE_BYTES = 16 << 20  # at once, so that it shows how far a long download is
_FIRST_SENT = re.compile(r"bytes (\d+)-")


class BytesHost:
    def __init__(self, tenant: Tenant, throttle: Throttle) -> None:
        self._tenant = tenant
        self._throttle = throttle
        self._uploads = UploadHost(tenant)

    async def handle(self, request: web.Request, area: str, rest: list[str]) -> web.StreamResponse:
        try:
            if area != "_monitor":
                self._throttle.charge(request.method, request.path, {})
            if area == "_content":
                return await self._download(request)
            if area == "_monitor":
                return as_response(self._monitor(rest[0] if rest else ""))
            session = rest[0] if rest else ""
            self._tenant.requests[f"{request.method} upload url"] += 1
            return as_response(await self._uploads.handle(request.method, session, request.headers, _taken(request)))
        except GraphProblem as problem:
            return as_response(Reply(problem.status, problem.body(self._tenant.clock.now()), problem.headers))

    def _monitor(self, monitor_id: str) -> Reply:
        monitor = self._tenant.monitors.get(monitor_id)
        if monitor is None:
            raise missing("The monitor could not be found")
        body = {"operation": "itemCopy", "status": monitor.status, "percentageComplete": 0.0}
        if monitor.status == "completed":
            body |= {"percentageComplete": 100.0, "resourceId": monitor.item_id}
        if monitor.status == "failed":
            body["errorCode"] = monitor.problem
        return Reply(200 if monitor.status != "inProgress" else 202, body)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self._tenant.refusals.append({"rule": "no Authorization at a download URL", "method": request.method})
            raise GraphProblem(401, "unauthenticated", "The download URL must be used without an Authorization header")
        self._tenant.requests["GET download url"] += 1
        ticket = self._ticket(request.query.get("tempauth", ""))
        content = self._content(ticket)
        if ticket.item.malware:
            raise infected()
        start, end, partial = self._range(request.headers.get("Range", ""), content.size)
        response = web.StreamResponse(status=206 if partial else 200)
        response.headers["ETag"] = ticket.item.etag
        response.headers["Accept-Ranges"] = "bytes"
        response.content_type = ticket.item.mime_type
        if partial:
            response.headers["Content-Range"] = self._told_range(start, end, content.size)
        return await _stream(request, response, content, start, end - start + 1)

    def _told_range(self, start: int, end: int, size: int) -> str:
        wrong = self._tenant.quirks.range_wrong
        first, total = start + (wrong == "start"), size + (wrong == "total")
        return f"bytes {first}-{end}/{total}"

    def _ticket(self, token: str) -> DownloadTicket:
        ticket = self._tenant.tickets.get(token)
        if ticket is None or ticket.expires <= self._tenant.clock.now():
            raise GraphProblem(401, "unauthenticated", "The download URL has expired", inner="expiredToken")
        return ticket

    @staticmethod
    def _content(ticket: DownloadTicket) -> Content:
        versions = {v.number: v for v in ticket.item.versions}
        version = versions.get(ticket.version) if ticket.version else ticket.item.current
        if ticket.item.id not in ticket.drive.items or version is None or version.content is None:
            raise missing()
        return version.content

    def _range(self, header: str, size: int) -> tuple[int, int, bool]:
        """First and last byte, and whether only that part is sent. 416 for what lies outside."""
        found = _RANGE.fullmatch(header.replace(" ", ""))
        if not found or found[0] == "bytes=-" or self._tenant.quirks.range_ignored:
            return 0, size - 1, False
        first, last = found.groups()
        start = int(first) if first else max(size - int(last), 0)
        end = min(int(last), size - 1) if first and last else size - 1
        if start >= size or end < start:
            raise GraphProblem(
                416, "invalidRange", "The range lies outside", headers={"Content-Range": f"bytes */{size}"}
            )
        return start, end, True


async def _stream(
    request: web.Request, response: web.StreamResponse, content: Content, start: int, length: int
) -> web.StreamResponse:
    response.content_length = length
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    cut: int | None = request.get(CUT_AFTER)
    if cut is not None and cut < length:
        await _cut(request, response, content, start, cut)
    if length and request.transport is not None:
        moved = move(request, start)
        with content.path.open("rb") as file:
            while moved.size < length:
                window = min(SENDFILE_BYTES, length - moved.size)
                await asyncio.get_running_loop().sendfile(request.transport, file, start + moved.size, window)
                moved.size += window
    await response.write_eof()
    return response


async def _taken(request: web.Request) -> AsyncIterator[bytes]:
    """What a client sends, up to where a fault cuts it off."""
    cut: int | None = request.get(CUT_AFTER)
    found = _FIRST_SENT.match(request.headers.get("Content-Range", ""))
    moved = move(request, int(found[1])) if found else Move("", 0)
    async for chunk in request.content.iter_any():
        moved.size += len(chunk)
        yield chunk
        if cut is not None and moved.size >= cut:
            abort(request)


async def _cut(
    request: web.Request, response: web.StreamResponse, content: Content, start: int, length: int
) -> NoReturn:
    """The first bytes of what was promised, then nothing."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(0)  # every write waits until its bytes are out
    moved = move(request, start)
    for chunk in pieces(content.path, start, length):
        await response.write(chunk)
        moved.size += len(chunk)
    abort(request)


def as_response(reply: Reply) -> web.StreamResponse:
    if reply.body is None:
        return web.Response(status=reply.status, headers=reply.headers)
    return web.json_response(reply.body, status=reply.status, headers=reply.headers)
