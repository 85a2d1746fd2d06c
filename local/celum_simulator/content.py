"""Where the bytes go in and out: upload urls, download urls and preview pictures. None of it is part of the API."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NoReturn
from urllib.parse import quote

from aiohttp import BodyPartReader, hdrs, web

from local.celum_simulator import blobs, pictures, rights, uploads
from local.celum_simulator.call import acting_user
from local.celum_simulator.model import Link, Upload
from local.celum_simulator.refusals import Refusal, bad_argument
from local.celum_simulator.tenant import Tenant
from local.serving import CUT_AFTER, abort, move

PIECE = 256 * 1024  # large enough to be fast, small enough for many uploads at once


def check_credentials(tenant: Tenant, request: web.Request, rule: str) -> None:
    if rule == "required":
        acting_user(tenant, request)
    given = request.headers.get("X-API-KEY") or request.headers.get(hdrs.AUTHORIZATION)
    if rule == "forbidden" and given:
        raise Refusal(400, "invalidRequest", "only one authentication mechanism is allowed: the url carries its own")


async def upload(tenant: Tenant, request: web.Request) -> web.StreamResponse:
    allowed = {"POST"} | ({"PUT"} if tenant.quirks.upload_put == "accept" else set())
    if request.method not in allowed:
        raise Refusal(405, "methodNotAllowed", "POST the bytes", headers={"Allow": "POST"})
    check_credentials(tenant, request, tenant.quirks.upload_auth)
    found = tenant.uploads.get(request.match_info["token"])
    if found is None or uploads.expired(tenant, found):
        raise Refusal(400, "uploadHandleInvalid", "unknown or expired upload")
    if found.consumed:
        raise Refusal(400, "uploadHandleInvalid", "the upload was used already")
    await _take(tenant, request, found)
    body = tenant.quirks.upload_body
    status = tenant.quirks.upload_status
    return web.Response(status=status, text=body) if body else web.Response(status=status)


async def _take(tenant: Tenant, request: web.Request, found: Upload) -> None:
    multipart = request.content_type == "multipart/form-data"
    if not multipart and request.content_type != "application/octet-stream":
        raise Refusal(415, "unsupportedMediaType", "application/octet-stream or multipart/form-data")
    if request.content_length is None and tenant.quirks.upload_chunked == "refuse":
        raise Refusal(411, "lengthRequired", "Content-Length is required")
    limit, cut = tenant.quirks.max_upload, request.get(CUT_AFTER)  # ordered by a fault
    if limit is not None and (request.content_length or 0) > limit:
        raise Refusal(413, "fileTooLarge", f"at most {limit} bytes")
    received, moved = 0, move(request, 0)
    with blobs.Writer(tenant.new_file(), tenant.quirks.checksum) as writer:
        async for piece in _file_part(request) if multipart else request.content.iter_any():
            if tenant.quirks.upload_keeps is not None:
                writer.write(piece[: max(0, tenant.quirks.upload_keeps - received)])
                received += len(piece)
            else:
                received = writer.write(piece)
            moved.size = received
            if cut is not None and received >= cut:
                abort(request)
            if limit is not None and received > limit:
                raise Refusal(413, "fileTooLarge", f"at most {limit} bytes")
        if tenant.quirks.size_check == "upload" and received != found.filesize:
            raise bad_argument("filesize", f"expected {found.filesize} bytes, got {received}")
    found.blob = writer.blob


async def _file_part(request: web.Request) -> AsyncIterator[bytes]:
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "file":
            while piece := await part.read_chunk(PIECE):
                yield bytes(piece)
            return
    raise bad_argument("file", "the form has no part named file")


async def download(tenant: Tenant, request: web.Request) -> web.StreamResponse:
    quirks = tenant.quirks
    check_credentials(tenant, request, quirks.download_auth)
    link = tenant.links.get(request.match_info["token"])
    if link is None or tenant.clock.now() > link.created + timedelta(seconds=quirks.download_ttl):
        raise Refusal(quirks.download_expired_status, "linkExpired", "the download link has expired")
    if quirks.download_body in {"html", "json"}:
        return _not_the_file(quirks.download_body)
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(link.filename)}",
    }
    if quirks.range_fault != "none" and hdrs.RANGE in request.headers:
        return await _odd_part(request, link, headers, quirks.range_fault)
    if request.get(CUT_AFTER, math.inf) < link.path.stat().st_size - _first(request):
        await _cut(request, link, headers)
    if quirks.range and quirks.download_body == "file":
        moved = move(request, _first(request))
        moved.size = max(0, link.path.stat().st_size - moved.first)  # as promised: aiohttp does not tell
        return web.FileResponse(link.path, headers=headers)
    return await _whole(request, link, headers, short=quirks.download_body == "short")


def _not_the_file(kind: str) -> web.Response:
    if kind == "html":
        return web.Response(text="<html><body>Please sign in</body></html>", content_type="text/html")
    return web.json_response({"code": "notReady", "message": "the file is being prepared"})


def _first(request: web.Request) -> int:
    try:
        return max(0, request.http_range.start or 0)
    except ValueError:
        return 0


async def _whole(request: web.Request, link: Link, headers: dict[str, str], *, short: bool) -> web.StreamResponse:
    """The file from its first byte whatever was asked; `short` ends early, with a length that says so."""
    size = link.path.stat().st_size
    left = size // 2 if short else size
    response = web.StreamResponse(headers=headers)
    response.content_length = left
    await response.prepare(request)
    with link.path.open("rb") as file:
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            await response.write(piece)
    await response.write_eof()
    return response


async def _odd_part(request: web.Request, link: Link, headers: dict[str, str], fault: str) -> web.StreamResponse:
    """Another part than was asked for, another total than before, or none at all."""
    size, start = link.path.stat().st_size, request.http_range.start or 0
    if fault == "refused":
        return web.Response(status=416, headers={hdrs.CONTENT_RANGE: f"bytes */{size}"})
    start, total = (start - 1, size) if fault == "wrong_start" else (start, size + 1)
    with link.path.open("rb") as file:
        file.seek(start)
        part = file.read()
    headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{start + len(part) - 1}/{total}"
    return web.Response(status=206, headers=headers, body=part)


async def _cut(request: web.Request, link: Link, headers: dict[str, str]) -> NoReturn:
    """Promise the whole file from where it was asked, send a part, drop the connection."""
    start = request.http_range.start or 0
    size = link.path.stat().st_size
    span: dict[str, str] = {hdrs.CONTENT_RANGE: f"bytes {start}-{size - 1}/{size}"} if start else {}
    response = web.StreamResponse(status=206 if start else 200, headers={**headers, **span})
    response.content_length = size - start
    await response.prepare(request)
    with link.path.open("rb") as file:
        file.seek(start)
        moved, left = move(request, start), request[CUT_AFTER]
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            moved.size += len(piece)
            await response.write(piece)
    abort(request)


async def preview(tenant: Tenant, request: web.Request) -> web.StreamResponse:
    """Pictures are for eyes: the address alone opens them, as an image element in a page needs it."""
    asset_id, version_id = request.match_info["assetId"], request.match_info["versionId"]
    asset = tenant.assets.get(int(asset_id)) if asset_id.isdecimal() else None
    version = next((v for v in asset.versions if str(v.id) == version_id), None) if asset else None
    longest = pictures.LONGEST.get(request.match_info["kind"])
    if version is None or version.blob is None or longest is None:
        raise rights.missing(tenant, "Preview", f"{asset_id}/{version_id}")
    picture = pictures.rendition(version, min(longest, 1024))
    return web.Response(body=picture, content_type="image/jpeg")
