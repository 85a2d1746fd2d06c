from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.ids import DriveId, ItemId
from shared.errors import LedgerConflict
from shared.ledger import Ledger, Store
from shared.ledger.rows import Busy, Cursor, Folder, ScanLease, Subscription, SubscriptionState
from tests.contract.ledger.conftest import StandingClock, before_next

DRIVE = DriveId("b!-RIj2DuyvEyV1T4NlOaMHk8XkS_I8MdFlUCq1BlcjgmhRfAj3-Z8RY2VpuvV_tpd")


async def scanning(ledger: Ledger, clock: StandingClock, owner: str = "holder") -> ScanLease:
    lease = await ledger.ring(DRIVE, owner, clock.after(300))
    assert isinstance(lease, ScanLease)
    return lease


async def test_F10_a_cursor_comes_back_with_its_long_links(ledger: Ledger) -> None:
    assert await ledger.cursor(DRIVE) is None
    delta_link = "https://graph.example/delta?token=" + "t" * 40_000
    first = await ledger.save_cursor(Cursor(DRIVE, next_link="https://graph.example/next", generation=3))
    assert await ledger.cursor(DRIVE) == first

    second = await ledger.save_cursor(replace(first, delta_link=delta_link, next_link=None))
    assert await ledger.cursor(DRIVE) == second
    assert (second.delta_link, second.next_link, second.etag == first.etag) == (delta_link, None, False)


async def test_C17_an_older_cursor_never_overwrites_a_newer_one(ledger: Ledger) -> None:
    one = await ledger.save_cursor(Cursor(DRIVE, delta_link="1"))
    with pytest.raises(LedgerConflict):
        await ledger.save_cursor(Cursor(DRIVE, delta_link="from nothing"))
    newer = await ledger.save_cursor(replace(one, delta_link="2"))
    with pytest.raises(LedgerConflict):
        await ledger.save_cursor(replace(one, delta_link="late"))

    assert await ledger.cursor(DRIVE) == newer


async def test_a_subscription_is_created_made_live_and_dropped(ledger: Ledger, clock: StandingClock) -> None:
    assert await ledger.subscription(DRIVE) is None
    url = "https://bridge.example/api/graph/notifications"
    creating = await ledger.save_subscription(Subscription(DRIVE, "", None, SubscriptionState.CREATING, url, "k1"))
    assert await ledger.subscription(DRIVE) == creating
    live = await ledger.save_subscription(
        replace(creating, id="7f1", expires=clock.now(), state=SubscriptionState.LIVE)
    )
    assert await ledger.subscription(DRIVE) == live

    with pytest.raises(LedgerConflict):
        await ledger.save_subscription(replace(creating, id="other"))
    with pytest.raises(LedgerConflict):
        await ledger.drop_subscription(DRIVE, etag=creating.etag)
    await ledger.drop_subscription(DRIVE, etag=live.etag)
    await ledger.drop_subscription(DRIVE)
    assert await ledger.subscription(DRIVE) is None


async def test_every_drive_with_any_row_is_known(ledger: Ledger, clock: StandingClock) -> None:
    assert await ledger.drives() == ()
    await ledger.save_cursor(Cursor(DriveId("b!2")))
    await ledger.ring(DriveId("b!1"), "holder", clock.after(300))
    await ledger.ring(DriveId("b!2"), "holder", clock.after(300))

    assert await ledger.drives() == ("b!1", "b!2")


async def test_a_free_drive_is_leased_to_the_first_who_rings(ledger: Ledger, clock: StandingClock) -> None:
    lease = await scanning(ledger, clock)

    assert await ledger.ring(DRIVE, "second", clock.after(300)) == Busy(lease.until, was_dirty=False)
    assert await ledger.ring(DRIVE, "third", clock.after(300)) == Busy(lease.until, was_dirty=True)


async def test_a_release_makes_room_and_records_the_scan(ledger: Ledger, clock: StandingClock) -> None:
    assert await ledger.last_scan(DRIVE) is None
    lease = await scanning(ledger, clock)
    assert await ledger.release_scan(lease) is True

    last = await ledger.last_scan(DRIVE)
    assert last is not None
    assert lease.until - timedelta(seconds=300) < last <= clock.now()
    again = await ledger.ring(DRIVE, "second", clock.after(300))
    assert isinstance(again, ScanLease)
    assert again.last_scan == last
    assert await ledger.last_scan(DRIVE) == last


async def test_C18_a_drive_that_rang_meanwhile_is_scanned_again_by_its_holder(
    ledger: Ledger, clock: StandingClock
) -> None:
    lease = await scanning(ledger, clock)
    await ledger.ring(DRIVE, "second", clock.after(300))

    assert await ledger.release_scan(lease) is False
    assert isinstance(await ledger.ring(DRIVE, "third", clock.after(300)), Busy)
    assert await ledger.release_scan(lease) is False  # for the third
    renewed = await ledger.renew_scan(lease, clock.after(600))
    assert renewed.until == clock.after(600)
    assert await ledger.release_scan(renewed) is True


async def test_a_renewal_keeps_what_rang_meanwhile(ledger: Ledger, clock: StandingClock) -> None:
    lease = await scanning(ledger, clock)
    await ledger.ring(DRIVE, "second", clock.after(300))
    renewed = await ledger.renew_scan(lease, clock.after(600))
    renewed = await ledger.renew_scan(renewed, clock.after(900))

    assert await ledger.release_scan(renewed) is False
    assert await ledger.release_scan(renewed) is True


async def test_a_lease_that_ran_out_is_taken_over(ledger: Ledger, clock: StandingClock) -> None:
    lapsed = await scanning(ledger, clock)
    clock.move(301)
    taken = await scanning(ledger, clock, "second")

    with pytest.raises(LedgerConflict):
        await ledger.renew_scan(lapsed, clock.after(300))
    assert await ledger.release_scan(lapsed) is True
    assert await ledger.ring(DRIVE, "third", clock.after(300)) == Busy(taken.until, was_dirty=False)
    assert await ledger.release_scan(taken) is False


async def test_a_lapsed_lease_that_nobody_took_can_be_renewed(ledger: Ledger, clock: StandingClock) -> None:
    lease = await scanning(ledger, clock)
    clock.move(301)

    renewed = await ledger.renew_scan(lease, clock.after(300))
    assert isinstance(await ledger.ring(DRIVE, "second", clock.after(300)), Busy)
    assert renewed.until > clock.now()


async def test_the_same_owner_ringing_twice_has_one_lease(ledger: Ledger, clock: StandingClock) -> None:
    await scanning(ledger, clock)
    again = await scanning(ledger, clock)

    assert await ledger.release_scan(again) is True


async def test_of_two_who_ring_at_once_one_scans_and_the_other_is_noted(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    leases: list[ScanLease] = []

    async def first() -> None:
        leases.append(await scanning(ledger, clock, "first"))

    before_next(store, "insert", first)
    assert await ledger.ring(DRIVE, "second", clock.after(300)) == Busy(leases[0].until, was_dirty=False)
    assert await ledger.release_scan(leases[0]) is False


async def test_of_two_who_take_over_at_once_one_scans(ledger: Ledger, store: Store, clock: StandingClock) -> None:
    await scanning(ledger, clock)
    clock.move(301)
    before_next(store, "replace", lambda: scanning(ledger, clock, "first"))

    assert isinstance(await ledger.ring(DRIVE, "second", clock.after(300)), Busy)


async def test_C18_a_ring_between_a_release_and_its_write_is_not_lost(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    lease = await scanning(ledger, clock)
    before_next(store, "replace", lambda: ledger.ring(DRIVE, "second", clock.after(300)))

    assert await ledger.release_scan(lease) is False


async def test_a_release_between_a_ring_and_its_write_gives_the_drive_to_who_rang(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    lease = await scanning(ledger, clock)
    before_next(store, "replace", lambda: ledger.release_scan(lease))

    assert isinstance(await ledger.ring(DRIVE, "second", clock.after(300)), ScanLease)


async def test_two_who_note_the_same_drive_at_once_are_both_noted(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    lease = await scanning(ledger, clock)
    before_next(store, "replace", lambda: ledger.ring(DRIVE, "second", clock.after(300)))

    assert await ledger.ring(DRIVE, "third", clock.after(300)) == Busy(lease.until, was_dirty=True)
    assert await ledger.release_scan(lease) is False


async def test_folders_are_put_moved_cleared_and_kept_as_gone(ledger: Ledger) -> None:
    root, child = ItemId("01ROOT"), ItemId("01CHILD")
    await ledger.put_folders(
        DRIVE, [Folder(DRIVE, root, "root", None), Folder(DRIVE, child, "Ü #1 🎉/%?", root, moved=True)]
    )
    assert await ledger.folder(DRIVE, root) == Folder(DRIVE, root, "root", None)
    assert await ledger.folder(DRIVE, child) == Folder(DRIVE, child, "Ü #1 🎉/%?", root, moved=True)
    assert await ledger.folder(DriveId("b!other"), child) is None

    for _ in range(2):
        await ledger.clear_moved(DRIVE, [child, ItemId("01GONE")])
        assert await ledger.folder(DRIVE, child) == Folder(DRIVE, child, "Ü #1 🎉/%?", root)
    assert await ledger.folder(DRIVE, ItemId("01GONE")) is None

    gone = Folder(DRIVE, child, "Ü #1 🎉/%?", root, gone=True, stood=("/A/Ü \u2028", "/B"))
    for _ in range(2):
        await ledger.put_folders(DRIVE, [gone])
        assert await ledger.folder(DRIVE, child) == gone


async def test_a_page_of_thousands_of_folders_is_put_at_once_and_again(ledger: Ledger) -> None:
    folders = [Folder(DRIVE, ItemId(f"01{number:05d}"), f"n{number}", None, moved=True) for number in range(2000)]
    for _ in range(2):
        await ledger.put_folders(DRIVE, folders)
    await ledger.clear_moved(DRIVE, [folder.id for folder in folders])

    assert await ledger.folder(DRIVE, ItemId("0101999")) == replace(folders[1999], moved=False)
    await ledger.put_folders(DRIVE, [])
