"""Columns of an item, and versions: of the list item with column values, of the drive item with bytes."""

from __future__ import annotations

from typing import Any

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate.columns import accept
from local.onedrive_simulator.estate.model import Item, Version
from local.onedrive_simulator.graph import render
from local.onedrive_simulator.graph.call import Call, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid, missing
from local.onedrive_simulator.sharepoint import after_column_write


@operation("GET", "listItem")
async def get_list_item(call: Call) -> Reply:
    """No driveItem eTag in the answer: the list item has one of its own."""
    _has_list_item(call)
    return Reply(
        200, render.list_item(call.drive, call.item, expand=call.option("expand"), select=call.option("select"))
    )


@operation("GET", "listItem", "driveItem")
async def get_drive_item(call: Call) -> Reply:
    return Reply(200, render.drive_item(call.tenant, call.drive, call.item, select=call.option("select"), url=True))


@operation("GET", "listItem", "fields")
async def get_fields(call: Call) -> Reply:
    _has_list_item(call)
    return Reply(200, render.selected(render.fields_of(call.item, call.item.current), call.option("select")))


@operation("PATCH", "listItem", "fields")
async def set_fields(call: Call) -> Reply:
    return await _write(call, await call.json())


@operation("PATCH", "listItem")
async def update_list_item(call: Call) -> Reply:
    fields: dict[str, Any] = (await call.json()).get("fields", {})
    return await _write(call, fields)


async def _write(call: Call, body: dict[str, Any]) -> Reply:
    _has_list_item(call)
    call.check_match(call.item)
    values = accept(call.drive.columns, body, call.drive.zone)
    call.drive.set_fields(call.item, values, call.by)
    after_column_write(call.tenant, call.drive, call.item)
    return Reply(200, render.fields_of(call.item, call.item.current))


def _has_list_item(call: Call) -> None:
    if call.item is call.drive.root:
        raise invalid("The root of a drive has no list item")


@operation("GET", "listItem", "versions")
async def list_list_item_versions(call: Call) -> Reply:
    _may_list(call)
    expand = call.option("expand")
    return Reply(200, {"value": [render.list_item_version(call.item, v, expand) for v in reversed(call.item.versions)]})


@operation("GET", "listItem", "versions/{}")
async def get_list_item_version(call: Call) -> Reply:
    _may_list(call)
    version = find_version(call.item, call.args[0])
    return Reply(200, render.list_item_version(call.item, version, call.option("expand")))


def _may_list(call: Call) -> None:
    _has_list_item(call)
    if call.tenant.quirks.list_versions_forbidden:
        raise GraphProblem(403, "accessDenied", "Access denied")


def find_version(item: Item, version_id: str) -> Version:
    wanted = item.current.id if version_id == "current" else version_id
    for version in item.versions:
        if version.id == wanted:
            return version
    raise missing("The version could not be found")


@operation("GET", "item", "versions")
async def list_versions(call: Call) -> Reply:
    _is_file(call)
    return Reply(200, {"value": [_version(v) for v in reversed(call.item.versions)]})


@operation("GET", "item", "versions/{}")
async def get_version(call: Call) -> Reply:
    _is_file(call)
    return Reply(200, _version(find_version(call.item, call.args[0])))


def _version(version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "lastModifiedDateTime": iso(version.at),
        "lastModifiedBy": version.by.as_json(),
        "size": version.content.size if version.content else 0,
    }


@operation("GET", "item", "versions/{}/content")
async def get_version_content(call: Call) -> Reply:
    version = find_version(call.item, call.args[0])
    _is_file(call)
    if version is call.item.current and call.tenant.quirks.current_version_content_refused:
        raise invalid("You cannot get the content of the current version.")
    url = render.download_url(call.tenant, call.drive, call.item, version.number)
    return Reply(302, None, {"Location": url})


@operation("POST", "item", "versions/{}/restoreVersion")
@operation("POST", "item", "versions/{}/microsoft.graph.restoreVersion")
async def restore_version(call: Call) -> Reply:
    """The old state becomes a new version on top; 204."""
    version = find_version(call.item, call.args[0])
    if version is call.item.current:
        raise invalid("The current version cannot be restored")
    call.drive.restore_version(call.item, version, call.by)
    return Reply(204)


def _is_file(call: Call) -> None:
    if call.item.is_folder:
        raise invalid("A folder has no versions")
