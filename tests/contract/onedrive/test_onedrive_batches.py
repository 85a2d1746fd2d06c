from __future__ import annotations

import json

import pytest

from local.serving import Fault
from shared.domain.ids import ItemId
from shared.domain.items import Item
from shared.errors import Missing, Throttled, Unavailable
from tests.contract.onedrive.conftest import World


def many(world: World, count: int) -> list[ItemId]:
    return [world.put(f"/{number}.txt", bytes(number)) for number in range(count)]


async def test_items_are_read_twenty_at_a_time_and_come_back_in_order(world: World) -> None:
    items = many(world, 45)
    found = await world.onedrive.batching.items(world.drive, items)
    assert list(found) == items
    assert [one.name for one in found.values() if isinstance(one, Item)] == [f"{number}.txt" for number in range(45)]
    assert world.simulator.tenant.requests["POST tenant/$batch"] == 3


async def test_F5_each_member_has_an_answer_of_its_own(world: World) -> None:
    items = many(world, 3)
    world.simulator.delete(world.drive, "/1.txt")
    found = await world.onedrive.batching.items(world.drive, items)
    kinds = [type(one) for one in found.values()]
    assert kinds == [Item, Missing, Item]


async def test_F5_a_throttled_member_says_how_long_and_nothing_more_is_sent(world: World) -> None:
    items = many(world, 60)
    world.simulator.quirks.update({"throttle": True, "units_per_minute": 15, "retry_after_seconds": 33})
    found = list((await world.onedrive.batching.items(world.drive, items)).values())
    assert all(isinstance(one, Item) for one in found[:15])
    assert all(isinstance(one, Throttled) and (one.retry_after or 0) >= 33 for one in found[15:])
    assert world.simulator.tenant.requests["POST tenant/$batch"] == 1
    assert not [refusal for refusal in world.simulator.tenant.refusals if refusal["rule"] == "Retry-After"]


async def test_F5_a_member_without_an_answer_and_a_failed_dependency_are_no_answers(world: World) -> None:
    items = many(world, 3)
    responses = [{"id": "1", "status": 424}, {"id": "0", "status": 200, "body": {"id": items[0]}}]
    world.simulator.serving.faults.append(Fault("batch", status=200, body=json.dumps({"responses": responses})))
    found = list((await world.onedrive.batching.items(world.drive, items)).values())
    assert isinstance(found[0], Item)
    assert all(isinstance(one, Exception) for one in found[1:])
    assert isinstance(found[2], Unavailable)


async def test_what_refuses_the_whole_batch_is_raised(world: World) -> None:
    world.simulator.serving.faults.append(Fault("batch", status=429, headers={"Retry-After": "9"}))
    with pytest.raises(Throttled):
        await world.onedrive.batching.items(world.drive, many(world, 1))


async def test_nothing_is_asked_about_nothing(world: World) -> None:
    assert await world.onedrive.batching.items(world.drive, []) == {}
    assert world.simulator.tenant.requests.total() == 0
