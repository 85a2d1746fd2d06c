"""What every stage of the engine works with."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.celum import Celum
from shared.clock import Clock
from shared.domain.decisions import Decision, Reason
from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.domain.items import Item
from shared.domain.links import Link
from shared.engine.gate_answers import GateAnswers
from shared.engine.shortage import Shortage
from shared.errors import (
    FlowFileProblem,
    Forbidden,
    Missing,
    NameProblem,
    NotAuthorised,
    System,
    Throttled,
    Unavailable,
)
from shared.flows import FlowFile, IngestFlow, OneDriveConnection
from shared.ledger import Ledger
from shared.ledger.rows import Standing
from shared.onedrive import OneDrive
from shared.queues import Outbox
from shared.settings import Settings

log = logging.getLogger("bridge")

LEASE_SECONDS = 120  # of a transfer; renewed at a third of it
WATCH_SLACK_SECONDS = 30  # the watch entry of a transfer stands this long after the end of its lease
SCAN_LEASE_SECONDS = 300
RECHECK_HELD_SECONDS = 3600  # a hold whose cause lies outside the file is decided anew so often
DRIVE_CACHE_SECONDS = 600
PAUSE_CACHE_SECONDS = 2  # else each file would cost three reads of what hardly ever stands there
STANDING_CACHE_SECONDS = 2  # likewise; what surprises is decided on a fresh read


@dataclass(frozen=True, slots=True)
class KnownMarker:
    """The marker file of a drive that this process may work in, as it stood when it was looked at."""

    until: datetime  # to believe it
    item: ItemId | None = None  # None where it could not be written
    etag: str | None = None


@dataclass(slots=True)
class Context:
    settings: Settings
    clock: Clock
    flow_file: FlowFile | FlowFileProblem
    ledger: Ledger
    outbox: Outbox
    onedrive: OneDrive
    celum: Celum
    generation: int = 0  # of the flow file; recorded with every decision
    latest_generation: tuple[int, datetime] | None = None  # of any instance, and until when to believe it
    is_adopted: bool = False  # the flow file of this process has been taken in
    checksum_algorithm: str | None = None  # of CELUM, as this process has learned it
    gate_answers: GateAnswers = field(default_factory=GateAnswers)
    shortage: Shortage = field(default_factory=Shortage)
    columns_told: dict[FlowId, tuple[tuple[Reason, ...], datetime]] = field(default_factory=dict)  # see column_names
    markers: dict[DriveId, KnownMarker] = field(default_factory=dict)
    _drives: dict[str, tuple[DriveId, datetime]] = field(default_factory=dict)
    _pauses: dict[System, tuple[datetime | None, datetime]] = field(default_factory=dict)
    _signatures: dict[tuple[str, ...], str] = field(default_factory=dict)
    _standings: tuple[Mapping[FlowId, Standing], datetime] | None = None

    @property
    def flows(self) -> tuple[IngestFlow, ...]:
        """The flows that are not switched off; none while the flow file is invalid (work then waits)."""
        if isinstance(self.flow_file, FlowFileProblem):
            return ()
        return tuple(flow for flow in self.flow_file.flows if flow.mode != "off")

    async def flows_of(self, drive: DriveId) -> tuple[IngestFlow, ...]:
        return tuple([flow for flow in self.flows if await self.known_drive_of(flow) == drive])

    async def drives(self) -> frozenset[DriveId]:
        """Of all flows whose connection can be resolved now."""
        found = [await self.known_drive_of(flow) for flow in self.flows]
        return frozenset(drive for drive in found if drive is not None)

    async def known_drive_of(self, flow: IngestFlow) -> DriveId | None:
        """The flow's drive; one site that is gone or not allowed must not stop the flows of all others.

        While OneDrive is away it is the last one known: what waits has to be written down under its name.
        """
        known = self._drives.get(flow.onedrive)
        if await self.paused_until(System.ONEDRIVE) is None:
            try:
                return await self.drive_of(flow)
            except (NameProblem, Forbidden, Missing) as problem:
                log.warning("flow %s: its OneDrive connection %s cannot be used: %s", flow.id, flow.onedrive, problem)
                return known[0] if known else None
            except (Throttled, Unavailable, NotAuthorised) as problem:
                log.warning("flow %s: where its library is could not be asked: %s", flow.id, problem)
        standing = (await self.standings()).get(flow.id) if known is None else None
        return known[0] if known else standing.drive if standing else None

    async def drive_of(self, flow: IngestFlow) -> DriveId:
        """The drive that the flow's connection names, resolved at most every ten minutes."""
        known = self._drives.get(flow.onedrive)
        if known is not None and known[1] > self.clock.now():
            return known[0]
        assert not isinstance(self.flow_file, FlowFileProblem)  # noqa: S101  there is no flow without a file
        connection = self.flow_file.connections[flow.onedrive]
        assert isinstance(connection, OneDriveConnection)  # noqa: S101  checked when the file was loaded
        drive = (
            DriveId(connection.drive_id)
            if connection.drive_id
            else await self.onedrive.drive_of(connection.site or "", connection.library or "")
        )
        self._drives[flow.onedrive] = (drive, self.clock.after(DRIVE_CACHE_SECONDS))
        return drive

    async def paused_until(self, *systems: System) -> datetime | None:
        """When work on these systems may go on, if one of them asked to be left alone."""
        pauses = [await self._pause_of(system) for system in systems]
        return max((at for at in pauses if at is not None and at > self.clock.now()), default=None)

    async def _pause_of(self, system: System) -> datetime | None:
        """As the ledger said a moment ago: another instance's pause is noticed a few seconds later."""
        known = self._pauses.get(system)
        if known is None or known[1] <= self.clock.now():
            known = (await self.ledger.not_before(system), self.clock.after(PAUSE_CACHE_SECONDS))
            self._pauses[system] = known
        return known[0]

    async def pause(self, system: System, until: datetime) -> None:
        """Everybody's work on the system waits until then; this process knows it at once."""
        await self.ledger.pause(system, until)
        self._pauses.pop(system, None)

    async def standings(self, *, fresh: bool = False) -> Mapping[FlowId, Standing]:
        """How the flows stand, as the ledger said a moment ago, or says now."""
        if fresh or self._standings is None or self._standings[1] <= self.clock.now():
            known = {standing.flow: standing for standing in await self.ledger.standings()}
            self._standings = (known, self.clock.after(STANDING_CACHE_SECONDS))
        return self._standings[0]

    async def stops(self, flow: FlowId, *, fresh: bool = False) -> str:
        """Why nothing of the flow may be decided or carried on now; empty while it runs."""
        if not any(known.id == flow for known in self.flows):
            return "frozen"
        return ((await self.standings(fresh=fresh)).get(flow) or Standing(flow)).stops

    async def change_standing(self, flow: FlowId, change: Callable[[Standing], Standing]) -> Standing:
        """One conditional write; this process knows it at once, another a few seconds later."""
        standing = await self.ledger.change_standing(flow, change)
        self._standings = None
        return standing

    def signature_of(self, item: Item, version: str | None = None) -> str | None:
        """The signature of this very content, or of an older version, if it was read before in this process."""
        return self._signatures.get(_signed(item, version))

    def remember_signature(self, item: Item, signature: str, version: str | None = None) -> None:
        if len(self._signatures) > 10_000:
            self._signatures.clear()
        self._signatures[_signed(item, version)] = signature

    async def journal(
        self,
        link: Link,
        what: str,
        decision: Decision | None = None,
        *,
        more: Mapping[str, str] | None = None,
        of: str = "",
    ) -> None:
        """Write down what was decided or done, and why. Never file names: they stay in the link's row.

        Repeated by a function that was killed, it is the same entry: the one of this transfer, or of a decision on the
        row as it stood. `of` tells apart what happens more than once to either.
        """
        entry = {"what": what, "flow": link.flow, "at": self.clock.now().isoformat(), **(more or {})}
        if decision is not None:
            entry |= {
                "outcome": decision.outcome.value,
                "why": "; ".join(reason.text for reason in decision.reasons),
                "facts": decision.facts_hash,
                "generation": str(decision.generation),
            } | {f"used.{name}": value for name, value in decision.used.items()}
        of_transfer = decision is None and link.transfer is not None
        event = [what, link.transfer.id if of_transfer and link.transfer else link.etag, of]
        if decision is not None:
            event += [decision.signature, decision.facts_hash, *(reason.text for reason in decision.reasons)]
        await self.ledger.add_journal(link.key, entry, json.dumps(event))

    async def journal_flow(self, flow: FlowId, what: str, **more: str) -> None:
        """What was done to a flow as a whole, and by whom."""
        entry = {"what": what, "flow": flow, "at": self.clock.now().isoformat(), **more}
        await self.ledger.add_journal(flow_key(flow), entry)


def flow_key(flow: FlowId) -> LinkKey:
    """Where journal, attention and `due` speak of a flow instead of one of its links."""
    return LinkKey(flow)


def _signed(item: Item, version: str | None) -> tuple[str, ...]:
    if version is not None:
        return (item.drive, item.id, version)
    content = item.content
    return (item.drive, item.id, str(content and content.size), str((content and content.quick_xor) or item.etag))
