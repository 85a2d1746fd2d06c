"""The timer trigger by the rules of the timer extension: past due once, no overlap, state written after each run."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient
from azure_functions_runtime.bindings.datumdef import Datum

from local.functions_host.clock import Clock
from local.functions_host.functions import Function
from local.functions_host.runs import Runs
from local.functions_host.schedule import Schedule

log = logging.getLogger("host.timers")

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Status:
    """What the platform remembers of a timer."""

    last: datetime
    next: datetime
    updated: datetime

    def to_json(self) -> dict[str, str]:
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }

    @classmethod
    def parse(cls, raw: bytes) -> Status:
        values = json.loads(raw)
        return cls(*(datetime.fromisoformat(values[key]) for key in ("Last", "Next", "LastUpdated")))


class Monitor:
    """Keeps the status of one timer in the blob where the platform keeps it."""

    def __init__(self, container: ContainerClient, host_id: str, function: str) -> None:
        self._blob = container.get_blob_client(f"timers/{host_id}/{function}/status")

    async def read(self) -> Status | None:
        try:
            return Status.parse(await (await self._blob.download_blob()).readall())
        except ResourceNotFoundError:
            return None

    async def write(self, status: Status) -> None:
        await self._blob.upload_blob(json.dumps(status.to_json()).encode(), overwrite=True)


class Timer:
    """Runs one function by its schedule. Call `arm` once, then `tick` until the host stops."""

    def __init__(
        self, function: Function, schedule: Schedule, monitor: Monitor | None, clock: Clock, runs: Runs
    ) -> None:
        self._function = function
        self._schedule = schedule
        self._monitor = monitor
        self._clock = clock
        self._runs = runs
        self._run_on_startup = function.trigger.values.get("runOnStartup") is True
        self._status: Status | None = None
        self._past_due = False

    async def arm(self) -> None:
        """Reads what was, finds out whether a run was missed, and writes down when the first run is due."""
        if self._monitor is None:
            return
        now = self._clock.now()
        known = await self._monitor.read()
        self._status = standing(known, self._schedule, now)
        self._past_due = now > self._status.next
        if self._status != known:
            await self._monitor.write(self._status)

    async def tick(self) -> None:
        if self._past_due or self._run_on_startup:
            await self._runs.start(self._run(past_due=self._past_due, scheduled=False))
        while True:
            await self._clock.pause_until(self._schedule.after(self._clock.now()))
            if self._clock.stopping.is_set():
                return
            await self._runs.start(self._run(past_due=False, scheduled=True))

    async def _run(self, *, past_due: bool, scheduled: bool) -> None:
        began = self._clock.now()
        request = {
            "IsPastDue": past_due,
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": self._status.to_json() if self._status else None,
        }
        note = " (past due)" if past_due else ""
        await self._runs.run(self._function, Datum(json.dumps(request), "json"), note=note)
        # A run that began a little early counts as begun on time; the same occurrence must not be written twice.
        last = max(began, self._status.next) if scheduled and self._status else began
        self._status = Status(last, self._schedule.after(last), last)
        if self._monitor is not None:
            await self._write(self._monitor, self._status)

    async def _write(self, monitor: Monitor, status: Status) -> None:
        try:
            await monitor.write(status)
        except AzureError as problem:
            log.warning("The status of timer %s was not written: %r", self._function.name, problem)


def standing(known: Status | None, schedule: Schedule, now: datetime) -> Status:
    """The status a starting host goes by: the known one, unless it is missing or made from another schedule."""
    if known is None:
        return Status(NEVER, schedule.after(now), now)
    base = known.last if known.last > NEVER else known.updated if known.updated > NEVER else now
    expected = schedule.after(base)
    if known.next == expected:
        return known
    if now > expected:  # a changed schedule is not past due
        return Status(NEVER, schedule.after(now), now)
    return Status(NEVER, expected, base)
