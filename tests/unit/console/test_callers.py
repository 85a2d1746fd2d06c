from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from shared import settings
from shared.console.callers import NOBODY, Caller, Role, caller

EXAMPLE = json.loads((Path(__file__).parents[3] / "local.settings.example.json").read_text("utf-8"))["Values"]
DEPLOYED = EXAMPLE | {
    "WEBSITE_SITE_NAME": "app",
    "AzureWebJobsStorage": "",
    "AzureWebJobsStorage__queueServiceUri": "https://acme.queue.core.windows.net",
    "AzureWebJobsStorage__tableServiceUri": "https://acme.table.core.windows.net",
    "NOTIFICATION_SECRET": "k1:a secret that nobody has read",
    "GRAPH_LOCAL_TOKEN": "",
}
AZURE = settings.load(DEPLOYED | {"WEBSITE_AUTH_ENABLED": "True"})
NO_SIGN_IN = settings.load(DEPLOYED)
LOCAL = settings.load(EXAMPLE)


def principal(*roles: str, oid: str | None = "anna") -> dict[str, str]:
    claims = [{"typ": "roles", "val": role} for role in roles] + ([{"typ": "oid", "val": oid}] if oid else [])
    text = json.dumps({"auth_typ": "aad", "claims": claims})
    return {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(text.encode()).decode()}


def test_the_sign_in_of_the_platform_says_who_asks_and_what_they_may() -> None:
    found = caller(AZURE, principal("bridge.read", "unheard.of"))
    assert found == Caller("anna", frozenset({Role.READ}))
    assert (found.may(Role.READ), found.may(Role.OPERATE)) == (True, False)


def test_who_may_operate_may_read() -> None:
    assert caller(AZURE, principal("bridge.operate")).may(Role.READ)


def test_without_the_platforms_sign_in_its_header_proves_nothing() -> None:
    assert caller(NO_SIGN_IN, principal("bridge.operate")) is NOBODY


def test_on_this_machine_the_header_changes_nothing() -> None:
    assert caller(LOCAL, principal("bridge.read")).name == "local key"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ms-client-principal": "%%%"},
        {"x-ms-client-principal": base64.b64encode(b"[]").decode()},
        principal("bridge.operate", oid=None),
    ],
    ids=["none", "no base64", "no object", "without an id"],
)
def test_whoever_cannot_be_told_is_nobody(headers: dict[str, str]) -> None:
    assert caller(AZURE, headers) is NOBODY
    assert not NOBODY.may(Role.READ)
