"""Who asks, and what they may. In Azure the platform's sign-in says it, on this machine the function key does."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.settings import Settings

PRINCIPAL = "x-ms-client-principal"  # App Service authentication: base64 of JSON, set by the platform alone
OBJECT_ID = frozenset({"oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"})
ROLES = frozenset({"roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"})


class Role(StrEnum):
    READ = "bridge.read"
    OPERATE = "bridge.operate"  # includes reading


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is a directory id, as the journal keeps it; None: nobody has signed in."""

    name: str | None
    roles: frozenset[Role] = frozenset()

    def may(self, role: Role) -> bool:
        return role in self.roles or Role.OPERATE in self.roles


NOBODY = Caller(None)
LOCAL = Caller("local key", frozenset(Role))


def caller(settings: Settings, headers: Mapping[str, str]) -> Caller:
    """On this machine whoever got past the function key; the platform's headers prove nothing there.

    In Azure they are believed only while the platform's sign-in is on: without it, anybody could send them.
    """
    if not settings.in_azure:
        return LOCAL
    given = {name.lower(): value for name, value in headers.items()}.get(PRINCIPAL)
    return _signed_in(given) if settings.sign_in and given else NOBODY


def _signed_in(principal: str) -> Caller:
    try:
        claims = json.loads(base64.b64decode(principal, validate=True))["claims"]
        found = [(str(claim["typ"]), str(claim["val"])) for claim in claims]
    except (ValueError, KeyError, TypeError):
        return NOBODY
    name = next((value for kind, value in found if kind in OBJECT_ID), None)
    roles = frozenset(Role(value) for kind, value in found if kind in ROLES and value in set(Role))
    return Caller(name, roles) if name else NOBODY
