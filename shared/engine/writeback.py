"""The columns that tell people, where they work, what became of their file."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain import Columns, Facts, Link, LinkState
from shared.engine.context import Context, log
from shared.errors import Locked, Missing, NameProblem, ValueDoesNotFit
from shared.flows import IngestFlow, Status, column_values

STATUS = {
    LinkState.BEFORE: Status.WAITING,
    LinkState.SEEN: Status.WAITING,
    LinkState.HELD: Status.HELD,
    LinkState.SETTLED: Status.SETTLED,
    LinkState.FAILED: Status.FAILED,
    LinkState.CLOSED: Status.CLOSED,
}


def wanted_columns(context: Context, flow: IngestFlow, facts: Facts, link: Link) -> Mapping[str, str]:
    """What the flow's columns should hold for the link's state, and only those that hold something else now."""
    pattern = context.settings.celum_asset_url
    settled = link.settled
    asset_url = pattern.replace("{id}", str(settled.asset)) if pattern and settled else ""
    reason = "; ".join(reason.text for reason in link.reasons)
    wanted = column_values(flow, facts.item, link, status=STATUS[link.state], reason=reason, asset_url=asset_url)
    if facts.columns is None:
        return wanted
    return {name: text for name, text in wanted.items() if _present(facts.columns, name) != text}


async def write_columns(context: Context, flow: IngestFlow, facts: Facts, link: Link) -> bool:
    """Write what differs. True when nothing had to be written, so that the item read stands as it is."""
    wanted = wanted_columns(context, flow, facts, link)
    if not wanted:
        return True
    try:
        await context.onedrive.write_columns(facts.item.drive, facts.item.id, wanted)
    except Locked:
        # Somebody has the file open: the next look at the file writes what is missing then.
        log.info("link %s: its columns cannot be written while the file is open", link.key)
    except Missing:
        log.info("link %s: its file is gone, so no columns are written", link.key)
    except (NameProblem, ValueDoesNotFit) as problem:
        log.warning("link %s: columns not written: %s", link.key, problem)
    return False


def _present(columns: Columns, name: str) -> str:
    internal = name if name in columns.values else next(iter(columns.display.get(name, ())), name)
    value = columns.values.get(internal, "")
    return value if isinstance(value, str) else "; ".join(value)
