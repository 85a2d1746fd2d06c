"""Assets: create, change, version, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from local.celum_simulator import rights, rules, tree, uploads, values
from local.celum_simulator.model import Asset, Dated, Direct, ExternalReference, Lock, Stamp, Upload, User, Version
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Refusal, bad_argument, bad_fields, field_reason
from local.celum_simulator.tenant import Tenant


def create(tenant: Tenant, user: User, body: Body) -> Asset:
    body.only("name", "parentId", "uploadHandle", "alternativePreviewUploadHandle", "typeId", "informationFieldValues")
    parent = _upload_target(tenant, user, body.integer("parentId"))
    handle = body.text_or_none("uploadHandle")
    upload = uploads.ready(tenant, user, handle) if handle else None
    stamp = Stamp(tenant.clock.now(), user.id)
    draft = Asset(
        id=tenant.next_id(),
        name=body.text_or_none("name") or (upload.filename if upload else "placeholder"),
        creation=stamp,
        modification=stamp,
        versions=(),
        current=1,
        parents=(parent,),
        type_id=_type(tenant, body),
    )
    draft = _with_fields(tenant, user, draft, body, create=True)
    if tenant.quirks.required_missing == "refuse":
        _refuse_lacking(tenant, draft)
    first = _first_version(tenant, user, upload, draft)
    return tenant.assets.put(rules.released(tenant, replace(draft, versions=(first,), current=first.id)))


def _upload_target(tenant: Tenant, user: User, parent: int) -> int:
    rights.visible_collection(tenant, user, parent)
    if not tree.permission_defining(tenant, parent):
        raise bad_argument("parentId", "the collection's type is not permission-defining", code="parentNotAllowed")
    rights.demand(tenant, rights.on_collection(tenant, user, parent), "upload", f"Collection:{parent}")
    return parent


def _type(tenant: Tenant, body: Body) -> int | None:
    type_id = body.integer_or_none("typeId")
    if type_id is not None and type_id not in tenant.asset_types:
        raise rights.missing(tenant, "AssetType", type_id)
    return type_id


def _first_version(tenant: Tenant, user: User, upload: Upload | None, draft: Asset) -> Version:
    if upload is not None:
        return uploads.version(tenant, user, upload, upload.filename, 1)
    number = 1 if tenant.quirks.version_ids == "number" else tenant.next_id()
    return Version(id=number, filename=draft.name, category="PLACEHOLDER", creation=draft.creation, blob=None)


def _with_fields(tenant: Tenant, user: User, asset: Asset, body: Body, *, create: bool) -> Asset:
    entries = body.bodies("informationFieldValues", optional=True)
    sets = rules.sets_of(tenant, asset)
    author = values.Author(tenant, user)
    after = values.written(author, entries, asset.values, lambda v: rules.field_ids(sets, v), create=create)
    return replace(asset, values=after)


def _refuse_lacking(tenant: Tenant, asset: Asset) -> None:
    missing = rules.lacking(tenant, asset) if rules.level(tenant, asset) == "STRICT" else []
    if missing:
        raise bad_fields(field_reason(f, "a value is required", code="required") for f in missing)


@dataclass(frozen=True, slots=True)
class Change:
    """One PATCH."""

    tenant: Tenant
    user: User
    body: Body
    granted: frozenset[str]

    def demand(self, name: str, asset: Asset) -> None:
        rights.demand(self.tenant, self.granted, name, f"Asset:{asset.id}")


def update(tenant: Tenant, user: User, asset: Asset, body: Body) -> Asset:
    """Apply the members one after the other; all or nothing, unless the tenant is one that is not atomic."""
    body.only(*STEPS)
    rights.refuse_locked(tenant, user, asset)
    change = Change(tenant, user, body, rights.on_asset(tenant, user, asset))
    before, done = asset, []
    for name, step in STEPS.items():
        if not body.has(name):
            continue
        try:
            asset = step(change, asset)
        except Refusal:
            if not tenant.quirks.patch_atomic:
                tenant.assets.put(asset)
            raise
        done.append("fields" if name == "informationFieldValues" else name)
    asset = rules.released(tenant, asset)
    if before.released and not set(rules.lacking(tenant, before)) >= set(rules.lacking(tenant, asset)):
        _refuse_lacking(tenant, asset)
    return tenant.assets.put(bumped(tenant, user, asset, done))


def bumped(tenant: Tenant, user: User, asset: Asset, kinds: list[str]) -> Asset:
    kinds = ["versions" if kind in {"currentVersion", "alternativePreview"} else kind for kind in kinds]
    if set(kinds) & set(tenant.quirks.bump_on):
        return replace(asset, modification=Stamp(tenant.clock.now(), user.id))
    return asset


def _name(change: Change, asset: Asset) -> Asset:
    change.demand("editName", asset)
    name = change.body.text("name")
    if not name.strip():
        raise bad_argument("name", "must not be empty")
    return replace(asset, name=name)


def _type_id(change: Change, asset: Asset) -> Asset:
    change.demand("assignAssetType", asset)
    return replace(asset, type_id=_type(change.tenant, change.body))


def _current(change: Change, asset: Asset) -> Asset:
    change.demand("manageVersions", asset)
    wanted = change.body.integer("currentVersion")
    if wanted not in {v.id for v in asset.versions}:
        raise bad_argument("currentVersion", "no such version of the asset")
    return replace(asset, current=wanted)


def _availability(change: Change, asset: Asset) -> Asset:
    change.demand("editAvailability", asset)
    given = change.body.body("availability")
    if given.choice("type", ("DIRECT", "DATED")) == "DIRECT":
        given.only("type", "available")
        return replace(asset, availability=Direct(given.boolean("available")))
    given.only("type", "from", "to")
    start, end = given.instant_or_none("from"), given.instant_or_none("to")
    if start is not None and end is not None and end < start:
        raise bad_argument("availability.to", "must not be before from")
    return replace(asset, availability=Dated(start, end))


def _parents(change: Change, asset: Asset) -> Asset:
    given = change.body.body("parentIds")
    if given.choice("op", ("MODIFY", "SET")) == "SET":
        given.only("op", "values")
        wanted = tuple(dict.fromkeys(given.integers("values")))
    else:
        given.only("op", "add", "remove")
        add, remove = given.integers("add", optional=True), given.integers("remove", optional=True)
        wanted = tuple(dict.fromkeys([p for p in asset.parents if p not in remove] + add))
    for parent in set(wanted) - set(asset.parents):
        rights.visible_collection(change.tenant, change.user, parent)
        granted = rights.on_collection(change.tenant, change.user, parent)
        rights.demand(change.tenant, granted, "addAssets", f"Collection:{parent}")
    if wanted != asset.parents:
        change.demand("addToOther", asset)
    return replace(asset, parents=wanted)


def _lock(change: Change, asset: Asset) -> Asset:
    given = change.body.body("lock")
    if given.choice("op", ("SET", "CLEAR")) == "CLEAR":
        given.only("op")
        return replace(asset, lock=None)
    given.only("op", "comment")
    return replace(asset, lock=Lock(given.text("comment"), Stamp(change.tenant.clock.now(), change.user.id)))


def _references(change: Change, asset: Asset) -> Asset:
    """A reference is known by its key triple: adding an existing one replaces its url."""
    given = change.body.body("externalReferences")
    given.only("op", "add", "remove")
    given.choice("op", ("MODIFY",))
    kept = {r.key: r for r in asset.references}
    for entry in given.bodies("remove", optional=True):
        entry.only("descriptionKey", "providerKey", "instanceKey")
        kept.pop(_triple(entry), None)
    for entry in given.bodies("add", optional=True):
        entry.only("descriptionKey", "providerKey", "instanceKey", "url")
        key = _triple(entry)
        _refuse_unregistered(change.tenant, entry, key)
        number = kept[key].id if key in kept else change.tenant.next_id()
        kept[key] = ExternalReference(
            id=number,
            description=key[0],
            provider=key[1],
            instance=key[2],
            url=entry.text("url"),
            updated=change.tenant.clock.now(),
        )
    return replace(asset, references=tuple(kept.values()))


def _triple(entry: Body) -> tuple[str, str, str | None]:
    return entry.text("descriptionKey"), entry.text("providerKey"), entry.text_or_none("instanceKey")


def _refuse_unregistered(tenant: Tenant, entry: Body, key: tuple[str, str, str | None]) -> None:
    registered = tenant.quirks.reference_keys
    names = ("descriptionKey", "providerKey", "instanceKey")
    for name, part in zip(names, key, strict=True):
        if registered is not None and part is not None and part not in registered:
            raise bad_argument(entry.at(name), f"no such key: {part}", code="unknownKey")


def _alternative_preview(change: Change, asset: Asset) -> Asset:
    given = change.body.body("alternativePreview")
    given.only("filename", "uploadHandle")
    given.text("filename")
    handle = given.text_or_none("uploadHandle")
    if handle is not None:
        uploads.ready(change.tenant, change.user, handle).consumed = True
    return asset


def _fields(change: Change, asset: Asset) -> Asset:
    change.demand("editMetadata", asset)
    return _with_fields(change.tenant, change.user, asset, change.body, create=False)


STEPS: dict[str, Callable[[Change, Asset], Asset]] = {
    "name": _name,
    "typeId": _type_id,
    "currentVersion": _current,
    "availability": _availability,
    "parentIds": _parents,
    "externalReferences": _references,
    "alternativePreview": _alternative_preview,
    "informationFieldValues": _fields,
    "lock": _lock,
}


def add_version(tenant: Tenant, user: User, asset: Asset, body: Body) -> Version:
    body.only("filename", "uploadHandle", "alternativePreviewUploadHandle")
    rights.refuse_locked(tenant, user, asset)
    rights.demand(tenant, rights.on_asset(tenant, user, asset), "addVersion", f"Asset:{asset.id}")
    filename = body.text("filename")
    upload = uploads.ready(tenant, user, body.text("uploadHandle"))
    added = uploads.version(tenant, user, upload, filename, max(v.id for v in asset.versions) + 1)
    current = added.id if tenant.quirks.add_version_activates else asset.current
    asset = replace(asset, versions=(*asset.versions, added), current=current)
    tenant.assets.put(bumped(tenant, user, asset, ["versions"]))
    return added


def delete_version(tenant: Tenant, user: User, asset: Asset, version_id: int) -> Asset:
    rights.refuse_locked(tenant, user, asset)
    rights.demand(tenant, rights.on_asset(tenant, user, asset), "manageVersions", f"Asset:{asset.id}")
    left = tuple(v for v in asset.versions if v.id != version_id)
    if len(left) == len(asset.versions):
        raise rights.missing(tenant, "Version", version_id)
    if version_id == asset.current:
        raise bad_argument("versionId", "the current version cannot be deleted")
    return tenant.assets.put(bumped(tenant, user, replace(asset, versions=left), ["versions"]))


def delete(tenant: Tenant, user: User, asset: Asset) -> None:
    rights.refuse_locked(tenant, user, asset)
    rights.demand(tenant, rights.on_asset(tenant, user, asset), "delete", f"Asset:{asset.id}")
    tenant.assets.drop(asset.id)
    if tenant.quirks.soft_delete:
        tenant.deleted[asset.id] = replace(asset, parents=(), released=False)
