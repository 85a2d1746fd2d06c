"""Gates beyond columns: check-in, the library's own approval, and the folder or collection behind which a file lies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.decisions import Outcome, Verb
from shared.domain.facts import Kind, Need
from shared.domain.items import Columns, Value
from shared.domain.links import LinkState
from tests.unit.flows.covering import shows
from tests.unit.flows.support import NOW, World, columns, flow, item, link, minutes, run, settled_link, version

FOLDER = flow(ready="[folder: {path: '/Campaigns/{campaign}', column: {Status: Closed}}]")
COLLECTION = flow(ready="[collection: {path: '/Marketing/{campaign}', field: {Status: [Closed, Archived]}}]")


@shows("ready.checked_in", "ready.content_approval")
@pytest.mark.parametrize(
    ("ready", "world", "why"),
    [
        ("[checked_in: true]", World(checked_in=False), "the file is checked out"),
        ("[not: {checked_in: true}]", World(), "checked in excludes it"),
        (
            "[content_approval: Approved]",
            World(content_approval="Pending"),
            'content approval is "Pending", not "Approved"',
        ),
        (
            "[content_approval: [Approved, Scheduled]]",
            World(),
            'content approval is empty, not "Approved" or "Scheduled"',
        ),
        (
            "[not: {content_approval: Denied}]",
            World(content_approval="Denied"),
            "content approval: Denied excludes it",
        ),
    ],
)
def test_states_of_the_library_are_gates(ready: str, world: World, why: str) -> None:
    found = run(flow(ready=ready), world, link())
    assert (found.decision.outcome, found.why) == (Outcome.WAIT, (why,))


@pytest.mark.parametrize(
    ("ready", "world", "kind"),
    [
        ("[checked_in: true]", World(), Kind.CHECKED_IN),
        ("[content_approval: Approved]", World(content_approval="Approved"), Kind.CONTENT_APPROVAL),
    ],
)
def test_an_open_state_lets_the_file_pass_and_costs_one_fact(ready: str, world: World, kind: Kind) -> None:
    found = run(flow(ready=ready), world, link())
    assert (found.decision.verb, found.kinds) == (Verb.CREATE, (kind, Kind.SIGNATURE))


def test_a_draft_costs_no_look_at_its_state() -> None:
    chosen = flow(ready="[checked_in: true, column: {ApprovalStatus: Approved}]")
    assert run(chosen, World(columns=columns(ApprovalStatus="Draft")), link()).kinds == (Kind.COLUMNS,)


# --- folder and collection ----------------------------------------------------------------------------------------


@shows("ready.folder.path", "ready.folder.column")
@pytest.mark.parametrize(
    ("folders", "why", "of"),
    [
        ({"/Campaigns/Spring": columns(Status="Open")}, '/Campaigns/Spring: Status is "Open", not "Closed"', "Status"),
        ({"/Campaigns/Spring": columns()}, '/Campaigns/Spring: Status is empty, not "Closed"', "Status"),
        ({}, 'there is no folder "/Campaigns/Spring"', ""),
        (
            {"/Campaigns/Spring": replace(columns(Other="x"), types={"Other": "text"})},
            'the library has no column "Status"',
            "",
        ),
        (
            {"/Campaigns/Spring": replace(columns(), unreadable=frozenset({"Status"}))},
            'the column "Status" holds a value of a shape that is not understood',
            "",
        ),
    ],
)
def test_a_file_behind_a_closed_folder_is_dormant_and_nothing_of_its_own_is_read(
    folders: dict[str, Columns], why: str, of: str
) -> None:
    for before in (None, link(), settled_link(FOLDER, World(folders={"/Campaigns/Spring": columns(Status="Closed")}))):
        found = run(FOLDER, World(folders=folders), before)
        assert (found.decision.outcome, found.why) == (Outcome.IGNORE, (why,))
        assert found.decision.behind == Need(Kind.FOLDER, "/Campaigns/Spring")
        assert found.kinds == (Kind.FOLDER,)
        assert found.decision.reasons[0].outside
        assert found.decision.reasons[0].rule == f"ready.folder{'.' if of else ''}{of}"


@shows("ready.collection.path", "ready.collection.field")
@pytest.mark.parametrize(
    ("collections", "why"),
    [
        ({}, 'there is no collection "/Marketing/Spring"'),
        ({"/Marketing/Spring": {}}, '/Marketing/Spring: Status is empty, not "Closed" or "Archived"'),
        (
            {"/Marketing/Spring": {"Status": ("Open", "New")}},
            '/Marketing/Spring: Status is "Open; New", not "Closed" or "Archived"',
        ),
        (
            {"/Marketing/Spring": {"Statuz": "Closed"}},
            'the collection has no information field "Status": the nearest are Statuz',
        ),
    ],
)
def test_a_file_behind_a_closed_collection_is_dormant(collections: dict[str, dict[str, Value]], why: str) -> None:
    found = run(COLLECTION, World(collections=collections), link())
    assert (found.decision.outcome, found.why) == (Outcome.IGNORE, (why,))
    assert found.decision.behind == Need(Kind.COLLECTION, "/Marketing/Spring")


def test_an_open_gate_lets_files_pass_to_their_own_conditions() -> None:
    opened = World(collections={"/Marketing/Spring": {"Status": ("Archived", "x")}})
    assert run(COLLECTION, opened, link()).decision.verb is Verb.CREATE
    assert run(COLLECTION, opened, None).decision.outcome is Outcome.WAIT  # the quiet period of a first sight
    assert run(COLLECTION, opened, link()).decision.behind is None
    both = flow(
        ready="[column: {ApprovalStatus: Approved}, folder: {path: '/Campaigns/{campaign}', column: {Status: Closed}}]"
    )
    given = World(
        folders={"/Campaigns/Spring": columns(Status="Closed")},
        versions=(version(1, NOW - minutes(9), ApprovalStatus="Approved"),),
    )
    assert run(both, given, link()).decision.verb is Verb.CREATE
    assert run(both, replace(given, columns=columns(ApprovalStatus="Draft")), link()).decision.outcome is Outcome.WAIT


def test_closing_again_undoes_nothing_and_a_deleted_file_still_closes_its_link() -> None:
    given = World(folders={"/Campaigns/Spring": columns(Status="Closed")})
    before = settled_link(FOLDER, given)
    assert before.state is LinkState.SETTLED
    assert run(FOLDER, World(), before).decision.outcome is Outcome.IGNORE
    assert run(FOLDER, World(item=item(deleted=True)), before).decision.verb is Verb.CLOSE


def test_one_fact_serves_every_file_behind_the_same_gate() -> None:
    """The engine gathers it once per captures: the need names the folder, not the file."""
    other = item("Other.pptx", path="/Campaigns/Spring/Approved/deep/Other.pptx")
    assert run(FOLDER, World(item=other)).asked == run(FOLDER, World()).asked
    summer = item("Other.pptx", path="/Campaigns/Summer/Approved/Other.pptx")
    assert run(FOLDER, World(item=summer)).asked != run(FOLDER, World()).asked
