from __future__ import annotations

from pathlib import Path

from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient

from local.azurite import Azurite


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
