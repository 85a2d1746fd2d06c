"""`make flow-coverage`: each key of the flow language, the tests that show what it does, and those that refuse it."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import tests.engine
import tests.unit.flows
from tests.unit.flows.covering import REFUSES, SHOWS, SOURCES, keys, later


@dataclass(frozen=True)
class Row:
    key: str
    shown_by: list[str] = field(default_factory=list)
    refused_by: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.shown_by or not self.refused_by


def rows() -> Mapping[str, Row]:
    """One row a key and a source; a test that names none of these is a mistake."""
    names = dict.fromkeys([*keys(), *(f"source {source}" for source in SOURCES)])
    found = {name: Row(name) for name in names}
    for name, test in _tests():
        for how in (SHOWS, REFUSES):
            for key in getattr(test, how, ()):
                if key not in found:
                    raise KeyError(f'{name} speaks of "{key}", which is no key of the flow language')
                row = found[key]
                (row.shown_by if how == SHOWS else row.refused_by).append(name)
    return found


def _tests() -> Iterator[tuple[str, object]]:
    for package in (tests.unit.flows, tests.engine):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.startswith("test_"):
                found = importlib.import_module(f"{package.__name__}.{module.name}")
                yield from (
                    (f"{module.name}.{name}", test) for name, test in vars(found).items() if name.startswith("test_")
                )


def main() -> int:
    found = rows()
    width = max(map(len, found))
    for row in found.values():
        _tell_row(row, width)
    for key in later():
        sys.stdout.write(f"{key.ljust(width)}  not supported by this version yet\n\n")
    empty = [row.key for row in found.values() if row.is_empty]
    sys.stdout.write(f"{len(found)} keys, {f'without a test: {", ".join(empty)}' if empty else 'no empty row'}\n")
    return 1 if empty else 0


def _tell_row(row: Row, width: int) -> None:
    lines = [f"+ {name}" for name in row.shown_by] + [f"- {name}" for name in row.refused_by]
    for first, line in zip([row.key, *[""] * len(lines)], lines or ["NO TEST"], strict=False):
        sys.stdout.write(f"{first.ljust(width)}  {line}\n")
    sys.stdout.write("\n")


def uncovered(found: Mapping[str, Row]) -> Sequence[str]:
    return [row.key for row in found.values() if row.is_empty]


if __name__ == "__main__":
    sys.exit(main())
