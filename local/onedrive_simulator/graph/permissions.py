"""Grants and sharing links of an item."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.model import Identity, Item, Permission
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid, missing, not_supported

ROLES = frozenset({"read", "write"})
_HOUR = timedelta(hours=1)


@operation("GET", "item", "permissions")
async def list_permissions(call: Call) -> Reply:
    """Own grants and those of the folders above, which nothing tells apart here as at the real service."""
    return Reply(200, {"value": [_show(p) for holder in _holders(call) for p in holder.permissions]})


def _holders(call: Call) -> list[Item]:
    """The item and, as far as permissions come down to it, the folders above."""
    holders = [call.item]
    for folder in reversed(call.drive.ancestors(call.item)):
        if not holders[-1].inherits:
            break
        holders.append(folder)
    return holders


@operation("GET", "item", "permissions/{}")
async def get_permission(call: Call) -> Reply:
    return Reply(200, _show(_find(call)))


@operation("POST", "item", "invite")
async def invite(call: Call) -> Reply:
    """To people and groups of the directory; guests that are new to the tenant cannot be invited by an application."""
    body, quirks = await call.json(), call.tenant.quirks
    if quirks.invite_forbidden:
        raise GraphProblem(403, "accessDenied", "Access denied")
    roles, recipients = _roles(body), _recipients(body)
    if body.get("expirationDateTime"):
        raise invalid("expirationDateTime applies to sharing links only")
    found = [(who, call.tenant.knows(who)) for who in recipients]
    if quirks.unknown_people_refuse_all and any(person is None for _, person in found):
        raise GraphProblem(400, "invalidRequest", "One or more users could not be resolved.", inner="noResolvedUsers")
    if body.get("retainInheritedPermissions") is False and not call.item.permissions:
        call.item.inherits = False
    granted: list[Json] = []
    for who, person in found:
        if person is None and not call.by.email:
            problem = {"code": "accessDenied", "message": "New guests cannot be invited by an application"}
            granted.append({"error": problem, "invitation": {"email": who}})
            continue
        granted.append(_show(_grant(call, person or Identity(who.partition("@")[0], who), roles)))
        if body.get("sendInvitation"):
            call.tenant.mails.append({"to": who, "item": call.item.id})
    return Reply(207 if any("error" in g for g in granted) else 200, {"value": granted})


def _recipients(body: dict[str, Any]) -> list[str]:
    recipients = body.get("recipients")
    if not isinstance(recipients, list) or not recipients or not all(isinstance(r, dict) for r in recipients):
        raise invalid("recipients must be a list that is not empty")
    named = [r.get("email") or r.get("alias") or r.get("objectId") for r in recipients]
    if not all(isinstance(who, str) for who in named):
        raise invalid("A recipient needs email, alias or objectId")
    return [str(who) for who in named]


def _roles(body: dict[str, Any]) -> list[str]:
    roles = body.get("roles")
    if not isinstance(roles, list) or not roles or not all(role in tuple(ROLES) for role in roles):
        raise invalid("roles must be read or write")
    return roles


def _grant(call: Call, person: Identity, roles: list[str]) -> Permission:
    permission = next((p for p in call.item.permissions if p.person == person), None)
    if permission is None:
        permission = Permission(ids.opaque(16), roles, person)
        call.item.permissions.append(permission)
    permission.roles = roles
    return permission


@operation("POST", "item", "createLink")
async def create_link(call: Call) -> Reply:
    """The same link comes back (200) when there is one of the kind; a new one is 201. The eTag stays."""
    body = await call.json()
    kind, scope = body.get("type", "view"), body.get("scope", "organization")
    if kind not in ("view", "edit") or scope not in ("organization", "users"):
        raise GraphProblem(400, "invalidRequest", "Only view and edit links for the organization or users are allowed")
    for permission in call.item.permissions:
        if permission.link and (permission.link["type"], permission.link["scope"]) == (kind, scope):
            return Reply(200, _show(permission))
    expires = body.get("expirationDateTime") or ""
    if not isinstance(expires, str):
        raise invalid("expirationDateTime is not a date")
    if body.get("password"):
        raise not_supported("Only links of OneDrive for home have passwords")
    _limit_links(call)
    url = f"https://acme.sharepoint.com/:u:/s/{ids.opaque(16)}"
    link = {"type": kind, "scope": scope, "webUrl": url, "preventsDownload": False}
    role = "write" if kind == "edit" else "read"
    permission = Permission(ids.opaque(16), [role], link=link, expires=expires)
    call.item.permissions.append(permission)
    return Reply(201, _show(permission))


def _limit_links(call: Call) -> None:
    limit, now = call.tenant.quirks.share_links_per_hour, call.tenant.clock.now()
    recent = call.tenant.new_links
    while recent and recent[0] < now - _HOUR:
        recent.popleft()
    if limit and len(recent) >= limit:
        wait = str(int((recent[0] + _HOUR - now).total_seconds()) + 1)
        raise GraphProblem(429, "activityLimitReached", "Too many sharing links", headers={"Retry-After": wait})
    recent.append(now)


@operation("PATCH", "item", "permissions/{}")
async def update_permission(call: Call) -> Reply:
    permission = _own(call)
    permission.roles = _roles(await call.json())
    return Reply(200, _show(permission))


@operation("DELETE", "item", "permissions/{}")
async def delete_permission(call: Call) -> Reply:
    call.item.permissions.remove(_own(call))
    return Reply(204)


def _own(call: Call) -> Permission:
    permission = _find(call)
    if permission not in call.item.permissions:
        raise GraphProblem(403, "accessDenied", "An inherited permission can be changed only where it was given")
    return permission


def _find(call: Call) -> Permission:
    for holder in _holders(call):
        for permission in holder.permissions:
            if permission.id == call.args[0]:
                return permission
    raise missing("The permission could not be found")


def _show(permission: Permission) -> Json:
    body: Json = {"id": permission.id, "roles": permission.roles}
    if permission.person:
        body["grantedToV2"] = permission.person.as_json()
        body["grantedTo"] = body["grantedToV2"]
    if permission.link:
        body |= {"link": permission.link, "hasPassword": False, "grantedToIdentitiesV2": []}
    if permission.expires:
        body["expirationDateTime"] = permission.expires
    return body
