"""Where in the flow file a word stands, for what turns out to be wrong only in the live systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Problem
from shared.flows._nodes import Block, Items, Node, Place, Text

VALUE = ""  # behind a key: its value instead of the key itself


@dataclass(frozen=True, slots=True)
class Places:
    """A file, or a block of it."""

    file: str = ""
    root: Node | None = None

    def of_flow(self, flow: str) -> Places:
        for key, node in self.root.entries if isinstance(self.root, Block) else ():
            for block in node.items if key.value == "flows" and isinstance(node, Items) else ():
                if isinstance(block, Block) and any(k.value == "id" and _reads(v, flow) for k, v in block.entries):
                    return Places(self.file, block)
        return self

    def problem(self, words: Sequence[str], text: str, suggestion: str | None = None) -> Problem:
        """At the key or value that the words lead to, each the nearest below the one before; as far as they lead."""
        at = self.place(words)
        return Problem(self.file, at.line, at.column, text, suggestion)

    def place(self, words: Sequence[str]) -> Place:
        if self.root is None:
            return Place(1, 1)
        place, node = self.root.at, self.root
        for word in words:
            if word == VALUE:
                return node.at
            found = _below(node, word)
            if found is None:
                break
            place, node = found
        return place


def _below(node: Node, word: str) -> tuple[Place, Node] | None:
    level: list[Node] = [node]
    while level:
        for one in level:
            if _reads(one, word):
                return one.at, one
            for key, value in one.entries if isinstance(one, Block) else ():
                if key.value.strip() == word:
                    return key.at, value
        level = [child for one in level for child in _children(one)]
    return None


def _children(node: Node) -> Sequence[Node]:
    match node:
        case Block():
            return [value for _, value in node.entries]
        case Items():
            return node.items
        case _:
            return ()


def _reads(node: Node, word: str) -> bool:
    return isinstance(node, Text) and node.value == word
