"""Queues and blobs of the storage accounts that the app's connection settings name."""

from __future__ import annotations

import base64
import binascii
import os
from datetime import timedelta
from types import TracebackType
from typing import Self

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.functions_host.settings import HOST_STORAGE

HOST_CONTAINER = "azure-webjobs-hosts"
POISON_TTL = timedelta(days=7)  # the default of SendMessage, which the poison copy gets too


class Undecodable(Exception):
    """The body is not what `messageEncoding` promises."""


class Queue:
    """One queue under the app's message encoding."""

    def __init__(self, client: QueueClient, encoding: str) -> None:
        self._client = client
        self._encoding = encoding

    @property
    def name(self) -> str:
        return self._client.queue_name

    async def create(self) -> None:
        try:
            await self._client.create_queue()
        except ResourceExistsError:
            return

    async def receive(self, most: int, lease_seconds: int) -> list[QueueMessage]:
        pages = self._client.receive_messages(messages_per_page=most, visibility_timeout=lease_seconds).by_page()
        async for page in pages:
            return [message async for message in page]
        return []

    async def show_again(self, message_id: str, receipt: str, seconds: int) -> str:
        """Sets when the message is visible again, leaves its body alone; gives the receipt that counts from now on."""
        updated = await self._client.update_message(message_id, receipt, visibility_timeout=seconds)
        return updated.pop_receipt or receipt

    async def delete(self, message_id: str, receipt: str) -> None:
        await self._client.delete_message(message_id, receipt)

    async def send(self, body: str | bytes) -> None:
        data = body.encode() if isinstance(body, str) else body
        await self.send_as_stored(base64.b64encode(data).decode() if self._encoding == "base64" else data.decode())

    async def send_as_stored(self, content: str) -> None:
        try:
            await self._client.send_message(content, time_to_live=int(POISON_TTL.total_seconds()))
        except ResourceNotFoundError:
            await self.create()
            await self._client.send_message(content, time_to_live=int(POISON_TTL.total_seconds()))

    def body(self, content: str) -> str | bytes:
        """The body as the function gets it: text where it is text."""
        if self._encoding == "none":
            return content
        try:
            data = base64.b64decode(content, validate=True)
        except binascii.Error as problem:
            raise Undecodable(f"not valid base64: {problem}") from problem
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data


class Storage:
    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._services: dict[str, QueueServiceClient] = {}
        self._blobs: BlobServiceClient | None = None

    def queue(self, connection: str, name: str) -> Queue:
        setting = connection or HOST_STORAGE
        if setting not in self._services:
            # No repeats below: whoever waits for a queue write must get an answer soon, and every loop repeats anyway.
            self._services[setting] = QueueServiceClient.from_connection_string(os.environ[setting], retry_total=0)
        return Queue(self._services[setting].get_queue_client(name), self._encoding)

    async def host_container(self) -> ContainerClient:
        """The container in which a host keeps its own state, made if it is missing."""
        if self._blobs is None:
            self._blobs = BlobServiceClient.from_connection_string(os.environ[HOST_STORAGE])
        container = self._blobs.get_container_client(HOST_CONTAINER)
        try:
            await container.create_container()
        except ResourceExistsError:
            return container
        return container

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self._services.values():
            await service.close()
        if self._blobs is not None:
            await self._blobs.close()
