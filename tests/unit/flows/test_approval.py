"""A gate is met by a content: which bytes does an approval cover?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.decisions import Approval, Outcome, Verb
from shared.domain.facts import Kind
from shared.domain.items import Columns, ItemVersion, Value
from shared.domain.links import Link, LinkState
from tests.unit.flows.covering import shows
from tests.unit.flows.support import (
    ANNA,
    APPROVED,
    NOW,
    A,
    B,
    World,
    approval,
    columns,
    flow,
    item,
    link,
    minutes,
    run,
    settled,
    settled_link,
    version,
)

FLOW = flow(ready=APPROVED)
ACCEPTING = flow(ready=APPROVED, changed_after_ready="accept")
DRAFT, OK = "Draft", "Approved"


def history(*states: str, minutes_ago: tuple[float, ...]) -> tuple[ItemVersion, ...]:
    """Versions, newest first, of the given approval states; numbered so that the oldest is 1.0."""
    count = len(states)
    return tuple(
        version(count - index, NOW - minutes(ago), ApprovalStatus=state)
        for index, (state, ago) in enumerate(zip(states, minutes_ago, strict=True))
    )


# --- the gate -----------------------------------------------------------------------------------------------------


def test_new_content_waits_for_the_quiet_period_and_asks_for_nothing() -> None:
    for before in (None, link(content=B), settled_link(FLOW, World(versions=history(OK, minutes_ago=(9,))))):
        autosaved = World(item=item(content=A if before is None or before.content == B else B))
        found = run(FLOW, autosaved, before)
        assert found.asked == ()
        assert found.decision.outcome is Outcome.WAIT
        assert found.decision.until == NOW + minutes(2)
        assert found.why == ("the content changed a moment ago",)


@shows("ready.unchanged_for")
def test_the_quiet_period_runs_from_the_first_sight_and_shrinks_with_the_time_scale() -> None:
    world = World(versions=history(OK, minutes_ago=(1,)))
    assert run(FLOW, world, link(minutes_ago=1)).decision.until == NOW + minutes(1)
    assert run(FLOW, replace(world, time_scale=10), None).decision.until == NOW + minutes(0.2)
    assert run(FLOW, replace(world, time_scale=10), link(minutes_ago=1)).decision.outcome is Outcome.DO
    assert run(FLOW, world, link(minutes_ago=2)).decision.outcome is Outcome.DO


def test_without_a_quiet_period_new_content_goes_on_at_once() -> None:
    found = run(flow(ready="[unchanged_for: 0]"), World(), None)
    assert found.decision.verb is Verb.CREATE
    assert found.kinds == (Kind.SIGNATURE,)


@shows("ready")
def test_an_unnamed_quiet_period_is_two_minutes() -> None:
    assert run(flow(ready="[name: '*']"), World(), None).decision.until == NOW + minutes(2)


def test_an_approval_given_while_the_quiet_period_runs_is_recorded_for_the_content_that_stood() -> None:
    found = run(FLOW, World(versions=history(OK, DRAFT, minutes_ago=(0.5, 5))), link(minutes_ago=1))
    assert found.decision.outcome is Outcome.WAIT
    assert found.decision.until == NOW + minutes(1)
    assert found.decision.approval == Approval("signature of A", "2.0", NOW - minutes(0.5), "anna-id")
    assert found.decision.gate_open is True


@shows("ready.column")
@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("Draft", 'ApprovalStatus is "Draft", not "Approved"'),
        ("", 'ApprovalStatus is empty, not "Approved"'),
        ("approved", 'ApprovalStatus is "approved", not "Approved"'),  # case counts
        (("Draft", "Review"), 'ApprovalStatus is "Draft; Review", not "Approved"'),
    ],
)
def test_a_closed_gate_waits_until_somebody_changes_something(status: Value, why: str) -> None:
    found = run(FLOW, World(columns=columns(ApprovalStatus=status)), link())
    assert found.kinds == (Kind.COLUMNS,)
    assert (found.decision.outcome, found.decision.until) == (Outcome.WAIT, None)
    assert found.decision.gate_open is False
    assert found.why == (why,)
    assert found.decision.reasons[0].rule == "ready.column.ApprovalStatus"


@pytest.mark.parametrize("status", [" Approved ", ("Draft", "Approved")])
def test_gate_values_compare_trimmed_and_any_of_several_is_enough(status: Value) -> None:
    world = World(columns=columns(ApprovalStatus=status), versions=(version(1, NOW, ApprovalStatus=status),))
    assert run(FLOW, world, link()).decision.outcome is Outcome.DO


@shows("ready.office", "ready.name")
def test_a_cheaper_closed_condition_keeps_the_costly_ones_from_being_read() -> None:
    chosen = flow(ready="[office: {contentStatus: Final}, column: {ApprovalStatus: Approved}, name: '*_FINAL.*']")
    assert run(chosen, World(), link()).kinds == ()
    named = World(item=item("a_final.docx"), columns=columns(ApprovalStatus=DRAFT))
    assert run(chosen, named, link()).kinds == (Kind.COLUMNS,)
    approved = World(item=item("a_final.docx"), versions=history(OK, minutes_ago=(1,)))
    assert run(chosen, approved, link()).why == ('contentStatus is empty, not "Final"',)


@shows("ready.any", "ready.not", "ready.name", "ready.column")
@pytest.mark.parametrize(
    ("ready", "status", "name", "passes"),
    [
        ("[any: [name: '*_FINAL.*', column: {ApprovalStatus: Approved}]]", DRAFT, "a_FINAL.jpg", True),
        ("[any: [name: '*_FINAL.*', column: {ApprovalStatus: Approved}]]", OK, "a.jpg", True),
        ("[any: [name: '*_FINAL.*', column: {ApprovalStatus: Approved}]]", DRAFT, "a.jpg", False),
        ("[not: {column: {ApprovalStatus: Draft}}]", DRAFT, "a.jpg", False),
        ("[not: {column: {ApprovalStatus: Draft}}]", OK, "a.jpg", True),
        ("[column: {ApprovalStatus: [Approved, Released]}]", "Released", "a.jpg", True),
        ("[column: {ApprovalStatus: Approved, Other: x}]", OK, "a.jpg", False),
        ("[{column: {ApprovalStatus: Approved}}, {name: 'b*'}]", OK, "a.jpg", False),
    ],
)
def test_conditions_combine(ready: str, status: str, name: str, passes: bool) -> None:
    world = World(item=item(name), columns=columns(ApprovalStatus=status), versions=history(status, minutes_ago=(1,)))
    outcome = run(flow(ready=ready), world, link()).decision.outcome
    assert outcome is (Outcome.DO if passes else Outcome.WAIT)


@pytest.mark.parametrize("name", ["ApprovalStatus", "Approval status"])
def test_internal_and_display_names_work(name: str) -> None:
    chosen = flow(ready=f"[column: {{{name}: Approved}}]")
    known = replace(columns(ApprovalStatus=OK), display={"Approval status": ("ApprovalStatus",)})
    world = World(columns=known, versions=history(OK, minutes_ago=(1,)))
    assert run(chosen, world, link()).decision.outcome is Outcome.DO


def test_the_internal_name_wins_over_a_display_name() -> None:
    known = replace(columns(Status=OK, Other=DRAFT), display={"Status": ("Other",)})
    world = World(columns=known, versions=(version(1, NOW, Status=OK),))
    assert run(flow(ready="[column: {Status: Approved}]"), world, link()).decision.outcome is Outcome.DO


@pytest.mark.parametrize(
    ("known", "why", "outside"),
    [
        (
            replace(columns(), display={"Approval State": ("ApprovalState",)}, types={"ApprovalState": "choice"}),
            'the library has no column "ApprovalStatus": the nearest are ApprovalState, Approval State',
            True,
        ),
        (
            replace(columns(), display={"ApprovalStatus": ("A0", "A1")}),
            'two columns are called "ApprovalStatus": write the internal name, A0 or A1',
            True,
        ),
        (
            replace(columns(), unreadable=frozenset({"ApprovalStatus"})),
            'the column "ApprovalStatus" holds a value of a shape that is not understood',
            False,
        ),
    ],
)
def test_a_column_that_cannot_be_read_is_a_hold_that_names_it(known: Columns, why: str, outside: bool) -> None:
    found = run(FLOW, World(columns=known), link())
    assert (found.decision.outcome, found.why) == (Outcome.HOLD, (why,))
    assert found.decision.reasons[0].outside is outside


@pytest.mark.parametrize("column_type", ["dateTime", "dateOnly"])
def test_a_date_column_is_compared_as_the_day_it_is_in_the_zone_of_the_file(column_type: str) -> None:
    chosen = flow(ready="[column: {Until: '2027-06-30'}]")
    shown = Columns({"Until": "2027-06-29T22:00:00Z"}, types={"Until": column_type})
    world = World(columns=shown, versions=(version(1, NOW - minutes(5), Until="2027-06-29T22:00:00Z"),))
    found = run(chosen, world, link())
    assert found.decision.verb is Verb.CREATE
    assert found.decision.used["column.Until"] == "2027-06-30"
    later = replace(world, columns=replace(shown, values={"Until": "2027-06-30T22:00:00Z"}))
    assert run(chosen, later, link()).why == ('Until is "2027-07-01", not "2027-06-30"',)


def test_a_date_column_of_a_folder_is_compared_as_a_day_too() -> None:
    chosen = flow(ready="[folder: {path: '/Campaigns/{campaign}', column: {Ends: '2027-06-30'}}]")
    shown = Columns({"Ends": "2027-06-29T22:00:00Z"}, types={"Ends": "dateTime"})
    assert run(chosen, World(folders={"/Campaigns/Spring": shown}), link()).decision.verb is Verb.CREATE


# --- coverage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "minutes_ago", "seen", "covered_by", "asks_version"),
    [
        # approved last: the newest version holds the present bytes
        ((OK, DRAFT), (5, 60), 60, "2.0", None),
        ((OK, DRAFT), (5, 60), 3, "2.0", None),
        ((OK,), (5,), 60, "1.0", None),
        # approved, then columns were edited, while the ledger had seen the content before the approval
        ((OK, OK, DRAFT), (5, 10, 60), 30, "2.0", None),
        # approved, then something changed that the ledger saw only later: the bytes are compared
        ((OK, OK, DRAFT), (5, 10, 60), 4, "2.0", "2.0"),
        # approved anew: the newest run counts, not the first
        ((OK, DRAFT, OK), (5, 10, 60), 4, "3.0", None),
        ((OK, OK, DRAFT, OK), (3, 5, 10, 60), 4, "3.0", "3.0"),
    ],
)
def test_an_approval_covers_the_content_of_the_version_in_which_it_was_given(
    states: tuple[str, ...], minutes_ago: tuple[float, ...], seen: float, covered_by: str, asks_version: str | None
) -> None:
    world = World(
        versions=history(*states, minutes_ago=minutes_ago),
        version_signatures={asks_version: "signature of A"} if asks_version else {},
    )
    found = run(FLOW, world, link(minutes_ago=seen))
    assert found.decision.verb is Verb.CREATE
    assert found.decision.approval is not None
    assert found.decision.approval.version == covered_by
    assert [need.of for asked in found.asked for need in asked if need.of] == ([asks_version] if asks_version else [])


@shows("changed_after_ready")
def test_content_changed_after_its_approval_is_held_and_says_when_that_was() -> None:
    world = World(
        versions=history(OK, OK, DRAFT, minutes_ago=(5, 10, 60)), version_signatures={"2.0": "signature of B"}
    )
    found = run(FLOW, world, link(minutes_ago=4))
    assert found.decision.outcome is Outcome.HOLD
    assert found.why == ("changed after approval on 2026-11-24 12:50: approve it again",)  # in Vienna
    assert (found.decision.approval, found.decision.gate_open) == (None, True)


def test_content_changed_after_its_approval_waits_quietly_while_people_still_write() -> None:
    world = World(versions=history(OK, OK, minutes_ago=(1, 9)), version_signatures={"1.0": "signature of B"})
    found = run(FLOW, world, link(minutes_ago=1))
    assert (found.decision.outcome, found.decision.approval) == (Outcome.WAIT, None)
    assert found.decision.until == NOW + minutes(1)


@shows("changed_after_ready")
def test_with_accept_later_content_passes_and_no_version_is_read() -> None:
    found = run(ACCEPTING, World(), link(minutes_ago=4))
    assert found.decision.verb is Verb.CREATE
    assert found.kinds == (Kind.COLUMNS, Kind.SIGNATURE)


def test_content_seen_as_size_alone_is_never_taken_for_the_approved_one() -> None:
    nameless = replace(A, quick_xor=None)
    world = World(item=item(content=nameless), versions=history(OK, OK, minutes_ago=(5, 10)))
    assert run(FLOW, world, link(content=nameless, minutes_ago=30)).decision.outcome is Outcome.HOLD


def test_a_quiet_period_alone_or_what_sharepoint_takes_back_itself_needs_no_approval() -> None:
    for ready in ("[unchanged_for: 1m]", "[checked_in: true]", "[content_approval: Approved]"):
        found = run(flow(ready=ready), World(content_approval="Approved"), settled_long_ago(EDIT))
        assert (found.decision.verb, found.decision.approval) == (Verb.ADD_VERSION, None)
        assert Kind.VERSIONS not in found.kinds
    assert run(flow(ready="[unchanged_for: 1m]"), World(), link()).decision.gate_open is None


def test_settled_content_costs_no_call_for_its_approval_again() -> None:
    world = World(versions=history(OK, minutes_ago=(40,)))
    found = run(FLOW, world, settled_link(FLOW, world))
    assert found.decision.outcome is Outcome.NOTHING
    assert found.kinds == (Kind.COLUMNS,)


def test_an_approval_recorded_earlier_gives_way_to_a_newer_one_of_other_content() -> None:
    before = link(minutes_ago=1.5, approval=approval(version_id="1.0"))
    world = World(
        versions=history(OK, OK, DRAFT, OK, minutes_ago=(1, 5, 10, 60)),
        version_signatures={"3.0": "signature of B"},
    )
    assert run(flow(ready="[unchanged_for: 1m, column: {ApprovalStatus: Approved}]"), world, before).why == (
        "changed after approval on 2026-11-24 12:55: approve it again",
    )


# --- gates that no version of the list item can tell of -----------------------------------------------------------

NAMED = "[name: '*_FINAL.*']"
FINAL = "[office: {contentStatus: Final}]"
EITHER = "[any: [name: '*_FINAL.*', column: {ApprovalStatus: Approved}]]"
FOLDER = "[folder: {path: '/Campaigns/{campaign}', column: {Status: Closed}}]"
LEDGER_GATES = (NAMED, FINAL, EITHER, FOLDER, "[not: {name: '*_DRAFT.*'}]")
EDIT = "signature of the edit"
OPEN = World(
    item=item("a_FINAL.docx"),
    office={"contentStatus": "Final"},
    folders={"/Campaigns/Spring": columns(Status="Closed")},
    versions=history(OK, OK, minutes_ago=(5, 60)),
)


def settled_long_ago(signature: str = "signature of A", **members: Any) -> Link:
    return link(LinkState.SETTLED, settled=settled(content=B, signature=signature), **members)


@shows("changed_after_ready")
@pytest.mark.parametrize("ready", LEDGER_GATES)
def test_the_content_for_which_a_gate_first_opens_is_recorded_also_while_it_is_young(ready: str) -> None:
    for young in (link(minutes_ago=1), link()):
        found = run(flow(ready=ready), OPEN, young)
        assert found.decision.approval == Approval("signature of A", None, NOW)
        assert Kind.VERSIONS not in found.kinds


@shows("changed_after_ready")
@pytest.mark.parametrize("ready", LEDGER_GATES)
def test_other_content_behind_a_gate_that_never_closed_is_held(ready: str) -> None:
    edited = replace(OPEN, signature=EDIT)
    for known in (settled_long_ago(approval=approval()), settled_long_ago(), link(approval=approval())):
        decision = run(flow(ready=ready), edited, known).decision
        assert (decision.outcome, decision.reasons[0].rule) == (Outcome.HOLD, "changed_after_ready")
        assert (decision.approval, decision.forgets) == (None, False)


@pytest.mark.parametrize(
    ("ready", "advice"),
    [
        (NAMED, 'give it a name unlike "*_FINAL.*", wait for the status column, name it so again'),
        (FINAL, "set contentStatus to something else, wait for the status column, set Final again"),
        (EITHER, "let a condition of ready fail, wait for the status column, let it hold again"),
        (FOLDER, "close the folder for more than an hour, then open it again"),
    ],
)
def test_the_hold_says_how_the_gate_opens_for_the_new_content(ready: str, advice: str) -> None:
    found = run(flow(ready=ready), replace(OPEN, signature=EDIT), settled_long_ago(approval=approval()))
    assert found.why == (f"changed after it was found ready on 2026-11-24 12:20: {advice}, or accept it as a version",)
    assert found.decision.reasons[0].outside is (ready == FOLDER)  # no change of the file tells that a folder closed


@pytest.mark.parametrize(
    ("ready", "closed"),
    [
        (NAMED, replace(OPEN, item=item("a.docx"))),
        (FINAL, replace(OPEN, office={})),
        (EITHER, replace(OPEN, item=item("a.docx"), columns=columns(ApprovalStatus=DRAFT))),
        (FOLDER, replace(OPEN, folders={"/Campaigns/Spring": columns(Status="Open")})),
    ],
)
def test_a_gate_found_closed_forgets_for_which_content_it_had_opened(ready: str, closed: World) -> None:
    chosen = flow(ready=ready)
    for known in (settled_long_ago(approval=approval()), settled_long_ago(), link(approval=approval())):
        assert run(chosen, closed, known).decision.forgets
    assert not run(chosen, closed, settled_long_ago(gate_closed_for=A)).decision.forgets
    anew = run(chosen, replace(OPEN, signature=EDIT), settled_long_ago(gate_closed_for=A))
    assert anew.decision.verb is Verb.ADD_VERSION
    assert anew.decision.approval == Approval(EDIT, None, NOW)


def test_a_gate_that_opens_again_for_the_settled_content_records_it() -> None:
    found = run(flow(ready=NAMED), OPEN, settled_long_ago(gate_closed_for=A))
    assert found.decision.approval == Approval("signature of A", None, NOW)


@shows("changed_after_ready")
def test_with_accept_later_content_passes_every_gate() -> None:
    found = run(
        flow(ready=NAMED, changed_after_ready="accept"),
        replace(OPEN, signature=EDIT),
        settled_long_ago(approval=approval()),
    )
    assert (found.decision.verb, found.decision.approval) == (Verb.ADD_VERSION, None)


def test_beside_a_column_the_versions_decide_whatever_else_the_gate_asks() -> None:
    chosen = flow(ready="[name: '*_FINAL.*', column: {ApprovalStatus: Approved}]")
    anew = replace(OPEN, signature=EDIT, versions=history(OK, DRAFT, OK, minutes_ago=(5, 6, 60)))
    assert run(chosen, anew, settled_long_ago(approval=approval())).decision.verb is Verb.ADD_VERSION


# --- where versions cannot be read --------------------------------------------------------------------------------

ADVICE = (
    "which content was approved cannot be told, because the versions of this file do not say: "
    "set ApprovalStatus to Draft, wait for the status column, set Approved"
)


@pytest.mark.parametrize(
    "versions", [None, (), history(DRAFT, OK, minutes_ago=(1, 9))], ids=["refused", "none", "behind"]
)
def test_without_versions_only_a_gate_seen_closed_on_this_very_content_counts(
    versions: tuple[ItemVersion, ...] | None,
) -> None:
    world = World(versions=versions)
    assert run(FLOW, world, link()).why == (ADVICE,)
    assert run(FLOW, world, link(gate_closed_for=B)).why == (ADVICE,)
    found = run(FLOW, world, link(gate_closed_for=A))
    assert found.decision.verb is Verb.CREATE
    assert found.decision.approval == Approval("signature of A", None, NOW)


def test_without_versions_an_approval_once_recorded_stays_with_its_content() -> None:
    world = World(versions=None)
    assert run(FLOW, world, link(approval=approval())).decision.approval == approval()
    assert run(FLOW, world, link(approval=approval("signature of B"))).why == (ADVICE,)


# --- the approving values are lost --------------------------------------------------------------------------------


@shows("on_ready_lost")
def test_a_settled_file_whose_gate_closed_still_follows_in_its_fields() -> None:
    chosen = flow(ready=APPROVED, fields="{Title: {from: column.Title}}")
    world = World(columns=columns(ApprovalStatus=OK, Title="Old"), versions=history(OK, minutes_ago=(40,)))
    before = settled_link(chosen, world)
    closed = replace(world, columns=columns(ApprovalStatus=DRAFT, Title="Old"))
    unchanged = run(chosen, closed, before)
    assert unchanged.decision.outcome is Outcome.NOTHING
    why = ("approval taken back: what CELUM has stays", 'ApprovalStatus is "Draft", not "Approved"')
    assert (unchanged.decision.gate_open, unchanged.why) == (False, why)
    retitled = run(chosen, replace(closed, columns=columns(ApprovalStatus=DRAFT, Title="New")), before)
    assert retitled.decision.verb is Verb.UPDATE


def test_a_settled_file_whose_gate_closed_takes_no_new_content() -> None:
    world = World(versions=history(OK, minutes_ago=(40,)))
    before = replace(settled_link(FLOW, world), content=B)
    edited = World(item=item(content=B), columns=columns(ApprovalStatus=DRAFT), signature="signature of B")
    found = run(FLOW, edited, before)
    assert (found.decision.outcome, found.decision.until) == (Outcome.WAIT, None)
    assert found.kinds == (Kind.COLUMNS, Kind.SIGNATURE)
    rewritten = replace(edited, signature="signature of A")  # the server rewrote the package, nobody edited it
    assert run(FLOW, rewritten, before).decision.outcome is Outcome.NOTHING


def test_the_person_who_approved_is_kept_by_directory_id() -> None:
    found = run(FLOW, World(versions=(version(3, NOW - minutes(9), by=ANNA, ApprovalStatus=OK),)), link())
    assert found.decision.approval is not None
    assert found.decision.approval.by == "anna-id"
