"""The columns that tell people, where they work, what became of their file."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping

from shared.domain.facts import Facts
from shared.domain.items import Columns
from shared.domain.links import Link, LinkState
from shared.engine.column_names import tell_wrong_columns, wrong_columns
from shared.engine.context import Context, log
from shared.errors import Forbidden, LedgerConflict, Locked, Missing, NameProblem, Refused, RemoteError, ValueDoesNotFit
from shared.flows import LOST, IngestFlow, Status, column_values, columns_read, selects
from shared.ledger.rows import DueEntry, DueKind

WRITER_LEASE_SECONDS = 20  # one read and one write
AFTER_ANOTHER_SECONDS = 60  # should the other writer have died, the columns are written then
WHILE_OPEN_SECONDS = 600
LONGEST_TEXT = 255  # characters of a single line of text in SharePoint

STATUS = {
    LinkState.BEFORE: Status.WAITING,
    LinkState.SEEN: Status.WAITING,
    LinkState.HELD: Status.HELD,
    LinkState.SETTLED: Status.SETTLED,
    LinkState.FAILED: Status.FAILED,
    LinkState.CLOSED: Status.CLOSED,
}


async def wanted_columns(context: Context, flow: IngestFlow, facts: Facts, link: Link) -> Mapping[str, str]:
    """What the flow's columns should hold for the link's state, and only those that hold something else now.

    A flow that only observes shows nothing where people work.
    """
    if flow.mode == "observe":
        return {}
    pattern = context.settings.celum_asset_url
    settled = link.settled
    asset_url = pattern.replace("{id}", str(settled.asset)) if pattern and settled else ""
    reason = "; ".join(reason.text for reason in link.reasons)
    wanted = column_values(flow, facts.item, link, status=_status(link), reason=reason, asset_url=asset_url)
    wanted = {
        name: text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…" for name, text in wanted.items()
    }
    taken = await _written_by_earlier_flows(context, flow, facts)
    wrong = wrong_columns(flow, facts.columns)
    return {
        name: text
        for name, text in wanted.items()
        if name not in wrong
        and _internal(facts.columns, name) not in taken
        and (facts.columns is None or _present(facts.columns, name) != text)
    }


def _status(link: Link) -> Status:
    """A settled file that waits to be approved anew is not in CELUM as it is now."""
    if link.state is LinkState.SETTLED and link.settled and link.content != link.settled.content:
        return Status.WAITING if any(reason.rule == LOST for reason in link.reasons) else Status.SETTLED
    return STATUS[link.state]


async def _written_by_earlier_flows(context: Context, flow: IngestFlow, facts: Facts) -> frozenset[str]:
    """Two flows that wrote one column in turn would never end.

    Most are refused when the flow file is loaded; a column named once by its display name, or a library named once by
    its id, is seen here only.
    """
    names: set[str] = set()
    for other in await context.flows_of(facts.item.drive):
        if other.id == flow.id:
            break
        if other.columns and other.mode != "observe" and selects(other, facts.item) is not None:
            names |= {_internal(facts.columns, name) for name in other.columns}
    return frozenset(names)


async def write_columns(context: Context, flow: IngestFlow, facts: Facts, link: Link) -> bool:
    """Write what differs. True when nothing had to be written, so that the item read stands as it is.

    Each write makes a version of the file, so two instances must not both write the same: the one that gets the lease
    reads the columns again under it.
    """
    await tell_wrong_columns(context, flow, facts.columns)
    if not await wanted_columns(context, flow, facts, link):
        return True
    item, owner = facts.item, uuid.uuid4().hex
    lease = f"columns {item.drive}|{item.id}"
    taken = await context.ledger.take_lease(lease, owner, context.clock.after(WRITER_LEASE_SECONDS))
    if taken is None:
        await _look_again(context, link, AFTER_ANOTHER_SECONDS)
        return False
    try:
        _, columns = await context.onedrive.item(item.drive, item.id)
        await tell_wrong_columns(context, flow, columns)
        wanted = await wanted_columns(context, flow, dataclasses.replace(facts, columns=columns), link)
        if wanted:
            await context.onedrive.write_columns(item.drive, item.id, wanted, zone=flow.time_zone)
    except Locked:
        log.info("link %s: its columns cannot be written while somebody has the file open", link.key)
        await _look_again(context, link, WHILE_OPEN_SECONDS)
    except Missing:
        log.info("link %s: its file is gone, so no columns are written", link.key)
    except (NameProblem, ValueDoesNotFit, Refused, Forbidden) as problem:
        log.warning("link %s: columns not written: %s", link.key, problem)
    await context.ledger.release_lease(lease, owner, known=taken)
    return False


def shows_held(flow: IngestFlow, facts: Facts) -> bool:
    """Whether people still read that the file is held: they are told to wait until it no longer says so."""
    names = [name for name, source in flow.columns.items() if str(source) == "run.status"]
    return facts.columns is not None and any(_present(facts.columns, name) == Status.HELD for name in names)


async def show_end(context: Context, flow: IngestFlow, facts: Facts, link: Link) -> None:
    """Columns of a link that is not decided again by itself: our own write must not look like a person's change."""
    try:
        is_as_read = await write_columns(context, flow, facts, link)
        receipt = facts.item.etag if is_as_read else await _receipt(context, flow, facts)
        if receipt is not None:
            await context.ledger.put_link(dataclasses.replace(link, receipt=receipt))
    except LedgerConflict:
        log.info("link %s: somebody decides about it already", link.key)
    except RemoteError as problem:
        log.warning("link %s: its columns do not show what became of it: %s", link.key, problem)


async def _receipt(context: Context, flow: IngestFlow, facts: Facts) -> str | None:
    """The file's tag after our write, if nobody else changed anything that the flow reads."""
    item, columns = await context.onedrive.item(facts.item.drive, facts.item.id)
    before = facts.columns
    is_same = (item.content, item.name, item.parent) == (facts.item.content, facts.item.name, facts.item.parent)
    if not is_same or before is None or columns is None:
        return None
    stands = all(_present(columns, name) == _present(before, name) for name in columns_read(flow))
    return item.etag if stands else None


async def _look_again(context: Context, link: Link, seconds: float) -> None:
    await context.ledger.add_due(DueEntry(context.clock.after(seconds), link.key, DueKind.DECIDE))


def _present(columns: Columns, name: str) -> str:
    internal = name if name in columns.values else next(iter(columns.display.get(name, ())), name)
    value = columns.values.get(internal, "")
    return value if isinstance(value, str) else "; ".join(value)


def _internal(columns: Columns | None, name: str) -> str:
    """SharePoint does not tell columns apart by case."""
    display = columns.display if columns is not None else {}
    return next(iter(display.get(name, ())), name).casefold()
