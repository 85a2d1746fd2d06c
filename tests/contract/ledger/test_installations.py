"""Who this deployment is, and what the markers of the drives say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from shared.domain.ids import DriveId, FlowId
from shared.errors import LedgerUnreadable
from shared.ledger import Ledger
from shared.ledger.rows import Installation, Mark, MarkState, Standing
from shared.ledger.store import Row, Store, Table

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
DRIVE, OTHER = DriveId("b!one"), DriveId("b!two")


async def test_instances_that_start_at_once_agree_on_one_installation(ledger: Ledger) -> None:
    offered = [Installation(f"id {number}", NOW) for number in range(5)]

    agreed = await asyncio.gather(*(ledger.installation(one) for one in offered))

    assert len(set(agreed)) == 1
    assert agreed[0] in offered
    assert await ledger.installation(Installation("later", NOW)) == agreed[0]


async def test_a_mark_is_read_as_it_was_written_last(ledger: Ledger) -> None:
    assert await ledger.mark(DRIVE) is None
    first = Mark(DRIVE, MarkState.OURS, owner="id", address="https://acme.example", since=NOW)
    await ledger.put_mark(first)
    await ledger.put_mark(Mark(OTHER, MarkState.UNREADABLE, "edited"))
    await ledger.put_mark(Mark(DRIVE, MarkState.FOREIGN, "somebody's", "other", "https://other.example", NOW))

    assert await ledger.mark(DRIVE) == Mark(
        DRIVE, MarkState.FOREIGN, "somebody's", "other", "https://other.example", NOW
    )
    assert {mark.drive: mark.state for mark in await ledger.marks()} == {
        DRIVE: MarkState.FOREIGN,
        OTHER: MarkState.UNREADABLE,
    }


async def test_a_mark_of_a_newer_release_is_said_to_be_one(ledger: Ledger, store: Store) -> None:
    await store.upsert(Table.CONTROL, Row("marker", DRIVE, {"json": '{"drive": "b!one", "state": "shared"}'}))
    with pytest.raises(LedgerUnreadable):
        await ledger.mark(DRIVE)


def test_a_barred_flow_stands_still_whatever_else_it_does() -> None:
    assert Standing(FlowId("f"), barred="foreign", braked="too many").stops == "barred"
    assert Standing(FlowId("f"), barred="foreign", frozen=True).stops == "frozen"
