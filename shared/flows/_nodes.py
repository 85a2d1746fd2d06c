"""YAML 1.2 as plain nodes: every scalar its own text, every node its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from shared.errors import FlowFileProblem, Problem

# What the parser says → what to do about it; the first that fits is shown.
ADVICE = (
    ("found undefined alias", "A value that begins with * must be quoted", "Quote this value."),
    (
        "mapping values are not allowed",
        "A value that holds a colon and a space must be quoted, and keys of one level begin in the same column",
        "Quote this value, or correct its indentation.",
    ),
    ("found character '\\t'", "Tabs cannot indent", "Use spaces."),
    ("that cannot start any token", "A value cannot begin with this character", "Quote this value."),
    ("found unknown escape", "A backslash in double quotes starts an escape", "Use single quotes."),
    ("quoted scalar", "A quoted value has no closing quote", "Close the quote."),
    ("flow sequence", "A list in [ ] is not closed, or a value in it must be quoted", "Close it, or quote the value."),
    ("flow mapping", "A block in { } is not closed, or a value in it must be quoted", "Close it, or quote the value."),
    (
        "but found '<scalar>'",
        "A value that begins with { or [ or a quote, and goes on after it, must be quoted as a whole",
        "Quote this value.",
    ),
    (
        "but found ']'",
        "A list is closed that was not opened, or a value with ] must be quoted",
        "Remove it, or quote the value.",
    ),
    (
        "but found '}'",
        "A block is closed that was not opened, or a value with } must be quoted",
        "Remove it, or quote the value.",
    ),
    ("expected chomping", "A value that begins with | or > must be quoted", "Quote this value."),
    ("expected alphabetic or numeric", "A value that begins with & or * must be quoted", "Quote this value."),
    (
        "are not allowed here",
        "A value cannot begin with a hyphen or ? and a space",
        "Quote it, or begin a list in its own line.",
    ),
    ("could not find expected ':'", "A key has no colon with a space after it", "Write key: value."),
    ("expected <block end>", "This line stands in another column than its neighbours", "Correct its indentation."),
    ("another document", "A flow file is one document", 'Remove the line "---".'),
)
_TAG = re.compile(r"![^\s,\[\]{}]*")
_GLUED = re.compile(r"\s*(?:- )?([\w ]+:[^\s:/]+)\s*$")  # name:Acme


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    at: Place
    value: str
    is_refused: bool = False  # a mistake that was reported where it was read


@dataclass(frozen=True, slots=True)
class Items:
    at: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Block:
    at: Place
    entries: tuple[tuple[Text, Node], ...]


type Node = Text | Items | Block


class _Reader:
    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text = text.removeprefix("\ufeff")  # as the parser counts
        self._file = file
        self._problems = problems

    def read(self, node: YamlNode) -> Node:
        place = _place(node)
        if node.anchor:
            return self._refuse(place, "Anchors and aliases are not used in flow files.", "Write the value out.")
        if tag := _TAG.match(self._text, node.start_mark.index):
            return self._refuse(place, f'The tag "{tag[0]}" is not used in flow files.', "Quote this value.")
        if isinstance(node, MappingNode):
            return Block(place, tuple(self._entries(node)))
        if isinstance(node, SequenceNode):
            return Items(place, tuple(self.read(child) for child in node.value))
        return Text(place, str(node.value))

    def _entries(self, node: MappingNode) -> list[tuple[Text, Node]]:
        entries: list[tuple[Text, Node]] = []
        seen: dict[str, int] = {}
        for key, value in node.value:
            place = _place(key)
            if not isinstance(key, ScalarNode):
                self._refuse(place, "A key must be a word.", "Quote this value.")
                continue
            name = str(key.value)
            if name in seen:
                self._refuse(place, f'"{name}" stands twice in this block, first in line {seen[name]}.', None)
                continue
            seen[name] = place.line
            is_left_out = isinstance(value, ScalarNode) and not value.value and value.style is None
            entries.append((Text(place, name), Text(place, "") if is_left_out else self.read(value)))
        return entries

    def _refuse(self, place: Place, text: str, advice: str | None) -> Text:
        self._problems.append(Problem(self._file, place.line, place.column, text, advice))
        return Text(place, "", is_refused=True)


def read_nodes(text: str, file: str, problems: list[Problem]) -> Node:
    """Raise FlowFileProblem where the text is no YAML; report what is YAML but no flow file in `problems`."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            raise FlowFileProblem((Problem(file, 1, 1, "The file is empty."),))
        return _Reader(text, file, problems).read(root)
    except YAMLError as error:
        raise FlowFileProblem((_in_plain_words(error, text, file),)) from error
    except RecursionError as error:
        deep = Problem(file, 1, 1, "The file is nested hundreds of levels deep.", "Close the brackets that stand open.")
        raise FlowFileProblem((deep,)) from error


def _place(node: YamlNode) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _in_plain_words(error: YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, ReaderError):
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        return Problem(
            file, before.count("\n") + 1, column, "The file holds a control character.", "Remove the character."
        )
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Problem(file, 1, 1, "The file is not YAML.", "Quote values that hold special characters.")
    raw = f"{error.context or ''} {error.problem or ''}"
    what, advice = next(
        ((what, advice) for sign, what, advice in ADVICE if sign in raw),
        ("This is not YAML", "Quote this value, or correct its indentation."),
    )
    mark = error.problem_mark
    before = text.splitlines()[mark.line - 1] if mark.line else ""
    if "mapping values" in raw and (glued := _GLUED.match(before)):
        what = f'"{glued[0].strip()}" has no space after the colon, so it is no key.'
        return Problem(file, mark.line, glued.start(1) + 1, what, "Write key: value.")
    return Problem(file, mark.line + 1, mark.column + 1, f"{what} ({(error.problem or '').strip()}).", advice)
