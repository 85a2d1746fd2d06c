"""Asset types, collection types, field sets and fields as the API describes them."""

from __future__ import annotations

from datetime import datetime

from local.celum_simulator.clock import written
from local.celum_simulator.model import (
    LOCALIZED,
    REFERENCES,
    AssetType,
    CollectionType,
    FieldSet,
    InformationField,
    User,
)
from local.celum_simulator.refusals import Json
from local.celum_simulator.tenant import Tenant


def field(tenant: Tenant, user: User, wanted: InformationField, required_here: frozenset[int] = frozenset()) -> Json:
    out: Json = {
        "id": wanted.id,
        "name": wanted.name,
        "type": wanted.type,
        "labels": dict(wanted.labels),
        "editorInformation": {},
        "readerInformation": {},
        "required": wanted.required or wanted.id in required_here,
        "permissions": {"edit": wanted.id not in user.uneditable_fields},
    }
    if wanted.default is not None:
        default = wanted.default
        style = tenant.quirks.date_style
        out["defaultValue"] = written(default, style) if isinstance(default, datetime) else default
    limits = {
        "minLength": wanted.min_length,
        "maxLength": wanted.max_length,
        "validationPattern": wanted.pattern,
        "minValue": wanted.min_value,
        "maxValue": wanted.max_value,
        "rootId": wanted.root_id,
        "maxSelections": wanted.max_selections,
    }
    out |= {name: value for name, value in limits.items() if value is not None}
    return out | _of_type(wanted)


def _of_type(wanted: InformationField) -> Json:
    if wanted.type in LOCALIZED:
        return {"locales": list(wanted.locales)}
    if wanted.type == "DROPDOWN":
        return {"sortOrder": "MANUAL", "options": _options(wanted)}
    if wanted.type in REFERENCES:
        extra = "createNewOnTheFly" if wanted.type == "TAG_REFERENCE" else "rootSelectable"
        return {"showTree": True, extra: False}
    return {}


def _options(wanted: InformationField) -> Json:
    locales = sorted({locale for labels in wanted.options.values() for locale in labels})
    return {
        locale: [{"index": i, "label": labels[locale]} for i, labels in wanted.options.items() if locale in labels]
        for locale in locales
    }


def set_head(wanted: FieldSet) -> Json:
    out: Json = {"id": wanted.id, "name": wanted.name, "labels": {"en": wanted.name}}
    if wanted.depends_on is not None:
        out["dependsOnFieldId"] = wanted.depends_on
    return out


def _sets(tenant: Tenant, user: User, sets: tuple[FieldSet, ...]) -> list[Json]:
    return [
        {
            **set_head(s),
            "informationFields": [field(tenant, user, tenant.fields[f], s.required) for f in s.field_ids],
        }
        for s in sets
    ]


def asset_type(tenant: Tenant, user: User, wanted: AssetType, *, full: bool) -> Json:
    out: Json = {
        "id": wanted.id,
        "name": wanted.name,
        "labels": {"en": wanted.name},
        "permissions": {"assign": True},
    }
    if full:
        out["informationFieldSets"] = _sets(tenant, user, wanted.sets)
    return out


def collection_type(tenant: Tenant, user: User, wanted: CollectionType, *, full: bool) -> Json:
    out: Json = {
        "id": wanted.id,
        "name": wanted.name,
        "labels": {"en": wanted.name},
        "permissionDefining": wanted.permission_defining,
        "tagCloud": wanted.tag_cloud,
    }
    if full:
        out["informationFieldSets"] = _sets(tenant, user, wanted.sets)
    return out
