from __future__ import annotations

import pytest

from local.serving import Fault
from shared.domain.ids import ItemId
from shared.errors import Forbidden, Missing, NameProblem, Throttled
from shared.onedrive.grants import Grants, Role
from tests.contract.onedrive.conftest import World

JANE = "jane@acme.example"


@pytest.fixture
def folder(world: World) -> ItemId:
    return ItemId(world.simulator.make_folder(world.drive, "/Agency"))


@pytest.fixture
def grants(world: World) -> Grants:
    return world.onedrive.grants


async def roles(world: World, item: ItemId) -> dict[str, str]:
    return {grant.who.email: grant.role for grant in await world.onedrive.grants.list(world.drive, item)}


async def test_a_grant_is_given_once_changed_and_taken_back(world: World, folder: ItemId, grants: Grants) -> None:
    given = await grants.give(world.drive, folder, JANE, Role.VIEW, notify=True)
    again = await grants.give(world.drive, folder, "JANE@acme.example", Role.VIEW, notify=True)
    assert (given.was_there, again.was_there) == (False, True)
    assert given.grant == again.grant
    assert len(world.simulator.tenant.mails) == 1

    changed = await grants.change(world.drive, folder, given.grant.id, Role.EDIT)
    assert changed.role is Role.EDIT
    assert (await grants.give(world.drive, folder, JANE, Role.VIEW)).was_there  # whoever may edit may see

    await grants.remove(world.drive, folder, given.grant.id)
    await grants.remove(world.drive, folder, given.grant.id)
    assert await roles(world, folder) == {}
    with pytest.raises(Missing):
        await grants.change(world.drive, folder, given.grant.id, Role.VIEW)


async def test_whoever_may_only_see_is_given_more(world: World, folder: ItemId, grants: Grants) -> None:
    await grants.give(world.drive, folder, JANE, Role.VIEW)
    given = await grants.give(world.drive, folder, JANE, Role.EDIT)
    assert not given.was_there
    assert await roles(world, folder) == {JANE: "edit"}
    assert world.simulator.tenant.mails == []


async def test_what_others_gave_and_sharing_links_stay(world: World, folder: ItemId, grants: Grants) -> None:
    await grants.give(world.drive, folder, "bo@acme.example", Role.VIEW)
    ours = await grants.give(world.drive, folder, JANE, Role.VIEW)
    await grants.remove(world.drive, folder, ours.grant.id)
    assert await roles(world, folder) == {"bo@acme.example": "view"}


async def test_an_inherited_grant_is_seen_and_cannot_be_taken_back_below(
    world: World, folder: ItemId, grants: Grants
) -> None:
    given = await grants.give(world.drive, folder, JANE, Role.VIEW)
    below = world.put("/Agency/a.txt", b"a")
    assert (await grants.give(world.drive, below, JANE, Role.VIEW)).was_there
    with pytest.raises(Forbidden):
        await grants.remove(world.drive, below, given.grant.id)


async def test_a_folder_may_begin_without_what_it_inherits(world: World, folder: ItemId, grants: Grants) -> None:
    await grants.give(world.drive, folder, JANE, Role.VIEW)
    inner = ItemId(world.simulator.make_folder(world.drive, "/Agency/Inner"))
    await grants.give(world.drive, inner, "bo@acme.example", Role.EDIT, inherit=False)
    assert await roles(world, inner) == {"bo@acme.example": "edit"}


async def test_groups_are_granted_by_address_or_id(world: World, folder: ItemId, grants: Grants) -> None:
    team = world.simulator.add_to_directory("Agency team", "team@agency.example", group=True)
    given = await grants.give(world.drive, folder, team, Role.EDIT)
    assert given.grant.is_group
    assert given.grant.who.id == team
    assert (await grants.give(world.drive, folder, "team@agency.example", Role.EDIT)).was_there


@pytest.mark.parametrize("refuse_all", [True, False])
async def test_an_unknown_address_is_named(world: World, folder: ItemId, grants: Grants, *, refuse_all: bool) -> None:
    world.simulator.quirks.unknown_people_refuse_all = refuse_all
    with pytest.raises(NameProblem) as problem:
        await grants.give(world.drive, folder, "new@agency.example", Role.VIEW)
    assert (problem.value.kind, problem.value.name) == ("person", "new@agency.example")
    assert await roles(world, folder) == {}


@pytest.mark.parametrize("says", ["", "Item does not exist", "Item not found", "The recipient folder was not found"])
async def test_a_folder_that_is_gone_is_no_unknown_person(world: World, grants: Grants, says: str) -> None:
    """It went between the look at what is granted and the grant."""
    world.simulator.quirks.missing_says = says
    gone = world.simulator.make_folder(world.drive, "/Gone")
    none = Fault("permissions", status=200, headers={"Content-Type": "application/json"}, body='{"value": []}')
    world.simulator.serving.faults.append(none)
    world.simulator.delete(world.drive, "/Gone")
    with pytest.raises(Missing):
        await grants.give(world.drive, ItemId(gone), JANE, Role.VIEW)


async def test_a_missing_right_is_no_unknown_person(world: World, folder: ItemId, grants: Grants) -> None:
    world.simulator.quirks.invite_forbidden = True
    with pytest.raises(Forbidden):
        await grants.give(world.drive, folder, JANE, Role.VIEW)


async def test_a_grant_whose_answer_was_lost_is_found_and_not_given_twice(
    world: World, folder: ItemId, grants: Grants
) -> None:
    world.simulator.serving.faults.append(Fault("invite", kind="lost"))
    with pytest.raises(Exception, match="no whole answer"):
        await grants.give(world.drive, folder, JANE, Role.VIEW, notify=True)
    assert (await grants.give(world.drive, folder, JANE, Role.VIEW, notify=True)).was_there
    assert len(world.simulator.tenant.mails) == 1


async def test_throttled_grants_surface_whether_the_call_or_its_member_says_so(
    world: World, folder: ItemId, grants: Grants
) -> None:
    member = '{"value":[{"error":{"code":"activityLimitReached","message":"later"}}]}'
    world.simulator.serving.faults += [Fault("invite", status=429), Fault("invite", status=200, body=member)]
    for _ in range(2):
        with pytest.raises(Throttled):
            await grants.give(world.drive, folder, JANE, Role.VIEW)
