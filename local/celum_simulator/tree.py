"""The tree of collections."""

from __future__ import annotations

from local.celum_simulator.model import Collection, Level
from local.celum_simulator.tenant import Tenant


def line(tenant: Tenant, collection_id: int) -> list[Collection]:
    """From the root down to the collection itself; empty when it is gone."""
    steps: list[Collection] = []
    at = tenant.collections.get(collection_id)
    while at is not None:
        steps.insert(0, at)
        at = tenant.collections.get(at.parent) if at.parent is not None else None
    return steps


def within(tenant: Tenant, collection_id: int, root: int) -> bool:
    return any(step.id == root for step in line(tenant, collection_id))


def children(tenant: Tenant, collection_id: int) -> list[Collection]:
    return [c for c in tenant.collections if c.parent == collection_id]


def permission_defining(tenant: Tenant, collection_id: int) -> bool:
    collection = tenant.collections.get(collection_id)
    return collection is not None and tenant.collection_types[collection.type_id].permission_defining


def level(tenant: Tenant, collection: Collection) -> Level:
    """Children inherit the level until one sets its own."""
    for step in reversed(line(tenant, collection.id)):
        if not step.level_inherited:
            return step.level
    return "STRICT"


def label(texts: object) -> str:
    """The name a person sees: English, or what there is."""
    if not isinstance(texts, dict) or not texts:
        return ""
    return str(texts.get("en") or next(iter(texts.values())))


def path(tenant: Tenant, collection_id: int) -> str:
    return "".join(f"/{label(step.names)}" for step in line(tenant, collection_id))


def find(tenant: Tenant, wanted: str) -> Collection | None:
    return next((c for c in tenant.collections if path(tenant, c.id) == wanted), None)
