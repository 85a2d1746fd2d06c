from __future__ import annotations

import json

import pytest

from local.serving import Fault
from shared.errors import Conflict, Forbidden, Missing, Refused, Throttled, Unavailable
from shared.onedrive.notifications import Ring, Secrets
from tests.contract.onedrive.conftest import TENANT
from tests.contract.onedrive.desk import Desk, client, webhook


async def test_A5_a_subscription_is_created_while_its_handshake_arrives_and_rings_our_bell(desk: Desk) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert created.created
    assert created.notification_url == desk.url
    desk.simulator.put_file(desk.drive, "/a.txt", b"a")
    assert await desk.rung.get() == (desk.drive, Ring.CHANGE)
    desk.simulator.lifecycle(created.id, "reauthorizationRequired")
    assert await desk.rung.get() == (desk.drive, Ring.REAUTHORIZE)


async def test_a_known_subscription_is_renewed(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires(60))
    second = await desk.onedrive.ensure_subscription(desk.drive, first.id, desk.expires())
    assert (second.id, second.created) == (first.id, False)
    assert second.expires > first.expires


async def test_B1_the_expiry_that_counts_is_the_returned_one(desk: Desk) -> None:
    asked = desk.expires(5)
    created = await desk.onedrive.ensure_subscription(desk.drive, None, asked)
    assert created.expires > asked  # raised to 45 minutes


async def test_B2_a_lifetime_that_is_too_long_is_shortened_and_remembered(desk: Desk) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires(100_000))
    assert created.expires < desk.expires(42_301)
    desk.simulator.tenant.requests.clear()
    again = await desk.onedrive.ensure_subscription(desk.drive, created.id, desk.expires(100_000))
    assert again.id == created.id
    assert sum(desk.simulator.tenant.requests.values()) == 1


async def test_B3_a_failed_validation_is_refused_without_a_second_attempt(desk: Desk) -> None:
    desk.refuse_handshake = True
    with pytest.raises(Refused):
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.simulator.tenant.user_agents.total() == 1


async def test_B4_a_refusal_for_want_of_rights_surfaces(desk: Desk) -> None:
    desk.simulator.quirks.subscription_create_status = 403
    with pytest.raises(Forbidden):
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.simulator.tenant.user_agents.total() == 1


async def test_B5_one_of_ours_that_we_forgot_is_adopted(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires(60))
    again = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.live() == [first.id] == [again.id]
    assert again.created  # changes may have been missed meanwhile


async def test_B5_one_with_another_secret_is_replaced(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    rotated = client(desk.simulator, desk.url, Secrets(current=("k2", "another secret")))
    for known in (None, first.id):
        again = await rotated.ensure_subscription(desk.drive, known, desk.expires())
        assert desk.live() == [again.id]
        assert again.id != first.id
        first = await desk.onedrive.ensure_subscription(desk.drive, again.id, desk.expires())
    await rotated.close()


async def test_B5_one_whose_client_state_is_not_shown_is_replaced(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    hidden = {
        "id": first.id,
        "resource": f"drives/{desk.drive}/root",
        "notificationUrl": desk.url,
        "expirationDateTime": "2030-01-01T00:00:00Z",
    }
    listed = json.dumps({"value": [hidden]})
    desk.simulator.serving.faults.append(Fault("GET .*subscriptions", status=200, body=listed))
    again = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.live() == [again.id] != [first.id]


async def test_B5_one_that_the_list_does_not_show_is_replaced_by_its_id_in_the_message(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    desk.simulator.serving.faults.append(Fault("GET .*subscriptions", status=200, body='{"value":[]}'))
    again = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.live() == [again.id] != [first.id]


async def test_B6_a_creation_whose_answer_was_lost_leaves_no_orphan(desk: Desk) -> None:
    desk.simulator.serving.faults.append(Fault("POST .*subscriptions", kind="lost"))
    with pytest.raises(Unavailable):
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    again = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert desk.live() == [again.id]


async def test_B7_B9_one_that_is_gone_is_created_again(desk: Desk) -> None:
    first = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    await desk.onedrive.subscriptions.delete(first.id)
    await desk.onedrive.subscriptions.delete(first.id)  # being gone is as good
    again = await desk.onedrive.ensure_subscription(desk.drive, first.id, desk.expires())
    assert again.created
    assert desk.live() == [again.id]


async def test_B8_throttling_surfaces_with_its_pause(desk: Desk) -> None:
    desk.simulator.serving.faults.append(Fault("POST .*subscriptions", status=429, headers={"Retry-After": "12"}))
    with pytest.raises(Throttled) as throttled:
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    assert throttled.value.retry_after == 12


async def test_B12_reauthorising_is_idempotent(desk: Desk) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    await desk.onedrive.subscriptions.reauthorise(created.id)
    await desk.onedrive.subscriptions.reauthorise(created.id)
    with pytest.raises(Missing):
        await desk.onedrive.subscriptions.reauthorise("00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize("known", [True, False])
async def test_B17_one_that_leads_to_where_we_stood_before_is_replaced(desk: Desk, *, known: bool) -> None:
    async with webhook(desk) as former_url:
        former = client(desk.simulator, former_url)
        old = await former.ensure_subscription(desk.drive, None, desk.expires())
        await former.close()
        new = await desk.onedrive.ensure_subscription(desk.drive, old.id if known else None, desk.expires())
    assert desk.live() == [new.id]
    assert new.notification_url == desk.url


async def test_the_list_shows_the_drive_of_each(desk: Desk) -> None:
    created = await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
    listed = await desk.onedrive.subscriptions.list()
    assert [(one.id, one.drive) for one in listed] == [(created.id, desk.drive)]
    assert TENANT not in repr(listed)
    assert "1." + desk.drive not in repr(listed)  # the clientState is a secret


async def test_a_conflict_that_does_not_end_surfaces(desk: Desk) -> None:
    conflict = '{"error":{"code":"ObjectIdentifierInUse","message":"already exists"}}'
    desk.simulator.serving.faults.append(Fault("POST .*subscriptions", times=9, status=409, body=conflict))
    with pytest.raises(Conflict):
        await desk.onedrive.ensure_subscription(desk.drive, None, desk.expires())
