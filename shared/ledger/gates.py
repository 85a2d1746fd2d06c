"""The closed gates of each flow, with what lies dormant behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import blake2b

from pydantic import TypeAdapter, ValidationError

from shared.domain.decisions import Reason
from shared.domain.ids import DriveId, FlowId, LinkKey
from shared.ledger.part import Part
from shared.ledger.store import LedgerUnreadable, Row, Table

_GATE = "gate"


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate of a flow behind which files lie dormant; there is no row of a gate that keeps nothing back."""

    flow: FlowId
    kind: str  # folder | collection
    path: str
    drive: DriveId  # where the files are
    since: datetime
    captures: Mapping[str, str] = field(default_factory=dict)  # that all files behind it share
    reasons: tuple[Reason, ...] = ()
    place: str = ""  # the id of the folder or collection, as it was last asked …
    place_etag: str | None = None  # … and the folder's tag
    is_opening: bool = False  # it was found open: what lies behind it is to be decided …
    is_listing: bool = False  # … and the folders in which it lies are noted (`Walks`)
    seen: tuple[str, ...] = ()  # marks of the files seen behind it, up to a limit
    due_at: datetime | None = None  # where its own due entry stands
    etag: str | None = None

    @property
    def key(self) -> LinkKey:
        return gate_key(self.flow, self.kind, self.path)


def gate_key(flow: FlowId, kind: str, path: str) -> LinkKey:
    """What stands for a gate where others have the key of a link; without the names in its path."""
    mark = blake2b(f"{kind}|{path}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return LinkKey(f"{flow}|gate|{mark}")


def collection_ref(number: str) -> str:
    """Under RefKind.GATE: the gates that a collection is."""
    return f"collection|{number}"


@cache
def _states() -> TypeAdapter[GateState]:
    return TypeAdapter(GateState)


class Gates(Part):
    async def gate(self, key: LinkKey) -> GateState | None:
        """A plain read."""
        row = await self._store.get(Table.CONTROL, _partition(FlowId(key.split("|", 1)[0])), key)
        return _state(row) if row else None

    async def gates(self, flow: FlowId) -> tuple[GateState, ...]:
        """All of a flow that keep something back, by kind and path. A plain read of one partition."""
        return tuple([_state(row) async for row in self._store.query(Table.CONTROL, _partition(flow))])

    async def put_gate(self, gate: GateState) -> GateState:
        """Insert, or replace If-Match; LedgerConflict when another writer was quicker."""
        text = _states().dump_json(gate, exclude={"etag"}).decode()
        row = Row(_partition(gate.flow), gate.key, {"json": text}, gate.etag)
        write = self._store.insert if gate.etag is None else self._store.replace
        return replace(gate, etag=await write(Table.CONTROL, row))

    async def drop_gate(self, gate: GateState) -> None:
        """Delete If-Match; missing is fine."""
        await self._store.delete(Table.CONTROL, _partition(gate.flow), gate.key, etag=gate.etag)


def _partition(flow: FlowId) -> str:
    return f"{_GATE}|{flow}"


def _state(row: Row) -> GateState:
    try:
        state = _states().validate_json(row.properties["json"])
    except (ValidationError, KeyError) as error:
        raise LedgerUnreadable(f"ledger: gate {row.key} was written by a newer release; deploy that") from error
    return replace(state, etag=row.etag)
