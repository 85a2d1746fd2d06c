"""Collections: create, change, move, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from local.celum_simulator import assets, rights, rules, tree, values
from local.celum_simulator.model import Collection, Level, Stamp, User, Values
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Refusal, bad_argument
from local.celum_simulator.tenant import Tenant

LEVELS = ("STRICT", "TOLERANT")
CREATE = (
    *("name", "typeId", "parentId", "icon", "validationLevel", "validationLevelInherited"),
    *("informationFieldValues", "roleAssignments"),
)


def create(tenant: Tenant, user: User, body: Body) -> Collection:
    body.only(*CREATE)
    names = body.locale_texts("name")
    parent, type_id = body.integer_or_none("parentId"), body.integer_or_none("typeId")
    if (parent is None) == (type_id is None):
        raise bad_argument("typeId", "either typeId (a root) or parentId (a child), never both")
    if parent is not None:
        above = rights.visible_collection(tenant, user, parent)
        rights.demand(tenant, rights.on_collection(tenant, user, parent), "addCollection", f"Collection:{parent}")
        type_id = above.type_id
    elif "addCollection" not in user.grants.get(None, frozenset()):
        raise Refusal(tenant.quirks.permission_status, "accessDenied", "root collections may not be created")
    if type_id not in tenant.collection_types:
        raise rights.missing(tenant, "CollectionType", type_id)
    inherited = _inherited(body, root=parent is None)
    refuse_twin(tenant, names, parent)
    stamp = Stamp(tenant.clock.now(), user.id)
    new = Collection(
        id=tenant.next_id(),
        type_id=type_id,
        names=names,
        creation=stamp,
        modification=stamp,
        parent=parent,
        icon=body.text_or_none("icon"),
        level=cast("Level", body.choice("validationLevel", LEVELS, default="STRICT")),
        level_inherited=inherited,
        roles=tuple(b.members for b in body.bodies("roleAssignments", optional=True)),
    )
    return tenant.collections.put(_with_fields(tenant, user, new, body, create=True))


def _inherited(body: Body, *, root: bool) -> bool:
    if root:
        if body.has("validationLevelInherited"):
            raise bad_argument("validationLevelInherited", "must not be set for root collections")
        return False
    inherited = body.boolean("validationLevelInherited", default=not body.has("validationLevel"))
    if inherited and body.has("validationLevel"):
        raise bad_argument("validationLevel", "must not be set when the level is inherited")
    return inherited


def refuse_twin(tenant: Tenant, names: dict[str, str], parent: int | None) -> None:
    if not tenant.quirks.unique_names:
        return
    for other in tenant.collections:
        if other.parent == parent and tree.label(dict(other.names)) == tree.label(names):
            raise bad_argument("name", "a collection of this name exists here", code="duplicateName")


def _with_fields(tenant: Tenant, user: User, collection: Collection, body: Body, *, create: bool) -> Collection:
    entries = body.bodies("informationFieldValues", optional=True)
    sets = tenant.collection_types[collection.type_id].sets
    author = values.Author(tenant, user)

    def allowed(after: Values) -> frozenset[int]:
        return rules.field_ids(sets, after)

    after = values.written(author, entries, collection.values, allowed, create=create)
    return replace(collection, values=after)


type Step = Callable[[Tenant, User, Collection, Body], Collection]


def update(tenant: Tenant, user: User, collection: Collection, body: Body) -> Collection:
    body.only(*STEPS, "compoundObject")
    for name, (permission, step) in STEPS.items():
        if body.has(name):
            granted = rights.on_collection(tenant, user, collection.id)
            rights.demand(tenant, granted, permission, f"Collection:{collection.id}")
            collection = step(tenant, user, collection, body)
    return tenant.collections.put(replace(collection, modification=Stamp(tenant.clock.now(), user.id)))


def _names(tenant: Tenant, _: User, collection: Collection, body: Body) -> Collection:
    names = body.locale_texts("name")
    if tree.label(names) != tree.label(dict(collection.names)):
        refuse_twin(tenant, names, collection.parent)
    return replace(collection, names=names)


def _icon(_: Tenant, __: User, collection: Collection, body: Body) -> Collection:
    return replace(collection, icon=body.text("icon"))


def _level(_: Tenant, __: User, collection: Collection, body: Body) -> Collection:
    """Ignored for a child that inherits."""
    level = cast("Level", body.choice("validationLevel", LEVELS))
    return collection if collection.level_inherited else replace(collection, level=level)


def _level_inherited(_: Tenant, __: User, collection: Collection, body: Body) -> Collection:
    """Ignored for roots."""
    inherited = body.boolean("validationLevelInherited")
    return collection if collection.parent is None else replace(collection, level_inherited=inherited)


def _fields(tenant: Tenant, user: User, collection: Collection, body: Body) -> Collection:
    return _with_fields(tenant, user, collection, body, create=False)


def _roles(_: Tenant, __: User, collection: Collection, body: Body) -> Collection:
    return replace(collection, roles=tuple(b.members for b in body.bodies("roleAssignments")))


def _move(tenant: Tenant, user: User, collection: Collection, body: Body) -> Collection:
    given = body.body("parentId")
    if given.choice("op", ("SET", "CLEAR")) == "CLEAR":
        given.only("op")
        return replace(collection, parent=None, level_inherited=False)
    given.only("op", "value")
    parent = given.integer("value")
    rights.visible_collection(tenant, user, parent)
    rights.demand(tenant, rights.on_collection(tenant, user, parent), "addCollection", f"Collection:{parent}")
    if tree.within(tenant, parent, collection.id):
        raise bad_argument("parentId.value", "a collection cannot move below itself")
    return replace(collection, parent=parent)


STEPS: dict[str, tuple[str, Step]] = {
    "name": ("editName", _names),
    "icon": ("editIcon", _icon),
    "validationLevelInherited": ("editValidationLevel", _level_inherited),
    "validationLevel": ("editValidationLevel", _level),
    "informationFieldValues": ("editMetadata", _fields),
    "roleAssignments": ("editValidationLevel", _roles),
    "parentId": ("moveAway", _move),
}


def delete(tenant: Tenant, user: User, collection: Collection) -> None:
    rights.demand(tenant, rights.on_collection(tenant, user, collection.id), "delete", f"Collection:{collection.id}")
    below = tree.children(tenant, collection.id)
    inside = [a for a in tenant.assets if collection.id in a.parents]
    if (below or inside) and not tenant.quirks.cascade:
        raise bad_argument("collectionId", "the collection is not empty", code="notEmpty")
    for child in below:
        delete(tenant, user, child)
    for asset in inside:
        left = tuple(p for p in asset.parents if p != collection.id)
        changed = rules.released(tenant, replace(asset, parents=left))
        tenant.assets.put(assets.bumped(tenant, user, changed, ["parentIds"]))
    tenant.collections.drop(collection.id)
