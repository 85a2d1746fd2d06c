"""One run of one transfer: its lease, its checkpoints, its end, and what may cut it short."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from shared.domain.assets import Asset
from shared.domain.decisions import Reason, Verb
from shared.domain.facts import Facts
from shared.domain.links import Link
from shared.domain.transfers import Transfer
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS, Context
from shared.engine.remains import remains
from shared.errors import BridgeError, LedgerConflict
from shared.flows import IngestFlow
from shared.ledger.rows import DueEntry, DueKind, Lease, Slot
from shared.messages import DecideMessage, Queue

REGISTER_LEASE_SECONDS = 600  # on a file, its content and what else identifies it


class LeaseLost(BridgeError):
    """Somebody else carries the transfer on; this run stops where it stands, touching nothing."""


class ComeBackLater(BridgeError):
    """The transfer has to wait for a known time (an index that lags); it is no failure."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"waits {seconds} s")


class NotThisOne(BridgeError):
    """Fresh facts lead elsewhere: the transfer is closed and the file decided anew."""


class Held(BridgeError):
    """A person has to mend something first."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reason.text for reason in reasons))


def _carrying(link: Link, changes: Mapping[str, object]) -> Link:
    assert link.transfer is not None  # noqa: S101  a run has a transfer until it ends
    transfer = dataclasses.replace(link.transfer, **changes)  # type: ignore[arg-type]  # members by name
    return dataclasses.replace(link, transfer=transfer)


class Run:
    """One run of one transfer under its lease. `link` always is the row as last stored."""

    def __init__(self, context: Context, flow: IngestFlow, link: Link, slot: Slot) -> None:
        self.context = context
        self.flow = flow
        self.link = link
        self.owner = uuid.uuid4().hex
        self.slot = slot
        self.transfer_id = self.transfer.id
        self.step = self.transfer.step  # may be ahead of the row where what was done is cheap to repeat
        self.facts: Facts | None = None  # as read by prepare
        self.asset: Asset | None = None  # as CELUM's last answer in this run showed it
        self.leases: dict[str, Lease] = {}  # on the file and its content, by name, as taken by this run

    @property
    def transfer(self) -> Transfer:
        assert self.link.transfer is not None  # noqa: S101  a run has a transfer until it ends
        return self.link.transfer

    @property
    def owns_asset(self) -> bool:
        """Whether this very transfer made the asset, so that everything about it is the bridge's doing."""
        return self.transfer.verb is Verb.CREATE and not self.transfer.linked

    async def checkpoint(self, **changes: object) -> None:
        """Store changes of the transfer. A lease that is running down is renewed with them."""
        changes = {"step": self.step, **changes}
        if self._lease_left() < LEASE_SECONDS * 2 / 3:
            await self._renew(changes)
        else:
            await self._store(lambda link: _carrying(link, changes))
        self.step = self.transfer.step

    async def while_it_takes[T](self, work: Awaitable[T], progress: Callable[[], int]) -> T:
        """Await long work, keeping the lease however long nothing moves, and showing how far the bytes are."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LEASE_SECONDS / 6 / self.context.clock.time_scale)
                if not task.done() and self._lease_left() < LEASE_SECONDS * 2 / 3:
                    await self._renew({"progress": progress(), "step": self.step})
            return task.result()
        finally:
            if not task.done():  # the lease is lost, or this run itself is ended
                task.cancel()
                await asyncio.wait({task})

    def _lease_left(self) -> float:
        until = self.transfer.lease_until if self.transfer.lease_owner == self.owner else None
        return self._seconds_to(until) if until else 0

    def _seconds_to(self, instant: datetime) -> float:
        """Unscaled."""
        clock = self.context.clock
        return (instant - clock.now()).total_seconds() * clock.time_scale

    async def _renew(self, changes: Mapping[str, object]) -> None:
        """The watch entry goes ahead of the lease, the slot follows it (DESIGN §5, rule d).

        Either stays where it is when it reaches far enough: at the start of a transfer both are seconds old.
        """
        until = self.context.clock.after(LEASE_SECONDS)
        before = watch_at = self.transfer.watch_at
        if watch_at is None or watch_at < until:
            watch_at = self.context.clock.after(LEASE_SECONDS + WATCH_SLACK_SECONDS)
            await self.context.ledger.add_due(DueEntry(watch_at, self.link.key, DueKind.WATCH))
        lease = {"lease_owner": self.owner, "lease_until": until, "watch_at": watch_at}
        await self._store(lambda link: _carrying(link, {**changes, **lease}))
        if before is not None and before != watch_at:
            await self.context.ledger.drop_due(DueEntry(before, self.link.key, DueKind.WATCH))
        if self._seconds_to(self.slot.until) < LEASE_SECONDS * 2 / 3:
            self.slot = await self.context.ledger.renew_slot(self.slot, until)
        for beside in list(self.leases.values()):
            if self._seconds_to(beside.until) < REGISTER_LEASE_SECONDS / 2:
                await self.take_lease(beside.name)

    async def take_lease(self, name: str) -> bool:
        """On what this transfer is about, beside the one on its row, and kept with that; False: another has it."""
        until = self.context.clock.after(REGISTER_LEASE_SECONDS)
        lease = await self.context.ledger.take_lease(name, self.transfer_id, until)
        if lease is not None:
            self.leases[name] = lease
        return lease is not None

    async def change_link(self, change: Callable[[Link], Link]) -> None:
        """Store what has to stand in the row before the next effect, beside the transfer."""
        await self._store(change)

    async def _store(self, change: Callable[[Link], Link]) -> None:
        """Write the row; a decide that set `again` meanwhile is merged, another owner of the lease ends this run."""
        while True:
            try:
                self.link = await self.context.ledger.put_link(change(self.link))
            except LedgerConflict:
                await self.reread()
            else:
                return

    async def release(self, changes: Mapping[str, object]) -> None:
        """Give the lease back, so that whoever is sent next may go on at once."""
        free = {"lease_owner": None, "lease_until": None}
        await self._store(lambda link: _carrying(link, {**changes, **free}))

    async def reread(self) -> None:
        link = await self.context.ledger.link(self.link.key)
        ours = link is not None and link.transfer is not None and link.transfer.id == self.transfer.id
        if link is None or not ours or link.transfer is None or link.transfer.lease_owner not in {self.owner, None}:
            raise LeaseLost(f"transfer {self.transfer.id} is carried on elsewhere")
        self.link = link

    async def end(self, change: Callable[[Link], Link]) -> Link:
        """Close the transfer with one conditional write; a decide that came meanwhile is promised before (rule c)."""
        transfer = self.transfer
        again = transfer.again
        while True:
            if again:
                await self.context.ledger.add_due(DueEntry(self.context.clock.now(), self.link.key, DueKind.DECIDE))
            try:
                closed = await self.context.ledger.put_link(
                    dataclasses.replace(change(remains(self.link, self.transfer)), transfer=None)
                )
                break
            except LedgerConflict:
                await self.reread()
                again = self.transfer.again
        self.link = closed
        for name, lease in self.leases.items():
            await self.context.ledger.release_lease(name, self.transfer_id, known=lease)
        self.leases.clear()
        if transfer.watch_at is not None:
            await self.context.ledger.drop_due(DueEntry(transfer.watch_at, closed.key, DueKind.WATCH))
        if again:
            await self.context.outbox.send(Queue.DECIDE, DecideMessage(drive=closed.drive, items=(closed.item,)))
        return closed
