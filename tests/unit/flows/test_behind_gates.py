"""What the language says about the files behind a gate, apart from any one of them."""

from __future__ import annotations

import pytest

from shared.domain.facts import Kind, Need
from shared.flows import folder_gates, gate_captures, shut_because
from shared.flows._paths import path_pattern
from tests.unit.flows.support import columns, flow

FOLDER = flow(ready="[folder: {path: '/campaigns/{campaign}', column: {Status: Closed}}]")
SPRING = Need(Kind.FOLDER, "/campaigns/Spring")


def test_a_folder_is_known_as_a_gate_by_its_path_in_any_case() -> None:
    assert folder_gates(FOLDER, "/Campaigns/Spring") == {SPRING}
    assert folder_gates(FOLDER, "/Campaigns/Spring/Approved") == frozenset()
    assert folder_gates(FOLDER, "/Campaigns") == frozenset()
    collection = flow(ready="[collection: {path: '/Campaigns/{campaign}', field: {Status: Closed}}]")
    assert folder_gates(collection, "/Campaigns/Spring") == frozenset()
    twice = flow(ready="[folder: {path: '/S/{campaign}/{campaign}', column: {Status: Closed}}]")
    assert folder_gates(twice, "/S/a/a") == {Need(Kind.FOLDER, "/S/a/a")}
    assert folder_gates(twice, "/S/a/b") == frozenset()


def test_a_gate_is_judged_without_any_file() -> None:
    captures = {"campaign": "Spring"}
    assert [why.text for why in shut_because(FOLDER, SPRING, captures, columns(Status="Open"))] == [
        '/campaigns/Spring: Status is "Open", not "Closed"'
    ]
    assert [why.text for why in shut_because(FOLDER, SPRING, captures, None)] == [
        'there is no folder "/campaigns/Spring"'
    ]
    assert shut_because(FOLDER, SPRING, captures, columns(Status="Closed")) == ()


def test_a_gate_that_the_flow_does_not_have_is_open() -> None:
    gone = Need(Kind.FOLDER, "/Elsewhere/Spring")
    assert shut_because(FOLDER, gone, {"campaign": "Spring"}, None) == ()
    assert shut_because(flow(), SPRING, {}, None) == ()


def test_the_captures_of_a_gate_are_those_its_path_takes() -> None:
    assert gate_captures(FOLDER, SPRING, {"campaign": "Spring", "market": "NO"}) == {"campaign": "Spring"}


@pytest.mark.parametrize(
    ("pattern", "bound", "root"),
    [
        ("/Campaigns/{campaign}/Approved/**", {"campaign": "Spring"}, "/Campaigns/Spring/Approved"),
        ("/Campaigns/{campaign}/{market}/**", {"campaign": "Spring"}, "/Campaigns/Spring"),
        ("/{market}/{campaign}/**", {"campaign": "Spring"}, "/"),
        ("/Campaigns/{campaign}/*.pdf", {"campaign": "Spring"}, "/Campaigns/Spring"),
        ("/Campaigns/*/{campaign}/**", {"campaign": "Spring"}, "/Campaigns"),
        ("/Campaigns/{campaign}", {}, "/Campaigns"),
    ],
)
def test_what_is_behind_a_gate_lies_below_one_folder(pattern: str, bound: dict[str, str], root: str) -> None:
    assert path_pattern(pattern).root_for(bound) == root


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/", True),
        ("/NO", True),
        ("/NO/spring", True),
        ("/NO/Autumn", False),
        ("/NO/Spring/Final", True),
        ("/NO/Spring/Draft", False),
        ("/NO/Spring/Final/a/b/c", True),
    ],
)
def test_folders_that_cannot_hold_such_files_are_not_listed(folder: str, *, expected: bool) -> None:
    assert path_pattern("/{market}/{campaign}/F*/**").reaches(folder, {"campaign": "Spring"}) is expected
    assert not path_pattern("/{market}/*.pdf").reaches("/NO/deeper", {})
    assert path_pattern("/{market}/*.pdf").reaches("/NO", {})
