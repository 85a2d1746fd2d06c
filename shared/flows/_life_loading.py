"""How an asset is recognised, and what follows when content, approval or place of a file change."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.file_names import why_illegal
from shared.flows._field_loading import load_sources
from shared.flows._grammar import SOURCE
from shared.flows._model import FieldMatch, OnExisting, Target
from shared.flows._nodes import Block, Items, Node
from shared.flows._section import Section
from shared.flows._shapes import Named
from shared.flows._sources import SourceProblem, Template, Vocabulary
from shared.flows._target_loading import is_collection_path, refuse_whole_paths


def load_identity(flow: Section, target: Target, words: Vocabulary) -> tuple[str | FieldMatch, ...]:
    node = flow.node("identity")
    if node is None:
        return tuple(way for way in ("link", "key", "checksum") if way != "key" or target.key)
    if isinstance(node, Items) and not node.items:
        flow.wrong(node, "identity is empty.", "Leave it out, or name a way such as link.")
    found: list[str | FieldMatch] = []
    for item in node.items if isinstance(node, Items) else (node,):
        ways = _by_fields(flow, item, words) if isinstance(item, Block) else _by_word(flow, item, target)
        for way in ways:
            if way in found:
                flow.wrong(item, f"identity: {way if isinstance(way, str) else way.label} stands twice.")
            else:
                found.append(way)
    return tuple(found)


def _by_word(flow: Section, item: Node, target: Target) -> list[str | FieldMatch]:
    way = flow.as_choice(item, "identity", "")
    if way == "key" and not target.key:
        flow.wrong(item, "identity: key has no effect without to.key.")
        return []
    return [way] if way else []


def _by_fields(flow: Section, item: Block, words: Vocabulary) -> list[FieldMatch]:
    """`{SKU: name.sku}`: the asset whose field SKU holds what name.sku says."""
    if not item.entries:
        flow.wrong(item, "identity: an empty block names no field.")
    section = Section(flow.problems, item, Named(SOURCE), who=flow.who, path="identity.")
    return [
        FieldMatch(key.value, source)
        for key, _ in item.entries
        for source in load_sources(section, key.value, words)[:1]
    ]


def load_on_existing(flow: Section) -> OnExisting:
    section = flow.section("on_existing")
    if section is None:
        return OnExisting()
    found = OnExisting(
        section.choice("same_content", "link"),
        section.choice("new_content", "add_version"),
    )
    section.close()
    return found


def load_changed_after_ready(flow: Section) -> tuple[str, Mapping[str, str]]:
    """The word, and for reset the columns that take the approval back."""
    if not isinstance(flow.node("changed_after_ready"), Block):
        return flow.choice("changed_after_ready", "hold"), {}
    section = flow.section("changed_after_ready")
    columns = section.section("reset") if section else None
    reset = {key.value: (columns.text(key.value) or "") for key, _ in columns.block.entries} if columns else {}
    if section:
        section.close()
        if not section.block.entries or (columns and not reset):
            section.wrong(section.key_node("reset"), "changed_after_ready.reset names no column.")
    return "reset", reset


def load_after(flow: Section, words: Vocabulary) -> tuple[str, Template | None]:
    if not isinstance(flow.node("after"), Block):
        return flow.choice("after", "keep"), None
    section = flow.section("after")
    text = section.text("move_to") if section else None
    if section is None or text is None:
        if section:
            section.close()
            if not section.block.entries:
                section.wrong(section.block, "after needs move_to.")
        return "keep", None
    section.close()
    try:
        path = words.template(text)
    except SourceProblem as problem:
        section.wrong(section.key_node("move_to"), f"after.move_to: {problem}", problem.suggestion)
        return "keep", None
    node = section.key_node("move_to")
    refuse_whole_paths(section, node, path, "after.move_to")
    literal = "".join(part if isinstance(part, str) else "x" for part in path.parts)
    if not is_collection_path(literal):
        section.wrong(node, f'after.move_to: "{text}" must begin with / and have no empty segment, . or "..".')
    elif why := next(filter(None, map(why_illegal, literal[1:].split("/"))), ""):
        section.wrong(node, f'after.move_to: "{text}" is no path in OneDrive: {why}.')
    return "move_to", path
