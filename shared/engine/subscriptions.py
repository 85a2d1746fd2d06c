"""One live subscription per drive: created, renewed past half its life, replaced when it is gone."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

from shared.domain.ids import DriveId
from shared.engine.context import Context, log
from shared.engine.installation import barred_drives
from shared.errors import FlowFileProblem, Forbidden, Refused, RemoteError
from shared.ledger.rows import Subscription, SubscriptionState
from shared.messages import Queue, ScanMessage, ScanReason

# Graph takes up to 42,300 minutes for a drive; one document says 4,230. This works under both (reference 1.1).
LIFETIME = timedelta(minutes=4_200)
WATCHED = "watched drives"  # the setting that holds those for which orphans were last looked for
SWEEP_AFTER = timedelta(days=1)  # Microsoft: an extra look at a quiet drive at most once a day


def is_due(context: Context, row: Subscription | None) -> bool:
    """Missing, past half its life, signed with an older secret, or pointing to where this app stood before."""
    if row is None or row.expires is None:
        return True
    worn = row.expires - context.clock.now() < LIFETIME / 2
    return worn or (row.notification_url, row.key_id) != _ours(context)


def _ours(context: Context) -> tuple[str, str]:
    return context.settings.notification_url, context.settings.notification_key[0]


async def keep_subscriptions(context: Context) -> None:
    """Ask for a scan of each drive whose subscription needs something; that scan does it, and reads the delta after.

    Likewise of each drive that was not ours: perhaps it is by now.
    """
    barred = await barred_drives(context)
    for drive in await context.drives():
        row = await context.ledger.subscription(drive)
        if drive in barred or is_due(context, row):
            await context.outbox.send(Queue.SCAN, ScanMessage(drive=drive, reason=ScanReason.SUBSCRIPTION))
    await _retire_orphans(context)


async def _retire_orphans(context: Context) -> None:
    """Once for each change of the libraries that flows name: what watches another one, and is ours, is ended."""
    if isinstance(context.flow_file, FlowFileProblem):
        return
    standings = await context.standings()
    known = [standings[flow.id].drive for flow in context.flows if flow.id in standings]  # also where none can be asked
    wanted = await context.drives() | {drive for drive in known if drive is not None}
    now = json.dumps(sorted(wanted))
    if await context.ledger.setting(WATCHED) == now:
        return
    try:
        ended = await context.onedrive.subscriptions.retire_orphans(wanted)
    except RemoteError as problem:
        log.warning("subscriptions to libraries that no flow names any more could not be ended: %s", problem)
        return
    for drive in set(await context.ledger.drives()) - wanted:
        row = await context.ledger.subscription(drive)
        if row is not None and row.state is not SubscriptionState.LOST:
            await context.ledger.save_subscription(dataclasses.replace(row, state=SubscriptionState.LOST, expires=None))
    if ended:
        log.info("%d subscriptions to libraries that no flow names any more were ended", len(ended))
    await context.ledger.put_setting(WATCHED, now)


async def keep_subscription(context: Context, drive: DriveId, *, lifecycle: bool) -> None:
    """Create, renew or replace. What Graph refuses is logged; the sweep reads the delta all the same."""
    known = await context.ledger.subscription(drive)
    if not lifecycle and not is_due(context, known):
        return
    expires = context.clock.now() + LIFETIME
    as_it_stands = known is not None and (known.notification_url, known.key_id) == _ours(context)
    try:
        # One that points elsewhere or is signed with an older secret is not renewed but replaced.
        live = await context.onedrive.ensure_subscription(drive, known.id if known and as_it_stands else None, expires)
    except (Forbidden, Refused) as problem:
        log.error("drive %s has no subscription and is read once a day only: %s", drive, problem)
        if known is not None and known.state is SubscriptionState.LOST:  # it can be read again, only not subscribed to
            await context.ledger.save_subscription(dataclasses.replace(known, state=SubscriptionState.CREATING))
        return
    key_id = context.settings.notification_key[0]
    await context.ledger.save_subscription(
        Subscription(
            drive,
            live.id,
            live.expires,
            SubscriptionState.LIVE,
            live.notification_url,
            key_id,
            known.etag if known else None,
        )
    )


async def sweep_drives(context: Context) -> None:
    """Ask for a scan of each drive that was not read to its end for a day, or whose subscription has lapsed."""
    now = context.clock.now()
    for drive in await context.drives():
        row, lease = await context.ledger.subscription(drive), await context.ledger.last_lease(drive)
        lapsed = row is None or row.expires is None or row.expires < now
        last = lease.last_scan if lease is not None and lease.unread_since is None else None
        if lapsed or last is None or now - last > SWEEP_AFTER:
            await context.outbox.send(Queue.SCAN, ScanMessage(drive=drive, reason=ScanReason.SWEEP))
