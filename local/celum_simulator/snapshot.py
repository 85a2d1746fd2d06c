"""The state of a tenant without ids and times, so that two runs can be compared."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypedDict

from local.celum_simulator import blobs, tree
from local.celum_simulator.clock import written
from local.celum_simulator.model import REFERENCES, Asset, Dated, Direct, InformationField, Value
from local.celum_simulator.refusals import Json
from local.celum_simulator.tenant import Tenant


class Snapshot(TypedDict):
    collections: list[str]
    assets: list[dict[str, Any]]
    relations: list[list[str]]


def snapshot(tenant: Tenant) -> Snapshot:
    """`collections`: sorted paths; `assets`: sorted descriptions; `relations`: pairs of names."""
    assets = [described(tenant, asset) for asset in tenant.assets]
    relations = [
        [source.name, target.name]
        for r in tenant.relations.values()
        if (source := tenant.assets.get(r.source)) and (target := tenant.assets.get(r.target))
    ]
    return {
        "collections": sorted(tree.path(tenant, c.id) for c in tenant.collections),
        "assets": sorted(assets, key=lambda one: json.dumps(one, sort_keys=True)),
        "relations": sorted(relations),
    }


def described(tenant: Tenant, asset: Asset) -> dict[str, Any]:
    creator = tenant.users.get(asset.creation.user_id)
    return {
        "name": asset.name,
        "parents": sorted(tree.path(tenant, p) for p in asset.parents),
        "type": tenant.asset_types[asset.type_id].name if asset.type_id in tenant.asset_types else None,
        "released": asset.released,
        "creator": creator.username if creator else None,
        "fields": {
            tree.label(dict(tenant.fields[f].labels)): _value(tenant, tenant.fields[f], value)
            for f, value in sorted(asset.values.items())
        },
        "versions": [
            {
                "filename": version.filename,
                "size": version.blob.size if version.blob else 0,
                "sha256": blobs.digest(version.blob, "sha256") if version.blob else None,
                "current": version.id == asset.current,
            }
            for version in asset.versions
        ],
        "availability": _availability(asset),
        "lock": asset.lock.comment if asset.lock else None,
        "references": sorted([r.description, r.provider, r.instance or ""] for r in asset.references),
    }


def _availability(asset: Asset) -> Json:
    match asset.availability:
        case Direct(available=value):
            return {"available": value}
        case Dated(start, end):
            return {"from": start and written(start, "iso"), "to": end and written(end, "iso")}


def _value(tenant: Tenant, field: InformationField, value: Value) -> object:
    if isinstance(value, datetime):
        return written(value, "iso")
    if field.type in REFERENCES and isinstance(value, tuple):
        return sorted(tree.path(tenant, i) for i in value)
    if field.type == "DROPDOWN" and isinstance(value, int):
        return tree.label(dict(field.options[value]))
    return dict(value) if isinstance(value, dict) else value
