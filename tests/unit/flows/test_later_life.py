"""What follows when a file was approved, settled, changed, moved or deleted, as far as the flow has a say in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.decisions import FieldWish, Outcome, Verb
from shared.domain.facts import Kind
from shared.domain.items import Item
from shared.domain.links import DELETED, RETURNED, LinkState
from shared.domain.transfers import Step, Transfer
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

TO = "celum: dam, asset_type: Master"
GIVEN_AND_EDITED = (
    version(2, NOW - minutes(4), ApprovalStatus="Approved"),
    version(1, NOW - minutes(9), ApprovalStatus="Approved"),
)
EDITED = World(versions=GIVEN_AND_EDITED, version_signatures={"1.0": "signature of B"})
GIVEN = World(versions=(version(1, NOW - minutes(9), ApprovalStatus="Approved"),))
DRAFT = columns(ApprovalStatus="Draft")


# --- changed_after_ready: reset -----------------------------------------------------------------------------------

RESET = flow(ready=APPROVED, changed_after_ready="{reset: {ApprovalStatus: Draft}}")


@shows("changed_after_ready.reset")
def test_with_reset_the_approval_of_other_content_is_taken_back() -> None:
    decision = run(RESET, EDITED, link(minutes_ago=5)).decision
    assert (decision.outcome, decision.verb, decision.columns) == (Outcome.DO, Verb.RESET, {"ApprovalStatus": "Draft"})
    assert (decision.wish, decision.approval, decision.gate_open) == (None, None, True)
    assert decision.reasons[0].text.startswith("changed after approval")


def test_with_reset_a_file_that_is_still_being_written_is_left_alone() -> None:
    assert run(RESET, EDITED, link(minutes_ago=1)).decision.outcome is Outcome.WAIT


def test_with_reset_nothing_is_taken_back_while_nobody_can_tell_what_was_approved() -> None:
    assert run(RESET, World(versions=None), link()).decision.outcome is Outcome.HOLD


@shows("changed_after_ready.reset")
@pytest.mark.parametrize(
    ("ready", "reset"),
    [
        ("[not: {column: {ApprovalStatus: Draft}}]", "{ApprovalStatus: Draft}"),
        (
            "[any: [column: {ApprovalStatus: Approved}, column: {UsageRights: ok}]]",
            "{ApprovalStatus: Draft, UsageRights: none}",
        ),
        ("[column: {ApprovalStatus: Approved}, name: '*']", "{ApprovalStatus: Draft}"),
    ],
)
def test_reset_may_write_whatever_surely_closes_the_gate(ready: str, reset: str) -> None:
    chosen = flow(ready=ready, changed_after_ready=f"{{reset: {reset}}}")
    assert chosen.reset["ApprovalStatus"] == "Draft"


def test_with_reset_an_approval_that_was_taken_back_and_still_stands_is_held_not_taken_back_again() -> None:
    stubborn = replace(RESET, reset={"ApprovalStatus": "Approved"})
    found = run(stubborn, EDITED, link(minutes_ago=4))
    assert (found.decision.outcome, found.decision.verb) == (Outcome.HOLD, None)
    assert found.decision.reasons[0].rule == "changed_after_ready"


def test_with_reset_approved_content_passes() -> None:
    assert run(RESET, GIVEN, link()).decision.verb is Verb.CREATE


# --- on_ready_lost ------------------------------------------------------------------------------------------------


@shows("on_ready_lost")
def test_on_ready_lost_hold_holds_a_settled_file_and_no_other() -> None:
    chosen = flow(ready=APPROVED, on_ready_lost="hold")
    before = settled_link(chosen, GIVEN)
    lost = replace(GIVEN, columns=DRAFT)
    found = run(chosen, lost, before)
    assert (found.decision.outcome, found.why) == (Outcome.HOLD, ('ApprovalStatus is "Draft", not "Approved"',))
    assert run(chosen, lost, link()).decision.outcome is Outcome.WAIT
    assert run(chosen, GIVEN, replace(before, state=LinkState.HELD)).decision.outcome is Outcome.NOTHING


@shows("on_ready_lost")
def test_on_ready_lost_unavailable_takes_the_asset_out_of_use_once_and_back_into_it() -> None:
    chosen = flow(ready=APPROVED, on_ready_lost="unavailable", fields="{Title: {from: column.Title}}")
    before = settled_link(chosen, GIVEN)
    lost = replace(GIVEN, columns=DRAFT)
    decision = run(chosen, lost, before).decision
    assert decision.verb is Verb.UPDATE
    assert decision.wish is not None
    assert decision.wish.unavailable
    assert before.settled is not None
    after = replace(before, settled=replace(before.settled, facts_hash=decision.facts_hash))
    assert run(chosen, lost, after).decision.outcome is Outcome.NOTHING
    again = run(chosen, GIVEN, after).decision
    assert again.verb is Verb.UPDATE
    assert again.wish is not None
    assert not again.wish.unavailable


def test_on_ready_lost_unavailable_moves_no_bytes_of_an_edit() -> None:
    chosen = flow(ready=APPROVED, on_ready_lost="unavailable")
    before = replace(settled_link(chosen, GIVEN), content=B)
    edited = World(item=item(content=B), columns=DRAFT, signature="signature of B")
    decision = run(chosen, edited, before).decision
    assert (decision.verb, decision.signature) == (Verb.UPDATE, "signature of A")


@pytest.mark.parametrize("on_ready_lost", ["hold", "unavailable"])
def test_a_file_that_is_being_written_is_left_alone_also_when_its_approval_is_lost(on_ready_lost: str) -> None:
    chosen = flow(ready=APPROVED, on_ready_lost=on_ready_lost)
    before = replace(settled_link(chosen, GIVEN), content=B, seen_at=NOW - minutes(1))
    decision = run(chosen, World(item=item(content=B), columns=DRAFT), before).decision
    assert (decision.outcome, decision.until) == (Outcome.WAIT, NOW + minutes(1))


def test_an_asset_goes_out_of_use_also_where_its_fields_cannot_be_had() -> None:
    chosen = flow(ready=APPROVED, on_ready_lost="unavailable", fields="{Rights: {from: column.Rights, required: true}}")
    given = replace(GIVEN, columns=columns(ApprovalStatus="Approved", Rights="x"))
    decision = run(chosen, replace(given, columns=DRAFT), settled_link(chosen, given)).decision
    assert (decision.outcome, decision.unavailable) == (Outcome.HOLD, True)


# --- on_source_deleted --------------------------------------------------------------------------------------------


@shows("on_source_deleted")
@pytest.mark.parametrize("gone", [item(deleted=True), item(path="/Elsewhere/a.pptx")], ids=["deleted", "moved away"])
@pytest.mark.parametrize(
    ("on_source_deleted", "outcome", "unavailable"),
    [("keep", Outcome.DO, False), ("unavailable", Outcome.DO, True), ("hold", Outcome.HOLD, False)],
)
def test_what_happens_when_the_source_is_gone(
    on_source_deleted: str, outcome: Outcome, unavailable: bool, gone: Item
) -> None:
    chosen = flow(on_source_deleted=on_source_deleted)
    before = settled_link(chosen, World())
    decision = run(chosen, World(item=gone), before).decision
    assert (decision.outcome, decision.unavailable) == (outcome, unavailable)
    never_settled = run(chosen, World(item=gone), link()).decision
    assert (never_settled.verb, never_settled.unavailable) == (Verb.CLOSE, False)


# --- after --------------------------------------------------------------------------------------------------------


@shows("after", "after.move_to")
def test_after_says_where_the_file_goes_and_is_no_part_of_the_facts() -> None:
    moving = flow(after="{move_to: '/Done/{campaign}/{column.Brand}'}")
    world = World(columns=columns(Brand="Acme"))
    decision = run(moving, world, link()).decision
    assert decision.wish is not None
    assert (decision.wish.move_to, decision.wish.delete) == ("/Done/Spring/Acme", False)
    deleting = run(flow(after="delete"), world, link()).decision
    assert deleting.wish is not None
    assert (deleting.wish.move_to, deleting.wish.delete) == (None, True)
    assert decision.facts_hash == deleting.facts_hash


def test_a_place_that_cannot_be_named_is_held_before_anything_moves() -> None:
    found = run(flow(after="{move_to: '/Done/{column.Brand}'}"), World(columns=columns(Brand="a/b")), link())
    assert found.why == ('column.Brand is "a/b", which cannot be part of a path',)


@pytest.mark.parametrize(
    ("brand", "why"),
    [
        ("a:b*?", "OneDrive takes no : in names"),
        ("CON", 'OneDrive keeps the name "CON" to itself'),
        ("Acme.", 'OneDrive takes no name that ends with "."'),
    ],
)
def test_a_place_that_onedrive_does_not_take_is_held_with_its_source_and_value(brand: str, why: str) -> None:
    found = run(flow(after="{move_to: '/Done/{column.Brand}'}"), World(columns=columns(Brand=brand)), link())
    assert found.why == (f'the file cannot go to "/Done/{brand}": {why} (column.Brand is "{brand}")',)


@pytest.mark.parametrize(
    ("finished", "present", "outcome"),
    [
        ("/Done/a.pptx", item(path="/Done/a.pptx"), Outcome.IGNORE),
        (DELETED, item(deleted=True), Outcome.IGNORE),
        ("/Done/a.pptx", item(path="/Elsewhere/a.pptx"), Outcome.IGNORE),  # a person moved it on
        ("/Done/a.pptx", item(deleted=True), Outcome.IGNORE),  # a person deleted it there
        (DELETED, item(path="/Elsewhere/a.pptx"), Outcome.IGNORE),
        (RETURNED, item(path="/Done/a.pptx"), Outcome.DO),  # a person brought it back before
        (RETURNED, item(deleted=True), Outcome.DO),
    ],
)
def test_what_the_flow_itself_moved_or_deleted_is_not_taken_for_gone(
    finished: str, present: Item, outcome: Outcome
) -> None:
    chosen = flow(after="delete")
    before = replace(settled_link(chosen, World()), finished=finished)
    assert run(chosen, World(item=present), before).decision.outcome is outcome


def test_a_file_that_is_only_promised_to_be_put_away_may_still_be_taken_away_by_a_person() -> None:
    chosen = flow(after="delete")
    finishing = Transfer("t1", Verb.FINISH, Step.PREPARE, "", "", NOW)
    before = replace(settled_link(chosen, World()), finished="/Done/a.pptx", transfer=finishing)
    assert run(chosen, World(item=item(path="/Done/a.pptx")), before).decision.outcome is Outcome.IGNORE
    assert run(chosen, World(item=item(deleted=True)), before).decision.outcome is Outcome.DO


# --- identity, on_existing ----------------------------------------------------------------------------------------


@shows("identity")
def test_identity_by_fields_reads_its_values_for_a_file_without_an_asset() -> None:
    chosen = flow(
        identity="[link, checksum, {SKU: name.sku}, {Order: [column.Order]}, {Empty: column.Empty}]",
        accept="{name: '{sku}_*'}",
    )
    assert [way if isinstance(way, str) else way.label for way in chosen.identity] == [
        "link",
        "checksum",
        "SKU",
        "Order",
        "Empty",
    ]
    world = World(item=item("4711_front.jpg"), columns=columns(Order="12"))
    decision = run(chosen, world, link()).decision
    assert decision.wish is not None
    assert decision.wish.matches == (FieldWish("SKU", "4711"), FieldWish("Order", "12"))
    settled = run(chosen, replace(world, item=item("4711_back.jpg")), settled_link(chosen, world))
    assert settled.decision.wish is not None
    assert settled.decision.wish.matches == ()
    assert Kind.COLUMNS not in settled.kinds


@shows("on_existing.new_content")
@pytest.mark.parametrize(
    ("new_content", "outcome", "verb"),
    [
        ("add_version", Outcome.DO, Verb.ADD_VERSION),
        ("create", Outcome.DO, Verb.CREATE),
        ("hold", Outcome.HOLD, None),
    ],
)
def test_new_content_of_a_settled_file_does_what_the_flow_says(
    new_content: str, outcome: Outcome, verb: Verb | None
) -> None:
    chosen = flow(on_existing=f"{{new_content: {new_content}}}")
    before = replace(settled_link(chosen, World()), content=B)
    decision = run(chosen, World(item=item(content=B), signature="signature of B"), before).decision
    assert (decision.outcome, decision.verb) == (outcome, verb)
    unedited = run(chosen, World(item=item(content=A)), replace(before, content=A)).decision
    assert unedited.outcome is Outcome.NOTHING


@pytest.mark.parametrize("same_content", ["link", "update_fields", "hold"])
def test_what_happens_with_an_asset_of_the_same_content_is_left_to_who_finds_it(same_content: str) -> None:
    chosen = flow(on_existing=f"{{same_content: {same_content}}}")
    assert chosen.on_existing.same_content == same_content
    assert run(chosen, World(), link()).decision.verb is Verb.CREATE


def test_a_missing_root_collection_is_made_of_the_type_that_the_flow_names() -> None:
    chosen = flow(to=f"{{{TO}, collection: /C, create_collections: true, collection_type: Campaign}}")
    wish = run(chosen, World(), link()).decision.wish
    assert wish is not None
    assert (wish.create_collections, wish.collection_type) == (True, "Campaign")
