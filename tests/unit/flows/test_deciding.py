"""Selection, the start of a flow, and what follows from what already settled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.decisions import Outcome, Verb
from shared.domain.facts import Facts, Kind
from shared.domain.items import Item
from shared.domain.links import Link, LinkState
from shared.flows import decide, needs
from tests.unit.flows.covering import shows
from tests.unit.flows.support import (
    APPROVED,
    NOW,
    A,
    B,
    World,
    columns,
    flow,
    item,
    link,
    minutes,
    run,
    settled_link,
    version,
)

PLAIN = flow()
TITLED = flow(fields="{Title: {from: column.Title}}")


# --- selection ----------------------------------------------------------------------------------------------------


@shows("on_source_deleted")
@pytest.mark.parametrize(
    "state", [LinkState.SEEN, LinkState.HELD, LinkState.SETTLED, LinkState.FAILED], ids=lambda state: state
)
@pytest.mark.parametrize(
    ("gone", "why"),
    [
        (item(deleted=True, path=None, content=None), "the file was deleted"),
        (item(path="/Elsewhere/Launch.pptx"), "the file no longer matches from"),
        (item("x.tmp"), "the file no longer matches from"),
    ],
    ids=["deleted", "moved away", "renamed to an ignored name"],
)
def test_a_linked_file_that_is_gone_closes_its_link(state: LinkState, gone: Item, why: str) -> None:
    found = run(PLAIN, World(item=gone), link(state))
    assert (found.decision.outcome, found.decision.verb) == (Outcome.DO, Verb.CLOSE)
    assert (found.why, found.asked) == ((why,), ())


@pytest.mark.parametrize(
    "before", [None, link(LinkState.BEFORE), link(LinkState.CLOSED)], ids=["none", "before", "closed"]
)
def test_a_file_that_is_gone_is_ignored_where_nothing_hangs_on_it(before: Link | None) -> None:
    assert run(PLAIN, World(item=item(deleted=True)), before).decision.outcome is Outcome.IGNORE


def test_a_linked_file_whose_place_is_unknown_is_not_taken_for_gone() -> None:
    assert run(PLAIN, World(item=item(path=None)), link()).decision.outcome is Outcome.WAIT
    assert run(PLAIN, World(item=item(path=None)), None).decision.outcome is Outcome.IGNORE


@shows("mode")
@pytest.mark.parametrize(("mode", "outcome"), [("on", Outcome.DO), ("observe", Outcome.DO), ("off", Outcome.IGNORE)])
def test_observe_decides_and_off_ignores(mode: str, outcome: Outcome) -> None:
    assert run(flow(mode=mode), World(), link()).decision.outcome is outcome


def test_off_ignores_also_what_is_gone() -> None:
    assert run(flow(mode="off"), World(item=item(deleted=True)), link()).decision.outcome is Outcome.IGNORE


def test_malware_is_held_and_nothing_is_read() -> None:
    found = run(PLAIN, World(item=item(malware=True)), link())
    assert (found.decision.outcome, found.asked) == (Outcome.HOLD, ())


def test_a_file_whose_content_is_not_named_yet_is_looked_at_again() -> None:
    found = run(PLAIN, World(item=item(content=None)), link())
    assert (found.decision.outcome, found.decision.until) == (Outcome.WAIT, NOW + minutes(1))


def test_the_generation_of_the_flow_file_is_kept_with_the_decision() -> None:
    assert decide(PLAIN, Facts(NOW, item()), None, generation=7).generation == 7


def test_deciding_without_the_facts_it_needs_is_a_mistake_of_the_caller() -> None:
    facts = Facts(NOW, item())
    assert needs(PLAIN, facts, link())
    with pytest.raises(AssertionError, match="decide was asked without these facts: signature"):
        decide(PLAIN, facts, link())


# --- start: new ---------------------------------------------------------------------------------------------------

READING = flow(ready="[unchanged_for: 0, column: {ApprovalStatus: Approved}]")
BASELINE = link(LinkState.BEFORE, receipt="old etag", path="/Campaigns/Spring/Approved/Launch.pptx")
DRAFT = version(1, NOW - minutes(90), ApprovalStatus="Draft")
APPROVED_BEFORE = version(1, NOW - minutes(90), ApprovalStatus="Approved")


@shows("start")
def test_what_was_there_before_is_left_alone_while_its_etag_stands() -> None:
    found = run(READING, World(), replace(BASELINE, receipt="etag"))
    assert (found.decision.outcome, found.asked) == (Outcome.IGNORE, ())


def test_a_change_of_a_column_that_the_flow_does_not_read_leaves_it_alone() -> None:
    other = version(2, NOW, ApprovalStatus="Approved", Colour="red")
    found = run(READING, World(versions=(other, APPROVED_BEFORE)), BASELINE)
    assert found.decision.outcome is Outcome.IGNORE
    assert found.kinds == (Kind.COLUMNS, Kind.VERSIONS)
    assert run(PLAIN, World(), BASELINE).asked == ()  # a flow that reads no column asks for none


@shows("start")
def test_an_approval_given_after_the_start_takes_the_file_in() -> None:
    given = version(2, NOW - minutes(1), ApprovalStatus="Approved")
    assert run(READING, World(versions=(given, DRAFT)), BASELINE).decision.verb is Verb.CREATE


@pytest.mark.parametrize(
    ("present", "before"),
    [
        (item(content=B), BASELINE),
        (item("Renamed.pptx"), BASELINE),
    ],
    ids=["other content", "renamed"],
)
def test_other_content_or_another_place_ends_the_baseline(present: Item, before: Link) -> None:
    found = run(READING, World(item=present, versions=(APPROVED_BEFORE,)), before)
    assert found.decision.outcome is Outcome.DO


def test_a_baseline_taken_before_onedrive_named_the_content_goes_by_its_size() -> None:
    nameless = replace(BASELINE, content=replace(A, quick_xor=None), receipt="etag")
    assert run(READING, World(), nameless).decision.outcome is Outcome.IGNORE
    grown = World(item=item(content=replace(A, size=101)), versions=(APPROVED_BEFORE,))
    assert run(READING, grown, nameless).decision.outcome is Outcome.DO


def test_where_versions_cannot_be_read_a_moved_etag_counts_as_a_change() -> None:
    assert run(READING, World(versions=None), BASELINE).decision.outcome is Outcome.HOLD


# --- what already settled -----------------------------------------------------------------------------------------


@shows("to.asset_type")
def test_a_first_sight_creates_and_says_everything_that_it_wants() -> None:
    found = run(TITLED, World(columns=columns(Title="Launch")), link())
    assert found.decision.verb is Verb.CREATE
    assert found.decision.wish is not None
    assert (found.decision.wish.collection, found.decision.wish.asset_type) == ("/Campaigns/Spring", "Master")
    assert (found.decision.wish.name, found.decision.wish.filename) == ("Launch", "Launch.pptx")
    assert found.decision.used == {"path.campaign": "Spring", "file.stem": "Launch", "column.Title": "Launch"}
    assert found.kinds == (Kind.COLUMNS, Kind.SIGNATURE)


@pytest.mark.parametrize(
    ("change", "verb", "asked"),
    [
        ({"etag": "other"}, None, (Kind.COLUMNS,)),  # our own echo, or a change that no rule reads
        ({"modified": NOW}, None, (Kind.COLUMNS,)),
        ({"name": "New.pptx", "path": "/Campaigns/Spring/Approved/New.pptx"}, Verb.UPDATE, (Kind.COLUMNS,)),
        ({"path": "/Campaigns/Summer/Approved/Launch.pptx"}, Verb.UPDATE, (Kind.COLUMNS,)),
        ({"content": B}, Verb.ADD_VERSION, (Kind.COLUMNS, Kind.SIGNATURE)),
    ],
)
def test_what_changed_decides_what_is_done(change: dict[str, Any], verb: Verb | None, asked: tuple[Kind, ...]) -> None:
    world = World(columns=columns(Title="Launch"))
    present = item(**change)
    before = replace(settled_link(TITLED, world), content=present.content)
    found = run(TITLED, replace(world, item=present, signature="signature of B"), before)
    assert found.decision.outcome is (Outcome.DO if verb else Outcome.NOTHING)
    assert (found.decision.verb, found.kinds) == (verb, asked)


def test_a_changed_field_updates_without_moving_bytes() -> None:
    world = World(columns=columns(Title="Old"))
    found = run(TITLED, replace(world, columns=columns(Title="New")), settled_link(TITLED, world))
    assert (found.decision.verb, found.kinds) == (Verb.UPDATE, (Kind.COLUMNS,))


def test_a_package_that_only_the_server_rewrote_is_the_same_content() -> None:
    world = World()
    before = replace(settled_link(PLAIN, world), content=B)
    found = run(PLAIN, replace(world, item=item(content=B)), before)
    assert (found.decision.outcome, found.kinds) == (Outcome.NOTHING, (Kind.SIGNATURE,))


def test_equal_sizes_without_a_hash_prove_nothing() -> None:
    nameless = World(item=item(content=replace(A, quick_xor=None)))
    found = run(PLAIN, nameless, settled_link(PLAIN, nameless))
    assert (found.decision.outcome, found.kinds) == (Outcome.NOTHING, (Kind.SIGNATURE,))


def test_a_restored_file_opens_its_closed_link_again() -> None:
    closed = replace(settled_link(PLAIN, World()), state=LinkState.CLOSED)
    assert run(PLAIN, World(), closed).decision.verb is Verb.UPDATE


def test_a_hold_is_never_sticky() -> None:
    chosen = flow(ready=APPROVED, fields="{Rights: {from: column.Rights, required: true}}")
    approving = (version(1, NOW - minutes(5), ApprovalStatus="Approved"),)
    held = run(chosen, World(versions=approving), link())
    assert (held.decision.outcome, held.why) == (Outcome.HOLD, ("Rights is empty (column.Rights)",))
    assert held.decision.approval is not None
    mended = World(versions=approving, columns=columns(ApprovalStatus="Approved", Rights="Worldwide"))
    before = link(LinkState.HELD, approval=held.decision.approval, reasons=held.decision.reasons)
    assert run(chosen, mended, before).decision.verb is Verb.CREATE


def test_the_hash_of_the_facts_is_that_of_the_wish_alone() -> None:
    def hashed(**change: Any) -> str:
        return run(TITLED, World(item=item(**change), columns=columns(Title="Launch")), link()).decision.facts_hash

    assert hashed() == hashed(etag="x", modified=NOW, web_url="https://example.com") == hashed(name="Launch.pdf")
    assert hashed() != hashed(path="/Campaigns/Summer/Approved/Launch.pptx")
