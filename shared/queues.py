"""Sending to the three queues: Azure Storage (text as it is, encoding `none`), or lists in memory for tests."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Protocol

from shared.errors import BridgeError
from shared.messages import Message, Queue

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient, QueueServiceClient


class QueueUnavailable(BridgeError):
    """The message was not accepted: the run must fail, so that what led to it is delivered again."""


class Outbox(Protocol):
    async def send(self, queue: Queue, message: Message, *, delay: float = 0) -> None:
        """Send so that it is seen after `delay` seconds (as they pass on the wall). Raises QueueUnavailable."""
        ...

    async def close(self) -> None: ...


class MemoryOutbox:
    def __init__(self) -> None:
        self.sent: list[tuple[Queue, Message, float]] = []

    async def send(self, queue: Queue, message: Message, *, delay: float = 0) -> None:
        self.sent.append((queue, message, delay))

    async def close(self) -> None:
        pass


class StorageOutbox:
    """`service` is opened on first use, inside the running loop."""

    def __init__(
        self, *, connection_string: str | None, url: str | None, credential: AsyncTokenCredential | None
    ) -> None:
        self._connection_string = connection_string
        self._url = url
        self._credential = credential
        self._service: QueueServiceClient | None = None
        self._clients: dict[Queue, QueueClient] = {}
        self._opening = asyncio.Lock()

    async def send(self, queue: Queue, message: Message, *, delay: float = 0) -> None:
        from azure.core.exceptions import AzureError  # noqa: PLC0415  loaded by the workers, never by the webhook

        client = await self._client(queue)
        try:
            await client.send_message(
                message.model_dump_json(exclude_defaults=False),
                visibility_timeout=max(0, math.ceil(delay)) or None,
                time_to_live=-1,  # a message lives until it is handled, not for seven days
            )
        except AzureError as problem:
            raise QueueUnavailable(f"could not send to {queue}: {type(problem).__name__}") from problem

    async def _client(self, queue: Queue) -> QueueClient:
        async with self._opening:
            if queue not in self._clients:
                self._clients[queue] = self._open().get_queue_client(queue.value)
            return self._clients[queue]

    def _open(self) -> QueueServiceClient:
        if self._service is None:
            from azure.storage.queue.aio import QueueServiceClient  # noqa: PLC0415  as above

            if self._connection_string:
                self._service = QueueServiceClient.from_connection_string(self._connection_string)
            else:
                self._service = QueueServiceClient(self._url or "", credential=self._credential)
        return self._service

    async def close(self) -> None:
        if self._service is not None:
            await self._service.close()
