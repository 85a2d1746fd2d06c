"""Reading blocks of a flow file: every key is asked for by somebody, or it is a problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from shared.errors import Problem
from shared.flows._grammar import DEFINITIONS
from shared.flows._nodes import Block, Items, Node, Text
from shared.flows._shapes import Key, Later, Listed, Named, Ref, Shape, Unit, keys_of, options_of


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A suggestion in the words of every error message, or None where nothing is near."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f'Did you mean "{by_fold[near[0]]}"?' if near else None


class Problems:
    """Collects what is wrong with one file, so that all of it is reported at once.

    The sources in `unset` are refused: their app setting (the value) is not set.
    """

    def __init__(self, file: str, unset: Mapping[str, str] | None = None) -> None:
        self.file = file
        self.unset = unset or {}
        self.found: list[Problem] = []

    def add(self, node: Node, text: str, suggestion: str | None = None) -> None:
        if not (isinstance(node, Text) and node.is_refused):
            self.found.append(Problem(self.file, node.at.line, node.at.column, text, suggestion))

    def in_order(self) -> tuple[Problem, ...]:
        return tuple(sorted(self.found, key=lambda problem: (problem.line, problem.column, problem.text)))


class Section:
    """One block of the grammar's `shape`; `who` opens each message ("flow masters: "), `path` names it ("to.")."""

    def __init__(self, problems: Problems, block: Block, shape: Shape, *, who: str = "", path: str = "") -> None:
        self.problems = problems
        self.block = block
        self.shape = DEFINITIONS[shape.name] if isinstance(shape, Ref) else shape
        self.who = who
        self.path = path
        self._nodes = {key.value: (key, node) for key, node in block.entries}
        self._asked: set[str] = set()
        self._missing: list[str] = []

    # --- asking -------------------------------------------------------------------------------------------------

    def node(self, key: str) -> Node | None:
        """None also where the key may not stand yet, which is reported here."""
        grammar = self._grammar(key)
        if key not in self._nodes:
            if grammar.required and key not in self._missing:
                self._missing.append(key)
            return None
        if isinstance(grammar.shape, Later) and key not in self._asked:
            self.wrong(self._nodes[key][0], f"{self.path}{key} is not supported by this version yet.")
        self._asked.add(key)
        return None if isinstance(grammar.shape, Later) else self._nodes[key][1]

    def key_node(self, key: str) -> Node:
        """Where the key itself stands, for what is wrong with its being there."""
        return self._nodes[key][0] if key in self._nodes else self.block

    def has(self, key: str) -> bool:
        return key in self._nodes

    def text(self, key: str) -> str | None:
        node = self.node(key)
        return None if node is None else self.as_text(node, key)

    def texts(self, key: str) -> tuple[Text, ...]:
        """One value, or a list of values."""
        node = self.node(key)
        return () if node is None else self.as_texts(node, key)

    def choice(self, key: str, default: str) -> str:
        node = self.node(key)
        return default if node is None else self.as_choice(node, key, default)

    def as_choice(self, node: Node, key: str, default: str) -> str:
        options = options_of(self._grammar(key).shape)
        if isinstance(node, Text) and node.value in options:
            return node.value
        shown = f'"{node.value}"' if isinstance(node, Text) else "this"
        hint = did_you_mean(node.value, options) if isinstance(node, Text) else None
        self.wrong(node, f"{self.path}{key}: {shown} is not one of {', '.join(options)}.", hint)
        return default

    def flag(self, key: str, *, default: bool = False) -> bool:
        return self.choice(key, "true" if default else "false") == "true"

    def parsed[T, D](self, key: str, unit: Unit[T], default: D) -> T | D:
        """`unit` is that of the grammar, with the type of what it gives."""
        node = self.node(key)
        if node is None:
            return default
        value = unit.parse(node.value) if isinstance(node, Text) else None
        if value is None:
            shown = f'"{node.value}"' if isinstance(node, Text) else "this"
            self.wrong(node, f"{self.path}{key}: {shown} is not {unit.words}.")
            return default
        return value

    def section(self, key: str) -> Section | None:
        node = self.node(key)
        return None if node is None else self.as_section(node, key)

    def later(self) -> None:
        """Ask for every key that this version does not carry, so that it is refused, never ignored."""
        for key, grammar in keys_of(self.shape).items():
            if isinstance(grammar.shape, Later):
                self.node(key)

    def close(self) -> None:
        """Report every key that nobody asked for, and every required one that is not there: a misspelt one once."""
        self.later()
        known = keys_of(self.shape)
        where = f" in {self.path[:-1]}" if self.path else ""
        misspelt: set[str | None] = set()
        for key, _ in self.block.entries:
            if key.value not in self._asked:
                hint = did_you_mean(key.value, known)
                misspelt.add(hint)
                self.wrong(key, f'"{key.value}" is not a key{where}.', hint)
        for name in self._missing:
            if f'Did you mean "{name}"?' not in misspelt:
                self.wrong(self.block, f"{self.path}{name} is missing.")

    # --- telling ------------------------------------------------------------------------------------------------

    def wrong(self, node: Node, text: str, suggestion: str | None = None) -> None:
        self.problems.add(node, f"{self.who}{text}", suggestion)

    def as_text(self, node: Node, key: str) -> str | None:
        if isinstance(node, Text) and node.value.strip():
            return node.value
        self.wrong(node, f"{self.path}{key} must be one value.")
        return None

    def as_texts(self, node: Node, key: str) -> tuple[Text, ...]:
        listed = node.items if isinstance(node, Items) else (node,)
        if isinstance(node, Items) and not listed:
            self.wrong(node, f"{self.path}{key} is empty.")
        return tuple(item for item in listed if self.as_text(item, key) is not None and isinstance(item, Text))

    def as_section(self, node: Node, key: str) -> Section | None:
        if isinstance(node, Block):
            shape = self._grammar(key).shape
            inner = shape.item if isinstance(shape, Listed) else shape
            return Section(self.problems, node, inner, who=self.who, path=f"{self.path}{key}.")
        self.wrong(node, f"{self.path}{key} must be a block of keys.")
        return None

    def _grammar(self, key: str) -> Key:
        return Key(self.shape.value, "") if isinstance(self.shape, Named) else keys_of(self.shape)[key]
