"""The rows of catalogue.md, the ids that tests carry in their names, and what is said of rows without a test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROW = re.compile(r"^\| (?P<id>[A-H]\d+) \| (?P<fault>.+?) \| (?P<expected>.+?) \|(?: [USCL]+ \|)?$")
# test_C2_C3_empty_pages_…, or test_the_world_ends_well[H1 H2 page read]
CARRIES = re.compile(r"(?:^test_|\[)(?P<ids>(?:[A-H]\d+[_ ])+)")
REASON = re.compile(r"^\| (?P<ids>[A-H]\d[A-H0-9, -]*) \| (?P<who>.+?) \| (?P<why>.+?) \|$")
SHARE = 0.95  # of the rows that adapters, webhook, scan and transfers decide


@dataclass(frozen=True)
class Row:
    id: str
    fault: str
    expected: str

    @property
    def counts(self) -> bool:
        """The sections A to F, and of G access, transfers and search: G1-G67 and G80-G91."""
        number = int(self.id[1:])
        return self.id[0] in "ABCDEF" or (self.id[0] == "G" and (number <= 67 or 80 <= number <= 91))


def rows() -> Mapping[str, Row]:
    lines = (HERE / "catalogue.md").read_text(encoding="utf-8").splitlines()
    found = [Row(*match.group("id", "fault", "expected")) for line in lines if (match := ROW.match(line))]
    return {row.id: row for row in found}


def ids_of(test: str) -> tuple[str, ...]:
    """`test_C2_C3_empty_pages_are_not_the_end[x]` → ("C2", "C3"); a case may carry ids where the test does not."""
    return tuple(row for match in CARRIES.finditer(test) for row in re.split("[_ ]", match["ids"].strip("_ ")))


def reasons() -> Mapping[str, str]:
    """Row id → who decides it, or why it does not apply: the tables of elsewhere.md."""
    lines = (HERE / "elsewhere.md").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := REASON.match(line))]
    return {row_id: f"{match['who']}: {match['why']}" for match in found for row_id in _each(match["ids"])}


def _each(ids: str) -> list[str]:
    """`G100-G102, H1` → ["G100", "G101", "G102", "H1"]."""
    found: list[str] = []
    for part in ids.split(","):
        first, _, last = part.strip().partition("-")
        letter, start = first[0], int(first[1:])
        found += [f"{letter}{number}" for number in range(start, int(last[1:]) + 1 if last else start + 1)]
    return found
