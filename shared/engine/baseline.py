"""The files that were there before a flow: recorded once, then left alone until they change."""

from __future__ import annotations

import dataclasses

from shared.domain import DriveId, Item, LinkState, link_key
from shared.engine.context import Context, log
from shared.engine.paths import as_folder
from shared.engine.waiting import first_or_next, new_link
from shared.errors import LedgerConflict
from shared.flows import IngestFlow, selects


async def take_baselines(context: Context, drive: DriveId, flows: tuple[IngestFlow, ...]) -> None:
    """For each flow that has none on this drive. Killed in the middle it begins again; rows that stand are kept."""
    for flow in flows:
        mark = f"baseline|{flow.id}|{drive}"
        if await context.ledger.setting(mark) is not None:
            continue
        count = await _take(context, drive, flow)
        await context.ledger.put_setting(mark, context.clock.now().isoformat())
        log.info("flow %s: %d files were there before it and are left alone until they change", flow.id, count)


async def _take(context: Context, drive: DriveId, flow: IngestFlow) -> int:
    top = await context.onedrive.item_at(drive, flow.pattern.fixed_prefix)
    if top is None:
        return 0
    count = 0
    waiting = [dataclasses.replace(top, path=flow.pattern.fixed_prefix)]
    while waiting:
        folder = waiting.pop()
        await context.ledger.put_folders(drive, [as_folder(folder)])
        async for child in context.onedrive.children(drive, folder.id):
            placed = dataclasses.replace(child, path=f"{(folder.path or '').rstrip('/')}/{child.name}")
            if child.is_folder:
                waiting.append(placed)
            elif selects(flow, placed) is not None:
                count += await _record(context, flow, placed)
    return count


async def _record(context: Context, flow: IngestFlow, item: Item) -> int:
    if await context.ledger.link(link_key(flow.id, item.drive, item.id)) is not None:
        return 0
    link = dataclasses.replace(
        new_link(flow, item),
        state=LinkState.BEFORE,
        content=item.content,
        seen_at=context.clock.now(),
        path=item.path,
        receipt=item.etag,
    )
    try:
        await first_or_next(context, link)
    except LedgerConflict:  # the delta was quicker: the file changed, so it is no baseline any more
        return 0
    return 1
