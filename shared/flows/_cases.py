"""The cases of `flows.test.yaml`: a file as a person describes it, what the flow decides, and where that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain import (
    AssetId,
    Columns,
    Content,
    Decision,
    DriveId,
    Facts,
    Item,
    ItemId,
    ItemVersion,
    Link,
    LinkState,
    Person,
    Settled,
    Value,
    VersionId,
    Wish,
    link_key,
)
from shared.flows._deciding import decide
from shared.flows._model import IngestFlow
from shared.flows._nodes import Place
from shared.flows._reading import as_text
from shared.flows._selection import selects
from shared.flows._units import duration_text

SIZE = 1_000_000
LONG_AGO = timedelta(days=30)
HOUR = timedelta(hours=1)
ON_CHANGE = "on change"
PRESENT, OTHER = "present content", "other content"


@dataclass(frozen=True, slots=True)
class GivenAsset:
    """What stands in CELUM already; None is as the flow itself would have it."""

    holds_present: bool = True
    name: str | None = None
    collections: tuple[str, ...] | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    is_available: bool = True
    has_key: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One moment of one file. What is not said is as unremarkable as it can be."""

    path: str
    now: datetime
    size: int = SIZE
    pixels: tuple[int, int] | None = None
    unchanged_for: timedelta = LONG_AGO
    column: Mapping[str, Value] = field(default_factory=dict)
    office: Mapping[str, str] = field(default_factory=dict)
    embedded: Mapping[str, Value] = field(default_factory=dict)
    checked_in: bool = True
    content_approval: str = ""
    folder: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)  # path → columns
    collection: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)  # path → fields
    created_by: str = ""
    modified_by: str = ""
    deleted: bool = False
    malware: bool = False
    approved_content: str = "present"  # present | other | unknown
    content: str = PRESENT
    asset: GivenAsset | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows: that the file settled, was closed, or was there before the flow, and as what."""

    state: LinkState
    then: Given
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """What a case names is compared, everything else is not."""

    outcome: str | None = None
    verb: str | None = None
    why: tuple[str, ...] = ()
    look_again: str | None = None  # a duration, or ON_CHANGE
    collection: str | None = None
    name: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    available_from: datetime | None = None
    available_until: datetime | None = None
    unavailable: bool | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    move_to: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    at: Place
    flow: IngestFlow
    given: Given
    known: Known | None
    expect: Expect


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    expected: str
    got: str


type Effect = Callable[[Case, Decision, Wish | None], Decision]  # the wish as it was when the file settled


def _no_effect(_: Case, decision: Decision, __: Wish | None) -> Decision:
    return decision


def differences(case: Case, effect: Effect = _no_effect) -> tuple[Difference, ...]:
    """Where the flow decides otherwise than the case expects; none is success.

    `effect` says what the decision comes to where an asset stands in CELUM already.
    """
    link = _link(case)
    if isinstance(link, Difference):
        return (link,)
    decision = effect(case, decide(case.flow, _facts(case, link), link), _wish_then(case, link))
    return tuple(_compare(case.expect, decision, case.given.now))


def _wish_then(case: Case, link: Link | None) -> Wish | None:
    if case.known is None or link is None or link.settled is None:
        return None
    return _decision_then(case.flow, case.known, link).wish


# --- what the ledger knows, and the facts -------------------------------------------------------------------------


def _link(case: Case) -> Link | Difference | None:
    given, known = case.given, case.known
    if known is None and selects(case.flow, _item(given)) is None:
        return None  # the ledger holds nothing about a file that no flow speaks of
    plain = Link(
        key=link_key(case.flow.id, DriveId("drive"), ItemId("item")),
        flow=case.flow.id,
        drive=DriveId("drive"),
        item=ItemId("item"),
        state=known.state if known else LinkState.SEEN,
        content=_content(given),
        seen_at=given.now - given.unchanged_for,
        path=given.path,
        finished=known.finished if known else None,
    )
    if known is None:
        return plain
    before = replace(plain, path=known.then.path, content=_content(known.then))
    if known.state is LinkState.BEFORE:
        return replace(before, receipt="etag" if known.then == given else None)
    return _settled(case.flow, known, plain)


def _settled(flow: IngestFlow, known: Known, now: Link) -> Link | Difference:
    """The link as it stood after the file had settled in that earlier state."""
    then, decision = known.then, _decision_then(flow, known, now)
    if decision.wish is None:
        why = "; ".join(reason.text for reason in decision.reasons)
        return Difference("given.known", "a state in which the file had settled", f"{decision.outcome}: {why}")
    settled = Settled(
        content=_content(then),
        signature=then.content,
        facts_hash=decision.facts_hash,
        asset=AssetId(1),
        version=VersionId(1),
        at=then.now - LONG_AGO,
    )
    return replace(now, path=then.path, approval=decision.approval, settled=settled)


def _decision_then(flow: IngestFlow, known: Known, now: Link) -> Decision:
    then = replace(known.then, unchanged_for=LONG_AGO)
    seen = replace(now, state=LinkState.SEEN, content=_content(then), seen_at=then.now - LONG_AGO, settled=None)
    return decide(flow, _facts_of(then, ()), replace(seen, approval=None))


def _content(given: Given) -> Content:
    return Content(given.size, given.content)


def _facts(case: Case, link: Link | None) -> Facts:
    """A file that was there before has a version of that time, which shows its columns as they were."""
    if link is None or link.seen_at is None or case.known is None or link.state is not LinkState.BEFORE:
        return _facts_of(case.given, ())
    then = case.known.then
    facts = _facts_of(case.given, (ItemVersion("1.0", link.seen_at, None, then.column),))
    return replace(facts, version_signatures={**facts.version_signatures, "1.0": then.content})


class _Everywhere[T](dict[str, T | None]):
    """Folders or collections by path; one that the case does not name is not there."""

    def __contains__(self, path: object) -> bool:
        return True

    def __missing__(self, path: str) -> None:
        return None


def _item(given: Given) -> Item:
    return Item(
        drive=DriveId("drive"),
        id=ItemId("item"),
        name=given.path.rpartition("/")[2],
        parent=ItemId("folder"),
        etag="etag",
        content=None if given.deleted else _content(given),
        path=given.path,
        deleted=given.deleted,
        malware=given.malware,
        created=given.now,
        modified=given.now,
        created_by=Person(email=given.created_by) if given.created_by else None,
        modified_by=Person(email=given.modified_by) if given.modified_by else None,
        pixels=given.pixels,
    )


def _facts_of(given: Given, earlier: tuple[ItemVersion, ...]) -> Facts:
    seen_at = given.now - given.unchanged_for
    # The approving version is the newest, so it covers the content; or an older one that held other content.
    versions = [ItemVersion("3.0", given.now, None, given.column), *earlier]
    if given.approved_content == "other":
        versions.append(ItemVersion("2.0", seen_at - HOUR, None, given.column))
    is_unknown = given.approved_content == "unknown"
    return Facts(
        now=given.now,
        item=_item(given),
        columns=Columns(given.column),
        signature=given.content,
        versions=() if is_unknown else tuple(sorted(versions, key=lambda version: version.modified, reverse=True)),
        versions_unreadable=is_unknown,
        version_signatures={"1.0": OTHER, "2.0": OTHER},
        office=given.office,
        embedded=given.embedded,
        pixels=(0, 0),
        checked_in=given.checked_in,
        content_approval=given.content_approval,
        folders=_Everywhere({path: Columns(values) for path, values in given.folder.items()}),
        collections=_Everywhere(given.collection),
    )


# --- comparing ----------------------------------------------------------------------------------------------------


def _compare(expect: Expect, decision: Decision, now: datetime) -> Iterator[Difference]:
    wish = decision.wish
    yield from _differs("outcome", expect.outcome, decision.outcome.value)
    yield from _differs("verb", expect.verb, decision.verb.value if decision.verb else None)
    reasons = [reason.text for reason in decision.reasons]
    for text in expect.why:
        if not any(text in reason for reason in reasons):
            yield Difference("why", f'a reason with "{text}"', _listed(reasons))
    if expect.look_again is not None:
        yield from _differs(
            "look_again", expect.look_again, duration_text(decision.until - now) if decision.until else ON_CHANGE
        )
    yield from _differs("collection", expect.collection, wish.collection if wish else None)
    yield from _differs("name", expect.name, wish.name if wish else None)
    values = {field.label: field.value for field in wish.fields} if wish else None
    for label, value in expect.fields.items():
        found = values.get(label, "") if values is not None else None
        if found != value:
            yield Difference(f"fields.{label}", _shown(value), _shown(found))
    since, until = (wish.available_since, wish.available_until) if wish else (None, None)
    yield from _differs_in_time("available_from", expect.available_from, since)
    yield from _differs_in_time("available_until", expect.available_until, until)
    if expect.unavailable is not None:
        got = decision.unavailable or (wish is not None and wish.unavailable)
        yield from _differs("unavailable", str(expect.unavailable).lower(), str(got).lower())
    for column, text in expect.columns.items():
        yield from _differs(f"columns.{column}", text, decision.columns.get(column))
    yield from _differs("move_to", expect.move_to, wish.move_to if wish else None)


def _differs(what: str, expected: str | None, got: str | None) -> Iterator[Difference]:
    if expected is not None and expected != got:
        yield Difference(what, expected, got if got is not None else "nothing")


def _differs_in_time(what: str, expected: datetime | None, got: datetime | None) -> Iterator[Difference]:
    if expected is not None and expected != got:
        shown = got.astimezone(expected.tzinfo).isoformat() if got else "nothing"
        yield Difference(what, expected.isoformat(), shown)


def _listed(reasons: list[str]) -> str:
    return "; ".join(f'"{reason}"' for reason in reasons) or "no reason"


def _shown(value: Value | None) -> str:
    if value is None:
        return "nothing, because nothing would be written"
    return f'"{as_text(value)}"' if isinstance(value, str) else f"the list [{', '.join(value)}]"
