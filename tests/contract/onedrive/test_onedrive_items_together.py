from __future__ import annotations

import pytest

from shared.errors import Throttled
from tests.contract.onedrive.conftest import World


async def test_many_items_come_with_their_columns_in_one_call_as_each_would_alone(world: World) -> None:
    items = [world.put(f"/{number}.txt", bytes(number)) for number in range(3)]
    alone = {item: await world.onedrive.item(world.drive, item) for item in items}
    before = world.simulator.tenant.requests["POST tenant/$batch"]
    assert await world.onedrive.items(world.drive, items) == alone
    assert world.simulator.tenant.requests["POST tenant/$batch"] == before + 1


async def test_an_item_that_is_gone_is_left_to_be_asked_for_alone(world: World) -> None:
    items = [world.put(f"/{number}.txt", b"x") for number in range(3)]
    world.simulator.delete(world.drive, "/1.txt")
    assert list(await world.onedrive.items(world.drive, items)) == [items[0], items[2]]


async def test_a_throttled_member_throttles_the_call(world: World) -> None:
    items = [world.put(f"/{number}.txt", b"x") for number in range(20)]
    world.simulator.quirks.update({"throttle": True, "units_per_minute": 15, "retry_after_seconds": 33})
    with pytest.raises(Throttled) as caught:
        await world.onedrive.items(world.drive, items)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 33
