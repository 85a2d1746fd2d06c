"""Carrying a transfer on from its last checkpoint: lease, checkpoints, and what each kind of failure leads to."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from shared.domain import Asset, Facts, Link, LinkState, Reason, Transfer
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS, Context, log
from shared.engine.due import send_next
from shared.engine.holding import hold, journal_held, put_attention
from shared.engine.remains import remains
from shared.engine.sending import is_running, send_or_wait, slots_for
from shared.engine.waiting import come_back_at, pause
from shared.engine.writeback import show_end
from shared.errors import (
    BridgeError,
    ContentMismatch,
    ContentProblem,
    Forbidden,
    HostNotAllowed,
    LedgerConflict,
    NameProblem,
    NotAuthorised,
    Refused,
    RemoteError,
    SourceChanged,
    System,
    Throttled,
    ValueDoesNotFit,
)
from shared.flows import IngestFlow
from shared.ledger.rows import AttentionKind, DueEntry, DueKind, Lease, Slot
from shared.messages import DecideMessage, Queue, TransferMessage

PROMISE_SECONDS = 60  # what stands in `due` in case the process dies between closing and holding
REGISTER_LEASE_SECONDS = 600  # on a file, its content and what else identifies it
ATTEMPTS = 12  # with the back-off below about eight hours of trying, then a person looks
FIRST_RETRY_SECONDS = 15
LONGEST_RETRY_SECONDS = 4 * 3600


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


async def carry_on(context: Context, message: TransferMessage, steps: Callable[[Run], Awaitable[None]]) -> None:
    """Take the lease and go on from the last checkpoint. A message for a transfer that runs or is over is dropped."""
    link = await context.ledger.link(message.link)
    transfer = link.transfer if link else None
    if link is None or transfer is None or transfer.id != message.transfer:
        return
    if is_running(link, context.clock.now()):
        return  # it runs; its watch entry revives it should it not (rule d)
    flow = next((flow for flow in context.flows if flow.id == link.flow), None)
    if flow is None or await context.stops(flow.id):
        return  # it stands still; its watch entry is set aside until it runs again
    if await context.paused_until(System.ONEDRIVE, System.CELUM) is not None:  # since the message was sent
        await context.ledger.release_slot(transfer.id)
        await send_or_wait(context, link)
        return
    slot = await context.ledger.take_slot(transfer.id, context.clock.after(LEASE_SECONDS), slots_for(context, link))
    if slot is None:
        await send_or_wait(context, link)
        return
    run = Run(context, flow, link, slot)
    try:
        run.link = dataclasses.replace(link, transfer=dataclasses.replace(transfer, lease_owner=None))
        await run.checkpoint(again=False)  # takes the lease; the look that was asked for is what each run begins with
    except (LedgerConflict, LeaseLost):
        return
    try:
        await _guarded(run, steps)
    except LeaseLost as lost:
        log.info("%s", lost)
        return
    await context.ledger.release_slot(run.transfer_id, known=run.slot)
    await send_next(context)


async def _guarded(run: Run, steps: Callable[[Run], Awaitable[None]]) -> None:
    try:
        await steps(run)
    except NotThisOne as elsewhere:
        await _close_and_decide(run, str(elsewhere))
    except ComeBackLater as later:
        await _put_back(run, run.context.clock.after(later.seconds))
    except (Throttled, NotAuthorised) as problem:
        await pause(run.context, problem)
        at = await come_back_at(run.context, System.ONEDRIVE, System.CELUM)
        await _put_back(run, at or run.context.clock.now())
    except SourceChanged as changed:
        await _close_and_decide(run, str(changed))
    except (Held, Refused, Forbidden, NameProblem, ValueDoesNotFit, HostNotAllowed) as problem:
        if run.facts is None:  # not even the file could be read: nothing is known that a person could mend in it
            await _retry(run, problem)
        else:
            await _hold(run, run.facts, problem.reasons if isinstance(problem, Held) else (because(problem),))
    except (RemoteError, ContentProblem) as problem:
        await _retry(run, problem)
    except BridgeError:  # the ledger: this run fails, and the watch entry brings the next
        raise
    except Exception as problem:  # noqa: BLE001  a mistake of ours must end visibly, not be repeated for ever
        log.exception("transfer %s, step %s", run.transfer.id, run.step)
        await _retry(run, BridgeError(f"an unexpected error, {type(problem).__name__}; the log has its trace"))


async def _close_and_decide(run: Run, why: str) -> None:
    await run.context.ledger.add_due(DueEntry(run.context.clock.now(), run.link.key, DueKind.DECIDE))
    await run.context.journal(run.link, "closed for a new decision", more={"why": why})
    await run.end(lambda link: dataclasses.replace(link, due_at=None))
    await run.context.outbox.send(Queue.DECIDE, DecideMessage(drive=run.link.drive, items=(run.link.item,)))


async def _put_back(run: Run, at: datetime, **changes: object) -> None:
    """Leave the transfer in `due` until then, without its lease and slot; its watch entry stands behind that."""
    ledger, before = run.context.ledger, run.transfer.watch_at
    slack = (LEASE_SECONDS + WATCH_SLACK_SECONDS) / run.context.clock.time_scale
    watch_at = max(at, run.context.clock.now()) + timedelta(seconds=slack)
    await ledger.add_due(DueEntry(watch_at, run.link.key, DueKind.WATCH))
    await ledger.add_due(DueEntry(at, run.link.key, DueKind.TRANSFER))
    await run.release({**changes, "watch_at": watch_at})
    if before is not None and before != watch_at:
        await ledger.drop_due(DueEntry(before, run.link.key, DueKind.WATCH))


async def _retry(run: Run, problem: BridgeError) -> None:
    attempt = run.transfer.attempt + 1
    log.warning("transfer %s, attempt %d, step %s: %s", run.transfer.id, attempt, run.transfer.step, problem)
    same_wrong_bytes = isinstance(problem, ContentMismatch) and run.transfer.error == str(problem)
    if same_wrong_bytes or attempt >= ATTEMPTS:
        await fail(run, str(problem))
        return
    await _put_back(run, run.context.clock.after(retry_seconds(attempt)), attempt=attempt, error=str(problem))


def retry_seconds(attempt: int) -> float:
    """How long to wait after the n-th failure, n from 1: 15 s, doubled each time, up to four hours."""
    return float(min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS))


async def _hold(run: Run, facts: Facts, reasons: tuple[Reason, ...]) -> None:
    """Close as held, then show it; a decide stands in `due` before, should the process die between the two."""
    soon = DueEntry(run.context.clock.after(PROMISE_SECONDS), run.link.key, DueKind.DECIDE)
    await run.context.ledger.add_due(soon)
    if (run.link.state, run.link.reasons) != (LinkState.HELD, reasons):
        await journal_held(run.context, run.link, reasons)  # by the transfer, which a repeat carries on
    link = await run.end(lambda link: dataclasses.replace(link, state=LinkState.HELD, reasons=reasons))
    await hold(run.context, run.flow, facts, link, reasons)
    await run.context.ledger.drop_due(soon)


def because(problem: BridgeError) -> Reason:
    return Reason("transfer", str(problem), outside=True)


async def fail(run: Run, why: str) -> None:
    """Give up and make it visible; `bridge replay` or a change of the file begins anew."""
    reasons = (Reason("transfer", why),)
    failed = dataclasses.replace(run.link, state=LinkState.FAILED, reasons=reasons)
    await put_attention(run.context, AttentionKind.FAILED, failed)
    await run.context.journal(failed, "failed", more={"why": why})
    failed = await run.end(lambda link: dataclasses.replace(link, state=LinkState.FAILED, reasons=reasons))
    if run.facts is not None:
        await show_end(run.context, run.flow, run.facts, failed)
