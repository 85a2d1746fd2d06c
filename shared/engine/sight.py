"""A look at a file as a listing shows it: first sights and quiet periods are written here, more is asked of decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.decisions import Outcome
from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey, link_key
from shared.domain.items import Item
from shared.domain.links import Link, LinkState, came_back
from shared.engine.context import Context
from shared.engine.dormant import Dormant
from shared.engine.known import Known
from shared.engine.notes import tells_other
from shared.engine.waiting import new_link, sighted, wait_until
from shared.errors import LedgerConflict
from shared.flows import IngestFlow, decide, needs, selects
from shared.ledger.rows import Phase, Standing
from shared.messages import IDS_PER_DECIDE, DecideMessage, Queue


class Sight:
    """`standings` are those at the beginning of the reading; `aside` are links that wait for its end.

    `has_moved`: a folder above the files did, so an unchanged eTag says nothing.
    """

    def __init__(
        self,
        context: Context,
        drive: DriveId,
        flows: tuple[IngestFlow, ...],
        standings: Mapping[FlowId, Standing],
        known: Known,
        *,
        aside: frozenset[LinkKey] = frozenset(),
        has_moved: bool = False,
    ) -> None:
        self.context = context
        self.drive = drive
        self.flows = flows
        self.standings = standings
        self.known = known
        self.aside = aside
        self.has_moved = has_moved
        self.dormant = Dormant(context, drive)

    async def wanting(self, items: Sequence[Item]) -> list[ItemId]:
        """Those of a page about which some flow needs more than it says. The items have their paths."""
        wanted = [item.id for item in items if await self.wants_decision(item)]
        return list(dict.fromkeys([*wanted, *await self.dormant.write()]))

    async def wants_decision(self, item: Item) -> bool:
        """Whether some flow needs more than the listing says; dormant files are noted only."""
        if item.deleted:
            return bool(set(await self.known.refs(item)) - self.aside)
        selected = [flow for flow in self.flows if selects(flow, item) is not None]
        wanted = False
        for flow in selected:
            wanted |= await self._first_sight(flow, item)
        if not wanted and (not selected or len(selected) < len(self.flows)):
            wanted = await self._left_another(item, selected)
        return wanted

    async def _left_another(self, item: Item, selected: Sequence[IngestFlow]) -> bool:
        """Whether a flow that no longer speaks of the file once did."""
        keys = {link_key(flow.id, self.drive, item.id) for flow in selected}
        return bool(set(await self.known.refs(item)) - keys - self.aside)

    async def _first_sight(self, flow: IngestFlow, item: Item) -> bool:
        key = link_key(flow.id, self.drive, item.id)
        link = await self.known.link(key)
        standing = self.standings.get(flow.id) or Standing(flow.id)
        if link is None and self._is_to_be_listed(standing):
            return False
        try:
            if link is not None and self._is_news(link, standing):
                link = await self._no_baseline(flow, item, link)
            elif link is not None and came_back(link, item):
                return True
            elif not self.has_moved and link is not None and link.receipt is not None and link.receipt == item.etag:
                return False
            return await self._look(flow, item, link)
        except LedgerConflict:
            return True  # somebody decides about it this moment: the facts are read anew

    def _is_to_be_listed(self, standing: Standing) -> bool:
        """What stands there while a flow is taken in was there before, unless a page reports it during the listing."""
        return standing.phase is Phase.NEW or (self.has_moved and standing.phase is Phase.LISTING)

    def _is_news(self, link: Link, standing: Standing) -> bool:
        """Listed as there before, but reported as changed since the listing began: then it is no baseline."""
        listing = standing.phase in {Phase.LISTING, Phase.CLOSING} and link.generation == standing.generation
        return link.state is LinkState.BEFORE and listing and not self.has_moved

    async def _no_baseline(self, flow: IngestFlow, item: Item, link: Link) -> Link:
        return await self.context.ledger.put_link(sighted(self.context, new_link(flow, item, etag=link.etag), item))

    async def _look(self, flow: IngestFlow, item: Item, link: Link | None) -> bool:
        facts = await self.dormant.takes(flow, item, link)
        if facts is None:
            return False
        if needs(flow, facts, link):
            return True
        decision = decide(flow, facts, link)
        if decision.forgets or (decision.approval is not None and link and decision.approval != link.approval):
            return True
        is_over = decision.outcome is Outcome.NOTHING or (decision.outcome is Outcome.WAIT and decision.until is None)
        if link is not None and is_over and tells_other(link, decision):
            return True
        if decision.outcome is not Outcome.WAIT:
            moved = decision.outcome is Outcome.NOTHING and link is not None and link.path != item.path
            return moved or decision.outcome not in {Outcome.IGNORE, Outcome.NOTHING}  # the link's path is kept true
        await wait_until(self.context, link or new_link(flow, item), item, decision)
        return False


async def send_decides(context: Context, drive: DriveId, items: list[ItemId]) -> None:
    for start in range(0, len(items), IDS_PER_DECIDE):
        message = DecideMessage(drive=drive, items=tuple(items[start : start + IDS_PER_DECIDE]))
        await context.outbox.send(Queue.DECIDE, message)
