"""What stands in the marker file, after people have had it open."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import MARKER_NAME, Item
from shared.engine.marker import Marker, understood, written
from shared.ledger.rows import Installation

SINCE = datetime(2026, 11, 24, 11, tzinfo=UTC)
FILE = written(Installation("4f2a", SINCE), "https://bridge.acme.example")
LINE = FILE.decode().splitlines()[-1]


@pytest.mark.parametrize(
    "data",
    [
        FILE,
        FILE.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + FILE,
        LINE.encode(),
        FILE + "\n\nJane: what is this? \xe9\n".encode("latin-1"),
        (LINE.replace(", ", ",\n  ") + "\n\nnotes").encode(),
    ],
)
def test_the_line_is_found_whatever_an_editor_has_done_around_it(data: bytes) -> None:
    assert understood(data) == Marker("4f2a", "https://bridge.acme.example", SINCE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"my shopping list",
        b"\xff\xfe\x00",
        FILE[:-20],
        b"}{",
        b"{}",
        b"[" * 100_000,
        b"{" * 100_000 + b"}",
        LINE.replace('"4f2a"', "7").encode(),
        LINE.replace('"4f2a"', '""').encode(),
        LINE.replace("https", "").replace('"://bridge.acme.example"', "null").encode(),
        LINE.replace("2026-11-24", "some day").encode(),
        b'{"installation": ["4f2a"], "address": "x", "since": 7}',
    ],
)
def test_anything_else_says_nothing(data: bytes) -> None:
    assert understood(data) is None


def test_a_marker_is_told_by_its_name_in_any_case() -> None:
    item = Item(DriveId("b!one"), ItemId("01"), MARKER_NAME.upper(), None, None)
    assert item.is_marker
    assert not dataclasses.replace(item, name=f"x{MARKER_NAME}").is_marker
