from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient

from local.azurite import Azurite

ROOT = Path(__file__).parents[2]
HOLDER = """
import asyncio
from local.azurite import Azurite

async def hold() -> None:
    async with Azurite() as azurite:
        print(azurite.ports["blob"], flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def test_the_connection_string_reaches_queues_blobs_and_tables(azurite: Azurite) -> None:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        await blobs.create_container("azurite-reached")
    async with QueueClient.from_connection_string(azurite.connection_string, "azurite-reached") as queue:
        await queue.create_queue()
    async with TableServiceClient.from_connection_string(azurite.connection_string) as tables:
        await tables.create_table("azuritereached")


async def test_with_a_location_its_content_outlives_it(tmp_path: Path) -> None:
    async with (
        Azurite(tmp_path) as first,
        QueueClient.from_connection_string(first.connection_string, "azurite-kept") as queue,
    ):
        await queue.create_queue()
        await queue.send_message("kept")
    port = first.ports["queue"]
    async with (
        Azurite(tmp_path, queue_port=port) as second,
        QueueClient.from_connection_string(second.connection_string, "azurite-kept") as queue,
    ):
        assert second.ports["queue"] == port
        assert [message.content for message in await queue.peek_messages()] == ["kept"]


async def test_it_ends_when_who_started_it_is_killed() -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert holder.stdout is not None
    port = int(await holder.stdout.readline())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    holder.kill()
    await holder.wait()

    async with asyncio.timeout(60):
        assert await reader.read() == b"", "a connection to it lasts as long as it does"
    writer.close()
    await writer.wait_closed()
