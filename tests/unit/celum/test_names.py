from __future__ import annotations

import pytest

from shared.celum.names import nearest, pick
from shared.errors import NameProblem

FIELDS = [(7, ("rating", "Rating"), "Rating (7)"), (8, ("note", "Bewertung", "Rating"), "Note (8)")]


def test_a_label_that_two_fields_share_is_ambiguous_and_both_are_told() -> None:
    with pytest.raises(NameProblem) as caught:
        pick("information field", "Rating", FIELDS)

    assert caught.value.ambiguous
    assert caught.value.candidates == ("Rating (7)", "Note (8)")


def test_names_are_exact_but_for_outer_spaces_and_composition() -> None:
    assert pick("information field", " Bewertung ", FIELDS) == 8
    assert pick("collection", "Frühling", [(1, ("Fru\u0308hling",), "")]) == 1
    with pytest.raises(NameProblem, match="candidates: Bewertung"):
        pick("information field", "bewertung", FIELDS)


def test_the_nearest_names_come_first_and_few_names_come_all() -> None:
    assert nearest("Campaings", ["Office", "Campaigns", "Archive"]) == ("Campaigns",)
    assert nearest("zzz", ["Office", "Archive"]) == ("Archive", "Office")
