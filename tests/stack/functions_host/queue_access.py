"""Queues as an outsider sees them: raw bodies, no trigger."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from tests.stack.functions_host.observer import PATIENCE


class Queues:
    def __init__(self, connection_string: str) -> None:
        self._service = QueueServiceClient.from_connection_string(connection_string)

    def __getitem__(self, name: str) -> QueueClient:
        return self._service.get_queue_client(name)

    async def create(self, name: str) -> QueueClient:
        with suppress(ResourceExistsError):
            await self[name].create_queue()
        return self[name]

    async def send(self, queue: str, **order: Any) -> None:
        await self[queue].send_message(json.dumps(order))

    async def names(self) -> set[str]:
        return {queue.name async for queue in self._service.list_queues()}

    async def count(self, name: str) -> int:
        """All messages of the queue, the invisible ones too."""
        return (await self[name].get_queue_properties()).approximate_message_count or 0

    async def visible(self, name: str) -> list[str]:
        return [message.content for message in await self[name].peek_messages(max_messages=32)]

    async def emptied(self, name: str) -> None:
        """Storage announces nothing, so this asks until the last message is deleted."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if not await self.count(name):
                    return
                await asyncio.sleep(0.02)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._service.close()
