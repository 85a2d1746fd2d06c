"""Which fields an asset has, what it still lacks, and when it counts as released."""

from __future__ import annotations

from dataclasses import dataclass, replace

from local.celum_simulator import tree
from local.celum_simulator.model import Asset, FieldSet, Level, Value, Values
from local.celum_simulator.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Status:
    """`validationStatus`."""

    type_set: bool
    fields_valid: bool
    place_valid: bool


def sets_of(tenant: Tenant, asset: Asset) -> tuple[FieldSet, ...]:
    return tenant.asset_types[asset.type_id].sets if asset.type_id in tenant.asset_types else ()


def enabled(sets: tuple[FieldSet, ...], values: Values) -> list[FieldSet]:
    return [s for s in sets if s.depends_on is None or values.get(s.depends_on) is True]


def field_ids(sets: tuple[FieldSet, ...], values: Values) -> frozenset[int]:
    return frozenset(f for s in enabled(sets, values) for f in s.field_ids)


def effective(tenant: Tenant, asset: Asset) -> Values:
    """Own values over those of the collections, nearest first, where the tenant inherits."""
    if not tenant.quirks.inherit_fields:
        return asset.values
    inherited: dict[int, Value] = {}
    for parent in asset.parents:
        for step in tree.line(tenant, parent):
            inherited.update(step.values)
    return {**inherited, **asset.values}


def lacking(tenant: Tenant, asset: Asset) -> list[int]:
    """Required fields without a value."""
    values = effective(tenant, asset)
    return [
        f
        for s in enabled(sets_of(tenant, asset), values)
        for f in s.field_ids
        if (tenant.fields[f].required or f in s.required) and f not in values
    ]


def level(tenant: Tenant, asset: Asset) -> Level:
    """STRICT when any permission-defining parent is, or when there is none."""
    governing = [tenant.collections[p] for p in asset.parents if tree.permission_defining(tenant, p)]
    levels = {tree.level(tenant, c) for c in governing}
    return "TOLERANT" if levels == {"TOLERANT"} else "STRICT"


def status(tenant: Tenant, asset: Asset) -> Status:
    return Status(
        type_set=asset.type_id is not None,
        fields_valid=asset.type_id is not None and not lacking(tenant, asset),
        place_valid=any(tree.permission_defining(tenant, p) for p in asset.parents),
    )


def released(tenant: Tenant, asset: Asset) -> Asset:
    """Release follows by itself; without a permission-defining parent the asset is back in the basket."""
    now = status(tenant, asset)
    if not now.place_valid:
        return replace(asset, released=False)
    complete = now.type_set and now.fields_valid
    return replace(asset, released=asset.released or complete or level(tenant, asset) == "TOLERANT")
