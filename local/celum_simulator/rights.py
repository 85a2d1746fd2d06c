"""Who may see and do what; rights are additive along the path of a collection."""

from __future__ import annotations

from datetime import datetime, timedelta

from local.celum_simulator import tree
from local.celum_simulator.model import FULL, Asset, Collection, Dated, Direct, Lock, User
from local.celum_simulator.refusals import Reason, Refusal
from local.celum_simulator.tenant import Tenant


def on_collection(tenant: Tenant, user: User, collection_id: int) -> frozenset[str]:
    granted = user.grants.get(None, frozenset())
    for step in tree.line(tenant, collection_id):
        granted |= user.grants.get(step.id, frozenset())
    return granted


def on_asset(tenant: Tenant, user: User, asset: Asset) -> frozenset[str]:
    """From its permission-defining parents; an asset without any belongs to its creator (the upload basket)."""
    granted: frozenset[str] = frozenset()
    governing = [p for p in asset.parents if tree.permission_defining(tenant, p)]
    for parent in governing:
        granted |= on_collection(tenant, user, parent)
    if not governing:
        granted = FULL if asset.creation.user_id == user.id else user.grants.get(None, frozenset())
    return granted if may_use(tenant, user, asset) else granted & {"view"}


def may_use(tenant: Tenant, user: User, asset: Asset) -> bool:
    return "editExpiredAssets" in user.may or available(tenant, asset, tenant.clock.now())


def available(tenant: Tenant, asset: Asset, now: datetime) -> bool:
    match asset.availability:
        case Direct(available=value):
            return value
        case Dated(start, end):
            if start is not None and now < start:
                return False
            return end is None or now <= last_moment(end, tenant.quirks.to_inclusive)


def last_moment(end: datetime, inclusive: str) -> datetime:
    if inclusive == "day":
        return end.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1, milliseconds=-1)
    return end


def sees_collection(tenant: Tenant, user: User, collection: Collection) -> bool:
    """Also what merely leads to something that may be seen."""
    if "view" in on_collection(tenant, user, collection.id):
        return True
    return any(
        root is not None and "view" in names and collection.id in {c.id for c in tree.line(tenant, root)}
        for root, names in user.grants.items()
    )


def sees_asset(tenant: Tenant, user: User, asset: Asset) -> bool:
    if tenant.quirks.hide_expired and "viewExpiredAssets" not in user.may:  # noqa: SIM102 - two different reasons
        if not available(tenant, asset, tenant.clock.now()):
            return False
    return "view" in on_asset(tenant, user, asset)


def visible_collection(tenant: Tenant, user: User, collection_id: int) -> Collection:
    collection = tenant.collections.get(collection_id)
    if collection is None or not sees_collection(tenant, user, collection):
        raise missing(tenant, "Collection", collection_id)
    return collection


def visible_asset(tenant: Tenant, user: User, asset_id: int) -> Asset:
    asset = tenant.assets.get(asset_id)
    if asset is None or not sees_asset(tenant, user, asset):
        raise missing(tenant, "Asset", asset_id)
    return asset


def missing(tenant: Tenant, kind: str, entity_id: object) -> Refusal:
    entity = f"{kind}:{entity_id}"
    return Refusal(tenant.quirks.missing_id_status, "entityNotFound", f"{entity} not found", entity=entity)


def demand(tenant: Tenant, granted: frozenset[str], name: str, entity: str) -> None:
    if name not in granted:
        raise Refusal(
            tenant.quirks.permission_status,
            "accessDenied",
            f"missing permission {name} on {entity}",
            reasons=[Reason("GENERIC", "missingPermission", name)],
        )


def refuse_locked(tenant: Tenant, user: User, asset: Asset) -> None:
    """A lock restricts others; its owner works on."""
    lock = standing_lock(tenant, asset)
    exempt = lock is not None and tenant.quirks.lock_exempts_owner and lock.creation.user_id == user.id
    if lock is not None and not exempt:
        raise Refusal(tenant.quirks.locked_status, "assetLocked", f"asset {asset.id} is locked: {lock.comment}")


def standing_lock(tenant: Tenant, asset: Asset) -> Lock | None:
    ttl = tenant.quirks.lock_ttl
    if asset.lock is None or ttl is None:
        return asset.lock
    return asset.lock if tenant.clock.now() <= asset.lock.creation.date + timedelta(seconds=ttl) else None
