from __future__ import annotations

from datetime import timedelta

import pytest

from shared.errors import LedgerConflict, System
from shared.ledger import Ledger, Store
from shared.ledger.rows import Slot
from tests.contract.ledger.conftest import StandingClock, before_next


async def taken(ledger: Ledger, clock: StandingClock, holder: str, count: int = 2) -> Slot:
    slot = await ledger.take_slot(holder, clock.after(120), count)
    assert slot is not None
    return slot


async def test_there_are_as_many_slots_as_asked_for(ledger: Ledger, clock: StandingClock) -> None:
    slots = [await taken(ledger, clock, holder) for holder in "ab"]
    assert {slot.index for slot in slots} == {0, 1}
    assert await ledger.take_slot("c", clock.after(120), 2) is None

    await ledger.release_slot("a")
    assert (await taken(ledger, clock, "c")).index == slots[0].index
    assert await ledger.slot_of("a") is None
    assert await ledger.slot_of("b") == slots[1]


async def test_half_of_the_slots_is_left_to_large_files_until_the_rest_is_used(
    ledger: Ledger, clock: StandingClock
) -> None:
    assert [(await taken(ledger, clock, holder, 4)).index for holder in "ab"] == [3, 2]
    assert (await taken(ledger, clock, "large", 2)).index == 1
    assert (await taken(ledger, clock, "c", 4)).index == 0
    assert await ledger.take_slot("large too", clock.after(120), 2) is None


async def test_a_holder_that_asks_again_keeps_its_one_slot(ledger: Ledger, clock: StandingClock) -> None:
    slot = await taken(ledger, clock, "a")
    much_later = clock.after(500)
    again = await ledger.take_slot("a", much_later, 2)

    assert again is not None
    assert (again.index, again.until) == (slot.index, much_later)
    assert await ledger.take_slot("a", much_later, 2) == again, "nothing to write while it reaches far enough"
    await taken(ledger, clock, "b")


async def test_H92_a_slot_that_ran_out_is_given_to_another(ledger: Ledger, clock: StandingClock) -> None:
    lapsed = await taken(ledger, clock, "a", 1)
    clock.move(121)
    slot = await taken(ledger, clock, "b", 1)

    with pytest.raises(LedgerConflict):
        await ledger.renew_slot(lapsed, clock.after(120))
    await ledger.release_slot("a", known=lapsed)
    assert await ledger.slot_of("b") == slot


async def test_a_slot_is_renewed_from_any_copy_of_it(ledger: Ledger, clock: StandingClock) -> None:
    slot = await taken(ledger, clock, "a")
    await ledger.renew_slot(slot, clock.after(240))
    renewed = await ledger.renew_slot(slot, clock.after(360))

    assert await ledger.slot_of("a") == renewed
    await ledger.release_slot("a", known=slot)
    assert await ledger.slot_of("a") is None
    with pytest.raises(LedgerConflict):
        await ledger.renew_slot(renewed, clock.after(480))


async def test_a_known_slot_is_released_and_twice_is_fine(ledger: Ledger, clock: StandingClock) -> None:
    slot = await taken(ledger, clock, "a", 1)
    for _ in range(2):
        await ledger.release_slot("a", known=slot)
        await ledger.release_slot("a")

    await taken(ledger, clock, "b", 1)


async def test_two_who_reach_for_the_last_slot_do_not_both_get_it(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    before_next(store, "insert", lambda: taken(ledger, clock, "first", 1))

    assert await ledger.take_slot("second", clock.after(120), 1) is None


async def test_two_who_reach_for_the_same_lapsed_slot_do_not_both_get_it(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    await taken(ledger, clock, "lapsed", 1)
    clock.move(121)
    before_next(store, "replace", lambda: taken(ledger, clock, "first", 1))

    assert await ledger.take_slot("second", clock.after(120), 1) is None


async def test_two_runs_of_one_holder_share_one_slot(ledger: Ledger, store: Store, clock: StandingClock) -> None:
    before_next(store, "insert", lambda: taken(ledger, clock, "same"))

    await taken(ledger, clock, "same")
    await taken(ledger, clock, "other")
    assert await ledger.take_slot("third", clock.after(120), 2) is None


async def test_a_release_never_hits_the_successor(ledger: Ledger, store: Store, clock: StandingClock) -> None:
    await taken(ledger, clock, "a", 1)
    clock.move(121)
    before_next(store, "delete", lambda: taken(ledger, clock, "b", 1))

    await ledger.release_slot("a")
    assert await ledger.slot_of("b") is not None


async def test_a_lease_is_held_by_one_owner_until_it_is_released_or_runs_out(
    ledger: Ledger, clock: StandingClock
) -> None:
    name = "asset/4711 #1 ü"
    assert await ledger.take_lease(name, "a", clock.after(60))
    assert await ledger.take_lease(name, "a", clock.after(90))
    assert not await ledger.take_lease(name, "b", clock.after(60))
    assert await ledger.take_lease("another", "b", clock.after(60))

    await ledger.release_lease(name, "b")
    assert not await ledger.take_lease(name, "b", clock.after(60))
    for _ in range(2):
        await ledger.release_lease(name, "a")
    assert await ledger.take_lease(name, "b", clock.after(60))
    clock.move(61)
    assert await ledger.take_lease(name, "a", clock.after(60))


async def test_of_two_who_take_a_free_lease_one_gets_it(ledger: Ledger, store: Store, clock: StandingClock) -> None:
    before_next(store, "insert", lambda: ledger.take_lease("x", "first", clock.after(60)))

    assert not await ledger.take_lease("x", "second", clock.after(60))


async def test_of_two_who_take_over_a_lapsed_lease_one_gets_it(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    await ledger.take_lease("x", "lapsed", clock.after(60))
    clock.move(61)
    before_next(store, "replace", lambda: ledger.take_lease("x", "first", clock.after(60)))

    assert not await ledger.take_lease("x", "second", clock.after(60))


async def test_a_lease_released_while_another_looks_at_it_is_his(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    await ledger.take_lease("x", "first", clock.after(60))
    before_next(store, "get", lambda: ledger.release_lease("x", "first"))

    assert await ledger.take_lease("x", "second", clock.after(60))


async def test_a_late_release_leaves_the_lease_of_the_next_owner(
    ledger: Ledger, store: Store, clock: StandingClock
) -> None:
    await ledger.take_lease("x", "first", clock.after(60))
    clock.move(61)
    before_next(store, "delete", lambda: ledger.take_lease("x", "second", clock.after(60)))

    await ledger.release_lease("x", "first")
    assert not await ledger.take_lease("x", "third", clock.after(60))


async def test_a_lease_is_released_by_its_copy_and_a_stale_copy_releases_no_other(
    ledger: Ledger, clock: StandingClock
) -> None:
    lapsed = await ledger.take_lease("x", "first", clock.after(60))
    clock.move(61)
    current = await ledger.take_lease("x", "second", clock.after(60))

    await ledger.release_lease("x", "first", known=lapsed)
    assert not await ledger.take_lease("x", "third", clock.after(60))
    await ledger.release_lease("x", "second", known=current)
    assert await ledger.take_lease("x", "third", clock.after(60))


async def test_a_pause_is_never_shortened(ledger: Ledger, clock: StandingClock) -> None:
    assert await ledger.not_before(System.CELUM) is None
    long, short = clock.after(600), clock.after(60)
    await ledger.pause(System.CELUM, short)
    await ledger.pause(System.CELUM, long)
    await ledger.pause(System.CELUM, short)

    assert await ledger.not_before(System.CELUM) == long
    assert await ledger.not_before(System.ONEDRIVE) is None


@pytest.mark.parametrize("method", ["insert", "replace"])
async def test_of_two_pauses_at_once_the_longer_stays(
    ledger: Ledger, store: Store, clock: StandingClock, method: str
) -> None:
    if method == "replace":
        await ledger.pause(System.CELUM, clock.now())
    long = clock.now() + timedelta(hours=1)
    before_next(store, method, lambda: ledger.pause(System.CELUM, long))

    await ledger.pause(System.CELUM, clock.after(60))
    assert await ledger.not_before(System.CELUM) == long


async def test_a_setting_is_put_replaced_and_kept(ledger: Ledger) -> None:
    assert await ledger.setting("checksum algorithm") is None
    assert await ledger.put_setting("checksum algorithm", "SHA-256", only_if_absent=True) == "SHA-256"
    assert await ledger.put_setting("checksum algorithm", "MD5", only_if_absent=True) == "SHA-256"
    assert await ledger.setting("checksum algorithm") == "SHA-256"

    assert await ledger.put_setting("checksum algorithm", "MD5") == "MD5"
    assert await ledger.setting("checksum algorithm") == "MD5"
    assert await ledger.setting("checksum") is None


async def test_of_two_first_values_of_a_setting_one_stays(ledger: Ledger, store: Store) -> None:
    before_next(store, "insert", lambda: ledger.put_setting("installation", "one", only_if_absent=True))

    assert await ledger.put_setting("installation", "two", only_if_absent=True) == "one"


@pytest.mark.parametrize("method", ["insert", "replace"])
async def test_the_latest_stamp_wins_whoever_writes_last(ledger: Ledger, store: Store, method: str) -> None:
    if method == "replace":
        await ledger.raise_setting("generation", "2026-01")
    before_next(store, method, lambda: ledger.raise_setting("generation", "2026-11"))

    assert await ledger.raise_setting("generation", "2026-10") == "2026-11"
    assert await ledger.setting("generation") == "2026-11"
