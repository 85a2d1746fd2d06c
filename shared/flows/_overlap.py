"""Can one file belong to two flows? Then they share its asset, and no field may be written by both."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from shared.flows._categories import category_of
from shared.flows._model import IngestFlow, Mode
from shared.flows._nodes import Block, Node, Text
from shared.flows._paths import name_pattern
from shared.flows._section import Section

ANY_DEPTH = "**"


def refuse_fields_written_twice(flows: list[tuple[Section, IngestFlow]]) -> None:
    """The later flow is told, at the field."""
    for (_, first), (section, second) in combinations(flows, 2):
        both = {rule.label for rule in first.fields} & {rule.label for rule in second.fields}
        if both and Mode.OFF not in {first.mode, second.mode} and meet(first, second):
            for key, _ in _entries(section.node("fields")):
                if key.value in both:
                    text = f"fields.{key.value} is written by flow {first.id} too, which may select the same files."
                    section.wrong(key, text, "Write it in one of them.")


def meet(first: IngestFlow, second: IngestFlow) -> bool:
    """Whether some file could be selected by both, as far as place and type tell."""
    if first.onedrive != second.onedrive or not _types_meet(first.types, second.types):
        return False
    return _paths_meet(_segments(first), _segments(second))


def _entries(node: Node | None) -> tuple[tuple[Text, Node], ...]:
    return node.entries if isinstance(node, Block) else ()


def _segments(flow: IngestFlow) -> tuple[str, ...]:
    """A capture stands for any one segment."""
    parts = flow.pattern.text[1:].split("/")
    return tuple("*" if part.startswith("{") else part.casefold() for part in parts)


@lru_cache(maxsize=1024)
def _paths_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if one[:1] == (ANY_DEPTH,):
        return _paths_meet(one[1:], other) or (bool(other) and _paths_meet(one, other[1:]))
    if other[:1] == (ANY_DEPTH,):
        return _paths_meet(other, one)
    if not one or not other:
        return one == other
    return _segments_meet(one[0], other[0]) and _paths_meet(one[1:], other[1:])


def _segments_meet(one: str, other: str) -> bool:
    """Two globs are taken to meet unless what they begin or end with differs."""
    if "*" not in one:
        return name_pattern(other).match(one) is not None
    if "*" not in other:
        return _segments_meet(other, one)
    heads = sorted((one.partition("*")[0], other.partition("*")[0]), key=len)
    tails = sorted((one.rpartition("*")[2], other.rpartition("*")[2]), key=len)
    return heads[1].startswith(heads[0]) and tails[1].endswith(tails[0])


def _types_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return True
    return bool(set(one) & set(other)) or _names_one_of(one, other) or _names_one_of(other, one)


def _names_one_of(extensions: tuple[str, ...], categories: tuple[str, ...]) -> bool:
    return any(category_of(f"x{name}", None) in categories for name in extensions if name.startswith("."))
