"""The app's one door to the internet, on the real worker library and storage; nothing takes what it queues."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess
from local.stack import EXAMPLE
from shared.domain.ids import DriveId
from shared.messages import Queue, ScanMessage, ScanReason
from shared.onedrive.notifications import BODY_BYTES, client_state
from tests.stack.functions_host.queue_access import Queues

pytestmark = pytest.mark.asyncio(loop_scope="module")

URL = "/api/graph/notifications"
SETTINGS: dict[str, str] = json.loads(EXAMPLE.read_text("utf-8"))["Values"]
KEY, _, SECRET = SETTINGS["NOTIFICATION_SECRET"].partition(":")
TENANT = SETTINGS["BRIDGE_TENANT_ID"]
DRIVE = DriveId("b!ours")
ASLEEP = ("send_due", "keep_subscriptions", "sweep_drives", "scan", "decide", "transfer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def queue(azurite: Azurite) -> AsyncIterator[Queues]:
    async with Queues(azurite.connection_string) as access:
        yield access


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(azurite: Azurite) -> AsyncIterator[aiohttp.ClientSession]:
    disabled = {f"AzureWebJobs.{name}.Disabled": "true" for name in ASLEEP}
    settings = SETTINGS | {"AzureWebJobsStorage": azurite.connection_string} | disabled
    async with (
        FunctionsHostProcess(ROOT, settings=settings) as host,
        aiohttp.ClientSession(host.base_url) as session,
    ):
        yield session


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_is_queued(queue: Queues) -> None:
    await (await queue.create(Queue.SCAN)).clear_messages()


def notification(*, secret: str = SECRET, tenant: str = TENANT, **members: str) -> dict[str, Any]:
    """As Graph sends it for a change in our drive."""
    return {
        "subscriptionId": "s",
        "clientState": client_state(secret, KEY, TENANT, DRIVE),
        "tenantId": tenant,
        "resource": f"drives/{DRIVE}/root",
        "changeType": "updated",
        **members,
    }


async def post(http: aiohttp.ClientSession, *notes: object) -> int:
    async with http.post(URL, json={"value": notes}) as answer:
        assert await answer.read() == b""
        return answer.status


async def test_A1_A4_the_handshake_is_answered_with_the_token_as_plain_text_and_nothing_else(
    http: aiohttp.ClientSession, queue: Queues
) -> None:
    token = "Validation: <script>alert('ü & \"')</script> 100% + more"
    async with http.post(URL, params={"validationToken": token}, data=b"") as answer:
        assert (answer.status, await answer.text()) == (200, token)
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await queue.visible(Queue.SCAN) == []


@pytest.mark.parametrize("token", ["", "x" * 5000])
async def test_A2_a_handshake_without_a_sensible_token_is_refused(http: aiohttp.ClientSession, token: str) -> None:
    async with http.post(URL, params={"validationToken": token}, data=b"") as answer:
        assert answer.status == 400
        assert "x" * 100 not in await answer.text()


async def test_A3_reading_is_not_what_the_door_is_for(http: aiohttp.ClientSession) -> None:
    async with http.get(URL, params={"validationToken": "x"}) as answer:
        assert answer.status == 405


async def test_A6_notifications_become_one_scan_of_each_drive(http: aiohttp.ClientSession, queue: Queues) -> None:
    assert await post(http, *[notification()] * 3) == 202
    (message,) = await queue.visible(Queue.SCAN)
    scan = ScanMessage.parse(message)
    assert (scan.drive, scan.reason) == (DRIVE, ScanReason.CHANGE)


@pytest.mark.parametrize(
    "forged",
    [
        notification(secret="a secret that somebody guessed"),
        notification(tenant="00000000-0000-0000-0000-00000000000f"),
        notification(clientState=client_state(SECRET, KEY, TENANT, DriveId("b!other")).replace("other", "ours")),
        notification(clientState=client_state(SECRET, "k9", TENANT, DRIVE)),
        notification(clientState=""),
        {"value": "no notification"},
        "no object",
    ],
    ids=["wrong secret", "foreign tenant", "state of another drive", "unknown key", "no state", "no members", "text"],
)
async def test_A8_a_forged_notification_queues_nothing_and_is_told_nothing(
    http: aiohttp.ClientSession, queue: Queues, forged: object
) -> None:
    assert await post(http, forged) == 202
    assert await queue.visible(Queue.SCAN) == []


async def test_A8_a_forged_notification_does_not_take_a_real_one_along(
    http: aiohttp.ClientSession, queue: Queues
) -> None:
    assert await post(http, notification(secret="a secret that somebody guessed"), notification()) == 202
    assert len(await queue.visible(Queue.SCAN)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"value": {}}', b"\xff\xfe", b"[" * 100_000])
async def test_A11_what_cannot_be_read_gets_400(http: aiohttp.ClientSession, queue: Queues, body: bytes) -> None:
    async with http.post(URL, data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    assert await queue.visible(Queue.SCAN) == []


async def test_A11_a_body_longer_than_any_of_graph_gets_413(http: aiohttp.ClientSession, queue: Queues) -> None:
    body = json.dumps({"value": [notification(padding="x" * BODY_BYTES)]}).encode()
    async with http.post(URL, data=io.BytesIO(body), headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 413
    assert await queue.visible(Queue.SCAN) == []


async def test_A16_a_burst_is_taken_whole(http: aiohttp.ClientSession, queue: Queues) -> None:
    assert await asyncio.gather(*[post(http, notification()) for _ in range(30)]) == [202] * 30
    assert await queue.count(Queue.SCAN) == 30
