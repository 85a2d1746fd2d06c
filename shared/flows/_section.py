"""Reading blocks of a flow file: every key is asked for by somebody, or it is a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from shared.errors import Problem
from shared.flows._nodes import Block, Items, Node, Text


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A suggestion in the words of every error message, or None where nothing is near."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f'Did you mean "{by_fold[near[0]]}"?' if near else None


class Problems:
    """Collects what is wrong with one file, so that all of it is reported at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, node: Node, text: str, suggestion: str | None = None) -> None:
        if not (isinstance(node, Text) and node.is_refused):
            self.found.append(Problem(self.file, node.at.line, node.at.column, text, suggestion))

    def in_order(self) -> tuple[Problem, ...]:
        return tuple(sorted(self.found, key=lambda problem: (problem.line, problem.column, problem.text)))


class Section:
    """One block; `who` opens each message ("flow campaign-masters: "), `path` names the block ("to.")."""

    def __init__(self, problems: Problems, block: Block, who: str = "", path: str = "") -> None:
        self.problems = problems
        self.block = block
        self.who = who
        self.path = path
        self._nodes = {key.value: (key, node) for key, node in block.entries}
        self._known: set[str] = set()
        self._missing: list[str] = []

    # --- asking -------------------------------------------------------------------------------------------------

    def node(self, key: str, *, required: bool = False) -> Node | None:
        self._known.add(key)
        if key in self._nodes:
            return self._nodes[key][1]
        if required:
            self._missing.append(key)
        return None

    def key_node(self, key: str) -> Node:
        """Where the key itself stands, for what is wrong with its being there."""
        return self._nodes[key][0] if key in self._nodes else self.block

    def text(self, key: str, *, required: bool = False) -> str | None:
        node = self.node(key, required=required)
        return None if node is None else self.as_text(node, key)

    def texts(self, key: str) -> tuple[Text, ...]:
        """One value, or a list of values."""
        node = self.node(key)
        return () if node is None else self.as_texts(node, key)

    def choice(self, key: str, options: tuple[str, ...], default: str, later: tuple[str, ...] = ()) -> str:
        """`later` are documented values that this version does not carry."""
        node = self.node(key)
        if node is None:
            return default
        if isinstance(node, Text) and node.value in options:
            return node.value
        if isinstance(node, Block) or (isinstance(node, Text) and node.value in later):
            shown = node.value if isinstance(node, Text) else next((name.value for name, _ in node.entries), "{}")
            if shown in later:
                self.wrong(node, f"{self.path}{key}: {shown} is not supported by this version yet.")
                return default
        shown = f'"{node.value}"' if isinstance(node, Text) else "this"
        hint = did_you_mean(node.value, options) if isinstance(node, Text) else None
        self.wrong(node, f"{self.path}{key}: {shown} is not one of {', '.join(options)}.", hint)
        return default

    def flag(self, key: str) -> bool:
        return self.choice(key, ("true", "false"), "false") == "true"

    def parsed[T](self, key: str, parse: Callable[[str], T | None], accepted: str, *, default: T) -> T:
        node = self.node(key)
        if node is None:
            return default
        value = parse(node.value) if isinstance(node, Text) else None
        if value is None:
            shown = f'"{node.value}"' if isinstance(node, Text) else "this"
            self.wrong(node, f"{self.path}{key}: {shown} is not {accepted}.")
            return default
        return value

    def section(self, key: str, *, required: bool = False) -> Section | None:
        node = self.node(key, required=required)
        return None if node is None else self.as_section(node, key)

    def later(self, *keys: str) -> None:
        """Documented keys that this version does not carry: refused, never ignored."""
        for key in keys:
            if self.node(key) is not None:
                self.wrong(self.key_node(key), f"{self.path}{key} is not supported by this version yet.")

    def close(self) -> None:
        """Report every key that nobody asked for, and every required one that is not there: a misspelt one once."""
        where = f" in {self.path[:-1]}" if self.path else ""
        misspelt: set[str | None] = set()
        for key, _ in self.block.entries:
            if key.value not in self._known:
                hint = did_you_mean(key.value, self._known)
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
            return Section(self.problems, node, self.who, f"{self.path}{key}.")
        self.wrong(node, f"{self.path}{key} must be a block of keys.")
        return None
