from __future__ import annotations

from datetime import UTC, datetime

from shared.domain.ids import AssetId, LinkKey
from shared.ledger import Ledger, Store
from tests.contract.ledger.conftest import StandingClock

LINK = LinkKey("größe #2|b!abc|01A")


async def test_evidence_is_read_newest_first(ledger: Ledger) -> None:
    entries = [
        {"PartitionKey": "may be named so", "what it is": "approval 🎉", "n": str(number)} for number in range(4)
    ]
    for entry in entries:
        await ledger.add_evidence(AssetId(1), entry)
    await ledger.add_evidence(AssetId(11), {"n": "other"})

    evidence = await ledger.evidence(AssetId(1))
    assert [record.entry for record in evidence] == list(reversed(entries))
    assert evidence[0].at > evidence[1].at
    assert await ledger.evidence(AssetId(1), limit=1) == evidence[:1]
    assert await ledger.evidence(AssetId(2)) == ()


async def test_entries_of_the_same_instant_are_all_kept(ledger: Ledger, clock: StandingClock) -> None:
    for _ in range(3):
        await ledger.add_evidence(AssetId(1), {"n": "same"})
        clock.move(-1e-6)

    assert len(await ledger.evidence(AssetId(1))) == 3


async def test_what_is_repeated_is_the_same_row_and_another_event_is_not(ledger: Ledger, clock: StandingClock) -> None:
    for event in ("one", "one", "other"):
        await ledger.add_evidence(AssetId(1), {"of": event}, once=event)
        await ledger.add_journal(LINK, {"of": event}, once=event)
        clock.move(60)

    evidence, journal = await ledger.evidence(AssetId(1)), await ledger.journal(LINK)
    assert [record.entry["of"] for record in evidence] == ["other", "one"]
    assert [record.entry["of"] for record in journal] == ["other", "one"]


async def test_the_journal_is_read_newest_first_over_its_months(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    assert await ledger.journal(LINK) == ()
    for number in range(6):
        await ledger.add_journal(LINK, {"decision": str(number)})
        clock.move(20 * 86_400)
    await ledger.add_journal(LinkKey(LINK + "x"), {"decision": "other"})

    assert await store.tables("journal") == [
        "journal202611",
        "journal202612",
        "journal202701",
        "journal202702",
        "journal202703",
    ]
    assert [record.entry["decision"] for record in await ledger.journal(LINK)] == list("543210")
    assert [record.entry["decision"] for record in await ledger.journal(LINK, limit=4)] == list("5432")


async def test_the_months_before_an_instant_are_dropped_from_the_journal(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    for number in range(3):
        await ledger.add_journal(LINK, {"decision": str(number)})
        clock.move(31 * 86_400)

    assert await ledger.drop_journal(datetime(2026, 12, 31, tzinfo=UTC)) == ["journal202611"]
    assert await ledger.drop_journal(datetime(2026, 12, 31, tzinfo=UTC)) == []
    assert await store.tables("journal") == ["journal202612", "journal202701"]
    assert [record.entry["decision"] for record in await ledger.journal(LINK)] == ["2", "1"]
    await store.drop_table("journal202611")


async def test_an_entry_longer_than_a_property_is_kept_whole(ledger: Ledger) -> None:
    entry = {"facts": "ü" * 50_000}
    await ledger.add_journal(LINK, entry)

    assert (await ledger.journal(LINK))[0].entry == entry
