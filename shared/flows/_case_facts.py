"""The link and the facts that a case describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.domain.decisions import Decision, Wish
from shared.domain.facts import Facts
from shared.domain.ids import AssetId, DriveId, ItemId, VersionId, link_key
from shared.domain.items import Columns, Content, Item, ItemVersion, Person
from shared.domain.links import Link, LinkState, Settled
from shared.flows._case import LONG_AGO, OTHER, Case, Difference, Given, Known
from shared.flows._deciding import decide
from shared.flows._model import IngestFlow
from shared.flows._selection import selects

HOUR = timedelta(hours=1)


def link_of(case: Case) -> Link | Difference | None:
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


def wish_then(case: Case, link: Link | None) -> Wish | None:
    if case.known is None or link is None or link.settled is None:
        return None
    return _decision_then(case.flow, case.known, link).wish


def _decision_then(flow: IngestFlow, known: Known, now: Link) -> Decision:
    then = replace(known.then, unchanged_for=LONG_AGO)
    seen = replace(now, state=LinkState.SEEN, content=_content(then), seen_at=then.now - LONG_AGO, settled=None)
    return decide(flow, _facts_given(then, ()), replace(seen, approval=None))


def _content(given: Given) -> Content:
    return Content(given.size, given.content)


def facts_of(case: Case, link: Link | None) -> Facts:
    """A file that was there before has a version of that time, which shows its columns as they were."""
    if link is None or link.seen_at is None or case.known is None or link.state is not LinkState.BEFORE:
        return _facts_given(case.given, ())
    then = case.known.then
    facts = _facts_given(case.given, (ItemVersion("1.0", link.seen_at, None, then.column),))
    return replace(facts, version_signatures={**facts.version_signatures, "1.0": then.content})


def _facts_given(given: Given, earlier: tuple[ItemVersion, ...]) -> Facts:
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


class _Everywhere[T](dict[str, T | None]):
    """Folders or collections by path; one that the case does not name is not there."""

    def __contains__(self, path: object) -> bool:
        return True

    def __missing__(self, path: str) -> None:
        return None
