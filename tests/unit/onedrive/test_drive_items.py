from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.ids import DriveId
from shared.domain.items import Content
from shared.onedrive.items import item_of, moment_of, person_of

DRIVE = DriveId("b!drive")


def item(**members: Any) -> Any:
    return item_of(DRIVE, {"id": "01A", "name": "a.docx", "parentReference": {"id": "01P"}} | members)


def test_a_file_is_read_with_everything_the_answer_shows() -> None:
    found = item(
        eTag='"{G},1"',
        cTag='"c:{G},1"',
        size=5,
        file={"mimeType": "image/jpeg", "hashes": {"quickXorHash": "x"}},
        image={"width": 3, "height": 2},
        lastModifiedBy={"user": {"id": "u", "displayName": "Olivia", "email": "o@acme.example"}},
    )
    assert found.content == Content(5, "x")
    assert (found.parent, found.etag, found.pixels, found.mime_type) == ("01P", '"{G},1"', (3, 2), "image/jpeg")
    assert found.modified_by is not None
    assert not found.modified_by.is_application


@pytest.mark.parametrize(
    ("members", "folder", "package", "content"),
    [
        ({"folder": {"childCount": 1}, "size": 9}, True, False, None),
        ({"package": {"type": "oneNote"}, "size": 9}, False, True, None),
        ({"package": {"type": "oneNote"}, "folder": {}, "size": 9}, False, True, None),
        ({"remoteItem": {"id": "x", "folder": {}}}, False, True, None),
        ({"file": {}, "size": 0}, False, False, Content(0, None)),
        ({"file": {"hashes": {}}, "size": 2**53 + 1}, False, False, Content(2**53 + 1, None)),
        ({"file": {}, "size": 300 * 1024**3, "newFacet": {}}, False, False, Content(300 * 1024**3, None)),
        ({"file": {}}, False, False, None),
        ({"somethingNew": {}}, False, False, None),
        ({}, False, False, None),
    ],
)
def test_C22_C23_every_kind_of_item_is_told_apart(
    members: dict[str, Any], folder: bool, package: bool, content: Content | None
) -> None:
    found = item(**members)
    assert (found.is_folder, found.is_package, found.content) == (folder, package, content)


def test_C5_a_tombstone_may_be_almost_empty() -> None:
    for deleted in ({}, {"state": "softDeleted"}, "x"):
        found = item_of(DRIVE, {"id": "01A", "deleted": deleted, "file": {}, "size": 1})
        assert (found.id, found.name, found.parent, found.deleted, found.content) == ("01A", "", None, True, None)


def test_the_root_has_no_parent_and_the_shortest_path() -> None:
    found = item(name="root", root={}, folder={}, parentReference={"id": "?", "path": "/drives/b!drive/root:"})
    assert (found.is_root, found.is_folder, found.parent, found.path) == (True, True, None, "/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/drives/b!drive/root:", "/a.docx"),
        ("/drives/b!drive/root:/Campaigns/Spring 26", "/Campaigns/Spring 26/a.docx"),
        ("/drives/b!drive/root:/Campaigns/Spring%2026", "/Campaigns/Spring 26/a.docx"),
        ("/drive/root:/u\u0308bel", "/\u00fcbel/a.docx"),
        (None, None),
    ],
)
def test_a_path_begins_at_the_root_of_the_library(path: str | None, expected: str | None) -> None:
    parent = {"id": "01P"} | ({"path": path} if path else {})
    assert item(parentReference=parent).path == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T10:30:00Z", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24T10:30:00", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24T11:30:00+01:00", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24T10:30:00.1234567Z", datetime(2026, 11, 24, 10, 30, 0, 123456, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        ("", None),
        (7, None),
    ],
)
def test_C27_dates_are_read_however_they_are_written(text: Any, expected: datetime | None) -> None:
    assert moment_of(text) == expected


def test_an_application_is_no_person() -> None:
    application = person_of({"application": {"id": "a", "displayName": "Bridge"}})
    both = person_of({"application": {"id": "a"}, "user": {"id": "u", "displayName": "Olivia"}})
    assert application is not None
    assert application.is_application
    assert both is not None
    assert (both.id, both.is_application) == ("u", False)
    assert person_of({}) is None
    assert person_of(None) is None
