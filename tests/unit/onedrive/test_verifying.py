from __future__ import annotations

import pytest

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Content, Item, Person
from shared.onedrive.verifying import Verdict, verdict

SENT = Content(10, "hash")
APP, PERSON = Person(name="SharePoint App", is_application=True), Person(name="Jane")


@pytest.mark.parametrize(
    ("name", "there", "by", "expected"),
    [
        ("a.bin", SENT, APP, Verdict.SAME),
        ("a.bin", Content(10, "other"), APP, Verdict.DIFFERENT),
        ("a.bin", Content(9, "hash"), APP, Verdict.DIFFERENT),
        ("a.DOCX", Content(12, "other"), APP, Verdict.REWRITTEN),
        ("a.docx", Content(12, "other"), None, Verdict.REWRITTEN),
        ("a.docx", Content(12, "other"), PERSON, Verdict.DIFFERENT),
        ("a.docx", Content(0, "empty"), APP, Verdict.DIFFERENT),
        ("a.pdf", Content(12, None), APP, Verdict.REWRITTEN),
    ],
)
def test_D17_a_mismatch_is_a_failure_unless_sharepoint_rewrites_such_files(
    name: str, there: Content, by: Person | None, expected: Verdict
) -> None:
    item = Item(DriveId("d"), ItemId("i"), name, None, None, there, modified_by=by)
    assert verdict(item, SENT) is expected


def test_D18_an_item_without_a_hash_is_to_be_looked_at_again() -> None:
    item = Item(DriveId("d"), ItemId("i"), "a.bin", None, None, Content(10, None))
    assert verdict(item, SENT) is Verdict.UNPROVEN
    assert verdict(Item(DriveId("d"), ItemId("i"), "a.bin", None, None), SENT) is Verdict.UNPROVEN
