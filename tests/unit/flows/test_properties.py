"""Whatever the systems answer: the loop of needs ends, decide answers, and the laws hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.decisions import Approval, Decision, Outcome, Verb
from shared.domain.items import Columns, Content, ItemVersion, Person, Value
from shared.domain.links import Link, LinkState
from shared.flows import IngestFlow
from tests.unit.flows.support import NOW, A, World, flow, item, link, run, settled

FLOWS = [
    flow(
        ready="[unchanged_for: 2m, column: {ApprovalStatus: Approved}, not: {column: {Stage: Rework}}]",
        accept="{types: [document, image], max_size: 1MB, min_pixels: 100}",
        to="{celum: dam, collection: '/{campaign}/{column.Brand}', asset_type: M, intake: /I, "
        "name: [column.Title, office.title, file.stem]}",
        fields="{Title: {from: [column.Title, office.title]}, Market: {from: column.Market, table: markets}, "
        "Many: {from: column.Many, split: ','}, Until: {from: column.Until, type: date}, "
        "Keep: {from: [column.Until, run.date], add: 7y}, Rights: {from: column.Rights, required: true}}",
        availability="{from: column.Start, until: column.Until}",
        columns="{State: run.status}",
    ),
    flow(
        ready="[unchanged_for: 0, any: [column: {ApprovalStatus: Approved}, office: {contentStatus: Final}]]",
        fields="{Title: {from: column.Title}}",
    ),
    flow(
        ready="[unchanged_for: 1h, column: {ApprovalStatus: Approved}]",
        changed_after_ready="accept",
        fields="{Name: {from: [file.created, file.size, run.year]}}",
    ),
    flow(),
    flow(
        ready="[unchanged_for: 2m, column: {ApprovalStatus: Approved}, checked_in: true, content_approval: Approved, "
        "folder: {path: '/Campaigns/{campaign}', column: {Stage: Open}}]",
        changed_after_ready="{reset: {ApprovalStatus: Draft}}",
        on_ready_lost="unavailable",
        on_source_deleted="unavailable",
        after="{move_to: '/Done/{campaign}/{column.Brand}'}",
        identity="[link, SKU: embedded.title, SKU 2: column.Title]",
        fields="{Title: {from: embedded.title}}",
    ),
    flow(
        ready="[unchanged_for: 0, column: {ApprovalStatus: Approved}, "
        "collection: {path: '/{campaign}', field: {Stage: Open}}]",
        changed_after_ready="{reset: {ApprovalStatus: Draft}}",
        on_ready_lost="hold",
        on_source_deleted="hold",
        on_existing="{new_content: create}",
        after="delete",
    ),
]

GOOD_ROW: dict[str, Value] = {
    "ApprovalStatus": "Approved",
    "Stage": "",
    "Title": "Launch",
    "Market": "NO",
    "Many": "a,b",
    "Until": "2026-11-24",
    "Start": "2026-11-23T23:00:00Z",
    "Rights": "Worldwide",
    "Brand": "Acme",
}


def mostly[T](usual: T, *rare: T) -> st.SearchStrategy[T]:
    return st.sampled_from([*[usual] * 9, *rare])


times = st.datetimes(
    datetime(2026, 11, 23),  # noqa: DTZ001  # Hypothesis adds the zone
    datetime(2026, 11, 25),  # noqa: DTZ001
    timezones=st.just(UTC),
)
contents = st.sampled_from([A, Content(100, "hash of B"), Content(100, None), Content(7, None)])
signatures = st.sampled_from(["signature of A", "signature of B"])
texts = st.one_of(
    st.sampled_from(
        [
            "Approved",
            "Draft",
            "Rework",
            "NO",
            "NO,DE",
            "2026-11-24",
            "2026-11-23T23:00:00Z",
            "9999-12-31",
            "",
            " ",
            "a/b",
        ]
    ),
    st.text(max_size=8),
)
values = st.one_of(texts, st.lists(texts, max_size=3).map(tuple))
wild_rows = st.dictionaries(st.sampled_from(list(GOOD_ROW)), values, max_size=9)
rows = st.one_of(st.just(GOOD_ROW), wild_rows.map(lambda row: GOOD_ROW | dict(list(row.items())[:2])), wild_rows)
people = st.sampled_from([None, Person("anna-id"), Person("app", is_application=True)])
column_sets = st.builds(
    Columns,
    values=rows,
    display=st.sampled_from([{}, {"Title": ("A", "B")}, {"Approval status": ("ApprovalStatus",)}]),
    types=st.dictionaries(
        st.sampled_from(list(GOOD_ROW)), st.sampled_from(["dateOnly", "dateTime", "text"]), max_size=9
    ),
    unreadable=st.sampled_from([*[frozenset[str]()] * 4, frozenset({"Title"}), frozenset({"ApprovalStatus"})]),
)
histories = st.one_of(
    st.none(),
    st.lists(st.tuples(times, people, rows), max_size=4).map(
        lambda listed: tuple(
            ItemVersion(f"{len(listed) - index}.0", at, by, row)
            for index, (at, by, row) in enumerate(sorted(listed, key=lambda entry: entry[0], reverse=True))
        )
    ),
)
items = st.builds(
    item,
    name=mostly("Launch.pptx", "a.jpg", "x.tmp", "b.docx"),
    content=mostly(A, Content(100, "hash of B"), Content(100, None), None),
    etag=st.sampled_from([None, "etag", "other"]),
    path=mostly("/Campaigns/Spring/Approved/a", "/Campaigns/..a/Approved/b", "/Elsewhere/a", None),
    deleted=mostly(False, True),
    malware=mostly(False, True),
    pixels=mostly((200, 10), (10, 10), None),
    created=st.one_of(st.none(), times),
)
approvals = st.one_of(st.none(), st.builds(Approval, signatures, st.sampled_from(["1.0", "2.0", None]), times))
settlements = st.one_of(st.none(), st.builds(settled, contents, signatures, st.sampled_from(["", "hash"])))
some_links = st.builds(
    link,
    mostly(LinkState.SEEN, *LinkState),
    content=mostly(A, Content(100, "hash of B"), Content(100, None), None),
    seen_at=st.one_of(st.just(NOW - timedelta(hours=3)), times, st.none()),
    gate_closed_for=st.one_of(st.none(), contents),
    approval=approvals,
    settled=settlements,
    receipt=st.sampled_from([None, "etag"]),
    path=st.sampled_from([None, "/Campaigns/Spring/Approved/a"]),
    run_date=st.sampled_from([None, "2020-02-29"]),
)
links = st.one_of(some_links, some_links, some_links, st.none())
wild_worlds = st.builds(
    World,
    item=items,
    columns=column_sets,
    signature=signatures,
    versions=histories,
    version_signatures=st.dictionaries(st.sampled_from(["1.0", "2.0", "3.0"]), signatures),
    office=st.dictionaries(st.sampled_from(["title", "contentStatus"]), texts),
    embedded=st.dictionaries(st.sampled_from(["title"]), values),
    pixels=st.sampled_from([(0, 0), (200, 10), (10, 10)]),
    checked_in=mostly(True, False),
    content_approval=mostly("Approved", "", "Pending"),
    folders=mostly({"/Campaigns/Spring": Columns({"Stage": "Open"})}, {}),
    collections=mostly({"/Spring": {"Stage": "Open"}}, {"/Spring": {}}, {}),
    now=st.one_of(st.just(NOW), times),
    time_scale=st.sampled_from([1, 60]),
)

APPROVED_LONG_AGO = ItemVersion("1.0", NOW - timedelta(hours=5), Person("anna-id"), GOOD_ROW)
tame_worlds = st.builds(
    World,
    item=st.builds(item, content=contents, deleted=mostly(False, True)),
    columns=st.sampled_from([Columns(GOOD_ROW), Columns(GOOD_ROW), Columns({**GOOD_ROW, "ApprovalStatus": "Draft"})]),
    signature=signatures,
    versions=st.sampled_from(
        [(APPROVED_LONG_AGO,), (replace(APPROVED_LONG_AGO, id="2.0", modified=NOW), APPROVED_LONG_AGO)]
    ),
    version_signatures=st.builds(dict, st.tuples(st.tuples(st.just("1.0"), signatures))),
    content_approval=st.just("Approved"),
    folders=st.just({"/Campaigns/Spring": Columns({"Stage": "Open"})}),
    collections=st.just({"/Spring": {"Stage": "Open"}}),
)  # little is wrong here, so that much happens
tame_links = st.builds(
    link,
    mostly(LinkState.SEEN, LinkState.SETTLED, LinkState.HELD),
    content=contents,
    seen_at=st.sampled_from([NOW - timedelta(hours=3), NOW]),
    approval=approvals,
    settled=settlements,
)
worlds = st.one_of(wild_worlds, tame_worlds)


@given(chosen=st.sampled_from(FLOWS), world=worlds, before=links)
@settings(max_examples=200, deadline=None)
def test_the_loop_ends_and_every_decision_is_whole(chosen: IngestFlow, world: World, before: Link | None) -> None:
    found = run(chosen, world, before)  # asserts that it ends, and that decide never raises
    decision = found.decision
    assert decision == run(chosen, world, before).decision
    assert (decision.verb is not None) == (decision.outcome is Outcome.DO)
    if decision.outcome in {Outcome.HOLD, Outcome.WAIT, Outcome.IGNORE}:
        assert decision.reasons
    if decision.verb is Verb.RESET:
        assert decision.columns
        assert decision.gate_open is True
    elif decision.outcome is Outcome.DO and decision.verb is not Verb.CLOSE:
        assert decision.wish is not None
        assert decision.signature
        assert decision.facts_hash
    if decision.until is not None:
        assert decision.until > world.now


@given(chosen=st.sampled_from(FLOWS), world=worlds, before=links)
@settings(max_examples=150, deadline=None)
def test_once_settled_the_same_facts_need_nothing(chosen: IngestFlow, world: World, before: Link | None) -> None:
    decision = run(chosen, world, before).decision
    if decision.outcome is Outcome.DO and decision.verb not in {Verb.CLOSE, Verb.RESET}:
        after = as_settled(decision, world, before)
        again = run(chosen, replace(world, item=replace(world.item, etag="after our write")), after)
        assert again.decision.outcome is Outcome.NOTHING, again.why


@given(chosen=st.sampled_from([FLOWS[0], *FLOWS[4:]]), world=worlds, before=links)
@settings(max_examples=200, deadline=None)
def test_bytes_move_only_while_the_approving_values_hold(chosen: IngestFlow, world: World, before: Link | None) -> None:
    decision = run(chosen, world, before).decision
    if decision.verb in {Verb.CREATE, Verb.ADD_VERSION}:
        assert decision.gate_open is True
        assert decision.approval is not None
        assert decision.approval.signature == decision.signature


def as_settled(decision: Decision, world: World, before: Link | None) -> Link:
    """The link as the engine leaves it: seen, settled, approval and run date recorded."""
    day = (before.run_date if before else None) or world.now.astimezone(FLOWS[0].time_zone).date().isoformat()
    assert world.item.content is not None
    return replace(
        before or link(),
        state=LinkState.SETTLED,
        content=world.item.content,
        seen_at=world.now - timedelta(hours=2),
        approval=decision.approval,
        settled=settled(world.item.content, decision.signature or "", decision.facts_hash),
        run_date=day,
    )


def test_the_worlds_reach_every_outcome() -> None:
    """Laws about decisions that never come up would prove nothing. (NOTHING comes up in the law above.)"""
    reached: set[object] = set()

    @given(chosen=st.sampled_from(FLOWS), world=st.one_of(tame_worlds, tame_worlds, wild_worlds), before=tame_links)
    @settings(max_examples=1200, deadline=None, derandomize=True, database=None)
    def explore(chosen: IngestFlow, world: World, before: Link | None) -> None:
        decision = run(chosen, world, before).decision
        reached.update(filter(None, (decision.outcome, decision.verb)))

    explore()
    # IGNORE is rare among these worlds, and which are drawn depends on what else is loaded; it has tests of its own.
    # FINISH is what the engine makes of NOTHING while the flow's `after` is owed.
    assert reached >= {*Outcome, *Verb} - {Outcome.NOTHING, Outcome.IGNORE, Verb.FINISH}
