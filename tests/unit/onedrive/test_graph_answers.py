import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from shared.errors import (
    BridgeError,
    Conflict,
    CursorExpired,
    Forbidden,
    ItemChanged,
    Locked,
    Malware,
    Missing,
    NameTaken,
    NotAuthorised,
    Refused,
    Throttled,
    Unavailable,
)
from shared.onedrive.answers import Answer, error_of, json_of, retry_after


def answer(status: int, code: str = "", *inner: str, **headers: str) -> Answer:
    error: dict[str, Any] = {"code": code, "message": "Something about it."}
    deepest = error
    for one in inner:
        deepest["innerError"] = {"code": one}
        deepest = deepest["innerError"]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps({"error": error}).encode() if code else b"")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(400, "invalidRequest"), Refused),
        (answer(400, "pathIsTooLong"), Refused),
        (answer(401, "InvalidAuthenticationToken"), NotAuthorised),
        (answer(403, "accessDenied"), Forbidden),
        (answer(403, "malwareDetected"), Malware),
        (answer(403, "accessDenied", "malwareDetected"), Malware),
        (answer(403, x_virus_infected="1"), Malware),
        (answer(404, "itemNotFound"), Missing),
        (answer(404), Missing),
        (answer(408), Unavailable),
        (answer(409, "nameAlreadyExists"), NameTaken),
        (answer(409, "generalException", "nameAlreadyExists"), NameTaken),
        (answer(409, "resourceModified"), Conflict),
        (answer(410, "itemNotFound"), Missing),
        (answer(410, "resyncRequired"), CursorExpired),
        (answer(410, "gone", "resyncChangesApplyDifferences"), CursorExpired),
        (answer(410, location="https://graph.microsoft.com/x"), CursorExpired),
        (answer(412, "resourceModified"), ItemChanged),
        (answer(413), Refused),
        (answer(422, "unprocessable"), Refused),
        (answer(423, "resourceLocked"), Locked),
        (answer(409, "resourceLocked"), Locked),
        (answer(403, "notAllowed", "resourceLocked"), Locked),
        (answer(429, "activityLimitReached"), Throttled),
        (answer(403, "activityLimitReached"), Throttled),
        (answer(500, "generalException"), Unavailable),
        (answer(502), Unavailable),
        (answer(503), Throttled),
        (answer(504), Unavailable),
        (answer(507, "quotaLimitReached"), Refused),
        (answer(509), Throttled),
        (answer(400, "cannotSnapshotTree"), Unavailable),
        (answer(302, location="https://elsewhere.example"), Unavailable),
        (Answer(500, {}, b"<html>" * 1000), Unavailable),
        (Answer(403, {}, b'{"error": "text"}'), Forbidden),
        (Answer(403, {}, b"[" * 100_000), Forbidden),
    ],
)
def test_every_answer_becomes_one_error_of_the_tree(given: Answer, expected: type[BridgeError]) -> None:
    assert type(error_of(given, "read item 01A")) is expected


def test_an_error_says_what_was_attempted_and_what_came_back() -> None:
    error = error_of(answer(404, "itemNotFound"), "read item 01A")
    assert str(error) == "OneDrive: could not read item 01A: 404 itemNotFound Something about it."


def test_a_cursor_that_expired_says_where_to_go_on() -> None:
    error = error_of(answer(410, "resyncRequired", location="https://graph.microsoft.com/next"), "read changes")
    assert isinstance(error, CursorExpired)
    assert error.location == "https://graph.microsoft.com/next"


DATE = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "7", "ratelimit-reset": "31"}, 31),
        ({"retry-after": "40", "ratelimit-reset": "31"}, 40),
        ({"ratelimit-reset": "31"}, 31),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "99999999999"}, 86_400),
        ({"retry-after": "soon", "ratelimit-reset": "3"}, 3),
        ({"retry-after": format_datetime(DATE + timedelta(seconds=90), usegmt=True)}, 90),
        ({"retry-after": format_datetime(DATE - timedelta(seconds=90), usegmt=True)}, 0),
    ],
)
def test_C19_F3_the_pause_is_the_larger_of_what_can_be_read(headers: dict[str, str], seconds: float | None) -> None:
    dated = {"date": format_datetime(DATE, usegmt=True)} | headers
    assert retry_after(dated) == seconds


def test_an_http_date_without_a_clock_of_the_server_is_measured_by_ours() -> None:
    pause = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)})
    assert pause is not None
    assert 3_000 < pause <= 3_600


@pytest.mark.parametrize("body", [b"<html>", b'{"a":', b"[]", b"7", b"\xff", b"[" * 100_000])
def test_C20_a_good_status_with_a_bad_body_is_unavailable(body: bytes) -> None:
    with pytest.raises(Unavailable):
        json_of(Answer(200, {"content-type": "text/html"}, body), "read")


def test_an_empty_body_is_an_empty_object() -> None:
    assert json_of(Answer(204), "delete") == {}
