"""Operations on assets, versions and uploads."""

from __future__ import annotations

from aiohttp import web

from local.celum_simulator import assets, blobs, events, filters, paging, rights, rules, tree, uploads
from local.celum_simulator.call import ASSET_INCLUSIONS, Answer, Call, include_of_search
from local.celum_simulator.filtering import OPERATORS, SEARCH_TYPES, Searching, text_matches
from local.celum_simulator.model import Asset
from local.celum_simulator.render import EVERY, FULL_ENTITY, Include


async def ask_upload(call: Call) -> Answer:
    return uploads.ask(call.tenant, call.user, await call.body())


async def create(call: Call) -> Answer:
    asset = assets.create(call.tenant, call.user, await call.body())
    events.asset_changed(call.view, None, asset)
    return web.json_response(call.view.asset(asset, FULL_ENTITY), status=201)


async def read(call: Call) -> Answer:
    asset_id = call.id("assetId")
    gone = call.tenant.deleted.get(asset_id)
    asset = gone if gone is not None else rights.visible_asset(call.tenant, call.user, asset_id)
    include = call.include(ASSET_INCLUSIONS)
    if call.tenant.quirks.single_get_includes == "fields" and not include.fields:
        include = Include(fields=EVERY, permissions=include.permissions)
    return call.view.asset(asset, include)


async def update(call: Call) -> Answer:
    before = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    after = assets.update(call.tenant, call.user, before, await call.body())
    events.asset_changed(call.view, before, after)
    return call.view.asset(after, FULL_ENTITY)


async def delete(call: Call) -> Answer:
    asset = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    assets.delete(call.tenant, call.user, asset)
    events.asset_changed(call.view, asset, None)
    return web.Response(status=204)


async def versions(call: Call) -> Answer:
    asset = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    return paging.page(
        call.tenant, list(asset.versions), call.wanted(), lambda version: call.view.version(asset, version)
    )


async def add_version(call: Call) -> Answer:
    before = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    added = assets.add_version(call.tenant, call.user, before, await call.body())
    after = call.tenant.assets[before.id]
    events.asset_changed(call.view, before, after)
    return web.json_response(call.view.version(after, added), status=201)


async def delete_version(call: Call) -> Answer:
    before = rights.visible_asset(call.tenant, call.user, call.id("assetId"))
    after = assets.delete_version(call.tenant, call.user, before, call.id("versionId"))
    events.asset_changed(call.view, before, after)
    return web.Response(status=204)


async def search(call: Call) -> Answer:
    body = await call.body()
    body.only("filter", "sorting", "pagination", "inclusions")
    matches = filters.of_assets(Searching(call.tenant, call.user), body.body("filter"))
    wanted, include = paging.of_body(call.tenant, body), include_of_search(body)
    return _page(call, [row for row in _visible(call) if matches(row)], wanted, include)


async def listed(call: Call) -> Answer:
    parent, recursive = call.integer("parentId"), call.flag("recursive")
    rows = _visible(call)
    if parent is not None:
        rows = [a for a in rows if parent in a.parents or (recursive and _below(call, a, parent))]
    kind = call.choice("searchType", SEARCH_TYPES) or call.tenant.quirks.default_search_type
    every = call.choice("searchOperator", OPERATORS) != "or"
    if text := call.text("searchText"):
        rows = [a for a in rows if text_matches(a.name, text, kind, every=every)]
    return _page(call, rows, call.wanted(), call.include(ASSET_INCLUSIONS))


def _visible(call: Call) -> list[Asset]:
    rows = call.tenant.assets.searchable()
    return [row for row in rows if rights.sees_asset(call.tenant, call.user, row)]


def _below(call: Call, asset: Asset, root: int) -> bool:
    return any(tree.within(call.tenant, p, root) for p in asset.parents)


def _page(call: Call, rows: list[Asset], wanted: paging.Wanted, include: Include) -> Answer:
    ordered = paging.ordered(rows, wanted.sorts, lambda name: sort_key(call, name))
    return paging.page(call.tenant, ordered, wanted, lambda row: call.view.asset(row, include))


SORTS: dict[str, paging.Key[Asset]] = {
    "id": lambda a: a.id,
    "name": lambda a: a.name.casefold(),
    "currentVersion.filename": lambda a: a.version.filename.casefold(),
    "currentVersion.filesize": lambda a: a.version.blob.size if a.version.blob else 0,
    "currentVersion.fileCategory": lambda a: a.version.category,
    "currentVersion.fileExtension": lambda a: blobs.extension(a.version.filename),
    "creation.date": lambda a: a.creation.date,
    "modification.date": lambda a: a.modification.date,
    "creation.userId": lambda a: a.creation.user_id,
    "modification.userId": lambda a: a.modification.user_id,
}


def sort_key(call: Call, name: str) -> paging.Key[Asset] | None:
    prefix, _, rest = name.partition(".")
    if prefix != "informationField":
        return SORTS.get(name)
    field, _, locale = rest.partition(".")
    if not field.isdecimal() or int(field) not in call.tenant.fields:
        return None

    def key(asset: Asset) -> str | int | float | None:
        value = rules.effective(call.tenant, asset).get(int(field))
        if isinstance(value, dict):
            return str(value[locale]) if locale in value else None
        if isinstance(value, tuple):
            return value[0] if value else None
        return value if isinstance(value, str | int | float) else None if value is None else str(value)

    return key
