from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from local.serving import Fault
from shared.domain.ids import DriveId
from shared.errors import Locked, Missing
from shared.onedrive.notifications import Ring, Secrets, proven_drive
from tests.contract.onedrive.desk import SECRETS, Desk, client


async def test_B10_a_clock_that_is_ten_minutes_off_still_makes_a_subscription_that_lives(desk: Desk) -> None:
    for skew in (-10, 10):
        now = datetime.now(UTC) + timedelta(minutes=skew)
        live = await desk.onedrive.subscriptions.ensure(desk.drive, None, now + timedelta(minutes=60), now)
        assert live.expires > desk.expires(44)
        assert live.expires <= desk.expires(71)


async def test_B11_two_instances_at_once_end_with_one_subscription(desk: Desk) -> None:
    other = client(desk.simulator, desk.url)
    both = await asyncio.gather(
        *(one.ensure_subscription(desk.drive, None, desk.expires()) for one in (desk.onedrive, other)),
        return_exceptions=True,
    )
    again = [await one.ensure_subscription(desk.drive, None, desk.expires()) for one in (desk.onedrive, other)]
    await other.close()
    assert len(desk.live()) == 1
    assert {one.id for one in again} == set(desk.live())
    assert any(not isinstance(one, BaseException) for one in both)


@pytest.mark.parametrize("event", ["subscriptionRemoved", "missed"])
async def test_B13_what_graph_says_of_a_subscription_rings_and_the_next_look_makes_it_whole(
    desk: Desk, event: str
) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    desk.simulator.lifecycle(created.id, event)
    assert await desk.rung.get() == (desk.drive, Ring(event))
    again = await desk.onedrive.ensure_subscription(desk.drive, created.id, desk.expires())
    assert desk.live() == [again.id]
    assert again.created is (event == "subscriptionRemoved")


async def test_B14_a_rotated_secret_re_creates_and_both_are_accepted_meanwhile(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    rotated = client(desk.simulator, desk.url, Secrets(("k2", "a newer secret of the tests"), SECRETS.current))
    again = await rotated.ensure_subscription(desk.drive, first.id, desk.expires())
    await rotated.close()
    assert again.created
    assert desk.live() == [again.id]
    state = desk.simulator.tenant.subscriptions[again.id].client_state
    both = Secrets(("k2", "a newer secret of the tests"), SECRETS.current)
    assert proven_drive(state, tenant=desk.simulator.tenant.id, secrets=both) == desk.drive


async def test_B15_a_drive_that_is_gone_is_missing_and_one_that_is_locked_waits(desk: Desk) -> None:
    desk.simulator.serving.faults.append(Fault("POST .*subscriptions", status=423))
    with pytest.raises(Locked):
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    desk.simulator.remove_drive(desk.drive)
    with pytest.raises(Missing):
        await desk.onedrive.ensure_subscription(desk.drive, created.id, desk.expires())
    assert desk.live() == []


async def test_B16_only_orphans_that_are_proven_ours_are_ended(desk: Desk) -> None:
    drives = [DriveId(desk.simulator.add_drive(name)) for name in ("Kept", "Left", "Foreign", "Former")]
    kept, left, foreign, former = drives
    stranger = client(desk.simulator, desk.url, Secrets(current=("k1", "the secret of another installation")))
    before = client(desk.simulator, desk.url, Secrets(current=("k0", "the secret before")))
    for onedrive, drive in ((desk.onedrive, kept), (desk.onedrive, left), (stranger, foreign), (before, former)):
        await onedrive.ensure_subscription(drive, None, desk.expires())
    ours = client(desk.simulator, desk.url, Secrets(SECRETS.current, ("k0", "the secret before")))
    ended = await ours.subscriptions.retire_orphans({kept})
    for onedrive in (stranger, before, ours):
        await onedrive.close()
    assert {one.drive for one in ended} == {left, former}
    assert {one.drive.id for one in desk.simulator.tenant.subscriptions.values()} == {kept, foreign}


async def test_B16_what_hides_its_client_state_is_left_alone(desk: Desk) -> None:
    await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    desk.simulator.quirks.subscriptions_hide_state = True
    assert await desk.onedrive.subscriptions.retire_orphans(()) == ()
    assert len(desk.live()) == 1


async def test_A8_A18_forged_notifications_ring_only_for_drives_they_prove(desk: Desk) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    for kind, status in (("wrong state", 202), ("no state", 202), ("other tenant", 202), ("no json", 400)):
        assert await desk.simulator.forge(created.id, kind) == status
    assert desk.rung.empty()
    for kind in ("bare", "unknown members", "unknown subscription"):
        assert await desk.simulator.forge(created.id, kind) == 202
        assert await desk.rung.get() == (desk.drive, Ring.CHANGE)
