from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.onedrive_simulator.estate.names import check_name
from shared.errors import ValueDoesNotFit
from shared.onedrive.names import QUOTE, check_length, folded, is_legal, legal, marked, plain

WORDS = ["CON", "con.txt", "LPT9", ".lock", "desktop.ini", "_vti_", "_VTI_cnf", "~$x", "~", ".", "..", " ", QUOTE]
LOOKS = ["\uff1a", "\uff0e", "\u2420", "\uff5e", "\ufffd", "\u2426", "e\u0301", "é", "\u0338", "\U0001f600", "\u05d0"]
ODD = st.sampled_from([*WORDS, *LOOKS, *'"*:<>?/\\|\x00\x1f\x7f'])
TEXTS = st.lists(ODD | st.text(max_size=4), min_size=1, max_size=6).map("".join).filter(bool)


def is_nfc(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


@given(TEXTS)
def test_D21_every_text_has_a_legal_name_that_leads_back_to_it(text: str) -> None:
    name = legal(text)
    check_name(name)  # the simulator's own opinion
    assert is_legal(name)
    assert is_nfc(name)
    assert plain(name) == unicodedata.normalize("NFC", text)


@given(TEXTS, TEXTS)
def test_D21_different_texts_have_different_names(one: str, other: str) -> None:
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    assert (legal(one) == legal(other)) is same


@given(TEXTS)
def test_D21_a_name_that_is_legal_is_left_alone_unless_it_looks_like_a_mapped_one(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    if is_legal(text) and plain(text) == text:
        assert legal(text) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Spring/Summer: 50% off?", "Spring\uff0fSummer\uff1a 50% off\uff1f"),
        ("CON", "\u201bCON"),
        ("con.tar.gz", "\u201bcon.tar.gz"),
        ("Contract.pdf", "Contract.pdf"),
        ("~$draft.docx", "\uff5e$draft.docx"),
        ("a_vti_b", "a_\u201bvti_b"),
        ("end. ", "end.\u2420"),
        ("end.", "end\uff0e"),
        (" x", "\u2420x"),
        ("..", ".\uff0e"),
        ("q\uff1a", "q\u201b\uff1a"),
        ("Caf\u0065\u0301.jpg", "Café.jpg"),
        ("#100% 'a' & b+c.png", "#100% 'a' & b+c.png"),
    ],
)
def test_D21_names_as_people_see_them(text: str, name: str) -> None:
    assert legal(text) == name
    assert plain(name) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_D21_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(ValueDoesNotFit):
        legal(text)


def test_D23_names_that_differ_in_case_or_composition_alone_are_one() -> None:
    assert folded("A.TXT") == folded("a.txt")
    assert folded("É") == folded("e\u0301")
    assert folded("a.txt") != folded("b.txt")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Spring.pdf", "Spring (4711).pdf"), ("Spring", "Spring (4711)"), (".profile", ".profile (4711)")],
)
def test_D23_the_later_of_two_with_one_name_carries_a_mark(name: str, expected: str) -> None:
    assert marked(name, "4711") == expected


def test_D21_a_path_of_400_characters_is_refused_before_any_call() -> None:
    check_length("/" + "/".join(["x" * 99] * 3), above="sites/marketing/Documents")
    with pytest.raises(ValueDoesNotFit, match="400"):
        check_length("/" + "/".join(["x" * 99] * 4), above="sites/m")
    with pytest.raises(ValueDoesNotFit, match="400"):
        check_length("/" + "😀" * 200)
    with pytest.raises(ValueDoesNotFit, match="255"):
        check_length("/" + "x" * 256)
