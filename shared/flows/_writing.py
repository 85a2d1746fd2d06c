"""The columns of a library that a flow reads, and what it writes back to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from shared.domain.items import Item
from shared.domain.links import Link
from shared.flows._gates import approving_names, approving_properties
from shared.flows._model import FieldMatch, IngestFlow
from shared.flows._reading import TOUCH, file_value, run_id
from shared.flows._selection import selects
from shared.flows._sources import Source, Template


class Status(StrEnum):
    """What `run.status` says to people in OneDrive."""

    WAITING = "Waiting"  # for an approving value; never written merely because a quiet period runs
    HELD = "Held"
    TRANSFERRING = "Transferring"
    SETTLED = "In CELUM"
    FAILED = "Failed"
    CLOSED = "No longer followed"


def columns_read(flow: IngestFlow) -> frozenset[str]:
    """As the flow names them, by internal or display name."""
    return approving_names(flow) | {source.name for source in _sources(flow) if source.kind == "column"}


def reads_touch(flow: IngestFlow) -> bool:
    """Whether it matters to the flow who changed a file, and when."""
    sources = (*_sources(flow), *flow.columns.values())
    return any(source.kind == "file" and source.name in TOUCH for source in sources)


def properties_read(flow: IngestFlow, kind: str) -> frozenset[str]:
    """The office or embedded properties, as the flow names them."""
    approving = approving_properties(flow) if kind == "office" else frozenset[str]()
    return approving | {source.name for source in _sources(flow) if source.kind == kind}


def column_values(
    flow: IngestFlow, item: Item, link: Link | None, *, status: str, reason: str, asset_url: str | None
) -> Mapping[str, str]:
    """What the source file's columns should hold now; "" clears one. Write only where they differ."""
    captures = selects(flow, item) or {}
    names = (flow.accept.name.match(item.name) if flow.accept.name else None) or {}
    known = {
        "run.status": status,
        "run.reason": reason,
        "run.date": (link.run_date if link else None) or "",
        "run.year": ((link.run_date if link else None) or "")[:4],
        "run.id": run_id(flow, item, link),
        "asset.url": asset_url or "",
        "path.folder": (item.path or "").rpartition("/")[0] or "/",
        **{f"path.{name}": value for name, value in captures.items()},
        **{f"name.{name}": value for name, value in names.items()},
    }
    return {
        column: file_value(item, source.name, link) if source.kind == "file" else known.get(str(source), "")
        for column, source in flow.columns.items()
    }


def _sources(flow: IngestFlow) -> Iterator[Source]:
    yield from flow.to.collection.sources
    yield from flow.to.name.sources if isinstance(flow.to.name, Template) else flow.to.name
    for rule in flow.fields:
        yield from rule.sources
    if flow.availability:
        yield from filter(None, (flow.availability.since, flow.availability.until))
    yield from (way.source for way in flow.identity if isinstance(way, FieldMatch))
    yield from flow.move_to.sources if flow.move_to else ()
