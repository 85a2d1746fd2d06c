"""Drives and items: read, create folders, rename, move, delete, copy."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from local.onedrive_simulator.clock import parse_moment
from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Conflict, Identity, Item
from local.onedrive_simulator.estate.tenant import Monitor
from local.onedrive_simulator.graph import render
from local.onedrive_simulator.graph.call import Call, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid, missing

PAGE = 200


@operation("GET", "drive")
async def get_drive(call: Call) -> Reply:
    return Reply(200, render.selected(render.drive_body(call.tenant, call.drive), call.option("select")))


@operation("GET", "drive", "list")
async def get_list(call: Call) -> Reply:
    return Reply(200, {"id": str(call.drive.list_guid), "name": call.drive.name, "webUrl": call.drive.web_url})


@operation("GET", "item")
async def get_item(call: Call) -> Reply:
    expand, select = call.option("expand"), call.option("select")
    body = render.drive_item(call.tenant, call.drive, call.item, select=select, expand=expand, url=True)
    return Reply(200, body, {"ETag": call.item.etag})


@operation("GET", "item", "children")
async def list_children(call: Call) -> Reply:
    """Pages in order of the name; $skiptoken is opaque and remembers where the page ended."""
    skip, top = _read_skip(call.query.get("$skiptoken", "")), call.top(PAGE)
    if call.query.get("$orderby", "name").split(" ")[0] not in {"name", "lastModifiedDateTime", "size"}:
        raise invalid("This $orderby is not supported here")
    children = _ordered(
        [i for i in call.drive.children_of(call.item) if call.sees(i)], call.query.get("$orderby", "name")
    )
    page = children[skip : skip + top]
    select, expand = call.option("select"), call.option("expand")
    body: dict[str, Any] = {
        "value": [render.drive_item(call.tenant, call.drive, i, select=select, expand=expand) for i in page]
    }
    if skip + top < len(children):
        token = base64.urlsafe_b64encode(json.dumps([skip + top]).encode()).decode()
        keep = {k: v for k, v in call.query.items() if k != "$skiptoken"}
        body["@odata.nextLink"] = link(call, keep | {"$skiptoken": token})
    return Reply(200, body)


def link(call: Call, query: dict[str, str]) -> str:
    return f"{call.tenant.base_url}/v1.0{call.path}?{urlencode(query, safe='$', quote_via=quote)}"


def _read_skip(token: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))[0]) if token else 0
    except (ValueError, IndexError, TypeError):
        raise invalid("The $skiptoken is not valid") from None


def _ordered(items: list[Item], orderby: str) -> list[Item]:
    name, _, direction = orderby.partition(" ")
    keys = {"name": lambda i: i.name.casefold(), "size": lambda i: i.size, "lastModifiedDateTime": lambda i: i.modified}
    return sorted(items, key=keys[name], reverse=direction == "desc")


@operation("POST", "item", "children")
async def create_folder(call: Call) -> Reply:
    body = await call.json()
    if "folder" not in body or not isinstance(body.get("name"), str):
        raise invalid("Only folders, with a name, can be created here")
    folder, new = call.drive.create_folder(call.item, body["name"], call.by, call.conflict("fail", body))
    return Reply(201 if new else 200, render.drive_item(call.tenant, call.drive, folder))


@operation("PATCH", "item")
async def update_item(call: Call) -> Reply:
    """Rename, move and fileSystemInfo, alone or together."""
    call.check_match(call.item)
    body = await call.json()
    if _leaves(call, body.get("parentReference")):
        return _to_another_drive(call, body)
    parent = _new_parent(call, body.get("parentReference"))
    if parent or body.get("name"):
        conflict = call.conflict("fail", body)
        call.drive.relocate(call.item, parent=parent, name=body.get("name"), by=call.by, conflict=conflict)
    if info := body.get("fileSystemInfo"):
        created, modified = read_times(info)
        call.drive.check_unlocked(call.item, call.by)
        call.drive.set_times(call.item, created, modified, call.by)
    return Reply(200, render.drive_item(call.tenant, call.drive, call.item))


def read_times(info: object) -> tuple[datetime | None, datetime | None]:
    if not isinstance(info, dict):
        raise invalid("fileSystemInfo is no object")
    try:
        read = [parse_moment(info[k]) if info.get(k) else None for k in ("createdDateTime", "lastModifiedDateTime")]
    except (ValueError, TypeError):
        raise invalid("fileSystemInfo holds no valid date") from None
    return read[0], read[1]


def _new_parent(call: Call, reference: dict[str, Any] | None) -> Item | None:
    """The folder that a parentReference names by id or by path."""
    return _folder(call.drive, reference) if reference else None


def _leaves(call: Call, reference: dict[str, Any] | None) -> bool:
    if not isinstance(reference, dict) or reference.get("driveId", call.drive.id) == call.drive.id:
        return False
    if not call.tenant.quirks.moves_across_drives:
        raise GraphProblem(400, "notSupported", "Moving an item to another drive is not supported; copy it")
    return True


def _to_another_drive(call: Call, body: dict[str, Any]) -> Reply:
    """What people do in the browser: the item appears there under another id, with its content alone."""
    target = call.tenant.drive(str(body["parentReference"]["driveId"]))
    folder = _folder(target, body["parentReference"])
    name = str(body.get("name") or call.item.name)
    moved = Copying(call.drive, target, call.by).tree(call.item, folder, name)
    call.drive.delete(call.item, call.by)
    return Reply(200, render.drive_item(call.tenant, target, moved))


def _folder(drive: Drive, reference: dict[str, Any]) -> Item:
    if reference.get("id"):
        return drive.get(str(reference["id"]))
    path = str(reference.get("path", ""))
    found = drive.find(path.partition("root:")[2]) if path else drive.root
    if found is None:
        raise missing("The destination folder could not be found")
    return found


@dataclass(frozen=True, slots=True)
class Copying:
    """Of items with everything below them, under new ids."""

    source: Drive
    target: Drive
    by: Identity

    def tree(self, item: Item, folder: Item, name: str, conflict: Conflict = "fail") -> Item:
        if item.content:
            return self.target.put_content(folder, name, item.content, self.by, conflict)[0]
        children = self.source.children_of(item)
        copied, _ = self.target.create_folder(folder, name, self.by, conflict)
        for child in children:
            self.tree(child, copied, child.name)
        return copied


@operation("DELETE", "item")
async def delete_item(call: Call) -> Reply:
    call.check_match(call.item)
    call.drive.delete(call.item, call.by)
    return Reply(204)


@operation("POST", "item", "copy")
async def copy_item(call: Call) -> Reply:
    """202 with a monitor URL on the content host; the copying itself happens in the background."""
    body = await call.json()
    reference = body.get("parentReference") or {"id": call.item.parent_id, "driveId": call.drive.id}
    target = call.tenant.drive(reference.get("driveId", call.drive.id))
    folder = _folder(target, reference)
    monitor = ids.opaque()
    call.tenant.monitors[monitor] = Monitor("inProgress")
    name, conflict = body.get("name") or call.item.name, call.conflict("fail", body)
    copying = Copying(call.drive, target, call.by)
    call.tenant.agenda.add(partial(_copy, call, monitor, partial(copying.tree, call.item, folder, name, conflict)))
    return Reply(202, None, {"Location": f"{call.tenant.content_url}/_monitor/{monitor}"})


async def _copy(call: Call, monitor: str, tree: Callable[[], Item]) -> None:
    try:
        call.tenant.monitors[monitor] = Monitor("completed", tree().id)
    except GraphProblem as problem:
        call.tenant.monitors[monitor] = Monitor("failed", problem=problem.code)
