from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.decisions import Reason
from shared.domain.ids import DriveId, FlowId
from shared.errors import LedgerConflict
from shared.ledger import Ledger
from shared.ledger.gates import GateState, gate_key
from tests.contract.ledger.conftest import StandingClock

FLOW = FlowId("archive")


def spring(clock: StandingClock) -> GateState:
    return GateState(
        flow=FLOW,
        kind="folder",
        path="/Campaigns/Spring 26 in Ærø",
        drive=DriveId("b!d"),
        since=clock.now(),
        captures={"campaign": "Spring 26 in Ærø"},
        reasons=(Reason("ready.folder.Status", "Status is empty", outside=True),),
        seen=("aa", "bb"),
        due_at=clock.after(60),
    )


async def test_a_gate_is_kept_as_it_was_and_found_by_its_flow(ledger: Ledger, clock: StandingClock) -> None:
    gate = spring(clock)
    stored = await ledger.put_gate(gate)

    assert await ledger.gate(gate.key) == stored
    assert replace(stored, etag=None) == gate
    assert await ledger.gates(FLOW) == (stored,)
    assert await ledger.gates(FlowId("archive-2")) == ()
    assert "Spring" not in gate_key(FLOW, gate.kind, gate.path), "queues and lists hold no names"


async def test_a_gate_changes_only_as_it_was_read(ledger: Ledger, clock: StandingClock) -> None:
    stored = await ledger.put_gate(spring(clock))
    with pytest.raises(LedgerConflict):
        await ledger.put_gate(replace(stored, etag=None))
    fresh = await ledger.put_gate(replace(stored, is_opening=True))
    with pytest.raises(LedgerConflict):
        await ledger.put_gate(stored)
    with pytest.raises(LedgerConflict):
        await ledger.drop_gate(stored)

    await ledger.drop_gate(fresh)
    assert await ledger.gate(fresh.key) is None
