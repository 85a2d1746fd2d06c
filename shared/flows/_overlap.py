"""Can one file belong to two flows? Then they share its asset and columns, and nothing may be written by both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import combinations

from shared.flows._categories import category_of
from shared.flows._model import CelumConnection, IngestFlow, Mode, OneDriveConnection
from shared.flows._nodes import Block, Node, Text
from shared.flows._paths import name_pattern
from shared.flows._section import Section

ANY_DEPTH = "**"


type Connections = Mapping[str, OneDriveConnection | CelumConnection]


def refuse_what_is_done_twice(flows: list[tuple[Section, IngestFlow]], connections: Connections) -> None:
    """The later flow is told, at the field or column."""
    for (_, first), (section, second) in combinations(flows, 2):
        if Mode.OFF in {first.mode, second.mode} or not meet(first, second, connections):
            continue
        _refuse(section, first, "fields", {rule.label for rule in first.fields})
        _refuse(section, first, "columns", {name.casefold() for name in first.columns})
        if "keep" not in {first.after, second.after}:
            text = f"after: flow {first.id} puts the file away too, and both may select the same files."
            section.wrong(section.key_node("after"), text, "Let one of them do it, and write after: keep in the other.")
        if _says_of_use(first) and (keys := _says_of_use(second)):
            text = (
                f"{keys[0]}: flow {first.id} says too whether an asset may be used, and both may select the same files."
            )
            section.wrong(section.key_node(keys[0]), text, "Let one of them do it.")


def _says_of_use(flow: IngestFlow) -> list[str]:
    """The keys by which the flow writes an asset's availability: two that do would each undo what the other wrote."""
    keys = {
        "availability": flow.availability is not None,
        "on_ready_lost": flow.on_ready_lost == "unavailable",
        "on_source_deleted": flow.on_source_deleted == "unavailable",
    }
    return [key for key, is_said in keys.items() if is_said]


def _refuse(section: Section, first: IngestFlow, kind: str, written: Collection[str]) -> None:
    for key, _ in _entries(section.node(kind)):
        name = key.value.casefold() if kind == "columns" else key.value  # SharePoint does not tell them apart by case
        if name in written:
            text = f"{kind}.{key.value} is written by flow {first.id} too, which may select the same files."
            section.wrong(key, text, "Write it in one of them.")


def meet(first: IngestFlow, second: IngestFlow, connections: Connections) -> bool:
    """Whether some file could be selected by both, as far as place and type tell."""
    if not _libraries_meet(first, second, connections) or not _types_meet(first.types, second.types):
        return False
    return _paths_meet(_segments(first), _segments(second))


def _libraries_meet(first: IngestFlow, second: IngestFlow, connections: Connections) -> bool:
    """Two names may stand for one library. By site and by id it cannot be told here; the engine sees to it then."""
    return first.onedrive == second.onedrive or _library(first, connections) == _library(second, connections)


def _library(flow: IngestFlow, connections: Connections) -> tuple[str, ...]:
    match connections.get(flow.onedrive):
        case OneDriveConnection(site=str(site), library=str(library)):
            return (site.casefold(), library.casefold())
        case OneDriveConnection(drive_id=str(drive)):
            return (drive.casefold(),)
        case _:
            return (f"connection {flow.onedrive}",)


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
