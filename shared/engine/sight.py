"""A look at a file as a listing shows it: first sights and quiet periods are written here, more is asked of decide."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain import DriveId, Facts, Item, ItemId, LinkState, Outcome, link_key
from shared.engine.context import Context
from shared.engine.paths import Paths, as_folder
from shared.engine.waiting import new_link, wait_until
from shared.flows import IngestFlow, decide, needs, selects
from shared.ledger.rows import RefKind, item_ref
from shared.messages import IDS_PER_DECIDE, DecideMessage, Queue, ScanMessage, ScanReason


class Sight:
    """`first_round`: the drive is read for the first time, so what the delta reports is no baseline.

    `has_moved`: a folder above the files did, so an unchanged eTag says nothing.
    """

    def __init__(
        self,
        context: Context,
        drive: DriveId,
        flows: tuple[IngestFlow, ...],
        paths: Paths,
        *,
        first_round: bool = False,
        has_moved: bool = False,
    ) -> None:
        self.context = context
        self.drive = drive
        self.flows = flows
        self.paths = paths
        self.first_round = first_round
        self.has_moved = has_moved

    async def wants_decision(self, item: Item) -> bool:
        """Whether some flow needs more than the listing says."""
        if item.deleted:
            return await self._is_known(item)
        placed = await self.paths.of(item)
        selected = [flow for flow in self.flows if selects(flow, placed) is not None]
        wanted = False
        for flow in selected:
            wanted |= await self._first_sight(flow, placed)
        if not wanted and (not selected or len(selected) < len(self.flows)):
            wanted = await self._left_another(placed, selected)
        return wanted

    async def _is_known(self, item: Item) -> bool:
        return bool(await self.context.ledger.refs(RefKind.ITEM, item_ref(self.drive, item.id)))

    async def _left_another(self, item: Item, selected: Sequence[IngestFlow]) -> bool:
        """Whether a flow that no longer speaks of the file once did."""
        keys = {link_key(flow.id, self.drive, item.id) for flow in selected}
        return bool(set(await self.context.ledger.refs(RefKind.ITEM, item_ref(self.drive, item.id))) - keys)

    async def _first_sight(self, flow: IngestFlow, item: Item) -> bool:
        link = await self.context.ledger.link(link_key(flow.id, self.drive, item.id))
        if not self.has_moved and link is not None and link.receipt is not None and link.receipt == item.etag:
            return False
        known = None if link is not None and link.state is LinkState.BEFORE and self.first_round else link
        facts = Facts(now=self.context.clock.now(), item=item, time_scale=self.context.clock.time_scale)
        if needs(flow, facts, known):
            return True
        decision = decide(flow, facts, known)
        if decision.outcome is not Outcome.WAIT:
            return decision.outcome not in {Outcome.IGNORE, Outcome.NOTHING}
        await wait_until(self.context, known or new_link(flow, item, etag=link.etag if link else None), item, decision)
        return False


async def send_decides(context: Context, drive: DriveId, items: list[ItemId]) -> None:
    for start in range(0, len(items), IDS_PER_DECIDE):
        message = DecideMessage(drive=drive, items=tuple(items[start : start + IDS_PER_DECIDE]))
        await context.outbox.send(Queue.DECIDE, message)


async def look_into_folder(context: Context, message: ScanMessage, flows: tuple[IngestFlow, ...]) -> None:
    """Of a folder that moved, whose descendants the delta does not report: a look at each file in it, as if reported.

    Each folder below gets a message of its own, so that no run grows with the tree, and a run that was killed repeats
    one folder only. Folders that the ledger knows stay as they are: the delta reports their own moves.
    """
    drive, folder = message.drive, message.folder
    if folder is None:
        return
    paths = Paths(context, drive)
    sight = Sight(context, drive, flows, paths, has_moved=True)
    wanted: list[ItemId] = []
    async for child in context.onedrive.children(drive, folder):
        if child.is_folder:
            if await context.ledger.folder(drive, child.id) is None:
                await context.ledger.put_folders(drive, [as_folder(child)])
            below = ScanMessage(drive=drive, reason=ScanReason.FOLDER_MOVED, folder=child.id)
            await context.outbox.send(Queue.SCAN, below)
        elif await sight.wants_decision(child):
            wanted.append(child.id)
        if len(wanted) == IDS_PER_DECIDE:
            await send_decides(context, drive, wanted)
            wanted = []
    await send_decides(context, drive, wanted)
