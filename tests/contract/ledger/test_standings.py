from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.errors import LedgerConflict
from shared.ledger import Ledger
from shared.ledger.rows import Aside, DueEntry, DueKind, Phase, Place, Standing
from tests.contract.ledger.conftest import StandingClock

FLOW, DRIVE = FlowId("masters"), DriveId("b!d")


async def test_a_standing_is_kept_and_changed_from_what_stands_there(ledger: Ledger) -> None:
    assert await ledger.standing(FLOW) is None
    await ledger.change_standing(FLOW, lambda standing: replace(standing, phase=Phase.DONE))
    await ledger.change_standing(FLOW, lambda standing: replace(standing, paused_by="somebody"))

    (standing,) = await ledger.standings()
    assert replace(standing, etag=None) == Standing(FLOW, phase=Phase.DONE, paused_by="somebody")
    assert standing.stops == "paused"
    assert (await ledger.change_standing(FLOW, lambda same: same)).etag == standing.etag, "nothing to write"


async def test_what_is_set_aside_is_not_due_and_comes_back_as_it_was(ledger: Ledger, clock: StandingClock) -> None:
    entry = DueEntry(clock.now(), LinkKey("masters|b!d|1"), DueKind.WATCH, "note")
    await ledger.set_aside(Aside.STOPPED, FLOW, [entry, entry])

    assert await ledger.due(clock.after(10**8), 10) == []
    assert await ledger.asides(Aside.STOPPED, FLOW) == [entry]
    assert await ledger.asides(Aside.STOPPED, FlowId("masters-2")) == []
    assert await ledger.asides(Aside.FIRST_RUN, FLOW) == []

    await ledger.drop_aside(Aside.STOPPED, FLOW, entry)
    assert await ledger.asides(Aside.STOPPED, FLOW) == []


async def test_a_place_is_listed_by_one_only(ledger: Ledger) -> None:
    await ledger.add_places(FLOW, DRIVE, [Place(ItemId("2"), "/b"), Place(ItemId("1"), "/a")])
    first = await ledger.next_place(FLOW, DRIVE)
    assert first is not None
    assert (first.folder, first.path, first.page) == ("1", "/a", None)

    await ledger.put_place(FLOW, DRIVE, replace(first, page="https://next"))
    with pytest.raises(LedgerConflict):
        await ledger.drop_place(FLOW, DRIVE, first)
    again = await ledger.next_place(FLOW, DRIVE)
    assert again is not None
    assert again.page == "https://next"

    await ledger.drop_place(FLOW, DRIVE, again)
    second = await ledger.next_place(FLOW, DRIVE)
    assert second is not None
    assert second.folder == "2"
    assert await ledger.places(FLOW, DRIVE) == [second]
