"""The API and the command line on the real worker library and storage; neither OneDrive nor CELUM is there."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess
from local.stack import EXAMPLE
from shared.cli import main

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASLEEP = ("send_due", "keep_subscriptions", "sweep_drives", "scan", "decide", "transfer")
KEY = "the key of the tests"
NOBODY = "http://127.0.0.1:9"  # where nobody listens


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(azurite: Azurite) -> AsyncIterator[aiohttp.ClientSession]:
    settings = json.loads(EXAMPLE.read_text("utf-8"))["Values"] | {
        "AzureWebJobsStorage": azurite.connection_string,
        "LOCAL_FUNCTION_KEY": KEY,
        "GRAPH_URL": NOBODY,
        "CELUM_URL": f"{NOBODY}/content-api/v1",
        **{f"AzureWebJobs.{name}.Disabled": "true" for name in ASLEEP},
    }
    async with FunctionsHostProcess(ROOT, settings=settings) as host, aiohttp.ClientSession(host.base_url) as session:
        yield session


async def test_without_the_key_nobody_gets_in_whatever_they_say_who_they_are(http: aiohttp.ClientSession) -> None:
    claims = {"claims": [{"typ": "roles", "val": "bridge.operate"}, {"typ": "oid", "val": "somebody"}]}
    headers = {"X-MS-CLIENT-PRINCIPAL": base64.b64encode(json.dumps(claims).encode()).decode()}
    async with http.get("/api/v1/attention", headers=headers) as answer:
        assert answer.status == 401


async def test_with_the_key_people_see_and_act(http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"x-functions-key": KEY}
    async with http.get("/api/v1/attention", params={"kind": "held"}, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"rows": []})
        assert answer.headers["Cache-Control"] == "no-store"
    monkeypatch.setenv("BRIDGE_URL", str(http._base_url).rstrip("/"))
    monkeypatch.setenv("BRIDGE_KEY", KEY)
    assert await asyncio.to_thread(main, ["pause", "campaign-masters"]) == 0
    assert await asyncio.to_thread(main, ["pause", "no-such-flow"]) == 1
    async with http.get("/api/v1/status", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        status = await answer.json()
    assert [flow["state"] for flow in status["flows"]] == ["paused", "starting"]
    assert status["flows"][0]["why"].startswith("by ")
    assert status["drives"] == [], "the site of the library cannot be asked for, and people see the rest"


async def test_anybody_may_ask_how_the_app_is_and_learns_no_more(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/health") as answer:
        assert (answer.status, (await answer.json())["problems"]) == (503, []), "no timer has run"
