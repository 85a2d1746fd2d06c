"""The list under `ready`: when a file counts as finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.flows._grammar import CONDITION
from shared.flows._model import (
    AnyOf,
    CheckedIn,
    ColumnIs,
    Condition,
    ContentApprovalIs,
    Gate,
    GateKind,
    NameIs,
    Not,
    OfficeIs,
    Ready,
)
from shared.flows._nodes import Block, Items, Node, Text
from shared.flows._paths import PatternProblem, name_pattern
from shared.flows._section import Section, did_you_mean
from shared.flows._shapes import keys_of
from shared.flows._sources import SourceProblem, Template, Vocabulary
from shared.flows._units import DURATION

NOWHERE = Template("", ())
NOT_INSIDE = ("unchanged_for", "folder", "collection")  # these say when a file is looked at at all


def load_ready(flow: Section, captures: Vocabulary) -> Ready:
    """`captures` are the values that the paths of folders and collections may hold."""
    node = flow.node("ready")
    if node is None:
        return Ready()
    if isinstance(node, Items) and not node.items:
        flow.wrong(node, "ready is empty.", "Leave it out, or name a condition such as unchanged_for: 2m.")
    default, periods = Ready(), 0
    period, conditions, gates = default.unchanged_for, list[Condition](), list[Gate]()
    for item in node.items if isinstance(node, Items) else (node,):
        section = _entry(flow, item)
        if section is None:
            continue
        if section.has("unchanged_for"):
            periods += 1
            period = section.parsed("unchanged_for", DURATION, period)
            if periods > 1:
                section.wrong(section.key_node("unchanged_for"), "ready.unchanged_for stands twice.")
        gates += [gate for kind in GateKind if section.has(kind) for gate in _gate(section, kind, captures)]
        conditions += _conditions(section)
    return Ready(period, tuple(sorted(conditions, key=_cost)), tuple(gates))


def is_of_columns(condition: Condition) -> bool:
    """Whether columns alone decide it: then the approval can be traced to a version of the list item."""
    return all(isinstance(leaf, ColumnIs) for leaf in leaves_of((condition,)))


def covers_each_content(condition: Condition) -> bool:
    """Whether SharePoint itself takes it back with every edit: then whatever it holds for has been approved."""
    match condition:
        case CheckedIn():
            return True
        case ContentApprovalIs(accepted):
            return not {"Draft", "Pending"} & set(accepted)
        case _:
            return False


def approves_a_content(ready: Ready) -> bool:
    """Whether something holds that could hold for other content later on."""
    return bool(ready.gates) or not all(map(covers_each_content, ready.conditions))


def approving_columns(conditions: tuple[Condition, ...]) -> list[ColumnIs]:
    return [condition for condition in leaves_of(conditions) if isinstance(condition, ColumnIs)]


def leaves_of(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    """The single conditions, also those inside any and not."""
    for condition in conditions:
        match condition:
            case AnyOf(inner):
                yield from leaves_of(inner)
            case Not(one):
                yield from leaves_of((one,))
            case _:
                yield condition


def surely_closes(conditions: tuple[Condition, ...], values: Mapping[str, str]) -> bool:
    """Whether the gate is closed once the columns hold these values, whatever else is so."""
    return any(_with(condition, values) is False for condition in conditions)


def takes_back(conditions: tuple[Condition, ...], column: str, value: str) -> bool:
    """Whether the value has a part in closing the gate."""
    return any(_takes_back(condition, column, value, says=False) for condition in conditions)


def _with(condition: Condition, values: Mapping[str, str]) -> bool | None:
    """None where it depends on more than these columns."""
    match condition:
        case ColumnIs(column, accepted):
            return values[column].strip() in accepted if column in values else None
        case AnyOf(inner):
            answers = [_with(one, values) for one in inner]
            return True if True in answers else None if None in answers else False
        case Not(inner):
            answer = _with(inner, values)
            return None if answer is None else not answer
        case _:
            return None


def _takes_back(condition: Condition, column: str, value: str, *, says: bool) -> bool:
    match condition:
        case ColumnIs(name, accepted):
            return name == column and (value.strip() in accepted) is says
        case AnyOf(inner):
            return any(_takes_back(one, column, value, says=says) for one in inner)
        case Not(inner):
            return _takes_back(inner, column, value, says=not says)
        case _:
            return False


def _entry(flow: Section, item: Node) -> Section | None:
    if isinstance(item, Block) and item.entries:
        return Section(flow.problems, item, CONDITION, who=flow.who, path="ready.")
    flow.wrong(item, "ready: each entry is a condition such as unchanged_for: 2m.")
    return None


def _conditions(section: Section) -> list[Condition]:
    return [
        condition
        for key, node in section.block.entries
        if key.value not in NOT_INSIDE
        for condition in _condition(section, key, node)
    ]


def _condition(section: Section, key: Text, node: Node) -> list[Condition]:
    if key.value in keys_of(CONDITION) and section.node(key.value) is None:
        return []  # not supported by this version, which is reported
    match key.value:
        case "column":
            return [ColumnIs(name, accepted) for name, accepted in _values(section, key.value)]
        case "office":
            return [OfficeIs(name, accepted) for name, accepted in _values(section, key.value)]
        case "name":
            return _name(section, node)
        case "checked_in":
            return [CheckedIn()] if section.choice("checked_in", "") else []
        case "content_approval":
            accepted = tuple(text.value.strip() for text in section.texts("content_approval"))
            return [ContentApprovalIs(accepted)] if accepted else []
        case "any":
            return _any(section, node)
        case "not":
            return _not(section, node)
        case name:
            section.wrong(key, f'"{name}" is not a condition of ready.', did_you_mean(name, keys_of(CONDITION)))
            return []


def _values(section: Section, key: str) -> list[tuple[str, tuple[str, ...]]]:
    inner = section.section(key)
    if inner is None:
        return []
    if not inner.block.entries:
        inner.wrong(inner.block, f"{inner.path[:-1]} is empty.")
    return [
        (name.value, tuple(text.value.strip() for text in inner.texts(name.value))) for name, _ in inner.block.entries
    ]


def _name(section: Section, node: Node) -> list[Condition]:
    text = section.as_text(node, "name")
    if text is None:
        return []
    try:
        pattern = name_pattern(text)
    except PatternProblem as problem:
        section.wrong(node, f'ready.name: "{text}" {problem}.')
        return []
    if pattern.captures:
        section.wrong(node, f'ready.name: "{text}" takes no captures; write them in accept.name.')
    return [NameIs(pattern)]


def _gate(section: Section, kind: GateKind, captures: Vocabulary) -> list[Gate]:
    inner = section.section(kind)
    if inner is None:
        return []
    text, path = inner.text("path"), NOWHERE
    if text is not None:
        try:
            path = captures.template(text)
        except SourceProblem as problem:
            inner.wrong(inner.key_node("path"), f"ready.{kind}.path: {problem}", problem.suggestion)
        if any(source.kind != "path" or source.name == "folder" for source in path.sources):
            inner.wrong(inner.key_node("path"), f"ready.{kind}.path takes captures of from.path only.")
        if not text.startswith("/"):
            inner.wrong(inner.key_node("path"), f'ready.{kind}.path: "{text}" must begin with /.')
    wanted = _values(inner, "column" if kind is GateKind.FOLDER else "field")
    inner.close()
    return [Gate(kind, path, tuple(wanted))]


def _any(section: Section, node: Node) -> list[Condition]:
    if not isinstance(node, Items) or len(node.items) < 2:
        section.wrong(node, "ready.any needs a list of at least two conditions.")
        return []
    inner = [condition for item in node.items for condition in _inner(section, item, "any")]
    return [AnyOf(tuple(inner))]


def _not(section: Section, node: Node) -> list[Condition]:
    inner = _inner(section, node, "not")
    return [Not(inner[0])] if inner else []


def _inner(section: Section, item: Node, key: str) -> list[Condition]:
    """Exactly one condition, which is not the quiet period."""
    entry = _entry(section, item)
    if entry is None:
        return []
    for name in NOT_INSIDE:
        if entry.has(name):
            entry.wrong(item, f"ready.{key} cannot hold {name}.")
            return []
    found = _conditions(entry)
    if len(found) > 1:
        entry.wrong(item, f"ready.{key} takes one condition an entry.")
    return found[:1]


def _cost(condition: Condition) -> int:
    """The name is known, columns and states cost one call, properties a read inside the file."""
    match condition:
        case NameIs():
            return 0
        case ColumnIs():
            return 1
        case CheckedIn() | ContentApprovalIs():
            return 2
        case OfficeIs():
            return 3
        case AnyOf(conditions):
            return max((_cost(inner) for inner in conditions), default=0)
        case Not(inner):
            return _cost(inner)
