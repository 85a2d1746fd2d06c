from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import FunctionsHostProcess
from tests.stack.functions_host.observer import Observer
from tests.stack.functions_host.queue_access import Queues

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("host")]

APP = Path(__file__).parent / "apps" / "base64"
QUEUE = "host-encoded"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(azurite: Azurite, observer: Observer) -> AsyncIterator[FunctionsHostProcess]:
    settings = {"AzureWebJobsStorage": azurite.connection_string, "OBSERVER_URL": observer.url}
    async with FunctionsHostProcess(APP, settings=settings) as running:
        yield running


def coded(body: bytes) -> str:
    return base64.b64encode(body).decode()


async def test_bodies_are_base64_unless_host_json_says_otherwise(observer: Observer, queues: Queues) -> None:
    await queues[QUEUE].send_message(coded("größe".encode()))
    await observer.told("encoded", id="größe")
    await queues.emptied(QUEUE)
    assert await queues.visible("host-encoded-sink") == [coded(b"passed on")]


async def test_a_body_that_is_no_text_arrives_as_bytes(observer: Observer, queues: Queues) -> None:
    await queues[QUEUE].send_message(coded(b"\xff\x00\xfe"))
    await observer.told("encoded", hex="ff00fe")


async def test_a_body_that_is_not_base64_fails_before_the_function(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues[QUEUE].send_message('{"plain": "jso"}')
    await host.logged("not valid base64")
    await queues.emptied(QUEUE)
    assert await queues.visible(f"{QUEUE}-poison") == ['{"plain": "jso"}']
    assert all("plain" not in event["id"] for event in observer.seen("encoded"))


async def test_a_failed_message_stays_invisible_for_the_visibility_timeout(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues.emptied(QUEUE)
    await queues[QUEUE].send_message(coded(b"fail"))
    await host.logged("encoded failed")
    for marker in (b"marker 1", b"marker 2", b"marker 3"):
        await queues[QUEUE].send_message(coded(marker))
        await observer.told("encoded", id=marker.decode())
    assert len(observer.seen("encoded", id="fail")) == 1
