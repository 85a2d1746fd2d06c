"""Which keys of the flow language a test is about: `@shows` what they do, `@refuses` what they must not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from shared.flows._grammar import CASES, DEFINITIONS, FILE
from shared.flows._shapes import Either, Keys, Later, Listed, Named, Ref, Shape

SHOWS, REFUSES = "shows_keys", "refuses_keys"

type Test[**P, R] = Callable[P, R]

# FLOWS §6: where values come from
SOURCES = (
    *("path.<capture>", "path.folder", "name.<capture>", "column.<name>", "office.<property>"),
    *("embedded.<property>", "embedded.<prefix:name>"),
    *("file.name", "file.stem", "file.extension", "file.size", "file.created", "file.modified"),
    *("file.created_by", "file.modified_by", "file.web_url", "file.id"),
    *("run.date", "run.year", "run.id", "run.status", "run.reason", "asset.url"),
)


def shows[**P, R](*keys: str) -> Callable[[Test[P, R]], Test[P, R]]:
    return _mark(SHOWS, keys)


def refuses[**P, R](*keys: str) -> Callable[[Test[P, R]], Test[P, R]]:
    return _mark(REFUSES, keys)


def _mark[**P, R](how: str, keys: tuple[str, ...]) -> Callable[[Test[P, R]], Test[P, R]]:
    def marked(test: Test[P, R]) -> Test[P, R]:
        setattr(test, how, (*getattr(test, how, ()), *keys))
        return test

    return marked


def keys() -> Mapping[str, Shape]:
    """Every key that the grammar knows; cases under `tests.`."""
    found = {**dict(_walk(FILE, "")), **dict(_walk(CASES, ""))}
    return {key: shape for key, shape in found.items() if not _repeats_given(key)}


def later() -> tuple[str, ...]:
    """Documented keys that the grammar only names, to refuse them."""
    return tuple(dict.fromkeys(_later(FILE, "")))


def _repeats_given(key: str) -> bool:
    """`known` holds the keys of `given` once more, read by the same lines."""
    inside = key.removeprefix("tests.given.known.")
    return inside != key and inside not in {"state", "content", "finished"}


def _walk(shape: Shape, rule: str, inside: tuple[str, ...] = ()) -> Iterator[tuple[str, Shape]]:
    """Keys that hold values; a block that only holds other keys is no row of its own."""
    match shape:
        case Keys(named):
            for name, key in named.items():
                if not isinstance(key.shape, Later):
                    within = list(_walk(key.shape, _below(rule, name), inside))
                    if not isinstance(key.shape, Keys) or not within:
                        yield f"{rule}{name}", key.shape
                    yield from within
        case Named(value):
            yield from _walk(value, f"{rule}*.", inside)
        case Listed(item):
            yield from _walk(item, rule, inside)
        case Either(shapes):
            for one in shapes:
                yield from _walk(one, rule, inside)
        case Ref(name) if name not in inside:
            yield from _walk(DEFINITIONS[name], rule, (*inside, name))
        case _:
            return


def _later(shape: Shape, rule: str) -> Iterator[str]:
    match shape:
        case Keys(named):
            for name, key in named.items():
                if isinstance(key.shape, Later):
                    yield f"{rule}{name}"
                else:
                    yield from _later(key.shape, _below(rule, name))
        case Named(value):
            yield from _later(value, f"{rule}*.")
        case Listed(item):
            yield from _later(item, rule)
        case _:
            return


def _below(rule: str, name: str) -> str:
    return {"flows": "", "tests": "tests."}.get(name, f"{rule}{name}.")
