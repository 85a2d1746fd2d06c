"""Where a world keeps its ledger and queues: Azurite as in Azure, or memory, which is many times as fast."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueServiceClient

from local.azurite import Azurite
from shared.ledger import MemoryStore, Store, TableStore
from shared.messages import Message, Queue
from shared.queues import Outbox


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the queue service accepted; `delay` in seconds."""

    queue: str
    text: str
    delay: float


class Storage(Protocol):
    @property
    def servers(self) -> Mapping[str, str]:
        """What an instance calls over the network, by name; empty where nothing is to be counted or cut."""
        ...

    async def prepare(self) -> None:
        """As the host does at its start."""
        ...

    def connection(self, urls: Mapping[str, str]) -> str: ...

    def store(self, connection: str | None = None) -> Store:
        """For an instance by its connection, else past every wire; to be closed."""
        ...

    def outbox(self, on_sent: Callable[[Sent], None]) -> Outbox | None:
        """None where the bridge makes its own."""
        ...


@dataclass(frozen=True, slots=True)
class AzuriteStorage:
    azurite: Azurite
    prefix: str

    @property
    def servers(self) -> Mapping[str, str]:
        return {name: f"http://127.0.0.1:{self.azurite.ports[name]}" for name in ("queue", "table")}

    async def prepare(self) -> None:
        store = self.store()
        await store.prepare()
        await store.close()
        async with QueueServiceClient.from_connection_string(self.azurite.connection_string) as service:
            for queue in Queue:
                with contextlib.suppress(ResourceExistsError):
                    await service.create_queue(queue.value)

    def connection(self, urls: Mapping[str, str]) -> str:
        return ";".join(
            [
                *(part for part in self.azurite.connection_string.split(";") if "Endpoint=" not in part),
                *(f"{name.capitalize()}Endpoint={urls[name]}/devstoreaccount1" for name in ("queue", "table")),
            ]
        )

    def store(self, connection: str | None = None) -> Store:
        return TableStore.from_connection_string(connection or self.azurite.connection_string, self.prefix)

    def outbox(self, on_sent: Callable[[Sent], None]) -> Outbox | None:  # noqa: ARG002  the wire sees what is sent
        return None


@dataclass(frozen=True, slots=True)
class MemoryStorage:
    rows: MemoryStore = field(default_factory=MemoryStore)

    @property
    def servers(self) -> Mapping[str, str]:
        return {}

    async def prepare(self) -> None:
        await self.rows.prepare()

    def connection(self, urls: Mapping[str, str]) -> str:  # noqa: ARG002  never opened
        return "UseDevelopmentStorage=true"

    def store(self, connection: str | None = None) -> Store:  # noqa: ARG002  there is one
        return self.rows

    def outbox(self, on_sent: Callable[[Sent], None]) -> Outbox:
        return _StraightOutbox(on_sent)


@dataclass(frozen=True, slots=True)
class _StraightOutbox:
    on_sent: Callable[[Sent], None]

    async def send(self, queue: Queue, message: Message, *, delay: float = 0) -> None:
        self.on_sent(Sent(queue.value, message.model_dump_json(), delay))

    async def close(self) -> None:
        pass
