from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.clock import SystemClock
from shared.errors import SourceChanged
from shared.onedrive import OneDrive
from tests.contract.onedrive.conftest import World, settings_for
from tests.contract.onedrive.test_onedrive_content import gathered

DATA = b"the bytes of a picture"


@pytest.fixture
async def onedrive(world: World) -> AsyncIterator[OneDrive]:
    """At the speed of the wall: a kept URL is good for 30 seconds."""
    client = OneDrive(settings_for(world.simulator.base_url), SystemClock())
    yield client
    await client.close()


async def test_the_url_that_came_with_a_look_at_the_file_spares_a_question(world: World, onedrive: OneDrive) -> None:
    item = world.put("/a.jpg", DATA)
    seen, _ = await onedrive.item(world.drive, item)
    before = world.simulator.tenant.requests.copy()

    assert await gathered(onedrive.content(world.drive, item), seen.content) == DATA
    assert world.simulator.tenant.requests - before == {"GET download url": 1}


async def test_a_kept_url_is_given_out_once(world: World, onedrive: OneDrive) -> None:
    item = world.put("/a.jpg", DATA)
    await onedrive.item(world.drive, item)
    await gathered(onedrive.content(world.drive, item))
    before = world.simulator.tenant.requests.total()

    assert await gathered(onedrive.content(world.drive, item)) == DATA
    assert world.simulator.tenant.requests.total() - before == 2


async def test_a_kept_url_that_has_expired_is_replaced(world: World, onedrive: OneDrive) -> None:
    item = world.put("/a.jpg", DATA)
    await onedrive.item(world.drive, item)
    world.simulator.clock.advance(24 * 3600)

    assert await gathered(onedrive.content(world.drive, item)) == DATA


async def test_a_kept_url_of_other_content_than_was_decided_about_is_not_read(world: World, onedrive: OneDrive) -> None:
    item = world.put("/a.jpg", DATA)
    decided, _ = await onedrive.item(world.drive, item)
    world.put("/a.jpg", b"another picture")
    await onedrive.item(world.drive, item)

    with pytest.raises(SourceChanged):
        await gathered(onedrive.content(world.drive, item), decided.content)
