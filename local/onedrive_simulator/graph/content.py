"""Bytes of a file: the redirect, simple uploads, and what every upload has to pass."""

from __future__ import annotations

from local.onedrive_simulator.estate.blobs import Content
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Conflict, Item
from local.onedrive_simulator.estate.tenant import Tenant
from local.onedrive_simulator.graph import render
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid, missing, name_taken, precondition_failed
from local.onedrive_simulator.sharepoint import after_upload

SIMPLE_BYTES = 250 << 20  # largest simple PUT


@operation("GET", "item", "content")
async def get_content(call: Call) -> Reply:
    if not call.item.content or call.item.is_package:
        raise GraphProblem(400, "notSupported", "A folder has no content")
    if call.item.malware:
        raise infected()
    return Reply(302, None, {"Location": render.download_url(call.tenant, call.drive, call.item)})


def infected() -> GraphProblem:
    return GraphProblem(
        403,
        "malwareDetected",
        "Malware was detected in the requested item.",
        headers={"X-Virus-Infected": "simulated"},
    )


@operation("PUT", "item", "content")
async def put_content(call: Call) -> Reply:
    """Create or replace in one request. By id only an existing file can be replaced."""
    conflict = call.conflict("replace")
    check_target(call, conflict)
    _check_state(call)
    length = call.headers.get("Content-Length", "0")
    call.drive.check_quota(int(length) if length.isdigit() else 0)
    content = await call.tenant.blobs.receive(call.chunks(), limit=SIMPLE_BYTES)
    if content is None:
        raise GraphProblem(413, "requestEntityTooLarge", "Use an upload session for files above 250 MB")
    _check_state(call)  # somebody may have saved the file while the bytes came
    item, new = keep(call, content, conflict)
    return Reply(201 if new else 200, answer(call.tenant, call.drive, item))


def _check_state(call: Call) -> None:
    there = call.place.item if call.place else None
    if there is None or there.id not in call.drive.items:
        if call.headers.get("If-Match"):
            raise precondition_failed()
        return
    call.check_match(there)
    call.drive.check_unlocked(there, call.by)


def check_target(call: Call, conflict: Conflict) -> None:
    """What can be said before any byte: quirks of a replacing upload, a taken name, a missing folder."""
    place, quirks = call.place, call.tenant.quirks
    if place is None or (place.item is None and place.parent is None):
        raise missing("The parent folder does not exist")
    if quirks.column_validation_fails:
        raise GraphProblem(500, "generalException", "General exception while processing")
    if place.item and place.item.is_folder:
        raise invalid("Cannot upload content to a folder; file name not provided in url")
    if place.item and place.item.is_package:
        raise GraphProblem(409, "notAllowed", "The item cannot be replaced (is it a OneNote file?)")
    by_path = place.parent is not None
    if place.item and by_path and conflict == "fail":
        raise name_taken()
    if place.item and conflict == "replace" and quirks.replace_not_found > 0:
        quirks.replace_not_found -= 1
        raise missing("Item not found")
    if call.headers.get("If-None-Match") == "*" and place.item:
        raise precondition_failed()


def keep(call: Call, content: Content, conflict: Conflict) -> tuple[Item, bool]:
    place = call.place
    if place and place.parent:
        item, new = call.drive.put_content(place.parent, place.name, content, call.by, conflict)
    else:
        item, new = call.item, False
        call.drive.replace_content(item, content, call.by)
    after_upload(call.tenant, call.drive, item)
    return item, new


def answer(tenant: Tenant, drive: Drive, item: Item) -> Json:
    return render.drive_item(tenant, drive, item, url=True)
