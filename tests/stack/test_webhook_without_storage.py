"""What Graph is told while the queue behind the door cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess
from shared.messages import Queue
from tests.stack.functions_host.queue_access import Queues
from tests.stack.test_webhook import ASLEEP, SETTINGS, post
from tests.stack.test_webhook import notification as from_graph

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Gate:
    """In front of the queue service: passes all on, but may hold scan messages that are sent, or drop them."""

    connection_string = ""  # of the storage behind it

    def __init__(self, port: int) -> None:
        self._port = port
        self.knocked = asyncio.Event()
        self.is_open = asyncio.Event()
        self.is_gone = False
        self.is_open.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, to_writer, guarded=True))
                both.create_task(self._pump(to_reader, writer, guarded=False))
        except* ConnectionError:
            pass
        finally:
            writer.close()
            to_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, guarded: bool) -> None:
        while piece := await reader.read(65_536):
            if guarded and piece.startswith(b"POST ") and f"/{Queue.SCAN}/messages".encode() in piece[:200]:
                self.knocked.set()
                await self.is_open.wait()
                if self.is_gone:
                    raise ConnectionAbortedError
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError  # the other direction ends too


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(azurite: Azurite) -> AsyncIterator[Gate]:
    gate = Gate(azurite.ports["queue"])
    server = await asyncio.start_server(gate.take, "127.0.0.1", 0)
    async with server:
        azurite_port, gate_port = azurite.ports["queue"], server.sockets[0].getsockname()[1]
        gate.connection_string = azurite.connection_string.replace(f":{azurite_port}/", f":{gate_port}/")
        yield gate
        server.close_clients()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(gate: Gate) -> AsyncIterator[aiohttp.ClientSession]:
    disabled = {f"AzureWebJobs.{name}.Disabled": "true" for name in ASLEEP}
    settings = SETTINGS | {"AzureWebJobsStorage": gate.connection_string} | disabled
    async with (
        FunctionsHostProcess(ROOT, settings=settings) as host,
        aiohttp.ClientSession(host.base_url) as session,
    ):
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def queue(azurite: Azurite) -> AsyncIterator[Queues]:
    async with Queues(azurite.connection_string) as access:
        await (await access.create(Queue.SCAN)).clear_messages()
        yield access


async def test_A12_a_queue_that_is_away_is_answered_with_500_so_that_graph_repeats(
    http: aiohttp.ClientSession, gate: Gate, queue: Queues
) -> None:
    gate.is_gone = True
    assert await post(http, from_graph()) == 500
    assert await queue.visible(Queue.SCAN) == []

    gate.is_gone = False
    assert await post(http, from_graph()) == 202
    assert len(await queue.visible(Queue.SCAN)) == 1


async def test_A13_the_answer_waits_for_the_write(http: aiohttp.ClientSession, gate: Gate, queue: Queues) -> None:
    await queue[Queue.SCAN].clear_messages()
    gate.knocked.clear()
    gate.is_open.clear()
    answer = asyncio.create_task(post(http, from_graph()))
    await gate.knocked.wait()
    assert not answer.done()
    assert await queue.visible(Queue.SCAN) == []

    gate.is_open.set()
    assert await answer == 202
    assert len(await queue.visible(Queue.SCAN)) == 1
