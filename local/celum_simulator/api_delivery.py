"""Download formats, download urls and jobs."""

from __future__ import annotations

import secrets
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from local.celum_simulator import blobs, pictures, rights
from local.celum_simulator.call import Answer, Call
from local.celum_simulator.model import Asset, Format, Job, Link, Version
from local.celum_simulator.refusals import Json, Reason, Refusal, bad_argument


async def formats(call: Call) -> Answer:
    return [call.view.format(f) for f in call.tenant.formats.values()]


async def download(call: Call) -> Answer:
    asset = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    wanted, version_id = _format(call, call.integer("downloadFormatId")), call.integer("versionId")
    version = asset.version if version_id is None else _version(call, asset, version_id)
    path, filename = _made(call, asset, version, wanted)
    return _link(call, path, filename)


async def download_several(call: Call) -> Answer:
    wanted = _format(call, call.integer("downloadFormatId"))
    chosen = [rights.visible_asset(call.tenant, call.user, i) for i in dict.fromkeys(call.integers("assetIds"))]
    if not chosen:
        raise bad_argument("assetIds", "must not be empty")
    return _bundle(call, [(asset, wanted) for asset in chosen])


def _bundle(call: Call, chosen: list[tuple[Asset, Format]]) -> Json:
    """One file as it is, several as a zip."""
    made = [_made(call, asset, asset.version, wanted) for asset, wanted in chosen]
    if len(made) == 1:
        return _link(call, *made[0])
    archive = call.tenant.new_file()
    with zipfile.ZipFile(archive, "w") as bundle:
        for (asset, _), (path, filename) in zip(chosen, made, strict=True):
            bundle.write(path, f"{asset.id}/{filename}")
    return _link(call, archive, "assets.zip")


def _format(call: Call, format_id: int | None) -> Format:
    if format_id is None:
        raise bad_argument("downloadFormatId", "must not be null", code="missing")
    if format_id not in call.tenant.formats:
        raise rights.missing(call.tenant, "DownloadFormat", format_id)
    return call.tenant.formats[format_id]


def _version(call: Call, asset: Asset, version_id: int) -> Version:
    found = next((v for v in asset.versions if v.id == version_id), None)
    if found is None:
        raise rights.missing(call.tenant, "Version", version_id)
    return found


def _made(call: Call, asset: Asset, version: Version, wanted: Format) -> tuple[Path, str]:
    """The file of a format and its name, if this user may have it."""
    tenant, user = call.tenant, call.user
    granted = rights.on_asset(tenant, user, asset)
    rights.demand(tenant, granted, "download", f"Asset:{asset.id}")
    extension = blobs.extension(version.filename)
    if wanted.longest is None:
        rights.demand(tenant, granted, "downloadOriginal", f"Asset:{asset.id}")
    barred = wanted.longest is None and extension in user.forbidden_extensions
    expired = "downloadExpiredAssets" not in user.may and not rights.available(tenant, asset, tenant.clock.now())
    if wanted.key in user.forbidden_formats or barred or expired:
        raise Refusal(tenant.quirks.permission_status, "accessDenied", f"{wanted.key} may not be downloaded")
    if wanted.key in call.view.unsupported(version):
        raise bad_argument("downloadFormatId", f"{wanted.key} is not to be had of a file of this kind")
    if wanted.key in tenant.quirks.failing_formats:
        reason = Reason("GENERIC", "conversionFailed", f"the conversion to {wanted.key} failed")
        raise Refusal(400, "conversionFailed", reason.message, reasons=[reason])
    if tenant.quirks.interceptor_required:
        reason = Reason("GENERIC", "interceptor", "a usage must be entered before the download")
        raise Refusal(403, "interceptorRequired", reason.message, reasons=[reason])
    if version.blob is None:
        raise bad_argument("assetId", "a placeholder has no file")
    if wanted.longest is None:
        return version.blob.path, version.filename
    path = tenant.new_file()
    path.write_bytes(pictures.rendition(version, wanted.longest))
    return path, f"{Path(version.filename).stem}_{wanted.key}.jpg"


def _link(call: Call, path: Path, filename: str) -> Json:
    tenant = call.tenant
    link = Link(token=secrets.token_urlsafe(24), path=path, filename=filename, created=tenant.clock.now())
    tenant.links[link.token] = link
    return {"url": f"{tenant.host(tenant.quirks.download_host)}/download/{link.token}", "filename": filename}


async def create_job(call: Call) -> Answer:
    body = await call.body()
    body.only("type", "items")
    body.choice("type", ("DOWNLOAD",))
    items: dict[tuple[int, int], None] = {}  # each once, however often it is asked for
    for entry in body.bodies("items"):
        entry.only("assetId", "formatId")
        items[entry.integer("assetId"), entry.integer("formatId")] = None
    if not items:
        raise bad_argument("items", "must not be empty")
    job = Job(id=secrets.token_hex(8), user_id=call.user.id, created=call.tenant.clock.now(), items=tuple(items))
    call.tenant.jobs[job.id] = job
    return web.json_response({"id": job.id, "status": "PROGRESS", "type": "DOWNLOAD"}, status=201)


async def job(call: Call) -> Answer:
    quirks, job_id = call.tenant.quirks, call.request.match_info["jobId"]
    found = call.tenant.jobs.get(job_id)
    age = None if found is None else call.tenant.clock.now() - found.created
    if found is None or age is None or age > timedelta(seconds=quirks.job_forget) or found.user_id != call.user.id:
        raise rights.missing(call.tenant, "Job", job_id)
    out: Json = {"id": job_id, "status": "PROGRESS", "type": "DOWNLOAD"}
    if age < timedelta(seconds=quirks.job_delay) or quirks.job_outcome == "never":
        return out
    if quirks.job_outcome == "FAILED":
        return out | {"status": "FAILED"}
    done = _finished(call, found)
    if quirks.job_outcome == "no_download":
        done.pop("download", None)
    return out | done


def _finished(call: Call, job: Job) -> Json:
    chosen, failed = [], []
    for asset_id, format_id in job.items:
        try:
            asset = rights.visible_asset(call.tenant, call.user, asset_id)
            wanted = _format(call, format_id)
            _made(call, asset, asset.version, wanted)
            chosen.append((asset, wanted))
        except Refusal:
            failed.append((asset_id, format_id))
    call.tenant.jobs[job.id] = replace(job, failed=tuple(failed))
    if not chosen:
        return {"status": "FAILED", "failedItems": [{"assetId": a, "formatId": f} for a, f in failed]}
    out: Json = {"status": "FINISHED", "download": _bundle(call, chosen)}
    return out | ({"failedItems": [{"assetId": a, "formatId": f} for a, f in failed]} if failed else {})
