"""docs/first-tenant.md names where each assumption stands: a reader finds it there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"((?:`\w+`(?: and )?)*)(?: in )?`(shared/[\w/]+\.py)`")  # `A` and `B` in `shared/…`


def test_every_assumption_stands_where_the_document_says() -> None:
    text = (ROOT / "docs" / "first-tenant.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    places = [(path, re.findall(r"`(\w+)`", names)) for row in rows for names, path in PLACE.findall(row)]
    assert len(places) > 30
    missing = [(path, name) for path, names in places for name in ["", *names] if not _stands(path, name)]
    assert missing == []


def _stands(path: str, name: str) -> bool:
    file = ROOT / path
    return file.is_file() and (not name or re.search(rf"\b{name}\b", file.read_text("utf-8")) is not None)
