from __future__ import annotations

from typing import Any

from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item
from local.onedrive_simulator.estate.tenant import Tenant


def snapshot(tenant: Tenant) -> dict[str, Any]:
    """All that two runs of one story must have in common: no ids, no times. Keys are site and drive names."""
    tree: dict[str, Any] = {}
    for drive in tenant.drives.values():
        site = tenant.site_of(drive)
        name = f"{site.path}/{drive.name}" if site else f"{drive.owner.email}/{drive.name}"
        tree[name] = {drive.path(item) or "/": _facts(drive, item) for item in sorted_items(drive)}
    return tree


def sorted_items(drive: Drive) -> list[Item]:
    return sorted(drive.items.values(), key=lambda i: drive.path(i).casefold())


def _facts(drive: Drive, item: Item) -> dict[str, Any]:
    columns = {n: v for n, v in sorted(item.fields.items()) if v is not None}
    if item.is_folder:
        return {"folder": True, "children": len(drive.children.get(item.id, {})), "columns": columns}
    return {
        "size": item.size,
        "quickXorHash": item.content.quick_xor if item.content else "",
        "versions": len(item.versions),
        "by": item.modified_by.name,
        "columns": columns,
    }
