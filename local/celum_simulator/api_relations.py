"""Operations on relations and their types."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from local.celum_simulator import events, paging, rights, values
from local.celum_simulator.call import RELATION_INCLUSIONS, Answer, Call
from local.celum_simulator.model import Relation, Stamp, Value, Values
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Json, bad_argument
from local.celum_simulator.render import EVERY, Include

DIRECTIONS = ("SOURCE_TO_TARGET", "TARGET_TO_SOURCE")
MEMBERS = (
    *("relationTypeId", "sourceAssetId", "targetAssetId", "sourceAssetVersionId", "targetAssetVersionId"),
    "informationFieldValues",
)
WHOLE = Include(fields=EVERY)


def _type(call: Call, type_id: int) -> Json:
    name = call.tenant.relation_types[type_id]
    return {"id": type_id, "name": name, "labels": {"en": name}, "creatableViaUi": True, "deletableViaUi": True}


async def types(call: Call) -> Answer:
    return [_type(call, number) for number in call.tenant.relation_types]


async def type_(call: Call) -> Answer:
    if call.id("id") not in call.tenant.relation_types:
        raise rights.missing(call.tenant, "RelationType", call.id("id"))
    return _type(call, call.id("id"))


async def listed(call: Call) -> Answer:
    rows = list(call.tenant.relations.values())
    asset_id, direction, version = call.integer("assetId"), call.text("direction"), call.integer("versionId")
    if direction not in {None, *DIRECTIONS}:
        raise bad_argument("direction", f"must be one of {', '.join(DIRECTIONS)}")
    if asset_id is not None:
        as_source, as_target = direction in {None, DIRECTIONS[0]}, direction in {None, DIRECTIONS[1]}
        rows = [r for r in rows if (as_source and r.source == asset_id) or (as_target and r.target == asset_id)]
    if version is not None:
        rows = [r for r in rows if version in {r.source_version, r.target_version}]
    if kinds := call.integers("typeId"):
        rows = [r for r in rows if r.type_id in kinds]
    include = call.include(RELATION_INCLUSIONS)
    return paging.page(call.tenant, rows, call.wanted(), lambda row: call.view.relation(row, include))


async def create(call: Call) -> Answer:
    body = await call.body()
    body.only(*MEMBERS)
    blank = Relation(
        id=0,
        type_id=body.integer("relationTypeId"),
        source=body.integer("sourceAssetId"),
        target=body.integer("targetAssetId"),
        creation=Stamp(call.tenant.clock.now(), call.user.id),
    )
    made = _drawn(call, body, blank, create=True)
    made = replace(made, id=call.tenant.next_id())
    call.tenant.relations[made.id] = made
    events.relation(call.view, "RELATION_CREATED", made)
    return web.json_response(call.view.relation(made, WHOLE), status=201)


def _drawn(call: Call, body: Body, old: Relation, *, create: bool) -> Relation:
    """The relation with what the body says; members that are left out stay as they are."""
    new = replace(
        old,
        type_id=_or(body.integer_or_none("relationTypeId"), old.type_id),
        source=_or(body.integer_or_none("sourceAssetId"), old.source),
        target=_or(body.integer_or_none("targetAssetId"), old.target),
        source_version=_or(body.integer_or_none("sourceAssetVersionId"), old.source_version),
        target_version=_or(body.integer_or_none("targetAssetVersionId"), old.target_version),
    )
    if new.type_id not in call.tenant.relation_types:
        raise rights.missing(call.tenant, "RelationType", new.type_id)
    _check_side(call, new.source, new.source_version, "source")
    _check_side(call, new.target, new.target_version, "target")
    return replace(new, values=_values(call, body, old.values, create=create))


def _or[T](given: T | None, kept: T) -> T:
    return kept if given is None else given


def _check_side(call: Call, asset_id: int, version_id: int | None, side: str) -> None:
    asset = rights.visible_asset(call.tenant, call.user, asset_id)
    if version_id is not None and version_id not in {version.id for version in asset.versions}:
        raise bad_argument(f"{side}AssetVersionId", "no such version of the asset")


def _values(call: Call, body: Body, before: Values, *, create: bool) -> dict[int, Value]:
    allowed = frozenset(f.id for f in call.tenant.fields.values() if "RELATION" in f.entity_types)
    entries = body.bodies("informationFieldValues", optional=True)
    return dict(
        values.written(values.Author(call.tenant, call.user), entries, before, lambda _: allowed, create=create)
    )


def _found(call: Call) -> Relation:
    found = call.tenant.relations.get(call.id("relationId"))
    if found is None:
        raise rights.missing(call.tenant, "Relation", call.id("relationId"))
    return found


async def read(call: Call) -> Answer:
    return call.view.relation(_found(call), call.include(RELATION_INCLUSIONS))


async def update(call: Call) -> Answer:
    body = await call.body()
    body.only(*MEMBERS)
    old = _found(call)
    changed = _drawn(call, body, old, create=False)
    call.tenant.relations[old.id] = changed
    return call.view.relation(changed, WHOLE)


async def delete(call: Call) -> Answer:
    gone = _found(call)
    del call.tenant.relations[gone.id]
    events.relation(call.view, "RELATION_DELETED", gone)
    return web.Response(status=204)
