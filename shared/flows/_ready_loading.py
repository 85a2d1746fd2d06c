"""The list under `ready`: when a file counts as finished."""

from __future__ import annotations

from shared.flows._model import AnyOf, ColumnIs, Condition, NameIs, Not, OfficeIs, Ready
from shared.flows._nodes import Block, Items, Node
from shared.flows._paths import PatternProblem, name_pattern
from shared.flows._section import Section, did_you_mean
from shared.flows._units import DURATION_WORDS, parse_duration

CONDITIONS = ("unchanged_for", "column", "office", "name", "any", "not")
LATER = ("checked_in", "content_approval", "folder", "collection")


def load_ready(flow: Section) -> Ready:
    node = flow.node("ready")
    if node is None:
        return Ready()
    default, periods = Ready(), 0
    period, conditions = default.unchanged_for, list[Condition]()
    for item in node.items if isinstance(node, Items) else (node,):
        section = _entry(flow, item)
        if section is None:
            continue
        if "unchanged_for" in {key.value for key, _ in section.block.entries}:
            periods += 1
            period = section.parsed("unchanged_for", parse_duration, DURATION_WORDS, default=period)
            if periods > 1:
                section.wrong(section.key_node("unchanged_for"), "ready.unchanged_for stands twice.")
        conditions += _conditions(section)
    return Ready(period, tuple(sorted(conditions, key=_cost)))


def has_column(condition: Condition) -> bool:
    """Whether a column has a say in it: then the approval can be traced to a version of the list item."""
    match condition:
        case ColumnIs():
            return True
        case AnyOf(conditions):
            return any(has_column(inner) for inner in conditions)
        case Not(inner):
            return has_column(inner)
        case _:
            return False


def _entry(flow: Section, item: Node) -> Section | None:
    if isinstance(item, Block) and item.entries:
        return Section(flow.problems, item, flow.who, "ready.")
    flow.wrong(item, "ready: each entry is a condition such as unchanged_for: 2m.")
    return None


def _conditions(section: Section) -> list[Condition]:
    found: list[Condition] = []
    for key, node in section.block.entries:
        match key.value:
            case "unchanged_for":
                continue
            case "column":
                found += [ColumnIs(name, accepted) for name, accepted in _values(section, key.value)]
            case "office":
                found += [OfficeIs(name, accepted) for name, accepted in _values(section, key.value)]
            case "name":
                found += _name(section, node)
            case "any":
                section.node("any")
                found += _any(section, node)
            case "not":
                found += _not(section, node)
            case name if name in LATER:
                section.later(name)
            case name:
                section.wrong(key, f'"{name}" is not a condition of ready.', did_you_mean(name, (*CONDITIONS, *LATER)))
    return found


def _values(section: Section, key: str) -> list[tuple[str, tuple[str, ...]]]:
    inner = section.section(key)
    if inner is None:
        return []
    if not inner.block.entries:
        inner.wrong(inner.block, f"ready.{key} is empty.")
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
    if any(name.value == "unchanged_for" for name, _ in entry.block.entries):
        entry.wrong(item, f"ready.{key} cannot hold unchanged_for.")
        return []
    found = _conditions(entry)
    if len(found) > 1:
        entry.wrong(item, f"ready.{key} takes one condition an entry.")
    return found[:1]


def _cost(condition: Condition) -> int:
    """The name is known, columns cost one call, properties a read inside the file."""
    match condition:
        case NameIs():
            return 0
        case ColumnIs():
            return 1
        case OfficeIs():
            return 2
        case AnyOf(conditions):
            return max((_cost(inner) for inner in conditions), default=0)
        case Not(inner):
            return _cost(inner)
