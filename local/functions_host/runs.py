"""One run of a function with everything the host adds: its output bindings and one line in the log."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from datetime import timedelta

from azure.core.exceptions import AzureError
from azure_functions_runtime.bindings.datumdef import Datum

from local.functions_host.functions import Function
from local.functions_host.storage import Storage
from local.functions_host.worker import Outcome, Worker

log = logging.getLogger("host.runs")


class Runs:
    def __init__(self, worker: Worker, storage: Storage) -> None:
        self._worker = worker
        self._storage = storage
        self._work: set[asyncio.Task[object]] = set()

    def start[T](self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Starts work that a stopping host waits for: a run together with what follows it."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def idle(self, grace: timedelta) -> int:
        """Waits for all work that was started; gives how much of it is still unfinished after the grace period."""
        if self._work:
            await asyncio.wait(self._work, timeout=grace.total_seconds())
        return len(self._work)

    async def run(
        self, function: Function, value: Datum, metadata: dict[str, Datum] | None = None, note: str = ""
    ) -> Outcome:
        """Runs the function; it has succeeded only when its queue messages are sent too."""
        started = time.perf_counter()
        outcome = await self._worker.run(function, value, metadata or {})
        if outcome.ok:
            outcome = await self._send_outputs(function, outcome)
        took = (time.perf_counter() - started) * 1000
        if outcome.ok:
            log.info("%s succeeded in %.0f ms%s", function.name, took, note)
        else:
            log.error("%s failed in %.0f ms%s: %s", function.name, took, note, outcome.error)
        return outcome

    async def _send_outputs(self, function: Function, outcome: Outcome) -> Outcome:
        outputs = list(outcome.outputs)
        returns = next((b for b in function.bindings if b.name == "$return" and b.type == "queue"), None)
        if returns and outcome.returned is not None:
            outputs.append(("$return", outcome.returned))
        for name, data in outputs:
            binding = function.output(name)
            queue = self._storage.queue(binding.text("connection"), binding.text("queueName"))
            try:
                for message in _messages(data):
                    await queue.send(message)
            except (AzureError, ValueError) as problem:
                return Outcome(error=f"output {name} to queue {queue.name}: {problem!r}")
        return outcome


def _messages(data: Datum) -> list[str | bytes]:
    """The messages in an output: one, or one for each element of a list."""
    if data.type != "json":
        return [data.value]
    content = json.loads(data.value)
    elements = content if isinstance(content, list) else [content]
    return [element if isinstance(element, str) else element["body"] for element in elements]
