"""Operations on what a tenant is made of: users, types, fields."""

from __future__ import annotations

from local.celum_simulator import definitions, paging, rights
from local.celum_simulator.call import Answer, Call
from local.celum_simulator.model import GLOBAL, User
from local.celum_simulator.refusals import Json, bad_argument
from local.celum_simulator.tenant import LANGUAGES

ENTITY_TYPES = ("ASSET", "COLLECTION", "RELATION")
ROLES = {1: "Editor", 2: "Viewer"}


async def version(call: Call) -> Answer:
    return {
        "version": "v1",
        "buildNumber": "1",
        "versionDate": "2026-04-09",
        "releaseVersion": call.tenant.quirks.release_version,
    }


async def client(call: Call) -> Answer:
    client_id = call.request.match_info["clientId"]
    if client_id not in {u.username for u in call.tenant.users.values()}:
        raise rights.missing(call.tenant, "Client", client_id)
    return {
        "clientId": client_id,
        "enabled": call.tenant.quirks.enabled,
        "licensed": call.tenant.quirks.licensed,
        "languages": {"system": LANGUAGES[0], "informationFields": list(LANGUAGES)},
    }


async def me(call: Call) -> Answer:
    said = {name: str(name in call.user.may).lower() for name in sorted(GLOBAL)}
    return {**call.view.person(call.user), "permissions": said}


async def user(call: Call) -> Answer:
    found = call.tenant.users.get(call.id("userId"))
    if found is None:
        raise rights.missing(call.tenant, "User", call.id("userId"))
    return call.view.person(found)


USER_SORTS: dict[str, paging.Key[User]] = {
    "id": lambda u: u.id,
    "username": lambda u: u.username,
    "email": lambda u: u.username,
    "firstname": lambda _: "",
    "lastname": lambda u: u.username,
}


async def users(call: Call) -> Answer:
    rows = list(call.tenant.users.values()) if call.integer("userGroupId") in {None, 1} else []
    if name := call.text("username"):
        rows = [u for u in rows if u.username == name]
    if text := call.text("quickSearch"):
        rows = [u for u in rows if text.casefold() in u.username.casefold()]
    wanted = call.wanted()
    return paging.page(call.tenant, paging.ordered(rows, wanted.sorts, USER_SORTS.get), wanted, call.view.person)


async def user_groups(call: Call) -> Answer:
    return paging.page(call.tenant, [1], call.wanted(), lambda i: {"id": i, "externalId": "all", "name": "All"})


async def user_group(call: Call) -> Answer:
    if call.id("userGroupId") != 1:
        raise rights.missing(call.tenant, "UserGroup", call.id("userGroupId"))
    return {"id": 1, "externalId": "all", "name": "All"}


def _role(role_id: int) -> Json:
    parts: dict[str, object] = {"collectionPermissions": {}, "assetPermissions": {}, "contentPermissions": {}}
    return {"id": role_id, "name": {"en": ROLES[role_id]}, "description": {}, **parts}


async def roles(_: Call) -> Answer:
    return [_role(i) for i in ROLES]


async def role(call: Call) -> Answer:
    if call.id("roleId") not in ROLES:
        raise rights.missing(call.tenant, "Role", call.id("roleId"))
    return _role(call.id("roleId"))


async def asset_types(call: Call) -> Answer:
    return [definitions.asset_type(call.tenant, call.user, t, full=False) for t in call.tenant.asset_types.values()]


async def asset_type(call: Call) -> Answer:
    found = call.tenant.asset_types.get(call.id("assetTypeId"))
    if found is None:
        raise rights.missing(call.tenant, "AssetType", call.id("assetTypeId"))
    return definitions.asset_type(call.tenant, call.user, found, full=True)


async def information_fields(call: Call) -> Answer:
    kind = call.text("entityType")
    if kind is not None and kind not in ENTITY_TYPES:
        raise bad_argument("entityType", f"must be one of {', '.join(ENTITY_TYPES)}")
    found = [f for f in call.tenant.fields.values() if kind is None or kind in f.entity_types]
    return [definitions.field(call.tenant, call.user, f) for f in found]


async def collection_types(call: Call) -> Answer:
    found = call.tenant.collection_types.values()
    return [definitions.collection_type(call.tenant, call.user, t, full=False) for t in found]


async def collection_type(call: Call) -> Answer:
    found = call.tenant.collection_types.get(call.id("collectionTypeId"))
    if found is None:
        raise rights.missing(call.tenant, "CollectionType", call.id("collectionTypeId"))
    return definitions.collection_type(call.tenant, call.user, found, full=True)


async def compound_types(_: Call) -> Answer:
    return []


async def compound_type(call: Call) -> Answer:
    raise rights.missing(call.tenant, "CompoundType", call.request.match_info["compoundTypeKey"])
