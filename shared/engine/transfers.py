"""Carrying a transfer on from its last checkpoint, and what each kind of failure leads to."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from shared.domain.decisions import Reason
from shared.domain.facts import Facts
from shared.domain.links import LinkState
from shared.engine.context import LEASE_SECONDS, WATCH_SLACK_SECONDS, Context, log
from shared.engine.due import send_next
from shared.engine.holding import hold, journal_held, put_attention
from shared.engine.run import ComeBackLater, Held, LeaseLost, NotThisOne, Run
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
from shared.ledger.rows import AttentionKind, DueEntry, DueKind
from shared.messages import DecideMessage, Queue, TransferMessage

PROMISE_SECONDS = 60  # what stands in `due` in case the process dies between closing and holding
ATTEMPTS = 12  # with the back-off below about eight hours of trying, then a person looks
FIRST_RETRY_SECONDS = 15
LONGEST_RETRY_SECONDS = 4 * 3600


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
    slots = await slots_for(context, link)
    slot = await context.ledger.take_slot(transfer.id, context.clock.after(LEASE_SECONDS), slots)
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
