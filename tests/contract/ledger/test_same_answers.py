"""Random histories give the same answers on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.azurite import Azurite
from shared.domain.ids import AssetId, DriveId, FlowId, ItemId, LinkKey, link_key
from shared.domain.items import Content
from shared.domain.links import Link, LinkState
from shared.errors import LedgerConflict, System
from shared.ledger import Ledger, MemoryStore, Store, TableStore
from shared.ledger.rows import AttentionKind, Cursor, DueEntry, DueKind, Folder, RefKind
from tests.contract.ledger.conftest import StandingClock, fresh_prefix

AT = datetime(2026, 11, 24, 10, 59, 59, tzinfo=UTC)
type Operation = Callable[[Ledger, StandingClock], Awaitable[object]]

names = st.sampled_from(["b!A", "b!a", "01/ü #%?", "🎉", "it's", ""])
drives = names.map(DriveId)
items = names.map(ItemId)
owners = st.sampled_from(["one", "two"])
instants = st.integers(0, 150).map(lambda seconds: AT + timedelta(seconds=seconds))
kinds = st.sampled_from(DueKind)
FLOW = FlowId("flow")


async def _put_link(ledger: Ledger, drive: DriveId, item: ItemId, size: int, read: bool) -> object:
    key = link_key(FLOW, drive, item)
    present = await ledger.link(key) if read else None
    link = present or Link(key, FLOW, drive, item, LinkState.SEEN)
    return await ledger.put_link(replace(link, content=Content(size, None)))


async def _save_cursor(ledger: Ledger, drive: DriveId, generation: int, read: bool) -> object:
    present = await ledger.cursor(drive) if read else None
    return await ledger.save_cursor(replace(present or Cursor(drive), generation=generation))


async def _links_of(ledger: Ledger, drive: DriveId) -> list[Link]:
    return [link async for link in ledger.links_of(FLOW, drive)]


async def _due(ledger: Ledger, until: datetime, limit: int) -> list[DueEntry]:
    return await ledger.due(until, limit)


async def _move(clock: StandingClock, seconds: int) -> None:
    clock.move(seconds)


entries = st.builds(DueEntry, instants, names.map(LinkKey), kinds, names)
operations: st.SearchStrategy[Operation] = st.one_of(
    st.builds(
        lambda d, i, n, r: lambda x, _: _put_link(x, d, i, n, r), drives, items, st.integers(0, 9), st.booleans()
    ),
    st.builds(lambda d: lambda x, _: _links_of(x, d), drives),
    st.builds(lambda d, n, r: lambda x, _: _save_cursor(x, d, n, r), drives, st.integers(0, 9), st.booleans()),
    st.just(lambda x, _: x.drives()),
    st.builds(lambda d, o: lambda x, c: x.ring(d, o, c.after(60)), drives, owners),
    st.builds(
        lambda d, f: lambda x, _: x.put_folders(d, f), drives, st.lists(st.builds(Folder, drives, items, names, items))
    ),
    st.builds(lambda d, f: lambda x, _: x.clear_moved(d, f), drives, st.lists(items)),
    st.builds(lambda d, f: lambda x, _: x.folder(d, f), drives, items),
    st.builds(lambda n, k: lambda x, _: x.add_ref(RefKind.GATE, n, k), names, names),
    st.builds(lambda n, k: lambda x, _: x.drop_ref(RefKind.GATE, n, k), names, names),
    st.builds(lambda n: lambda x, _: x.refs(RefKind.GATE, n), names),
    st.builds(lambda e: lambda x, _: x.add_due(e), entries),
    st.builds(lambda e: lambda x, _: x.drop_due(e), entries),
    st.builds(lambda u, n: lambda x, _: _due(x, u, n), instants, st.integers(1, 5)),
    st.builds(lambda k: lambda x, _: x.drop_attention(k), names),
    st.just(lambda x, _: x.attention(AttentionKind.HELD)),
    st.builds(lambda e: lambda x, _: x.add_evidence(AssetId(1), e), st.dictionaries(names, names, max_size=2)),
    st.just(lambda x, _: x.evidence(AssetId(1))),
    st.builds(lambda o, n: lambda x, c: x.take_slot(o, c.after(60), n), owners, st.integers(0, 2)),
    st.builds(lambda o: lambda x, _: x.release_slot(o), owners),
    st.builds(lambda n, o: lambda x, c: x.take_lease(n, o, c.after(60)), names, owners),
    st.builds(lambda n, o: lambda x, _: x.release_lease(n, o), names, owners),
    st.builds(lambda u: lambda x, _: x.pause(System.CELUM, u), instants),
    st.just(lambda x, _: x.not_before(System.CELUM)),
    st.builds(lambda n, v, a: lambda x, _: x.put_setting(n, v, only_if_absent=a), names, names, st.booleans()),
    st.builds(lambda n, v: lambda x, _: x.raise_setting(n, v), names, names),
    st.builds(lambda s: lambda _, c: _move(c, s), st.integers(1, 90)),
)


def without_etags(answer: object) -> object:
    """ETags are each store's own."""
    if isinstance(answer, list | tuple):
        return [without_etags(part) for part in answer]
    if is_dataclass(answer) and not isinstance(answer, type):
        return type(answer), {part.name: getattr(answer, part.name) for part in fields(answer) if part.name != "etag"}
    return answer


async def answers(store: Store, history: list[Operation]) -> list[object]:
    clock = StandingClock()
    ledger = Ledger(store, clock)
    given: list[object] = []
    for operation in history:
        try:
            given.append(without_etags(await operation(ledger, clock)))
        except LedgerConflict:
            given.append(LedgerConflict)
    await store.close()
    return given


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(history=st.lists(operations, min_size=20, max_size=60))
def test_random_histories_give_the_same_answers_on_both_stores(azurite: Azurite, history: list[Operation]) -> None:
    async def compare() -> None:
        tables = TableStore.from_connection_string(azurite.connection_string, fresh_prefix())
        assert await answers(tables, history) == await answers(MemoryStore(), history)

    asyncio.run(compare())
