"""Upload handles: asked for, filled with bytes, used up by an asset or a version."""

from __future__ import annotations

import secrets
from datetime import timedelta

from local.celum_simulator import blobs
from local.celum_simulator.model import Stamp, Upload, User, Version
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Json, Refusal, bad_argument
from local.celum_simulator.tenant import Tenant


def ask(tenant: Tenant, user: User, body: Body) -> Json:
    body.only("filename", "filesize")
    filename, filesize = body.text("filename"), body.integer("filesize")
    if not filename.strip() or filesize < 0:
        raise bad_argument("filename" if filesize >= 0 else "filesize", "must not be empty or negative")
    if "upload" not in user.may:
        raise Refusal(tenant.quirks.permission_status, "accessDenied", "missing permission upload")
    upload = Upload(
        handle=secrets.token_urlsafe(24),
        token=secrets.token_urlsafe(24),
        filename=filename,
        filesize=filesize,
        user_id=user.id,
        created=tenant.clock.now(),
    )
    tenant.uploads[upload.token] = upload
    return {"url": f"{tenant.host(tenant.quirks.upload_host)}/upload/{upload.token}", "handle": upload.handle}


def expired(tenant: Tenant, upload: Upload) -> bool:
    return tenant.clock.now() > upload.created + timedelta(seconds=tenant.quirks.handle_ttl)


def ready(tenant: Tenant, user: User, handle: str) -> Upload:
    """The upload behind a handle, if it can become an asset or a version now."""
    found = next((u for u in tenant.uploads.values() if u.handle == handle and u.user_id == user.id), None)
    if found is None or expired(tenant, found):
        raise bad_argument("uploadHandle", "unknown or expired upload handle", code="uploadHandleInvalid")
    if found.consumed and tenant.quirks.handle_single_use:
        raise bad_argument("uploadHandle", "upload handle was used already", code="uploadHandleInvalid")
    if found.blob is None:
        raise bad_argument("uploadHandle", "no file was uploaded for this handle", code="uploadHandleInvalid")
    if tenant.quirks.size_check == "create" and found.blob.size != found.filesize:
        raise bad_argument("uploadHandle", f"expected {found.filesize} bytes, got {found.blob.size}", code="filesize")
    refuse_duplicate(tenant, found)
    return found


def refuse_duplicate(tenant: Tenant, upload: Upload) -> None:
    status = tenant.quirks.reject_duplicates
    if status is None or upload.blob is None:
        return
    wanted = blobs.digest(upload.blob, "sha256")
    for asset in tenant.assets:
        blob = asset.version.blob
        if blob is not None and blob.size == upload.blob.size and blobs.digest(blob, "sha256") == wanted:
            raise bad_argument("uploadHandle", f"duplicate of asset {asset.id}", code="duplicate", status=status)


def version(tenant: Tenant, user: User, upload: Upload, filename: str, number: int) -> Version:
    assert upload.blob is not None
    upload.consumed = True
    now = tenant.clock.now()
    return Version(
        id=number if tenant.quirks.version_ids == "number" else tenant.next_id(),
        filename=filename,
        category=blobs.category(filename, upload.blob),
        creation=Stamp(now, user.id),
        blob=upload.blob,
        preview_at=now + timedelta(seconds=tenant.quirks.preview_delay),
    )
