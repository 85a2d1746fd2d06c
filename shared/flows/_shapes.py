"""What may stand in a place of a flow file: the words in which the grammar is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One text; `pattern` is for editors, the loader says more than that it does not fit."""

    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """One text, or a list of texts."""

    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Unit[T]:
    """One text with a meaning of its own, such as a duration; `words` complete "… is not"."""

    parse: Callable[[str], T | None]
    words: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[str, ...]


FLAG = Choice(("true", "false"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of `item`; where `or_one`, one without its list as well."""

    item: Shape
    or_one: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A block whose keys the writer of the file chooses."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Keys:
    """A block whose keys are these."""

    keys: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Either:
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A shape that holds itself, by its name in the grammar's DEFINITIONS."""

    name: str


@dataclass(frozen=True, slots=True)
class Later:
    """Documented, and not carried by this version: refused wherever it stands."""


type Shape = Word | Words | Unit[object] | Choice | Listed | Named | Keys | Either | Ref | Later


@dataclass(frozen=True, slots=True)
class Key:
    shape: Shape
    about: str
    required: bool = False


def options_of(shape: Shape) -> tuple[str, ...]:
    match shape:
        case Choice(options):
            return options
        case Either(shapes):
            return tuple(option for one in shapes for option in options_of(one))
        case Listed(item):
            return options_of(item)
        case _:
            return ()


def keys_of(shape: Shape) -> Mapping[str, Key]:
    """The keys of a block; none where the writer chooses them."""
    match shape:
        case Keys(keys):
            return keys
        case Either(shapes):
            return {name: key for one in shapes for name, key in keys_of(one).items()}
        case _:
            return {}
