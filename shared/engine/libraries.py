"""What is wrong with a library as a whole: nobody can read it, or its doorbell does not ring."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.domain.ids import DriveId
from shared.domain.items import Item
from shared.engine.context import Context, log
from shared.errors import Locked, Missing
from shared.ledger.rows import ScanLease, Subscription, SubscriptionState

SILENT_AFTER = timedelta(hours=1)  # without any scan; what came within is perhaps only on its way
LONG_SCANS = 10  # of 1,000 pages each, in a row, without an end of the changes
SHOWN_FOR = timedelta(days=1)  # by then the next sweep has said whether it is still so


async def retire(context: Context, drive: DriveId, problem: Missing | Locked) -> None:
    """Said once: the subscription counts as lost until the library can be read again; the timers ask."""
    known = await context.ledger.subscription(drive)
    if known is not None and known.state is SubscriptionState.LOST:
        log.info("drive %s still cannot be read: %s", drive, problem)
        return
    log.error("drive %s cannot be read, its subscription is retired: %s", drive, problem)
    row = known or Subscription(drive, "", None, SubscriptionState.LOST, "", "")
    await context.ledger.save_subscription(dataclasses.replace(row, state=SubscriptionState.LOST, expires=None))


def is_newer(item: Item, last_scan: datetime) -> bool:
    """The delta also names what has not changed; a tombstone has no date."""
    return item.deleted or item.modified is None or item.modified > last_scan


async def note_silence(context: Context, drive: DriveId, changes: int) -> None:
    """A sweep found what no notification had told. The line in the log is what an alert counts."""
    log.warning("silence: drive %s had %d changes that no notification told", drive, changes)
    entry = {"at": context.clock.now().isoformat(), "changes": changes}
    await context.ledger.put_setting(_silence(drive), json.dumps(entry))


async def troubles(context: Context, drives: Iterable[DriveId]) -> list[str]:
    """For people, of all these libraries."""
    found: list[str] = []
    for drive in drives:
        row = await context.ledger.subscription(drive)
        if row is not None and row.state is SubscriptionState.LOST:
            found.append(f"the library {drive} cannot be read: was it deleted or locked, or did its owner leave?")
        found += _endless(drive, await context.ledger.last_lease(drive))
        text = await context.ledger.setting(_silence(drive))
        entry = json.loads(text) if text else None
        if entry and context.clock.now() - datetime.fromisoformat(entry["at"]) < SHOWN_FOR:
            news = "1 change" if entry["changes"] == 1 else f"{entry['changes']} changes"
            found.append(
                f"OneDrive told nothing of {news} in the library {drive}, found by the daily look: "
                "does its notification address answer?"
            )
    return found


def _endless(drive: DriveId, lease: ScanLease | None) -> list[str]:
    if lease is None or lease.unread_since is None or not (lease.stuck or lease.unended >= LONG_SCANS):
        return []
    why = "OneDrive answers with the same page again and again" if lease.stuck else "its changes have no end"
    since = f"{lease.unread_since:%Y-%m-%d %H:%M} UTC"
    return [
        f"the library {drive} is not read to its end since {since}: {why}; if that lasts, Microsoft has to be asked"
    ]


def _silence(drive: DriveId) -> str:
    return f"silence of {drive}"
