"""What a flow takes back: an approval, so that a person gives it again, and an asset out of use."""

from __future__ import annotations

import dataclasses

from shared.celum import AssetChange
from shared.domain.decisions import Decision
from shared.domain.facts import Facts
from shared.domain.links import Link, Settled
from shared.engine.availability import UseWish, use_of
from shared.engine.context import Context, log
from shared.engine.sharing import is_left_behind, others_of
from shared.engine.waiting import first_or_next, look_again
from shared.errors import Locked, Missing
from shared.flows import IngestFlow

WHILE_OPEN_SECONDS = 600


async def reset_approval(context: Context, flow: IngestFlow, facts: Facts, link: Link, decision: Decision) -> None:
    """Write what takes the approval back. Our own write is seen as any other; then the file waits for a person."""
    await context.journal(link, "approval taken back", decision)
    stored = await first_or_next(context, link)
    item = facts.item
    try:
        await context.onedrive.write_columns(item.drive, item.id, decision.columns, zone=flow.time_zone)
    except Locked:
        log.info("link %s: its approval cannot be taken back while somebody has the file open", link.key)
        await context.ledger.put_link(await look_again(context, stored, context.clock.after(WHILE_OPEN_SECONDS)))
    except Missing:
        log.info("link %s: its file is gone, so no approval is taken back", link.key)


async def out_of_use(context: Context, link: Link, decision: Decision, *, deleted: bool) -> Link:
    """Its source is gone: the asset is made unavailable, unless it lives by another file too. Repeatable.

    What stands there is noted before, for nothing in CELUM tells it afterwards. A file that left the pattern may still
    be another flow's; one that was deleted is gone for all of them.
    """
    settled = link.settled
    if not decision.unavailable or settled is None or settled.alias or settled.off:
        return link
    others = [other for other in await others_of(context, settled.asset, link.key) if _shares(other, settled)]
    if any(other.item != link.item or not deleted for other in others):
        return link
    asset = await context.celum.asset(settled.asset)
    if asset is not None:
        use = use_of(settled, asset.availability, UseWish(is_out=True))
        noted = dataclasses.replace(settled, stood=use.stood, facts_hash="")
        if noted != settled:  # else the row stays as it is, by which the journal knows a repeat
            link = await context.ledger.put_link(dataclasses.replace(link, settled=noted))
        settled = noted
        if use.write is not None:
            await context.celum.update(settled.asset, AssetChange(availability=use.write))
    return dataclasses.replace(link, settled=dataclasses.replace(settled, off=True))


def _shares(other: Link, settled: Settled) -> bool:
    """An alias that holds what the asset held once has only not left it yet."""
    return other.settled is not None and not (other.settled.alias and is_left_behind(other.settled, settled))
