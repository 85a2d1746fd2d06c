"""The tenant, its sites, lists and columns, as far as a client asks."""

from __future__ import annotations

from local.onedrive_simulator.estate.columns import definition
from local.onedrive_simulator.estate.tenant import HOST
from local.onedrive_simulator.graph import render
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation


@operation("GET", "tenant", "me")
async def get_me(call: Call) -> Reply:
    """Whoever the call stands for; an application has no /me at the real service."""
    body = {"id": call.by.id, "displayName": call.by.name, "mail": call.by.email, "userPrincipalName": call.by.email}
    return Reply(200, render.selected(body, call.option("select")))


@operation("GET", "tenant", "organization")
async def get_organization(call: Call) -> Reply:
    domain = {"name": "acme.example", "isDefault": True, "isInitial": True}
    return Reply(200, {"value": [{"id": call.tenant.id, "displayName": "Acme", "verifiedDomains": [domain]}]})


@operation("GET", "tenant", "sites")
async def search_sites(call: Call) -> Reply:
    """?search=word, or all with ?search=*."""
    word = call.option("search").strip("*").casefold()
    return Reply(200, {"value": [render.site_body(s) for s in call.tenant.sites.values() if word in s.name.casefold()]})


@operation("GET", "tenant", "drives")
async def list_all_drives(call: Call) -> Reply:
    return Reply(200, {"value": [render.drive_body(call.tenant, d) for d in call.tenant.drives.values()]})


@operation("GET", "site")
async def get_site(call: Call) -> Reply:
    return Reply(200, render.selected(render.site_body(call.the_site), call.option("select")))


@operation("GET", "site", "drives")
async def list_drives(call: Call) -> Reply:
    drives = [call.tenant.drives[d] for d in call.the_site.drive_ids]
    select = call.option("select")
    return Reply(200, {"value": [render.selected(render.drive_body(call.tenant, d), select) for d in drives]})


@operation("GET", "site", "lists")
async def list_lists(call: Call) -> Reply:
    drives = [call.tenant.drives[d] for d in call.the_site.drive_ids]
    return Reply(200, {"value": [_list(d.name, str(d.list_guid), d.web_url) for d in drives]})


@operation("GET", "list")
async def get_list(call: Call) -> Reply:
    return Reply(200, _list(call.drive.name, str(call.drive.list_guid), call.drive.web_url))


def _list(name: str, list_id: str, url: str) -> Json:
    facet = {"template": "documentLibrary", "hidden": False, "contentTypesEnabled": False}
    return {"id": list_id, "name": name, "displayName": name, "webUrl": url, "list": facet}


# listed only where content approval is on, and written by approvers only
_MODERATION: Json = {
    "id": "column-moderationstatus",
    "name": render.MODERATION,
    "displayName": "Approval Status",
    "required": False,
    "readOnly": True,
    "hidden": False,
    "indexed": False,
    "number": {"decimalPlaces": "none"},
}


@operation("GET", "list", "columns")
@operation("GET", "drive", "list/columns")
async def list_columns(call: Call) -> Reply:
    builtin: Json = {"id": "column-fileleafref", "name": "FileLeafRef", "displayName": "Name", "text": {}}
    select = call.option("select")
    columns = [builtin, *(definition(c) for c in call.drive.columns.values())]
    if call.drive.content_approval:
        columns.append(_MODERATION)
    return Reply(200, {"value": [render.selected(c, select) for c in columns]})


@operation("GET", "list", "items")
async def list_list_items(call: Call) -> Reply:
    """All list items of the library at once; $expand=fields is what callers want it for."""
    items = [i for i in call.drive.items.values() if i.parent_id]
    return Reply(200, {"value": [render.list_item(call.drive, i, expand=call.option("expand")) for i in items]})


@operation("GET", "site", "permissions")
async def site_permissions(call: Call) -> Reply:
    application = {"id": call.by.id, "displayName": call.by.name}
    granted = {"application": application}
    return Reply(200, {"value": [{"id": f"{HOST}-grant", "roles": ["write"], "grantedToV2": granted}]})
