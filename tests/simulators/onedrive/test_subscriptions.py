from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.clock import parse_moment
from local.onedrive_simulator.notify import Endpoint
from tests.simulators.onedrive.client import Answer, Graph
from tests.simulators.onedrive.receiver import Receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.listening() as listening:
        yield listening


def wish(graph: Graph, receiver: Receiver, **changes: Any) -> dict[str, Any]:
    return {
        "changeType": "updated",
        "resource": f"/drives/{graph.drive}/root",
        "notificationUrl": f"{receiver.url}/notify?flow=1",
        "lifecycleNotificationUrl": f"{receiver.url}/lifecycle",
        "expirationDateTime": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "clientState": "secret",
        **changes,
    }


async def subscribe(graph: Graph, receiver: Receiver, **changes: Any) -> Answer:
    return await graph.call("POST", "/subscriptions", json=wish(graph, receiver, **changes))


async def test_both_addresses_are_validated_and_a_change_rings_once(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    created = await subscribe(graph, receiver)
    for name in ("a.txt", "b.txt"):
        sim.put_file(graph.drive, f"/{name}", b"x")
    notes = await receiver.next()
    await sim.settle()

    assert created.status == 201
    assert [h.split("?")[0] for h in receiver.handshakes] == ["/notify", "/lifecycle"]
    assert "flow=1" in receiver.handshakes[0]
    assert len(notes) == 1
    assert notes[0]["subscriptionId"] == created.json["id"]
    assert (notes[0]["clientState"], notes[0]["changeType"]) == ("secret", "updated")
    assert notes[0]["resource"] == f"drives/{graph.drive}/root"
    assert "id" not in notes[0]["resourceData"]
    assert receiver.posts.empty(), "a burst is one notification"


async def test_a_wrong_answer_to_the_handshake_creates_nothing(graph: Graph, receiver: Receiver) -> None:
    receiver.reflection = "something else"

    answer = await subscribe(graph, receiver)

    assert (answer.status, answer.code) == (400, "ValidationError")
    assert (await graph.call("GET", "/subscriptions")).json["value"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"changeType": "created"},
        {"resource": "/drives/DRIVE/items/01X"},
        {"notificationUrl": "http://acme.example/notify"},
        {"clientState": "x" * 129},
        {"expirationDateTime": "2199-01-01T00:00:00Z"},
        {"expirationDateTime": "2001-01-01T00:00:00Z"},
    ],
)
async def test_what_cannot_be_subscribed(graph: Graph, receiver: Receiver, changes: dict[str, str]) -> None:
    changes = {k: v.replace("DRIVE", graph.drive) for k, v in changes.items()}

    assert (await subscribe(graph, receiver, **changes)).status in {400, 404}


async def test_a_second_subscription_names_the_first(graph: Graph, receiver: Receiver) -> None:
    first = (await subscribe(graph, receiver)).json["id"]

    second = await subscribe(graph, receiver)

    assert (second.status, second.code) == (409, "ObjectIdentifierInUse")
    assert first in second.json["error"]["message"]


async def test_a_short_life_is_raised_to_45_minutes_and_ends_in_virtual_time(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    created = (await subscribe(graph, receiver, expirationDateTime=soon)).json
    one = f"/subscriptions/{created['id']}"
    assert parse_moment(created["expirationDateTime"]) > datetime.now(UTC) + timedelta(minutes=44)

    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    renewed = await graph.call("PATCH", one, json={"expirationDateTime": later})
    assert renewed.status == 200
    assert (await graph.call("POST", f"{one}/reauthorize")).status == 204
    sim.clock.advance(3600)
    assert (await graph.call("GET", one)).status == 200
    sim.clock.advance(3601)
    assert (await graph.call("GET", one)).status == 404
    sim.put_file(graph.drive, "/a.txt", b"x")
    sim.clock.advance(1)
    await sim.settle()
    assert receiver.posts.empty()


async def test_a_deleted_subscription_is_silent(sim: OneDriveSimulator, graph: Graph, receiver: Receiver) -> None:
    created = (await subscribe(graph, receiver)).json
    assert (await graph.call("DELETE", f"/subscriptions/{created['id']}")).status == 204

    sim.put_file(graph.drive, "/a.txt", b"x")
    sim.clock.advance(1)
    await sim.settle()
    assert receiver.posts.empty()


async def test_what_is_not_acknowledged_comes_again(sim: OneDriveSimulator, graph: Graph, receiver: Receiver) -> None:
    await subscribe(graph, receiver)
    receiver.statuses = [500, 503]
    sim.put_file(graph.drive, "/a.txt", b"x")

    first = await receiver.next()
    await sim.settle()
    sim.clock.advance(10)
    second = await receiver.next()
    await sim.settle()
    sim.clock.advance(20)

    assert first == second == await receiver.next()
    await sim.settle()
    assert len(sim.notifier.delivered) == 1


async def test_notifications_are_lost_doubled_delayed_or_come_with_others(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    await subscribe(graph, receiver)

    async def ring() -> None:
        sim.put_file(graph.drive, "/a.txt", b"x")
        sim.clock.advance(1)
        await sim.settle()

    sim.quirks.notifications_lost = True
    await ring()
    assert receiver.posts.qsize() == 0
    sim.quirks.update({"notifications_lost": False, "notifications_doubled": True})
    await ring()
    assert receiver.posts.qsize() == 2
    sim.quirks.update({"notifications_doubled": False, "notifications_delay_seconds": 3600})
    await ring()
    assert receiver.posts.qsize() == 2
    sim.clock.advance(3600)
    await sim.settle()
    assert receiver.posts.qsize() == 3
    sim.quirks.update({"notifications_delay_seconds": 0, "notifications_batched": True})
    await ring()
    batches = [len(receiver.posts.get_nowait()["value"]) for _ in range(4)]
    assert batches == [1, 1, 1, 2], "the last one carries a notification of somebody else"


async def test_an_endpoint_that_was_slow_too_often_hears_late_and_then_nothing() -> None:
    now, endpoint = datetime.now(UTC), Endpoint()
    for _ in range(18):
        endpoint.note(now, 0.1)
    for _ in range(3):
        endpoint.note(now, 4)
    assert endpoint.slow_until == now + timedelta(minutes=10)
    assert endpoint.drop_until is None
    for _ in range(5):
        endpoint.note(now, 11)
    assert endpoint.drop_until == now + timedelta(minutes=10)


async def test_lifecycle_events_go_to_their_own_address(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    created = (await subscribe(graph, receiver)).json

    sim.lifecycle(created["id"], "reauthorizationRequired")
    note = (await receiver.next())[0]
    sim.lifecycle(created["id"], "subscriptionRemoved")
    gone = (await receiver.next())[0]
    await sim.settle()

    assert (note["lifecycleEvent"], note["clientState"]) == ("reauthorizationRequired", "secret")
    assert gone["lifecycleEvent"] == "subscriptionRemoved"
    assert (await graph.call("GET", f"/subscriptions/{created['id']}")).status == 404


async def test_subscribing_may_be_forbidden(sim: OneDriveSimulator, graph: Graph, receiver: Receiver) -> None:
    sim.quirks.subscription_create_status = 403

    assert (await subscribe(graph, receiver)).status == 403


async def test_notifications_overtake_each_other(sim: OneDriveSimulator, graph: Graph, receiver: Receiver) -> None:
    other = sim.add_drive("Other", site=None)
    first = (await subscribe(graph, receiver)).json["id"]
    second = (await subscribe(graph, receiver, resource=f"/drives/{other}/root")).json["id"]
    sim.quirks.notifications_reordered = True

    sim.put_file(graph.drive, "/a.txt", b"a")
    sim.clock.advance(1)
    await sim.settle()
    sim.put_file(other, "/a.txt", b"a")
    sim.clock.advance(1)
    came = [(await receiver.next())[0]["subscriptionId"] for _ in range(2)]
    assert came == [second, first]

    sim.put_file(graph.drive, "/a.txt", b"a")
    sim.clock.advance(10)
    assert (await receiver.next())[0]["subscriptionId"] == first, "nothing came that could overtake it"


async def test_an_address_that_seems_slow_hears_again_late_and_not_at_all(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    await subscribe(graph, receiver)
    sim.quirks.endpoint_seconds = 4
    sim.put_file(graph.drive, "/a.txt", b"a")
    await receiver.next()
    await sim.settle()
    assert sim.notifier.delivered == []
    sim.clock.advance(11)
    await receiver.next()
    await sim.settle()
    assert len(sim.notifier.delivered) == 1, "a repeated notification may take ten seconds"


async def test_forged_notifications_are_posted_on_demand(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    created = (await subscribe(graph, receiver)).json["id"]
    assert await sim.forge(created, "wrong state") == 202
    assert (await receiver.next())[0]["clientState"] == "of somebody else"
    answer = await graph.raw("POST", f"{sim.base_url}/_control/forge", json={"subscription": created, "kind": "bare"})
    assert answer.json == {"answered": 202}
    with pytest.raises(ValueError, match="known are"):
        await sim.forge(created, "unheard of")


async def test_a_renewal_may_shake_hands_again_and_lifetimes_may_be_shorter(
    sim: OneDriveSimulator, graph: Graph, receiver: Receiver
) -> None:
    sim.quirks.subscription_minutes = 4_230
    far = (datetime.now(UTC) + timedelta(days=4)).isoformat()
    assert (await subscribe(graph, receiver, expirationDateTime=far)).code == "ExtensionError"
    created = (await subscribe(graph, receiver)).json["id"]
    sim.quirks.renewal_validates = True
    receiver.reflection = "wrong"
    body = {"expirationDateTime": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    assert (await graph.call("PATCH", f"/subscriptions/{created}", json=body)).status == 400


async def test_resource_data_is_not_offered_for_a_drive(graph: Graph, receiver: Receiver) -> None:
    assert (await subscribe(graph, receiver, includeResourceData=True)).status == 400
