"""Entities as the API writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from local.celum_simulator import blobs, definitions, rights, rules, tree
from local.celum_simulator.clock import written
from local.celum_simulator.model import (
    REFERENCES,
    Asset,
    Collection,
    Dated,
    Direct,
    ExternalReference,
    FieldSet,
    Format,
    InformationField,
    Relation,
    Stamp,
    User,
    Value,
    Values,
    Version,
)
from local.celum_simulator.pictures import properties
from local.celum_simulator.refusals import Json
from local.celum_simulator.tenant import Tenant

EVERY = frozenset({-1})  # stands for all ids


@dataclass(frozen=True, slots=True)
class Include:
    """What an answer carries beyond the basics; a set of ids, EVERY, or nothing."""

    fields: frozenset[int] = frozenset()
    formats: frozenset[int] = frozenset()
    field_permissions: bool = False
    file_properties: bool = False
    references: bool = False
    roles: bool = False
    permissions: tuple[str, ...] = ()

    def wants(self, field_id: int) -> bool:
        return self.fields is EVERY or field_id in self.fields


FULL_ENTITY = Include(fields=EVERY, references=True, roles=True)


@dataclass(frozen=True, slots=True)
class View:
    """One tenant as one user sees it."""

    tenant: Tenant
    user: User

    def date(self, instant: datetime) -> str | int:
        return written(instant, self.tenant.quirks.date_style)

    def stamp(self, stamp: Stamp) -> Json:
        return {"date": self.date(stamp.date), "userId": stamp.user_id}

    def asset(self, asset: Asset, include: Include) -> Json:
        tenant = self.tenant
        status = rules.status(tenant, asset)
        out: Json = {
            "id": asset.id,
            "name": asset.name,
            "creation": self.stamp(asset.creation),
            "modification": self.stamp(asset.modification),
            "releaseStatus": "RELEASED" if asset.released else "UNRELEASED",
            "validationLevel": rules.level(tenant, asset),
            "validationStatus": {
                "assetTypeSet": status.type_set,
                "requiredFieldsValid": status.fields_valid,
                "permissionDefiningCollectionValid": status.place_valid,
            },
            "availability": self.availability(asset),
            "parentIds": [p for p in asset.parents if self._sees(p)],
            "parentPaths": [self.path(p) for p in asset.parents if self._sees(p)],
            "currentVersion": self.version(asset, asset.version),
        }
        if asset.type_id is not None:
            out["typeId"] = asset.type_id
        if (lock := rights.standing_lock(tenant, asset)) is not None:
            out["lock"] = {"temporary": False, "comment": lock.comment, "creation": self.stamp(lock.creation)}
        return {**out, **self._included(asset, include)}

    def _included(self, asset: Asset, include: Include) -> Json:
        granted = rights.on_asset(self.tenant, self.user, asset)
        out: Json = {}
        if include.fields:
            sets = rules.sets_of(self.tenant, asset)
            values = rules.effective(self.tenant, asset)
            out["informationFieldValueSets"] = self.value_sets(sets, values, include)
        if include.file_properties:
            out["fileProperties"] = properties(asset.version)
        if include.references:
            out["externalReferences"] = [self.reference(r) for r in asset.references]
        if include.formats and asset.version.blob is not None:
            barred = {*self.user.forbidden_formats, *self.unsupported(asset.version)}
            usable = [f for f in self.tenant.formats.values() if f.key not in barred]
            wanted = [f for f in usable if include.formats is EVERY or f.id in include.formats]
            out["downloadFormats"] = [self.format(f) for f in wanted]
        if include.permissions:
            out["permissions"] = {name: name in granted for name in include.permissions}
        return out

    def unsupported(self, version: Version) -> list[str]:
        """Keys of the formats that are not offered for files of this kind."""
        pairs = (entry.split(":", 1) for entry in self.tenant.quirks.unsupported_formats)
        return [key for category, key in pairs if category == version.category]

    def _sees(self, collection_id: int) -> bool:
        collection = self.tenant.collections.get(collection_id)
        return collection is not None and rights.sees_collection(self.tenant, self.user, collection)

    def availability(self, asset: Asset) -> object:
        if self.tenant.quirks.availability_json:
            return json.loads(self.tenant.quirks.availability_json)
        match asset.availability:
            case Direct(available=value):
                return {"type": "DIRECT", "available": value}
            case Dated(start, end):
                out: Json = {"type": "DATED"}
                if start is not None:
                    out["from"] = self.date(start)
                if end is not None:
                    out["to"] = self.date(end)
                return out

    def version(self, asset: Asset, version: Version) -> Json:
        quirks = self.tenant.quirks
        out: Json = {
            "id": version.id,
            "active": version.id == asset.current,
            "filename": version.filename,
            "fileExtension": blobs.extension(version.filename),
            "filesize": version.blob.size if version.blob else 0,
            "fileCategory": version.category,
            "creation": self.stamp(version.creation),
        }
        if version.blob is None:
            return out
        if quirks.checksum != "none":
            out["fileChecksum"] = blobs.digest(version.blob, quirks.checksum)
        ready = version.preview_at is not None and self.tenant.clock.now() >= version.preview_at
        out["previewState"] = quirks.preview_result if ready else "PROCESSING"
        if out["previewState"] == "SUCCEEDED":
            base = f"{self.tenant.base_url}/previews/{asset.id}/{version.id}"
            out["previewUrls"] = {kind: f"{base}/{kind}" for kind in ("THUMB", "PREVIEW", "LARGE")}
        return out

    def path(self, collection_id: int) -> Json:
        steps = tree.line(self.tenant, collection_id)
        segments = [{"collectionId": c.id, "collectionName": dict(c.names)} for c in steps]
        return {"collectionTypeId": steps[-1].type_id, "pathSegments": segments}

    def reference(self, reference: ExternalReference) -> Json:
        def named(key: str) -> Json:
            return {"key": key, "labels": {"en": key}}

        out: Json = {
            "id": reference.id,
            "url": reference.url,
            "description": named(reference.description),
            "provider": named(reference.provider),
            "updated": self.date(reference.updated),
        }
        if reference.instance is not None:
            out["instance"] = named(reference.instance)
        return out

    def format(self, wanted: Format) -> Json:
        out: Json = {"id": wanted.id, "key": wanted.key, "name": {"en": wanted.label}, "description": {"en": ""}}
        if wanted.longest is None:
            out["original"] = True
        if self.tenant.quirks.interceptor_required:
            out["interceptorDefinitions"] = [{"id": "usagePrompt", "options": {}}]
        return out

    def collection(self, collection: Collection, include: Include) -> Json:
        tenant = self.tenant
        shown = [c for c in tree.children(tenant, collection.id) if rights.sees_collection(tenant, self.user, c)]
        out: Json = {
            "id": collection.id,
            "typeId": collection.type_id,
            "name": dict(collection.names),
            "path": self.path(collection.id),
            "hasChildren": bool(shown),
            "validationLevelInherited": collection.level_inherited,
            "validationLevel": tree.level(tenant, collection),
            "validationStatus": {"collectionTypeSet": True, "requiredFieldsValid": True},
            "creation": self.stamp(collection.creation),
            "modification": self.stamp(collection.modification),
        }
        if collection.parent is not None:
            out["parentId"] = collection.parent
        if collection.icon is not None:
            out["icon"] = collection.icon
        if include.fields:
            sets = tenant.collection_types[collection.type_id].sets
            out["informationFieldValueSets"] = self.value_sets(sets, collection.values, include)
        if include.roles:
            out["roleAssignments"] = list(collection.roles)
        if include.permissions:
            granted = rights.on_collection(tenant, self.user, collection.id)
            out["permissions"] = {name: name in granted for name in include.permissions}
        return out

    def value_sets(self, sets: Iterable[FieldSet], values: Values, include: Include) -> list[Json]:
        out = []
        for field_set in sets:
            wanted = [self.tenant.fields[f] for f in field_set.field_ids if include.wants(f)]
            head = definitions.set_head(field_set)
            out.append({**head, "informationFieldValues": [self._entry(f, field_set.required, values) for f in wanted]})
        return out

    def _entry(self, field: InformationField, required: frozenset[int], values: Values) -> Json:
        definition = definitions.field(self.tenant, self.user, field, required)
        entry: Json = {"type": field.type, "field": definition}
        if field.id in values:
            entry["value"] = self._value(field, values[field.id])
        return entry

    def _value(self, field: InformationField, value: Value) -> object:
        if isinstance(value, datetime):
            return self.date(value)
        if isinstance(value, tuple):
            return [self._referred(field, i, position) for position, i in enumerate(value)]
        return dict(value) if isinstance(value, dict) else value

    def _referred(self, field: InformationField, collection_id: int, position: int) -> Json:
        """Names are resolved for the first few only; the id is always there."""
        assert field.type in REFERENCES
        collection = self.tenant.collections.get(collection_id)
        if collection is None or position >= self.tenant.quirks.max_reference_names:
            return {"id": collection_id}
        names = dict(collection.names)
        return {"id": collection_id, "name": tree.label(names) if field.type == "TAG_REFERENCE" else names}

    def relation(self, relation: Relation, include: Include = Include()) -> Json:
        out: Json = {
            "id": relation.id,
            "typeId": relation.type_id,
            "creation": self.stamp(relation.creation),
            "status": self._relation_status(relation),
        }
        for side, asset_id in (("sourceAsset", relation.source), ("targetAsset", relation.target)):
            asset = self.tenant.assets.get(asset_id)
            if asset is not None and rights.sees_asset(self.tenant, self.user, asset):
                out[side] = self.asset(asset, Include())
        if include.fields:
            fields = [f for f in self.tenant.fields.values() if f.id in relation.values and include.wants(f.id)]
            values = [self._entry(f, frozenset(), relation.values) for f in fields]
            head = {"id": 1, "name": "relation", "labels": {"en": "Relation"}}
            out["informationFieldValueSets"] = [{**head, "informationFieldValues": values}]
        return out

    def _relation_status(self, relation: Relation) -> str:
        pairs = ((relation.source, relation.source_version), (relation.target, relation.target_version))
        sides = [(self.tenant.assets.get(asset_id), pinned) for asset_id, pinned in pairs]
        if any(asset is None for asset, _ in sides):
            return "BROKEN"
        outdated = any(pinned is not None and asset is not None and asset.current != pinned for asset, pinned in sides)
        return "OUTDATED" if outdated else "SYNCED"

    def person(self, user: User) -> Json:
        return {
            "id": user.id,
            "externalId": user.username,
            "username": user.username,
            "firstname": "",
            "middlename": "",
            "lastname": user.username,
            "email": f"{user.username}@acme.example",
            "kind": "INTERNAL",
            "creationDate": self.date(user.created),
            "deactivated": user.deactivated,
            "locale": "en",
        }
