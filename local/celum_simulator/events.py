"""What changed, told as the events of the API."""

from __future__ import annotations

from local.celum_simulator.model import Asset, Collection, Relation
from local.celum_simulator.refusals import Json
from local.celum_simulator.render import EVERY, Include, View

PLAIN = Include()
WHOLE = Include(fields=EVERY)


def asset_changed(view: View, before: Asset | None, after: Asset | None) -> None:
    if after is None:
        assert before is not None
        view.tenant.emit("ASSET_DELETED", view.user, {"entity": view.asset(before, PLAIN)})
        return
    entity = view.asset(after, WHOLE)
    if before is None:
        view.tenant.emit("ASSET_CREATED", view.user, {"entity": entity})
    else:
        _updated(view, before, after, entity)
        _versions(view, before, after, entity)
        _references(view, before, after)
    for parent in sorted(set(after.parents) - set(before.parents if before else ())):
        view.tenant.emit("ASSET_ADDED", view.user, {"entity": entity, "toCollectionId": parent})
    for parent in sorted(set(before.parents if before else ()) - set(after.parents)):
        view.tenant.emit("ASSET_REMOVED", view.user, {"entity": entity, "fromCollectionId": parent})
    if after.released and not (before is not None and before.released):
        view.tenant.emit("ASSET_RELEASED", view.user, {"entity": entity})
    _previews(view, before, after)


def _updated(view: View, before: Asset, after: Asset, entity: Json) -> None:
    members = {
        "name": before.name != after.name,
        "assetType": before.type_id != after.type_id,
        "availability": before.availability != after.availability,
    }
    keys = set(before.values) | set(after.values)
    fields = sorted(k for k in keys if before.values.get(k) != after.values.get(k))
    changed = [name for name, differs in members.items() if differs]
    if changed or fields:
        view.tenant.emit(
            "ASSET_UPDATED",
            view.user,
            {
                "entity": entity,
                "entityBeforeUpdate": view.asset(before, WHOLE),
                "updatedFields": changed,
                "updatedInformationFields": fields,
                "updatedFileProperties": [],
            },
        )


def _versions(view: View, before: Asset, after: Asset, entity: Json) -> None:
    old, new = {v.id for v in before.versions}, {v.id for v in after.versions}
    if new - old:
        members: Json = {"asset": entity, "assetBefore": view.asset(before, PLAIN)}
        view.tenant.emit("ASSET_VERSION_ADDED", view.user, members)
    if old - new:
        view.tenant.emit("ASSET_VERSION_DELETED", view.user, {"asset": entity})
    if before.current != after.current:
        members = {"asset": entity, "oldVersionId": before.current, "newVersionId": after.current}
        view.tenant.emit("ASSET_VERSION_ACTIVATED", view.user, members)


def _references(view: View, before: Asset, after: Asset) -> None:
    old, new = {r.key: r for r in before.references}, {r.key: r for r in after.references}
    for key, reference in new.items():
        if old.get(key) != reference:
            members: Json = {"assetId": after.id, "externalReference": view.reference(reference)}
            if key in old:
                members["externalReferenceBefore"] = view.reference(old[key])
            view.tenant.emit("EXTERNAL_REFERENCE_ADDED", view.user, members)
    for key, reference in old.items():
        if key not in new:
            members = {"assetId": after.id, "externalReference": view.reference(reference)}
            view.tenant.emit("EXTERNAL_REFERENCE_DELETED", view.user, members)


def _previews(view: View, before: Asset | None, after: Asset) -> None:
    known = {v.id for v in before.versions} if before else set()
    outcome = "FINISHED" if view.tenant.quirks.preview_result == "SUCCEEDED" else "ERROR"
    for version in after.versions:
        if version.id not in known and version.blob is not None:
            members: Json = {"assetId": after.id, "versionId": version.id, "fileCategory": version.category}
            ready = version.preview_at or view.tenant.clock.now()
            told = members | {"previewConversionStatus": outcome}
            view.tenant.emit_at(ready, "PREVIEW_CONVERSION", view.user, told)


def collection_deleted(view: View, entity: Json) -> None:
    """`entity` as it was told while it was there."""
    view.tenant.emit("COLLECTION_DELETED", view.user, {"entity": entity})


def collection_changed(view: View, before: Collection | None, after: Collection) -> None:
    entity = view.collection(after, WHOLE)
    if before is None:
        return view.tenant.emit("COLLECTION_CREATED", view.user, {"entity": entity})
    if before.parent != after.parent:
        ends = {"fromCollectionId": before.parent, "toCollectionId": after.parent}
        members: Json = {"entity": entity} | {name: end for name, end in ends.items() if end is not None}
        view.tenant.emit("COLLECTION_MOVED", view.user, members)
    keys = set(before.values) | set(after.values)
    fields = sorted(k for k in keys if before.values.get(k) != after.values.get(k))
    names = ["name"] if before.names != after.names else []
    if names or fields:
        members = {"entity": entity, "entityBeforeUpdate": view.collection(before, WHOLE)}
        members |= {"updatedFields": names, "updatedInformationFields": fields}
        view.tenant.emit("COLLECTION_UPDATED", view.user, members)
    return None


def relation(view: View, kind: str, changed: Relation) -> None:
    view.tenant.emit(kind, view.user, {"entity": view.relation(changed)})
