"""What the page at / shows: one picture of the whole tenant."""

from __future__ import annotations

from typing import Any

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate.columns import definition
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item
from local.onedrive_simulator.estate.snapshot import sorted_items
from local.onedrive_simulator.estate.tenant import Tenant

type Json = dict[str, Any]


def overview(tenant: Tenant) -> Json:
    return {
        "now": iso(tenant.clock.now()),
        "drives": [_drive(tenant, d) for d in tenant.drives.values()],
        "subscriptions": [
            {"id": s.id, "resource": s.resource, "address": s.notification_url, "expires": iso(s.expires)}
            for s in tenant.subscriptions.values()
        ],
        "refusals": tenant.refusals[-20:],
    }


def _drive(tenant: Tenant, drive: Drive) -> Json:
    site = tenant.site_of(drive)
    return {
        "id": drive.id,
        "name": drive.name,
        "site": site.path if site else drive.owner.email,
        "columns": [definition(c) for c in drive.columns.values()],
        "items": [_item(drive, i) for i in sorted_items(drive) if i.parent_id],
        "bin": [{"id": t.item.id, "name": t.item.name, "at": iso(t.at)} for t in drive.gone.values() if t.top],
    }


def _item(drive: Drive, item: Item) -> Json:
    return {
        "id": item.id,
        "path": drive.path(item),
        "folder": item.is_folder,
        "size": item.size,
        "modified": iso(item.modified),
        "by": item.modified_by.name,
        "columns": {n: v for n, v in item.fields.items() if v is not None},
        "versions": [
            {"id": v.id, "by": v.by.name, "at": iso(v.at), "size": v.content.size if v.content else 0}
            for v in reversed(item.versions)
        ],
    }
