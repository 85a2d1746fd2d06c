"""`ready`: do the approving values hold, and was it the present content that they approved?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.decisions import Approval, Reason
from shared.domain.facts import Facts, Kind, Need
from shared.domain.items import Content, ItemVersion, Value
from shared.domain.links import Link
from shared.flows._model import (
    AnyOf,
    CheckedIn,
    ColumnIs,
    Condition,
    ContentApprovalIs,
    IngestFlow,
    NameIs,
    Not,
    OfficeIs,
)
from shared.flows._reading import Lacks, Reading, Unfit, as_text, internal_name
from shared.flows._ready_loading import (
    approves_a_content,
    approving_columns,
    covers_each_content,
    is_of_columns,
    leaves_of,
)

CHANGED = "changed_after_ready"  # the rule of a content that surely is not the approved one


@dataclass(frozen=True, slots=True)
class Judgement:
    """`closed` says which approving values do not hold, `wrong` which cannot be judged."""

    closed: tuple[Reason, ...] = ()
    wrong: tuple[Reason, ...] = ()


def judge(reading: Reading) -> Judgement:
    """Cheapest first; nothing more is asked for behind the first closed condition."""
    closed: list[Reason] = []
    wrong: list[Reason] = []
    for condition in reading.flow.ready.conditions:
        try:
            if not _holds(condition, reading):
                closed.append(Reason(*_say(condition, reading)))
        except Unfit as unfit:
            wrong.append(unfit.reason)
        except Lacks:
            if not closed:
                raise
    return Judgement(tuple(closed), tuple(wrong))


def traces_approval(flow: IngestFlow) -> bool:
    """Whether an approval belongs to a content under this flow, so that later edits do not pass."""
    return traced_by_versions(flow) or traced_by_ledger(flow)


def traced_by_versions(flow: IngestFlow) -> bool:
    """A condition of nothing but columns: the list item's versions say when it began to hold."""
    return flow.changed_after_ready != "accept" and any(map(is_of_columns, flow.ready.conditions))


def traced_by_ledger(flow: IngestFlow) -> bool:
    """Only the ledger can tell for which content the gate opened."""
    if flow.changed_after_ready == "accept" or traced_by_versions(flow):
        return False
    return approves_a_content(flow.ready)


def forgets(reading: Reading) -> bool:
    """Of a file whose gate is closed: whether the ledger holds a content for which it had opened."""
    link = reading.link
    if link is None or not traced_by_ledger(reading.flow):
        return False
    return link.approval is not None or (link.settled is not None and link.gate_closed_for is None)


def cover(reading: Reading, signature: str) -> Approval | Reason | None:
    """The approval of the present content, or why it has none; asked where `traces_approval`.

    Content that already settled moves no bytes, so nothing is asked about it again.
    """
    flow, facts, link = reading.flow, reading.facts, reading.link
    if traced_by_ledger(flow):
        return _cover_by_ledger(reading, signature)
    if link and link.settled and link.settled.signature == signature:
        return link.approval
    if facts.versions is None and not facts.versions_unreadable:
        raise Lacks(Need(Kind.VERSIONS))
    approving = _approving_version(reading, facts.versions or ())
    if approving is None:
        return _cover_without_versions(reading, signature)
    if not _covers(approving, facts, link, signature):
        when = approving.modified.astimezone(flow.time_zone)
        return Reason(CHANGED, f"changed after approval on {when:%Y-%m-%d %H:%M}: approve it again")
    by = approving.modified_by.id if approving.modified_by else ""
    return Approval(signature, approving.id, approving.modified, by)


def _cover_by_ledger(reading: Reading, signature: str) -> Approval | Reason:
    """The content for which the gate was first found open is the approved one, until the gate is found closed."""
    link, facts = reading.link, reading.facts
    recorded = link.approval if link else None
    settled = link.settled.signature if link and link.settled else None
    if recorded is not None and signature in {recorded.signature, settled}:
        return recorded
    has_closed = link is not None and link.gate_closed_for is not None
    if recorded is None and (settled in {None, signature} or has_closed):
        return Approval(signature, None, facts.now)
    since = f" on {recorded.at.astimezone(reading.flow.time_zone):%Y-%m-%d %H:%M}" if recorded else ""
    again, is_elsewhere = _open_anew(reading.flow)
    text = f"changed after it was found ready{since}: {again}, or accept it as a version"
    return Reason(CHANGED, text, outside=is_elsewhere)


def _open_anew(flow: IngestFlow) -> tuple[str, bool]:
    """What people do so that the gate opens for other content, and whether no change of the file tells of it."""
    match next((condition for condition in flow.ready.conditions if not covers_each_content(condition)), None):
        case NameIs(pattern):
            return f'give it a name unlike "{pattern.text}", wait for the status column, name it so again', False
        case OfficeIs(name, accepted):
            return f"set {name} to something else, wait for the status column, set {accepted[0]} again", False
        case None:
            kind = flow.ready.gates[0].kind
            return f"close the {kind} for more than an hour, then open it again", True
        case _:
            return "let a condition of ready fail, wait for the status column, let it hold again", False


CLOCKS_DIFFER = timedelta(minutes=10)  # the ledger's seen_at is our clock, a version's time is SharePoint's


def is_same(one: Content | None, other: Content | None) -> bool:
    """Whether two answers surely name the same bytes: size alone proves nothing."""
    return one is not None and one == other and one.quick_xor is not None


def _covers(approving: ItemVersion, facts: Facts, link: Link | None, signature: str) -> bool:
    if facts.versions and facts.versions[0].id == approving.id:
        return True
    if (
        link
        and link.seen_at
        and is_same(link.content, facts.item.content)
        and link.seen_at + CLOCKS_DIFFER <= approving.modified
    ):
        return True
    if link and link.approval and link.approval.signature == signature and link.approval.at >= approving.modified:
        return True  # recorded before, or accepted by a person since
    if approving.id not in facts.version_signatures:
        raise Lacks(Need(Kind.VERSION_SIGNATURE, approving.id))
    return facts.version_signatures[approving.id] == signature


def _cover_without_versions(reading: Reading, signature: str) -> Approval | Reason:
    """Where versions cannot be read, or do not show what the columns show, only what the ledger itself saw counts."""
    facts, link = reading.facts, reading.link
    if link and link.approval and link.approval.signature == signature:
        return link.approval
    if link and is_same(link.gate_closed_for, facts.item.content):
        return Approval(signature, None, facts.now)
    column = next(iter(approving_columns(reading.flow.ready.conditions)))
    return Reason(
        "changed_after_ready.unknown",
        "which content was approved cannot be told, because the versions of this file do not say: "
        f"set {column.column} to Draft, wait for the status column, set {column.accepted[0]}",
    )


def _approving_version(reading: Reading, versions: tuple[ItemVersion, ...]) -> ItemVersion | None:
    """The oldest version of the newest unbroken run in which the column conditions hold."""
    conditions = [condition for condition in reading.flow.ready.conditions if is_of_columns(condition)]
    approving: ItemVersion | None = None
    for version in versions:
        if not all(_holds(condition, reading, version) for condition in conditions):
            break
        approving = version
    return approving


# --- one condition ------------------------------------------------------------------------------------------------


def _holds(condition: Condition, reading: Reading, version: ItemVersion | None = None) -> bool:
    """`version` stands in for the present columns; name and properties are always the present ones."""
    match condition:
        case ColumnIs(column, accepted):
            return matches(_column(reading, column, version), accepted)
        case OfficeIs(name, accepted):
            return matches(_noted(reading, f"office.{name}", reading.office(name)), accepted)
        case CheckedIn():
            return _noted(reading, "checked_in", "true" if reading.checked_in() else "false") == "true"
        case ContentApprovalIs(accepted):
            return matches(_noted(reading, "content_approval", reading.content_approval()), accepted)
        case NameIs(pattern):
            return pattern.match(_noted(reading, "file.name", reading.facts.item.name)) is not None
        case AnyOf(conditions):
            return _any_holds(conditions, reading, version)
        case Not(inner):
            return not _holds(inner, reading, version)


def _any_holds(conditions: tuple[Condition, ...], reading: Reading, version: ItemVersion | None) -> bool:
    """One that holds is enough, also where another cannot be judged."""
    lacking: list[Lacks] = []
    unfit: list[Unfit] = []
    for condition in conditions:
        try:
            if _holds(condition, reading, version):
                return True
        except Lacks as lacks:
            lacking.append(lacks)
        except Unfit as wrong:
            unfit.append(wrong)
    for problem in (*lacking, *unfit):
        raise problem
    return False


def _column(reading: Reading, name: str, version: ItemVersion | None) -> Value:
    if version is not None:
        value = version.values.get(internal_name(reading.columns(), name), "")
        return reading.as_people_see_it(name, value)
    value = reading.as_people_see_it(name, reading.column(name))
    _noted(reading, f"column.{name}", as_text(value))
    return value


def _noted(reading: Reading, name: str, text: str) -> str:
    reading.used[name] = text
    return text


def matches(value: Value, accepted: tuple[str, ...]) -> bool:
    parts = (value,) if isinstance(value, str) else value
    return any(part.strip() in accepted for part in parts)


def _say(condition: Condition, reading: Reading) -> tuple[str, str]:
    """The rule and a sentence for a condition that does not hold."""
    match condition:
        case ColumnIs(column, accepted):
            return f"ready.column.{column}", not_yet(column, as_text(_column(reading, column, None)), accepted)
        case OfficeIs(name, accepted):
            return f"ready.office.{name}", not_yet(name, reading.office(name), accepted)
        case NameIs(pattern):
            return "ready.name", f'the name is not like "{pattern.text}"'
        case CheckedIn():
            return "ready.checked_in", "the file is checked out"
        case ContentApprovalIs(accepted):
            return "ready.content_approval", not_yet("content approval", reading.content_approval(), accepted)
        case AnyOf(conditions):
            return "ready.any", "; and ".join(_say(inner, reading)[1] for inner in conditions)
        case Not(inner):
            return "ready.not", f"{_name_of(inner)} excludes it"


def not_yet(name: str, found: str, accepted: tuple[str, ...]) -> str:
    wanted = " or ".join(f'"{word}"' for word in accepted)
    return f'{name} is "{found}", not {wanted}' if found.strip() else f"{name} is empty, not {wanted}"


def _name_of(condition: Condition) -> str:
    match condition:
        case ColumnIs(column, accepted):
            return f"{column}: {' or '.join(accepted)}"
        case OfficeIs(name, accepted):
            return f"{name}: {' or '.join(accepted)}"
        case NameIs(pattern):
            return f'the name "{pattern.text}"'
        case CheckedIn():
            return "checked in"
        case ContentApprovalIs(accepted):
            return f"content approval: {' or '.join(accepted)}"
        case AnyOf(conditions):
            return ", ".join(_name_of(inner) for inner in conditions)
        case Not(inner):
            return f"not {_name_of(inner)}"


def approving_names(flow: IngestFlow) -> frozenset[str]:
    """The columns that `ready` reads, as the flow names them."""
    return frozenset(column.column for column in approving_columns(flow.ready.conditions))


def approving_properties(flow: IngestFlow) -> frozenset[str]:
    """The document properties that `ready` reads."""
    return frozenset(
        condition.property for condition in leaves_of(flow.ready.conditions) if isinstance(condition, OfficeIs)
    )
