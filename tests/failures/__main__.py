"""`make failures`: each row of the catalogue → its tests and their result, or who decides it instead."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.failures.catalogue import SHARE, ids_of, reasons, rows

WIDTH = 100  # of a line on a terminal, for what is quoted from the catalogue


class Carrying:
    """Runs the tests that carry an id, and keeps how each of them ended."""

    def __init__(self) -> None:
        self.ended: dict[str, dict[str, str]] = defaultdict(dict)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        carrying = [item for item in items if ids_of(item.name)]
        config.hook.pytest_deselected(items=[item for item in items if not ids_of(item.name)])
        items[:] = carrying

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        case = report.nodeid.partition("::")[2]
        test = case.partition("[")[0]
        for row in ids_of(case):
            name = test if row in ids_of(test) else case
            if report.failed or report.skipped:
                self.ended[row][name] = report.outcome
            elif report.when == "call":
                self.ended[row].setdefault(name, report.outcome)


def main() -> int:
    carrying = Carrying()
    code = pytest.main(["-q", "--no-header", *sys.argv[1:], str(Path(__file__).parents[1])], plugins=[carrying])
    return max(int(code), _tell(carrying.ended))


def _tell(ended: dict[str, dict[str, str]]) -> int:
    catalogue, why = rows(), reasons()
    silent = [row for row in catalogue if row not in ended and row not in why]
    for row in catalogue.values():
        sys.stdout.write(f"\n{row.id:5} {row.fault[:WIDTH]}\n")
        for test, outcome in ended.get(row.id, {}).items():
            sys.stdout.write(f"      {outcome:8} {test}\n")
        if row.id not in ended:
            sys.stdout.write(f"      {why.get(row.id, 'NO TEST, AND NO REASON')}\n")
    counting = [row.id for row in catalogue.values() if row.counts]
    passing = [row for row in counting if row in ended and set(ended[row].values()) == {"passed"}]
    share = len(passing) / len(counting)
    sys.stdout.write(f"\n{len(passing)} of {len(counting)} rows of A-F, G1-G67 and G80-G91 pass ({share:.1%}); ")
    sys.stdout.write(f"{len(ended)} of all {len(catalogue)} rows have a test.\n")
    sys.stdout.write(f"Without a test and without a reason: {', '.join(silent) or 'none'}\n")
    return 1 if silent or share < SHARE else 0


if __name__ == "__main__":
    sys.exit(main())
