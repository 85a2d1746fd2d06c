"""What a create or an update of an asset asks for, its JSON, and what of it an asset does not show yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.celum.changes import FieldOperation, RawField, to_json, took_effect
from shared.celum.values import iso, same
from shared.domain.assets import Asset, Availability, ExternalReference
from shared.domain.ids import CollectionId


@dataclass(frozen=True, slots=True)
class CreateAsset:
    """`fields` are made by `raw`; empty ones are left out."""

    name: str
    parent: CollectionId
    handle: str = field(repr=False)
    type_id: int | None = None
    fields: tuple[RawField, ...] = ()

    def body(self) -> dict[str, object]:
        if not self.handle:
            raise ValueError("an asset without an upload handle would be a placeholder")
        body: dict[str, object] = {"name": self.name, "parentId": self.parent, "uploadHandle": self.handle}
        if self.type_id is not None:
            body["typeId"] = self.type_id
        if self.fields:
            body["informationFieldValues"] = list(self.fields)
        return body


@dataclass(frozen=True, slots=True)
class AssetChange:
    """One PATCH. `lock` is the comment under which to lock, which CELUM demands; `unlock` takes a lock away.

    `references_add` replaces the url of a key triple that stands there already; `references_remove` goes by the triple.
    """

    name: str | None = None
    parents_add: tuple[CollectionId, ...] = ()
    parents_remove: tuple[CollectionId, ...] = ()
    availability: Availability | None = None
    fields: tuple[FieldOperation, ...] = ()
    type_id: int | None = None
    lock: str | None = None
    unlock: bool = False
    references_add: tuple[ExternalReference, ...] = ()
    references_remove: tuple[ExternalReference, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == AssetChange()


def patch_body(change: AssetChange) -> dict[str, object]:
    """The body of reference 13; parents are modified, never set, so that those of others stay."""
    body: dict[str, object] = {}
    if change.name is not None:
        body["name"] = change.name
    if change.type_id is not None:
        body["typeId"] = change.type_id
    if change.parents_add or change.parents_remove:
        lists = {"add": list(change.parents_add), "remove": list(change.parents_remove)}
        body["parentIds"] = {"op": "MODIFY"} | {name: ids for name, ids in lists.items() if ids}
    if change.availability is not None:
        body["availability"] = availability_json(change.availability)
    if change.lock is not None:
        if not change.lock.strip():
            raise ValueError("CELUM takes no lock without a comment")
        body["lock"] = {"op": "SET", "comment": change.lock}
    elif change.unlock:
        body["lock"] = {"op": "CLEAR"}
    if change.references_add or change.references_remove:
        body["externalReferences"] = _references(change)
    if change.fields:
        body["informationFieldValues"] = [to_json(operation) for operation in change.fields]
    return body


def _references(change: AssetChange) -> dict[str, object]:
    body: dict[str, object] = {"op": "MODIFY"}
    if change.references_add:
        body["add"] = [_keys(reference) | {"url": reference.url} for reference in change.references_add]
    if change.references_remove:
        body["remove"] = [_keys(reference) for reference in change.references_remove]
    return body


def _keys(reference: ExternalReference) -> dict[str, object]:
    keys: dict[str, object] = {"descriptionKey": reference.description, "providerKey": reference.provider}
    return keys | ({} if reference.instance is None else {"instanceKey": reference.instance})


def availability_json(availability: Availability) -> dict[str, object]:
    if availability.available is not None:
        return {"type": "DIRECT", "available": availability.available}
    dated: dict[str, object] = {"type": "DATED"}
    if availability.since is not None:
        dated["from"] = iso(availability.since)
    if availability.until is not None:
        dated["to"] = iso(availability.until)
    return dated


def differences(asset: Asset, change: AssetChange) -> AssetChange:
    """The part of the change that the asset does not show; empty when all of it took effect (G45).

    An asset that was read without its fields, or references, shows none of the changes to them.
    """
    there = asset.fields
    references = None if asset.references is None else {reference.key: reference.url for reference in asset.references}
    left = tuple(op for op in change.fields if there is None or not took_effect(op, there.get(op.field)))
    return replace(
        change,
        name=None if change.name is None or same(asset.name, change.name) else change.name,
        type_id=None if asset.type_id == change.type_id else change.type_id,
        parents_add=tuple(parent for parent in change.parents_add if parent not in asset.parents),
        parents_remove=tuple(parent for parent in change.parents_remove if parent in asset.parents),
        availability=None if same_availability(asset.availability, change.availability) else change.availability,
        fields=left,
        lock=None if asset.locked_by is not None and asset.lock_comment == change.lock else change.lock,
        unlock=change.unlock and asset.locked_by is not None,
        references_add=tuple(
            one for one in change.references_add if references is None or references.get(one.key) != one.url
        ),
        references_remove=tuple(one for one in change.references_remove if references is None or one.key in references),
    )


def same_availability(there: Availability | None, wanted: Availability | None) -> bool:
    if there is None or wanted is None:
        return there is wanted
    is_alike = (there.available, there.unreadable) == (wanted.available, wanted.unreadable)
    return is_alike and same(there.since, wanted.since) and same(there.until, wanted.until)


def described(change: AssetChange) -> str:
    """What a change touches, in words, without the values."""
    parts = [
        "name" if change.name is not None else "",
        "asset type" if change.type_id is not None else "",
        "collections" if change.parents_add or change.parents_remove else "",
        "availability" if change.availability is not None else "",
        "lock" if change.lock is not None or change.unlock else "",
        "external references" if change.references_add or change.references_remove else "",
        *(f"information field {operation.field}" for operation in change.fields),
    ]
    return ", ".join(part for part in parts if part)
