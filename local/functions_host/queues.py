"""The queue trigger by the rules of the storage extension: leases, retries, poison queues, polling."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueMessage
from azure_functions_runtime.bindings.datumdef import Datum

from local.functions_host.clock import Clock
from local.functions_host.functions import Function
from local.functions_host.host_json import QueueOptions
from local.functions_host.runs import Runs
from local.functions_host.storage import Queue, Undecodable

log = logging.getLogger("host.queues")

LEASE = timedelta(minutes=10)  # fixed by the extension; visibilityTimeout is not the lease
POLL_AT_LEAST = timedelta(milliseconds=100)  # the first wait of the back-off
REAL_POLL_SECONDS = 0.02  # however fast the time scale: Azurite shares the machine
POISON = "-poison"
TAKEN_OVER = {"PopReceiptMismatch", "MessageNotFound", "QueueNotFound"}


class Backoff:
    """How long to wait while a queue is empty: random and exponential, from 100 ms to maxPollingInterval."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest
        self._exponent = 0

    def found(self) -> None:
        self._exponent = 0

    def next(self) -> timedelta:
        growth = random.uniform(0.8, 1.2) * 2 ** (self._exponent - 1) if self._exponent else 0
        wait = POLL_AT_LEAST * (1 + growth)
        if wait >= self._longest:
            return self._longest
        self._exponent += 1
        return wait


@dataclass(slots=True)
class Lease:
    """The hold on one message; every renewal changes the receipt."""

    message_id: str
    receipt: str


class QueueListener:
    """Runs one function for the messages of its queue. Call `prepare` once, then `listen` until the host stops."""

    def __init__(
        self, function: Function, queue: Queue, *, poison: Queue, options: QueueOptions, clock: Clock, runs: Runs
    ) -> None:
        self._function = function
        self._queue = queue
        self._poison = None if queue.name.endswith(POISON) else poison
        self._options = options
        self._clock = clock
        self._runs = runs
        self._lease_seconds = max(clock.storage_seconds(LEASE), 1)
        self._running: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        await self._queue.create()

    async def listen(self) -> None:
        backoff = Backoff(self._options.max_polling_interval)
        while not self._clock.stopping.is_set():
            messages = await self._fetch()
            for message in messages:
                self._start(message)
            if messages:
                backoff.found()
                await self._room()
            else:
                await self._clock.pause(max(self._clock.real_seconds(backoff.next()), REAL_POLL_SECONDS))

    async def _fetch(self) -> list[QueueMessage]:
        try:
            return await self._queue.receive(self._options.batch_size, self._lease_seconds)
        except AzureError as problem:
            log.warning("Queue %s cannot be read: %r", self._queue.name, problem)
            return []

    def _start(self, message: QueueMessage) -> None:
        task = self._runs.start(self._process(message))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _room(self) -> None:
        """Returns when the number running is at or below newBatchThreshold."""
        while len(self._running) > self._options.new_batch_threshold:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _process(self, message: QueueMessage) -> None:
        try:
            await self._carry_out(message)
        except AzureError as problem:
            # The lease ends by itself; the message comes again.
            log.warning("Queue %s, message %s: %r", self._queue.name, message.id, problem)

    async def _carry_out(self, message: QueueMessage) -> None:
        lease = Lease(message.id, message.pop_receipt or "")
        if (message.dequeue_count or 0) > self._options.max_dequeue_count:
            await self._to_poison(message, lease)
            return
        try:
            body = self._queue.body(message.content)
        except Undecodable as problem:
            log.warning(
                "Queue %s, message %s is %s; it never reaches the function", self._queue.name, message.id, problem
            )
            await self._to_poison(message, lease)
            return
        async with self._renewed(lease):
            ok = await self._run(message, body)
        await self._complete(message, lease, ok=ok)

    async def _run(self, message: QueueMessage, body: str | bytes) -> bool:
        kind = "string" if isinstance(body, str) else "bytes"
        note = f" (dequeue count {message.dequeue_count})"
        return (await self._runs.run(self._function, Datum(body, kind), _metadata(message), note)).ok

    async def _complete(self, message: QueueMessage, lease: Lease, *, ok: bool) -> None:
        if ok:
            await self._delete(lease)
        elif self._poison is None:
            return  # left invisible for the rest of its lease, so that it does not come back in a fast loop
        elif (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._to_poison(message, lease)
        else:
            seconds = self._clock.storage_seconds(self._options.visibility_timeout)
            with _message_taken_over():
                await self._queue.show_again(lease.message_id, lease.receipt, seconds)

    async def _to_poison(self, message: QueueMessage, lease: Lease) -> None:
        """The body goes to the poison queue, as it is stored; nothing else of the message survives."""
        if self._poison is None:
            return
        log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._options.max_dequeue_count,
            self._poison.name,
        )
        await self._poison.send_as_stored(message.content)
        await self._delete(lease)

    async def _delete(self, lease: Lease) -> None:
        with _message_taken_over():
            await self._queue.delete(lease.message_id, lease.receipt)

    @asynccontextmanager
    async def _renewed(self, lease: Lease) -> AsyncIterator[None]:
        """Renews the lease at half of its life for as long as the block runs; a renewal under way is let finish."""
        ended = asyncio.Event()
        renewing = asyncio.create_task(self._renew(lease, ended))
        try:
            yield
        finally:
            ended.set()
            await renewing

    async def _renew(self, lease: Lease, ended: asyncio.Event) -> None:
        while not await _happens(ended, within=self._lease_seconds / 2):
            try:
                lease.receipt = await self._queue.show_again(lease.message_id, lease.receipt, self._lease_seconds)
            except HttpResponseError as problem:
                log.warning("The lease of message %s was not renewed: %s", lease.message_id, problem.message)
                return
            except AzureError as problem:
                log.warning("The lease of message %s was not renewed, trying again: %r", lease.message_id, problem)


async def _happens(event: asyncio.Event, *, within: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within)
    except TimeoutError:
        return False
    return True


@contextmanager
def _message_taken_over() -> Iterator[None]:
    """Deleting or showing again a message that somebody else holds by now is no error: handlers must be idempotent."""
    try:
        yield
    except HttpResponseError as problem:
        if getattr(problem, "error_code", "") not in TAKEN_OVER:
            raise
        log.warning("A message outlived its lease and was taken over: %s", problem.message)


def _metadata(message: QueueMessage) -> dict[str, Datum]:
    return {
        "Id": Datum(message.id, "string"),
        "DequeueCount": Datum(str(message.dequeue_count), "string"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "InsertionTime": _time(message.inserted_on),
        "ExpirationTime": _time(message.expires_on),
        "NextVisibleTime": _time(message.next_visible_on),
    }


def _time(when: datetime | None) -> Datum:
    return Datum(json.dumps(when.isoformat() if when else None), "json")
