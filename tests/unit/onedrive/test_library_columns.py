from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.items import Value
from shared.errors import NameProblem, ValueDoesNotFit
from shared.onedrive.columns import Column, columns_of, definition_of, write_body

COLUMNS = (
    Column("Title", "Title", "text"),
    Column("Status0", "Status", "choice", ("Draft", "Approved")),
    Column("Status1", "Status", "text"),
    Column("Market", "Market", "choice", ("Germany",), free_text=True),
    Column("Languages", "Languages", "multiChoice", ("de", "en")),
    Column("Until", "Rights until", "dateTime"),
    Column("Day", "Day", "dateOnly"),
    Column("Rating", "Rating", "number"),
    Column("Final", "Final", "boolean"),
    Column("Reviewer", "Reviewer", "person"),
    Column("Modified", "Modified", "dateTime", read_only=True),
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"text": {}}, "text"),
        ({"choice": {"displayAs": "dropDownMenu"}}, "choice"),
        ({"choice": {"displayAs": "checkBoxes"}}, "multiChoice"),
        ({"dateTime": {"format": "dateOnly"}}, "dateOnly"),
        ({"dateTime": {"format": "dateTime"}}, "dateTime"),
        ({"dateTime": {}}, "dateTime"),
        ({"number": {}}, "number"),
        ({"boolean": {}}, "boolean"),
        ({"personOrGroup": {}}, "person"),
        ({"term": {}}, "term"),
        ({"somethingNew": {}}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_type_of_a_column_is_told_by_its_facet(raw: dict[str, Any], expected: str) -> None:
    assert definition_of({"name": "X"} | raw).type == expected


def test_values_are_text_whatever_sharepoint_sends() -> None:
    columns = columns_of(
        {
            "@odata.etag": "x",
            "id": "4",
            "Title": "Spring",
            "Languages@odata.type": "Collection(Edm.String)",
            "Languages": ["de", "en"],
            "Rating": 4.0,
            "Share": 0.25,
            "Final": False,
            "Until": "2026-11-24T10:30:00.0000000Z",
            "Nothing": None,
            "Person": {"LookupId": 1, "LookupValue": "Olivia", "Email": "olivia@acme.example"},
            "People": [{"Email": "a@acme.example"}, {"LookupValue": "B"}],
            "Term": {"Label": "Berlin", "TermGuid": "g", "WssId": 1},
            "Link": {"Description": "d", "Url": "https://acme.example"},
            "Odd": {"what": 1},
            "OddList": [{"what": 1}],
            "ReviewerLookupId": "12",
        },
        COLUMNS,
    )
    assert columns.values == {
        "Title": "Spring",
        "Languages": ("de", "en"),
        "Rating": "4",
        "Share": "0.25",
        "Final": "false",
        "Until": "2026-11-24T10:30:00Z",
        "Nothing": "",
        "Person": "olivia@acme.example",
        "People": ("a@acme.example", "B"),
        "Term": "Berlin",
        "Link": "https://acme.example",
    }
    assert columns.unreadable == {"Odd", "OddList", "Reviewer"}
    assert columns.display["Status"] == ("Status0", "Status1")
    assert columns.types["Day"] == "dateOnly"


@pytest.mark.parametrize("fields", [None, 7, [], "x"])
def test_fields_that_are_no_object_are_no_values(fields: Any) -> None:
    assert columns_of(fields, COLUMNS).values == {}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Title", "  as it is ", "  as it is "),
        ("Status0", "Approved", "Approved"),
        ("Market", "Atlantis", "Atlantis"),
        ("Rating", "7", 7),
        ("Rating", "-2.5", -2.5),
        ("Final", "True", True),
        ("Final", "no", False),
        ("rights until", "2026-11-24T11:30:00+01:00", "2026-11-24T10:30:00Z"),
        ("Day", "2026-11-24", "2026-11-24T12:00:00Z"),
        ("Title", ("one",), "one"),
        ("Title", "", None),
        ("Rating", (), None),
    ],
)
def test_text_becomes_a_value_of_the_columns_type(name: str, value: Value, expected: object) -> None:
    assert list(write_body({name: value}, COLUMNS).values()) == [expected]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Kiritimati", "UTC", "America/Los_Angeles", "Etc/GMT+12"])
def test_a_day_is_the_same_day_at_the_site(zone: str) -> None:
    there = ZoneInfo(zone)
    for text in ("2026-11-24", "2026-07-01", "2026-11-24T00:00:00" + f"{datetime(2026, 11, 24, tzinfo=there):%:z}"):
        written = datetime.fromisoformat(write_body({"Day": text}, COLUMNS, there)["Day"])
        assert written.astimezone(there).date().isoformat() == text[:10]


def test_a_multi_choice_value_is_annotated() -> None:
    assert write_body({"Languages": ("de", "en")}, COLUMNS) == {
        "Languages": ["de", "en"],
        "Languages@odata.type": "Collection(Edm.String)",
    }
    assert write_body({"Languages": "de"}, COLUMNS)["Languages"] == ["de"]
    assert write_body({"Languages": ()}, COLUMNS)["Languages"] is None


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("Status0", "approved", "Draft, Approved"),
        ("Languages", ("de", "xx"), "de, en"),
        ("Rating", "many", "a number"),
        ("Rating", "1e999", "a number"),
        ("Final", "maybe", "true or false"),
        ("Rating", "1_000", "a number"),
        ("Rating", "١٢", "a number"),
        ("Rating", "nan", "a number"),
        ("Day", "tomorrow", "a date"),
        ("Day", "2026-W48-2", "a date"),
        ("Day", "20261124", "a date"),
        ("rights until", "2026-W48-2", "a date"),
        ("Reviewer", "olivia@acme.example", "cannot be written"),
        ("Modified", "2026-11-24", "read-only"),
        ("Title", ("one", "two"), "one value"),
    ],
)
def test_what_does_not_fit_says_what_would(name: str, value: Value, accepted: str) -> None:
    with pytest.raises(ValueDoesNotFit, match=accepted):
        write_body({name: value}, COLUMNS)


def test_a_display_name_that_two_columns_share_is_ambiguous() -> None:
    with pytest.raises(NameProblem, match="ambiguous; candidates: Status0, Status1"):
        write_body({"Status": "Draft"}, COLUMNS)
