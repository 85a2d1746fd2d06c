from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.decisions import Reason
from shared.domain.ids import AssetId, DriveId, FlowId, ItemId, LinkKey
from shared.domain.items import Content
from shared.ledger import Ledger
from shared.ledger.rows import (
    Attention,
    AttentionKind,
    DueEntry,
    DueKind,
    RefKind,
    asset_ref,
    hash_ref,
    item_ref,
)

AT = datetime(2026, 11, 24, 10, 59, 59, 500_000, tzinfo=UTC)
LINKS = [LinkKey("flow|b!abc|01A"), LinkKey("flow|b!abc|01B"), LinkKey("größe #2|b!abc|01A")]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (RefKind.ITEM, item_ref(DriveId("b!abc"), ItemId("01A"))),
        (RefKind.ASSET, asset_ref(AssetId(4711))),
        (RefKind.HASH, hash_ref(Content(3, "aCgDG9jwBhDc4Q1yawMZAAAAAAA=")) or ""),
        (RefKind.HASH, hash_ref(Content(3, "a+/DG9jwBhDc4Q1yawMZAAAAAAA=")) or ""),
        (RefKind.GATE, "/Kampagnen/Q3 #1 100%?/" + "Ü" * 300),
    ],
)
async def test_refs_lead_back_to_their_links(ledger: Ledger, kind: RefKind, key: str) -> None:
    assert await ledger.refs(kind, key) == ()
    for link in [*LINKS, *LINKS]:
        await ledger.add_ref(kind, key, link)
    await ledger.add_ref(kind, key + "x", LinkKey("other"))
    assert set(await ledger.refs(kind, key)) == set(LINKS)

    for _ in range(2):
        await ledger.drop_ref(kind, key, LINKS[0])
    assert set(await ledger.refs(kind, key)) == set(LINKS[1:])


async def test_refs_of_one_kind_do_not_answer_for_another(ledger: Ledger) -> None:
    await ledger.add_ref(RefKind.ASSET, "1", LINKS[0])

    assert await ledger.refs(RefKind.ITEM, "1") == ()


def test_a_content_without_a_hash_has_no_ref() -> None:
    assert hash_ref(Content(3, None)) is None


async def test_due_entries_come_by_time_across_minutes_hours_and_years(ledger: Ledger) -> None:
    steps = [0, 1e-6, 0.4, 0.6, 1, 59.5, 60, 3600, 86_400, 86_400 * 365]
    entries = [DueEntry(AT + timedelta(seconds=step), LINKS[0], DueKind.DECIDE, f"after {step}") for step in steps]
    for entry in reversed(entries):
        await ledger.add_due(entry)

    assert await ledger.due(AT + timedelta(days=400), 100) == entries
    assert await ledger.due(AT + timedelta(days=400), 4) == entries[:4]
    assert await ledger.due(AT + timedelta(seconds=0.5), 100) == entries[:3]
    assert await ledger.due(AT, 100) == entries[:1]
    assert await ledger.due(AT - timedelta(microseconds=1), 100) == []


async def test_a_due_entry_added_twice_is_one_and_dropped_twice_is_none(ledger: Ledger) -> None:
    entry = DueEntry(AT, LINKS[2], DueKind.WATCH, "transfer 7")
    for _ in range(2):
        await ledger.add_due(entry)
    assert await ledger.due(AT, 10) == [entry]

    for _ in range(2):
        await ledger.drop_due(entry)
    assert await ledger.due(AT, 10) == []


async def test_kinds_and_links_are_due_apart_at_the_same_instant(ledger: Ledger) -> None:
    entries = {DueEntry(AT, link, kind) for link in LINKS for kind in DueKind}
    await asyncio.gather(*(ledger.add_due(entry) for entry in entries))
    assert set(await ledger.due(AT, 100)) == entries

    gone = DueEntry(AT, LINKS[0], DueKind.TRANSFER)
    await ledger.drop_due(gone)
    assert set(await ledger.due(AT, 100)) == entries - {gone}


async def test_what_needs_attention_is_listed_by_kind_until_it_is_dropped(ledger: Ledger) -> None:
    reasons = (Reason("ready.column.Status", 'the column says "Entwurf"'), Reason("limits", "braked", outside=True))

    async def put(kind: AttentionKind, link: LinkKey, path: str | None) -> Attention:
        flow = FlowId("flow")
        await ledger.put_attention(kind, link, flow=flow, path=path, reasons=reasons, since=AT)
        return Attention(kind, link, flow, path, reasons, AT)

    held = [await put(AttentionKind.HELD, link, "/Ü #1/a.psd") for link in LINKS[:2]]
    failed = await put(AttentionKind.FAILED, LINKS[0], None)
    await put(AttentionKind.HELD, LINKS[0], "/Ü #1/a.psd")
    assert await ledger.attention(AttentionKind.HELD) == tuple(held)
    assert await ledger.attention(AttentionKind.HELD, limit=1) == (held[0],)
    assert await ledger.attention(AttentionKind.FAILED) == (failed,)
    assert await ledger.attention(AttentionKind.WAITING) == ()

    await ledger.drop_attention(LINKS[0], AttentionKind.FAILED)
    assert await ledger.attention(AttentionKind.FAILED) == ()
    assert await ledger.attention(AttentionKind.HELD) == tuple(held)
    for _ in range(2):
        await ledger.drop_attention(LINKS[0])
    assert await ledger.attention(AttentionKind.HELD) == (held[1],)
