"""Operations on collections."""

from __future__ import annotations

from aiohttp import web

from local.celum_simulator import collections, events, filters, paging, rights, tree
from local.celum_simulator.call import COLLECTION_INCLUSIONS, Answer, Call, include_of_search
from local.celum_simulator.filtering import OPERATORS, SEARCH_TYPES, Searching, text_matches
from local.celum_simulator.model import Collection
from local.celum_simulator.render import FULL_ENTITY, Include


async def create(call: Call) -> Answer:
    new = collections.create(call.tenant, call.user, await call.body())
    events.collection_changed(call.view, None, new)
    return web.json_response(call.view.collection(new, FULL_ENTITY), status=201)


async def read(call: Call) -> Answer:
    collection = rights.visible_collection(call.tenant, call.user, call.id("collectionId"))
    call.flag("includeCompoundInfo")
    return call.view.collection(collection, call.include(COLLECTION_INCLUSIONS))


async def update(call: Call) -> Answer:
    before = rights.visible_collection(call.tenant, call.user, call.id("collectionId"))
    after = collections.update(call.tenant, call.user, before, await call.body())
    events.collection_changed(call.view, before, after)
    return call.view.collection(after, FULL_ENTITY)


async def delete(call: Call) -> Answer:
    collection = rights.visible_collection(call.tenant, call.user, call.id("collectionId"))
    told = call.view.collection(collection, events.PLAIN)
    collections.delete(call.tenant, call.user, collection)
    events.collection_deleted(call.view, told)
    return web.Response(status=204)


async def search(call: Call) -> Answer:
    body = await call.body()
    body.only("filter", "sorting", "pagination", "inclusions")
    matches = filters.of_collections(Searching(call.tenant, call.user), body.body("filter"))
    wanted, include = paging.of_body(call.tenant, body), include_of_search(body)
    return _page(call, [row for row in _visible(call) if matches(row)], wanted, include)


async def listed(call: Call) -> Answer:
    rows = _visible(call)
    parent, recursive = call.integer("parentId"), call.flag("recursive")
    if parent is not None:
        rows = [c for c in rows if c.parent == parent or (recursive and _below(call, c, parent))]
    if types := call.integers("typeId"):
        rows = [c for c in rows if c.type_id in types]
    if wanted := call.integers("ids"):
        rows = [c for c in rows if c.id in wanted]
    call.choice("compoundSearchType", ("none", "only", "exclude"))
    if call.flag("permissionDefiningOnly"):
        rows = [c for c in rows if tree.permission_defining(call.tenant, c.id)]
    kind = call.choice("searchType", SEARCH_TYPES) or call.tenant.quirks.default_search_type
    every = call.choice("searchOperator", OPERATORS) != "or"
    if text := call.text("searchText"):
        rows = [c for c in rows if text_matches(" ".join(c.names.values()), text, kind, every=every)]
    return _page(call, rows, call.wanted(), call.include(COLLECTION_INCLUSIONS))


def _below(call: Call, collection: Collection, root: int) -> bool:
    return collection.id != root and tree.within(call.tenant, collection.id, root)


def _visible(call: Call) -> list[Collection]:
    rows = call.tenant.collections.searchable()
    return [row for row in rows if rights.sees_collection(call.tenant, call.user, row)]


SORTS: dict[str, paging.Key[Collection]] = {
    "id": lambda c: c.id,
    "name": lambda c: tree.label(dict(c.names)).casefold(),
    "creation.date": lambda c: c.creation.date,
    "modification.date": lambda c: c.modification.date,
    "creation.userId": lambda c: c.creation.user_id,
    "modification.userId": lambda c: c.modification.user_id,
}


def _page(call: Call, rows: list[Collection], wanted: paging.Wanted, include: Include) -> Answer:
    ordered = paging.ordered(rows, wanted.sorts, SORTS.get)
    return paging.page(call.tenant, ordered, wanted, lambda row: call.view.collection(row, include))
