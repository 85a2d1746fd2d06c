"""Draws values from the schemas of an OpenAPI document, and spoils them; for tests that ask a server anything.

Knows what the two contracts use: $ref, oneOf, anyOf and `required` branches, enum, const, formats, bounds, open maps.
Ids and texts come mostly from a pool of what exists, so that requests get past the first check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hypothesis import strategies as st

from tests.contract.document import Document

DEEPEST = 3  # of nested filters
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    1.5,
    "",
    "\u0000",
    "x" * 5000,
    [],
    [None],
    {},
    {"op": "SET"},
    "0001-01-01T00:00:00+14:00",
)
DATES = ("2026-03-02T09:14:07Z", "2026-03-02T09:14:07.123+02:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
TEXTS = ("a", "Hero", "hero of spring", "Ünïcödé \U0001f9f8", "a/b", "%2e%2e", "' OR 1=1 --", "*", "_", "  ")


class Draw(Protocol):
    def __call__[T](self, strategy: st.SearchStrategy[T], /) -> T: ...


@dataclass(frozen=True)
class Pool:
    """`ids` that exist; `named`: values for members of a name, such as handles."""

    ids: Sequence[int] = (1,)
    named: dict[str, Sequence[Any]] = field(default_factory=dict)


class Drawing:
    def __init__(self, document: Document, pool: Pool, draw: Draw) -> None:
        self._document = document
        self._pool = pool
        self._draw = draw

    def value(self, pointer: str, depth: int = 0) -> Any:
        """Something that the schema at `pointer` takes."""
        pointer = self._document.follow(pointer)
        node = self._document.at(pointer)
        if "enum" in node:
            return self._draw(st.sampled_from(node["enum"]))
        if "const" in node:
            return node["const"]
        if "oneOf" in node and node.get("type") != "object":
            return self.value(self._branch(pointer, node["oneOf"], depth), depth + 1)
        return self._of_type(pointer, node, depth)

    def spoiled(self, value: Any) -> Any:
        """The value with one thing in it replaced, dropped or added."""
        kind = self._draw(st.sampled_from(("replace", "drop", "add", "inside", "inside")))
        if isinstance(value, dict) and value:
            key = self._draw(st.sampled_from(sorted(value)))
            match kind:
                case "drop":
                    return {name: one for name, one in value.items() if name != key}
                case "add":
                    return value | {"laterMember": self._draw(st.sampled_from(ODD))}
                case "inside":
                    return value | {key: self.spoiled(value[key])}
                case _:
                    return value | {key: self._draw(st.sampled_from(ODD))}
        if isinstance(value, list) and value and kind == "inside":
            return [self.spoiled(value[0]), *value[1:]]
        return self._draw(st.sampled_from(ODD))

    def _branch(self, pointer: str, branches: Sequence[Any], depth: int) -> str:
        """One of the branches; of those that nest only while it is not too deep."""
        numbers = [i for i, one in enumerate(branches) if depth < DEEPEST or "filter" not in str(one.get("required"))]
        return f"{pointer}/oneOf/{self._draw(st.sampled_from(numbers))}"

    def _of_type(self, pointer: str, node: dict[str, Any], depth: int) -> Any:
        match node.get("type"):
            case "object":
                return self._object(pointer, node, depth)
            case "array":
                items = f"{pointer}/items"
                low = node.get("minItems", 0)
                return [self.value(items, depth + 1) for _ in range(self._draw(st.integers(low, max(low, 2))))]
            case "string":
                return self._text(node)
            case "integer":
                return self._integer(pointer, node)
            case "number":
                return self._draw(st.floats(allow_nan=False, allow_infinity=False, width=32))
            case "boolean":
                return self._draw(st.booleans())
            case _:
                return self._draw(st.sampled_from(ODD))

    def _object(self, pointer: str, node: dict[str, Any], depth: int) -> dict[str, Any]:
        required, barred = set(node.get("required", ())), set()
        for word in ("oneOf", "anyOf"):
            if word in node:
                branch = self._draw(st.sampled_from(node[word]))
                required |= set(branch.get("required", ()))
                barred |= set(branch.get("not", {}).get("required", ()))
        members = node.get("properties", {})
        optional = [name for name in members if name not in required | barred]
        wanted = min(max(1, node.get("minProperties", 0) - len(required)), len(optional))
        chosen = (
            set(self._draw(st.lists(st.sampled_from(optional), min_size=wanted, max_size=3))) if optional else set()
        )
        made = {name: self._member(pointer, name, depth) for name in members if name in required | chosen}
        if node.get("minProperties", 0) > len(made) and optional:
            made |= {name: self._member(pointer, name, depth) for name in optional[: node["minProperties"]]}
        if isinstance(node.get("additionalProperties"), dict):
            locales = self._draw(st.lists(st.sampled_from(("en", "de", "fr")), min_size=1, max_size=2, unique=True))
            made |= {locale: self.value(f"{pointer}/additionalProperties", depth + 1) for locale in locales}
        return made

    def _member(self, pointer: str, name: str, depth: int) -> Any:
        if name in self._pool.named and self._draw(st.integers(0, 3)):
            return self._draw(st.sampled_from(self._pool.named[name]))
        return self.value(f"{pointer}/properties/{name}", depth + 1)

    def _text(self, node: dict[str, Any]) -> str:
        if node.get("format") == "date-time":
            return self._draw(st.sampled_from(DATES))
        if "pattern" in node:
            matching: st.SearchStrategy[str] = st.from_regex(node["pattern"], fullmatch=True)
            return self._draw(matching.filter(str.isascii))
        texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
        shortest = int(node.get("minLength", 0))
        return self._draw(texts.filter(lambda text: len(text) >= shortest))

    def _integer(self, pointer: str, node: dict[str, Any]) -> int:
        low, high = node.get("minimum", -(2**31)), node.get("maximum", 2**31)
        if pointer.endswith("/schemas/Id") and self._draw(st.integers(0, 4)):
            return self._draw(st.sampled_from(list(self._pool.ids)))
        return self._draw(st.integers(low, high))
