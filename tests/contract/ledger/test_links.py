from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain.decisions import Approval, Reason, Verb
from shared.domain.ids import AssetId, CollectionId, DriveId, FlowId, ItemId, VersionId, link_key
from shared.domain.items import Content
from shared.domain.links import Link, LinkState, Settled
from shared.domain.transfers import Step, Transfer
from shared.errors import LedgerConflict
from shared.ledger import Ledger, LedgerUnreadable, Store
from shared.ledger.store import Row, Table

AT = datetime(2026, 11, 24, 10, 0, 0, 123456, tzinfo=UTC)
DRIVE = DriveId("b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3-Z8RY2VpuvV_tpd")


def seen(item: str = "01ABC", flow: str = "deliver-masters", drive: DriveId = DRIVE) -> Link:
    key = link_key(FlowId(flow), drive, ItemId(item))
    return Link(key, FlowId(flow), drive, ItemId(item), LinkState.SEEN, content=Content(3, "hash="), seen_at=AT)


def full() -> Link:
    return replace(
        seen(),
        gate_closed_for=Content(2, None),
        approval=Approval("sig", "3.0", AT, "person"),
        settled=Settled(
            Content(3, "hash="),
            "sig",
            "facts",
            AssetId(4711),
            VersionId(1),
            AT,
            collection=CollectionId(7),
            fields={
                "Title": "007",
                "Names": {"de": "Ü", "en": ""},
                "Count": 3,
                "Price": 1.0,
                "Open": True,
                "Since": AT,
                "Looks like one": "2026-11-24T10:00:00Z",
                "Options": (1, 2),
                "None": (),
            },
        ),
        transfer=Transfer("t", Verb.UPDATE, Step.VERIFY, "sig", "facts", AT, hashes={"sha1": "x"}, again=True),
        reasons=(Reason("ready.column.Status", 'the column says "draft"', outside=True),),
        path="/Kampagnen/Q3 #1 🎉/a'b%.psd",
        due_at=AT,
    )


async def test_a_link_comes_back_as_it_was_put(ledger: Ledger) -> None:
    put = await ledger.put_link(full())
    back = await ledger.link(put.key)

    assert put.etag is not None
    assert back == put
    assert back.settled is not None
    assert full().settled is not None
    kinds = {label: type(content) for label, content in back.settled.fields.items()}
    assert kinds["Since"] is datetime
    assert kinds["Looks like one"] is str
    assert (kinds["Count"], kinds["Price"], kinds["Open"]) == (int, float, bool)


async def test_an_unknown_link_is_none(ledger: Ledger) -> None:
    assert await ledger.link(seen().key) is None


async def test_F10_a_link_far_over_the_size_of_a_property_is_stored(ledger: Ledger) -> None:
    assert full().settled is not None
    long = replace(full(), reasons=tuple(Reason("rule", f"{number} 🎉" * 100) for number in range(600)))
    put = await ledger.put_link(long)

    assert await ledger.link(long.key) == put


async def test_of_two_first_writers_of_a_link_one_wins(ledger: Ledger) -> None:
    first = await ledger.put_link(seen())
    with pytest.raises(LedgerConflict):
        await ledger.put_link(replace(seen(), state=LinkState.HELD))

    assert await ledger.link(first.key) == first


async def test_of_two_writers_that_read_the_same_link_one_wins(ledger: Ledger) -> None:
    key = (await ledger.put_link(seen())).key
    one, two = await ledger.link(key), await ledger.link(key)
    assert one is not None
    assert two is not None

    won = await ledger.put_link(replace(one, state=LinkState.SETTLED))
    with pytest.raises(LedgerConflict):
        await ledger.put_link(replace(two, state=LinkState.FAILED))
    assert await ledger.link(key) == won
    assert (await ledger.put_link(replace(won, state=LinkState.CLOSED))).etag != won.etag


async def test_the_links_of_a_flow_on_a_drive_are_found_and_no_others(ledger: Ledger) -> None:
    other = DriveId("b!other")
    mine = [await ledger.put_link(seen(item)) for item in ["01C", "01A", "01B"]]
    for link in [
        seen("01A", flow="deliver-masters-2"),
        seen("01A", drive=other),
        seen("01A", drive=DriveId(DRIVE + "x")),
    ]:
        await ledger.put_link(link)

    found = [link async for link in ledger.links_of(FlowId("deliver-masters"), DRIVE)]
    assert found == sorted(mine, key=lambda link: link.key)


async def test_H66_a_link_of_a_newer_release_is_read_as_far_as_it_is_known(ledger: Ledger, store: Store) -> None:
    json = '{"key":"f|d|i","flow":"f","drive":"d","item":"i","state":"seen","invented_later":{"a":1}}'
    await store.insert(Table.LINKS, Row("f|d|i", "link", {"json": json}))

    link = await ledger.link(link_key(FlowId("f"), DriveId("d"), ItemId("i")))
    assert link is not None
    assert (link.state, link.path, link.generation) == (LinkState.SEEN, None, 0)


async def test_a_link_that_cannot_be_understood_is_named(ledger: Ledger, store: Store) -> None:
    json = '{"key":"f|d|i","flow":"f","drive":"d","item":"i","state":"invented later"}'
    await store.insert(Table.LINKS, Row("f|d|i", "link", {"json": json}))

    with pytest.raises(LedgerUnreadable, match=r"f\|d\|i"):
        await ledger.link(link_key(FlowId("f"), DriveId("d"), ItemId("i")))


async def test_people_find_flow_state_path_and_asset_beside_the_json(ledger: Ledger, store: Store) -> None:
    await ledger.put_link(full())

    row = await store.get(Table.LINKS, full().key, "link")
    assert row is not None
    columns = {name: value for name, value in row.properties.items() if name != "json"}
    assert columns == {"flow": "deliver-masters", "state": "seen", "path": full().path, "asset": "4711"}
