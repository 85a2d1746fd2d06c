"""Taking in a new or changed flow: its files are listed, and left alone or put up for release, before any is decided.

A scan that reaches its end first, so that what came before is not taken for new; then the listing, page by page and
without a lease; then one more whole scan, which reports what changed meanwhile: that is decided as if never listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

from shared.domain.decisions import Reason
from shared.domain.ids import DriveId, FlowId, link_key
from shared.domain.items import Item
from shared.domain.links import LinkState
from shared.engine.context import Context, flow_key, log
from shared.engine.dormant import Behind
from shared.engine.gates import ask_soon
from shared.engine.generations import put_flow_attention
from shared.engine.paths import Paths, as_folder
from shared.engine.stopping import release
from shared.engine.waiting import first_or_next, new_link
from shared.errors import LedgerConflict, Missing, Refused
from shared.flows import IngestFlow, Start, selects
from shared.ledger.rows import Aside, AttentionKind, DueEntry, DueKind, Phase, Place, Standing
from shared.messages import Queue, ScanMessage, ScanReason

PAGES_PER_MESSAGE = 10  # of up to 200 items each
COUNTED = 10_000  # files at most, ten pages of a table, to tell people how many wait
WATCH_SECONDS = 300  # how often a flow that is being taken in is looked after


async def watch_flow(context: Context, entry: DueEntry) -> None:
    """Send what carries the flow's taking in on. A message too many is harmless, one too few would stop it."""
    flow = next((flow for flow in context.flows if flow_key(flow.id) == entry.link), None)
    standing = await context.ledger.standing(flow.id) if flow is not None else None
    if flow is not None and standing is not None and standing.phase is not Phase.DONE and standing.drive is not None:
        later = context.clock.after(WATCH_SECONDS)
        await context.ledger.add_due(DueEntry(later, entry.link, DueKind.FLOW))
        if standing.phase is Phase.LISTING:
            await _send_listing(context, standing.drive, flow.id)
        else:
            reason = ScanReason.SUBSCRIPTION if standing.phase is Phase.NEW else ScanReason.SWEEP
            await context.outbox.send(Queue.SCAN, ScanMessage(drive=standing.drive, reason=reason))
    await context.ledger.drop_due(entry)


async def scan_ended(
    context: Context, drive: DriveId, flows: tuple[IngestFlow, ...], begun: Mapping[FlowId, Standing]
) -> None:
    """A scan has read everything from its beginning, when the flows stood as `begun` says, to the present end."""
    for flow in flows:
        standing = begun.get(flow.id)
        if standing is None or standing.drive != drive:
            continue
        if standing.phase is Phase.NEW:
            await _begin_listing(context, drive, flow, standing)
        elif standing.phase is Phase.CLOSING:
            await _finish(context, flow, standing)


async def restart_listings(context: Context, drive: DriveId) -> None:
    """The whole drive is enumerated: what it reports says nothing about what changed during a listing."""
    unfinished = {Phase.LISTING, Phase.CLOSING}
    for standing in (await context.standings(fresh=True)).values():
        if standing.drive == drive and standing.phase in unfinished:
            await context.change_standing(
                standing.flow, lambda now: replace(now, phase=Phase.NEW) if now.phase in unfinished else now
            )


async def _begin_listing(context: Context, drive: DriveId, flow: IngestFlow, begun: Standing) -> None:
    top = await context.onedrive.item_at(drive, flow.pattern.fixed_prefix)
    if top is not None:
        await Paths(context, drive).of(replace(top, path=None))  # the folders above are known from here on
        await context.ledger.put_folders(drive, [as_folder(top)])
        await context.ledger.add_places(flow.id, drive, [Place(top.id, flow.pattern.fixed_prefix)])
    if await _advance(context, flow, begun, Phase.LISTING):
        await _send_listing(context, drive, flow.id)


def ground_of(flow: IngestFlow) -> str:
    """Names the files that a flow speaks of, whatever it does with them."""
    return blake2b(repr((flow.pattern.text, flow.types, flow.ignore)).encode(), digest_size=16).hexdigest()


async def _advance(context: Context, flow: IngestFlow, begun: Standing, phase: Phase) -> bool:
    """To the next phase, unless the flow has been taken in anew since, or somebody was quicker."""

    def is_same(present: Standing) -> bool:
        return (present.definition, present.phase) == (begun.definition, begun.phase)

    def further(present: Standing) -> Standing:
        if not is_same(present):
            return present
        if phase is not Phase.DONE:
            return replace(present, phase=phase)
        since = present.since or context.clock.now()
        return replace(present, phase=phase, since=since, covered=ground_of(flow))

    moved = await context.change_standing(flow.id, further)
    return moved.phase is phase


async def _send_listing(context: Context, drive: DriveId, flow: FlowId) -> None:
    await context.outbox.send(Queue.SCAN, ScanMessage(drive=drive, reason=ScanReason.BACKFILL, flow=flow))


async def list_files(context: Context, message: ScanMessage) -> None:
    """Some pages further; the next message goes on. Whoever meets a page that another has taken leaves it to him."""
    flow = next((flow for flow in context.flows if flow.id == message.flow), None)
    standing = await context.ledger.standing(flow.id) if flow is not None else None
    if flow is None or standing is None or standing.phase is not Phase.LISTING or standing.drive != message.drive:
        return
    for _ in range(PAGES_PER_MESSAGE):
        place = await context.ledger.next_place(flow.id, message.drive)
        if place is None:
            if await _advance(context, flow, standing, Phase.CLOSING):
                scan = ScanMessage(drive=message.drive, reason=ScanReason.SWEEP)
                await context.outbox.send(Queue.SCAN, scan)
            return
        try:
            await _list_page(context, flow, standing, message.drive, place)
        except LedgerConflict:
            return
    await context.outbox.send(Queue.SCAN, message)


async def _list_page(context: Context, flow: IngestFlow, standing: Standing, drive: DriveId, place: Place) -> None:
    """Files and folders first, the place last: a page that is read again changes nothing more."""
    try:
        children, link = await context.onedrive.children_page(drive, place.folder, place.page)
    except Missing:
        await context.ledger.drop_place(flow.id, drive, place)
        return
    except Refused:
        if place.page is None:
            raise
        await context.ledger.put_place(flow.id, drive, replace(place, page=None))  # the link was too old
        return
    placed = [replace(child, path=f"{place.path.rstrip('/')}/{child.name}") for child in children]
    files = [file for file in placed if selects(flow, file) is not None]
    await _take(context, flow, standing, files)
    folders = [child for child in placed if child.is_folder]
    unknown = [folder for folder in folders if await context.ledger.folder(drive, folder.id) is None]
    await context.ledger.put_folders(drive, [as_folder(folder) for folder in unknown])
    await context.ledger.add_places(flow.id, drive, [Place(folder.id, folder.path or "") for folder in folders])
    await _count(context, flow, place, len(files))
    if link is None:
        await context.ledger.drop_place(flow.id, drive, place)
    else:
        await context.ledger.put_place(flow.id, drive, replace(place, page=link))


async def _count(context: Context, flow: IngestFlow, place: Place, files: int) -> None:
    mark = blake2b(f"{place.folder} {place.page}".encode(), digest_size=8).hexdigest()

    def counted(standing: Standing) -> Standing:
        return standing if standing.walked == mark else replace(standing, walked=mark, listed=standing.listed + files)

    if files:
        await context.change_standing(flow.id, counted)


async def _take(context: Context, flow: IngestFlow, standing: Standing, files: list[Item]) -> None:
    """Left alone, or put up for release; what the ledger knows already is decided anew where it changed.

    What lies behind a closed gate stays dormant, unless it is the baseline of a new flow; that of a changed one is not
    to bury what lay there. The same goes for what came while the flow was off, or observed only.
    """
    released, decided = [], []
    is_known_ground = flow.start is Start.NEW and standing.covered == ground_of(flow)
    behind = Behind(context, await context.ledger.gates(flow.id) if files else ())
    for file in files:
        link = await context.ledger.link(link_key(flow.id, file.drive, file.id))
        entry = DueEntry(context.clock.now(), link_key(flow.id, file.drive, file.id), DueKind.DECIDE)
        was_dormant = link is None and behind.was_dormant(flow, file)
        if link is None and (was_dormant or flow.start is Start.EXISTING) and await behind.is_dormant(flow, file):
            continue
        if was_dormant or (link is None and is_known_ground) or (link is not None and link.observed):
            decided.append(entry)
        elif link is None and flow.start is Start.NEW:
            await _leave_alone(context, flow, standing, file)
        elif link is None or (flow.start is Start.EXISTING and link.state is LinkState.SETTLED):
            released.append(entry)
        elif link.state is LinkState.HELD or (link.state is not LinkState.BEFORE and link.content != file.content):
            decided.append(entry)
    decided += await behind.write(flow)
    await context.ledger.set_aside(Aside.FIRST_RUN, flow.id, released)
    await context.ledger.set_aside(Aside.STOPPED, flow.id, decided)


async def _leave_alone(context: Context, flow: IngestFlow, standing: Standing, item: Item) -> None:
    link = replace(
        new_link(flow, item),
        state=LinkState.BEFORE,
        content=item.content,
        seen_at=context.clock.now(),
        path=item.path,
        receipt=item.etag,
        generation=standing.generation,
    )
    try:
        await first_or_next(context, link)
    except LedgerConflict:
        log.info("link %s: the delta was quicker, so the file is no baseline any more", link.key)


async def _finish(context: Context, flow: IngestFlow, standing: Standing) -> None:
    """From here on the flow is decided like any other. Its gates may be others than before."""
    for gate in await context.ledger.gates(flow.id):
        await ask_soon(context, gate.key)
    if flow.start is Start.EXISTING:
        await tell_what_waits(context, flow)
    if not await _advance(context, flow, standing, Phase.DONE):
        return
    if flow.start is Start.NEW:
        log.info(
            "flow %s: %d files were there before it and are left alone until they change", flow.id, standing.listed
        )
    else:
        log.info("flow %s: %d files were there before it and wait for `bridge resume`", flow.id, standing.listed)
    await context.journal_flow(flow.id, "listed", files=str(standing.listed), generation=str(standing.generation))
    await release(context, flow.id)


async def release_first_run(context: Context, flow: IngestFlow) -> int:
    """The next step of the files that were there before; how many they are.

    Killed anywhere, too many are said to wait, never too few; whoever asks again reads how many it still are.
    """
    entries = await context.ledger.asides(Aside.FIRST_RUN, flow.id, flow.limits.first_run)
    await context.ledger.set_aside(Aside.STOPPED, flow.id, entries)
    for entry in entries:
        await context.ledger.drop_aside(Aside.FIRST_RUN, flow.id, entry)
    await tell_what_waits(context, flow)
    return len(entries)


async def tell_what_waits(context: Context, flow: IngestFlow) -> None:
    """To people, as the ledger has it now; nothing where no file waits any more."""
    left = len(await context.ledger.asides(Aside.FIRST_RUN, flow.id, COUNTED))
    if left:
        await put_flow_attention(context, AttentionKind.WAITING, flow.id, waiting_for_release(flow, left))
    else:
        await context.ledger.drop_attention(flow_key(flow.id), AttentionKind.WAITING)


def waiting_for_release(flow: IngestFlow, files: int) -> Reason:
    step, count = flow.limits.first_run, f"{files} or more" if files == COUNTED else f"{files}"
    one = "file was" if files == 1 else "files were"
    return Reason("start", f"{count} {one} there before the flow: `bridge resume {flow.id}` takes the next {step}")
