from __future__ import annotations

import pytest

from local.onedrive_simulator.estate.model import Identity, Moderation
from shared.domain.ids import ItemId
from shared.onedrive.states import is_checked_in, status_of
from tests.contract.onedrive.conftest import World

JANE = Identity("Jane Doe", "jane@acme.example")


async def test_a_file_is_checked_in_unless_somebody_has_it_checked_out(world: World) -> None:
    item = ItemId(world.put("/a.txt", b"a"))
    assert await world.onedrive.checked_in(world.drive, item)

    world.simulator.check_out(world.drive, "/a.txt", by=JANE)
    assert not await world.onedrive.checked_in(world.drive, item)
    world.simulator.check_in(world.drive, "/a.txt", by=JANE)
    assert await world.onedrive.checked_in(world.drive, item)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, True),
        ({"publication": {"level": "published"}}, True),
        ({"publication": {"level": "checkout"}}, False),
        ({"publication": {"level": "draft"}}, False),
        ({"publication": {}}, False),
        ({"publication": "published"}, False),
    ],
)
def test_a_level_that_is_not_known_does_not_count_as_checked_in(answer: dict[str, object], *, expected: bool) -> None:
    assert is_checked_in(answer) is expected


@pytest.mark.parametrize("status", ["Approved", "Denied", "Pending", "Draft", "Scheduled"])
async def test_content_approval_is_read_by_its_name(world: World, status: Moderation) -> None:
    item = ItemId(world.put("/a.txt", b"a"))
    world.simulator.require_approval(world.drive)
    world.simulator.moderate(world.drive, "/a.txt", status)

    assert await world.onedrive.content_approval(world.drive, item) == status


async def test_a_library_without_content_approval_approves_nothing(world: World) -> None:
    """SharePoint says "approved" of every file there."""
    item = ItemId(world.put("/a.txt", b"a"))
    world.simulator.item(world.drive, "/a.txt").moderation = "Approved"

    assert await world.onedrive.content_approval(world.drive, item) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "Approved"),
        (2.0, "Pending"),
        ("3", "Draft"),
        ("Denied", "Denied"),
        (9, ""),
        (None, ""),
        (True, ""),
        (-1, ""),
    ],
)
def test_a_status_is_a_number_or_a_name_and_anything_else_is_none(value: object, expected: str) -> None:
    assert status_of({"_ModerationStatus": value}) == expected
