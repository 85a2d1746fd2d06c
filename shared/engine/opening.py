"""A gate was found open: the files that lay dormant behind it are listed page by page, and seen as if reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.domain.ids import FlowId
from shared.domain.items import Item
from shared.engine.context import Context, log
from shared.engine.gates import forget_gate
from shared.engine.known import Known
from shared.engine.paths import Paths, as_folder
from shared.engine.sight import Sight, send_decides
from shared.errors import LedgerConflict, Missing, Refused
from shared.flows import IngestFlow, selects
from shared.ledger.gates import GateState
from shared.ledger.rows import Phase, Place
from shared.messages import Queue, ScanMessage

PAGES_PER_MESSAGE = 10  # of up to 200 items each


async def list_behind(context: Context, message: ScanMessage) -> None:
    """Some pages further; the next message goes on, and the watch over the gate sends one that is lost.

    Nothing of a flow that is being taken in: what its listing leaves alone has to know what lay behind the gate.
    """
    row = await context.ledger.gate(message.gate) if message.gate else None
    flow = next((flow for flow in context.flows if row is not None and flow.id == row.flow), None)
    if row is None or flow is None or not row.is_opening or await _is_being_taken_in(context, flow.id):
        return
    try:
        row = row if row.is_listing else await _begin(context, flow, row)
        is_done = await _list_pages(context, flow, row)
        if is_done:
            await forget_gate(context, row)
            await context.journal_flow(flow.id, "gate opened", files=str(len(row.seen)))
            return
    except LedgerConflict:
        log.info("what lies behind a gate of flow %s is being listed by somebody else", row.flow)
    await context.outbox.send(Queue.SCAN, message)


async def _is_being_taken_in(context: Context, flow: FlowId) -> bool:
    standing = (await context.standings(fresh=True)).get(flow)
    return standing is None or standing.phase is not Phase.DONE


async def _begin(context: Context, flow: IngestFlow, row: GateState) -> GateState:
    root = flow.pattern.root_for(row.captures)
    top = await context.onedrive.item_at(row.drive, root)
    if top is not None:
        await Paths(context, row.drive).of(replace(top, path=None))  # the folders above are known from here on
        await context.ledger.put_folders(row.drive, [as_folder(top)])
        await context.ledger.add_places(_walk(row), row.drive, [Place(top.id, root)])
    return await context.ledger.put_gate(replace(row, is_listing=True))


def _walk(row: GateState) -> FlowId:
    """Under which name the folders that are to be listed are kept: apart from those of the flow's own listing."""
    return FlowId(row.key)


async def _list_pages(context: Context, flow: IngestFlow, row: GateState) -> bool:
    """Whether no page is left."""
    for _ in range(PAGES_PER_MESSAGE):
        place = await context.ledger.next_place(_walk(row), row.drive)
        if place is None:
            return True
        await _list_page(context, flow, row, place)
    return False


async def _list_page(context: Context, flow: IngestFlow, row: GateState, place: Place) -> None:
    """Files and folders first, the place last: a page that is read again changes nothing more."""
    try:
        children, link = await context.onedrive.children_page(row.drive, place.folder, place.page)
    except Missing:
        await context.ledger.drop_place(_walk(row), row.drive, place)
        return
    except Refused:
        if place.page is None:
            raise
        await context.ledger.put_place(_walk(row), row.drive, replace(place, page=None))  # the link was too old
        return
    placed = [replace(child, path=f"{place.path.rstrip('/')}/{child.name}") for child in children]
    await _wake(context, flow, row, [child for child in placed if not child.is_folder])
    folders = [child for child in placed if child.is_folder and flow.pattern.reaches(child.path or "", row.captures)]
    unknown = [folder for folder in folders if await context.ledger.folder(row.drive, folder.id) is None]
    await context.ledger.put_folders(row.drive, [as_folder(folder) for folder in unknown])
    await context.ledger.add_places(_walk(row), row.drive, [Place(one.id, one.path or "") for one in folders])
    if link is None:
        await context.ledger.drop_place(_walk(row), row.drive, place)
    else:
        await context.ledger.put_place(_walk(row), row.drive, replace(place, page=link))


async def _wake(context: Context, flow: IngestFlow, row: GateState, files: list[Item]) -> None:
    behind = [file for file in files if _lies_behind(row, selects(flow, file))]
    known = Known(context, row.drive, (flow,))
    sight = Sight(context, row.drive, (flow,), await context.standings(), known, has_moved=True)
    await send_decides(context, row.drive, await sight.wanting(behind))


def _lies_behind(row: GateState, captures: Mapping[str, str] | None) -> bool:
    """Captures that the flow no longer has tell nothing."""
    if captures is None:
        return False
    return all(captures.get(name, value).casefold() == value.casefold() for name, value in row.captures.items())
