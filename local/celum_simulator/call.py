"""One request: who asks, and what its path, query and body say."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from local.celum_simulator import paging
from local.celum_simulator.model import User
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Json, Refusal, bad_argument
from local.celum_simulator.render import EVERY, Include, View
from local.celum_simulator.tenant import Tenant

type Answer = Json | list[Json] | web.StreamResponse
type Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Call:
    tenant: Tenant
    user: User
    request: web.Request

    @property
    def view(self) -> View:
        return View(self.tenant, self.user)

    def id(self, name: str) -> int:
        return _id(name, self.request.match_info[name])

    def texts(self, name: str) -> list[str]:
        return self.request.query.getall(name, [])

    def text(self, name: str) -> str | None:
        return self.request.query.get(name)

    def integers(self, name: str) -> list[int]:
        return [_id(name, text) for text in self.texts(name)]

    def integer(self, name: str) -> int | None:
        values = self.integers(name)
        return values[0] if values else None

    def flag(self, name: str) -> bool:
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        for text in self.texts(name):
            if text not in allowed:
                raise bad_argument(name, f"must be one of {', '.join(allowed)}")
        return self.text(name)

    async def body(self) -> Body:
        if self.request.content_type != "application/json":
            raise Refusal(415, "unsupportedMediaType", "the body must be application/json")
        try:
            data = json.loads(await self.request.read())
        except (ValueError, RecursionError):
            raise Refusal(400, "malformed", "the body is not JSON") from None
        return Body.of(data, "", strict=self.tenant.quirks.unknown_members == "refuse")

    def wanted(self) -> paging.Wanted:
        return paging.of_query(self.tenant, self.integer("page"), self.integer("size"), self.texts("sort"))

    def include(self, allowed: tuple[str, ...]) -> Include:
        """`inclusions`, `permissions` and the id lists of the query."""
        names = self.texts("inclusions")
        unknown = sorted(set(names) - set(allowed))
        if unknown:
            raise bad_argument("inclusions", f"{unknown[0]} is not one of {', '.join(allowed)}")
        fields, formats = self.integers("informationFields"), self.integers("downloadFormats")
        return Include(
            fields=(frozenset(fields) or EVERY) if "informationFields" in names else frozenset(),
            formats=(frozenset(formats) or EVERY) if "downloadFormats" in names else frozenset(),
            file_properties="fileProperties" in names,
            references="externalReferences" in names,
            roles="roleAssignments" in names,
            permissions=tuple(self.texts("permissions")),
        )


def _id(name: str, text: str) -> int:
    """Ids, pages and sizes alike: from 1 on, int64."""
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) < 2**63:
        raise bad_argument(name, "must be an integer of 1 or more")
    return int(text)


ASSET_INCLUSIONS = (
    *("informationFields", "informationFieldPermissions", "fileProperties", "externalReferences"),
    "downloadFormats",
)
COLLECTION_INCLUSIONS = ("informationFields", "informationFieldPermissions", "roleAssignments")
RELATION_INCLUSIONS = ("informationFields",)


def include_of_search(body: Body) -> Include:
    include: dict[str, object] = {}
    for entry in body.bodies("inclusions", optional=True):
        kind = entry.text("type").replace("COLLECTION_", "ASSET_", 1)
        if kind not in SEARCH_INCLUSIONS:
            raise bad_argument(entry.at("type"), f"unknown inclusion {entry.text('type')}")
        name, value_of = SEARCH_INCLUSIONS[kind]
        include[name] = value_of(entry)
    return Include(**include)  # type: ignore[arg-type]  # the table gives each member its own type


def _every(_: Body) -> object:
    return EVERY


def _true(_: Body) -> object:
    return True


SEARCH_INCLUSIONS: dict[str, tuple[str, Callable[[Body], object]]] = {
    "ALL_ASSET_INFORMATION_FIELDS": ("fields", _every),
    "ASSET_INFORMATION_FIELDS": ("fields", lambda entry: frozenset(entry.integers("ids", optional=True)) or EVERY),
    "ASSET_INFORMATION_FIELD_PERMISSIONS": ("field_permissions", _true),
    "ALL_FILE_PROPERTIES": ("file_properties", _true),
    "ALL_EXTERNAL_REFERENCES": ("references", _true),
    "ALL_DOWNLOAD_FORMATS": ("formats", _every),
    "DOWNLOAD_FORMATS": ("formats", lambda entry: frozenset(entry.integers("ids"))),
    "ASSET_PERMISSIONS": ("permissions", lambda entry: tuple(entry.texts("permissions"))),
    "ASSET_ROLE_ASSIGNMENTS": ("roles", _true),
}


def acting_user(tenant: Tenant, request: web.Request) -> User:
    """By key or Basic; then the person it acts for, if the tenant allows that."""
    user = _by_key(tenant, request) or _by_password(tenant, request)
    if user is None or user.deactivated:
        raise Refusal(401, "unauthorized", "authentication is required")
    name = request.headers.get("X-CELUM-Username")
    if not name or name == user.username:
        return user
    person = next((u for u in tenant.users.values() if u.username == name), None)
    if tenant.quirks.impersonation == "forbidden" or person is None or person.deactivated:
        raise Refusal(403, "impersonationDenied", f"may not act as {name}")
    return person


def _by_key(tenant: Tenant, request: web.Request) -> User | None:
    key = request.headers.get("X-API-KEY")
    if key is None:
        return None
    if key not in tenant.keys:
        raise Refusal(401, "unauthorized", "No authentication profile found for API key")
    return tenant.users[tenant.keys[key]]


def _by_password(tenant: Tenant, request: web.Request) -> User | None:
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return next(
        (u for u in tenant.users.values() if u.username == name and u.password and u.password == password), None
    )
