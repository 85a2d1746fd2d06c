"""What the tests and the reasons say of the catalogue is about rows that it has."""

from __future__ import annotations

import pytest

from tests.failures.catalogue import ids_of, reasons, rows


def test_every_row_is_read_with_what_is_expected() -> None:
    catalogue = rows()
    assert len(catalogue) == 315
    assert catalogue["A12"].expected == "**5xx** (so Graph retries), nothing acknowledged"
    assert all(row.fault and row.expected for row in catalogue.values())


@pytest.mark.parametrize(
    ("test", "ids"),
    [
        ("test_C11_an_expired_cursor", ("C11",)),
        ("test_C2_C3_empty_pages_are_not_the_end[x]", ("C2", "C3")),
        ("test_the_world_ends_well[H1 H2 page read]", ("H1", "H2")),
        ("test_a_file_that_is_fine[A. B]", ()),
        ("test_410_is_gone", ()),
    ],
)
def test_ids_stand_at_the_front_of_a_tests_name_or_of_a_cases(test: str, ids: tuple[str, ...]) -> None:
    assert ids_of(test) == ids


def test_every_id_that_a_test_carries_is_a_row(request: pytest.FixtureRequest) -> None:
    carried = {row: item.name for item in request.session.items for row in ids_of(item.name)}
    assert {row: test for row, test in carried.items() if row not in rows()} == {}


def test_every_reason_is_about_a_row() -> None:
    assert reasons().keys() <= rows().keys()
