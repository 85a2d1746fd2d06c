"""What CELUM answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.celum.answers import read_problem, retry_after
from shared.celum.events import EVENT_BYTES, EventKind, Secrets, hear
from shared.celum.wire import AssetModel, AssetPage, Model, understood
from shared.celum.wire_definitions import AssetTypeModel, CollectionModel
from shared.errors import Unavailable
from tests.fuzz import FUZZ, NO_DATES, distorted, json_values

STAMP = {"date": "2026-11-24T10:00:00.000+01:00", "userId": 7}
VALUE = {"field": {"id": 12, "type": "TEXT"}, "value": "worldwide"}
SETS = [{"informationFieldValues": [VALUE, {"field": {"id": 13}, "type": "DATE", "value": 1_764_000_000_000}]}]
ASSET = {
    "id": 149,
    "name": "Launch",
    "typeId": 146,
    "currentVersion": {
        "id": 5,
        "filename": "Launch.pptx",
        "filesize": 12,
        "fileChecksum": "ab" * 16,
        "creation": STAMP,
    },
    "parentIds": [3],
    "parentPaths": [{"pathSegments": [{"collectionId": 3}]}],
    "releaseStatus": "RELEASED",
    "informationFieldValueSets": SETS,
    "externalReferences": [{"url": "x", "description": {"key": "d"}, "provider": {"key": "p"}}],
    "availability": {"type": "DATED", "from": STAMP["date"], "to": 1_764_000_000_000},
    "validationStatus": {"typeValid": True},
    "lock": {"comment": "x", "creation": STAMP},
    "creation": STAMP,
    "modification": STAMP,
}
FIELD = {"id": 12, "name": "rights", "labels": {"en": "Rights"}, "type": "TEXT", "minLength": 1, "required": True}
TYPE = {"id": 146, "name": "Image", "labels": {"en": "Image"}, "informationFieldSets": [{"informationFields": [FIELD]}]}
COLLECTION = {
    "id": 3,
    "typeId": 1,
    "name": {"en": "Spring"},
    "parentId": 2,
    "path": {"pathSegments": [{"collectionId": 2}, {"collectionId": 3}]},
    "informationFieldValueSets": SETS,
    "modification": STAMP,
}
FAULT = {"type": "FIELD", "code": "REQUIRED", "message": "x", "informationFieldId": 12, "locale": "en"}
PROBLEM = {"code": "VALIDATION", "message": "no", "entity": {"id": 3, "type": "COLLECTION"}, "faults": [FAULT]}
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def read[M: Model](model: type[M], answer: object) -> M | None:
    """What the adapter makes of an answer; None where it says that it does not understand it."""
    try:
        return understood(model, answer, "read")
    except Unavailable:
        return None


@FUZZ
@given(answer=distorted(ASSET))
def test_any_asset_is_read_or_named_as_not_understood(answer: object) -> None:
    if (model := read(AssetModel, answer)) is None:
        return
    asset = model.domain()
    for moment in (asset.created, asset.modified, asset.current_version.created):
        assert moment is None or moment.tzinfo is not None
    assert asset.fields is not None or not isinstance(answer, dict) or not answer.get("informationFieldValueSets")


@FUZZ
@given(answer=distorted(TYPE))
def test_any_asset_type_is_read_or_named_as_not_understood(answer: object) -> None:
    if model := read(AssetTypeModel, answer):
        model.domain()


@FUZZ
@given(answer=distorted(COLLECTION))
def test_any_collection_is_read_or_named_as_not_understood(answer: object) -> None:
    if model := read(CollectionModel, answer):
        model.domain(None)


@FUZZ
@given(answer=distorted({"content": [ASSET], "hasNext": True, "totalElements": 1}))
def test_any_page_is_read_or_named_as_not_understood(answer: object) -> None:
    if model := read(AssetPage, answer):
        assert all(asset.domain() for asset in model.content)


OPTIONAL = sorted(ASSET.keys() - {"id", "currentVersion"})


@FUZZ
@given(members=st.sets(st.sampled_from(OPTIONAL)))
def test_a_member_that_is_null_is_read_like_one_that_is_missing(members: set[str]) -> None:
    missing = {name: value for name, value in ASSET.items() if name not in members}
    null = missing | dict.fromkeys(members)
    assert read(AssetModel, null) == read(AssetModel, missing) is not None


@FUZZ
@given(body=st.binary(max_size=80) | distorted(PROBLEM).map(lambda value: json.dumps(value).encode()))
@example(body=b"[" * 100_000)
@example(body=b'{"faults": [{"informationFieldId": "' + b"9" * 10_000 + b'"}]}')
@example(body=b'{"faults": [{"informationFieldId": ' + b"9" * 10_000 + b"}]}")
def test_any_problem_is_told_in_a_line(body: bytes) -> None:
    problem = read_problem("application/json", body)
    assert "\n" not in problem.message
    assert len(problem.message) <= 301


@FUZZ
@given(
    header=st.none() | st.text(max_size=40) | st.sampled_from(["9" * 5000, "nan", "inf", "-5", "1.5", *NO_DATES]),
    date=st.none() | st.text(max_size=40) | st.just("Tue, 24 Nov 2026 10:00:00 GMT"),
)
@example(header=NO_DATES[0], date=None)
@example(header=NO_DATES[1], date=None)
def test_any_retry_after_is_none_or_a_wait_that_ends(header: str | None, date: str | None) -> None:
    pause = retry_after(header, date, now=NOW)
    assert pause is None or 0 <= pause <= 86_400


@FUZZ
@given(answer=json_values)
def test_any_json_is_no_asset_unless_it_looks_like_one(answer: Any) -> None:
    assert read(AssetModel, answer) is None


EVENTS = Secrets(("a secret of the events",))
EVENT = {
    "type": "ASSET_UPDATED",
    "date": STAMP["date"],
    "userId": 7,
    "entity": {"id": 149, "type": "ASSET"},
    "asset": {"id": 149},
    "collection": {"id": 3},
}


@FUZZ
@given(
    kind=st.sampled_from([*EventKind, "ASSET_SANG"]),
    event=distorted(EVENT) | distorted([EVENT, EVENT]) | json_values,
    given_secret=st.sampled_from(["a secret of the events", "", "another", None, "ü"]),
)
def test_any_event_is_heard_passed_over_or_refused(kind: str, event: Any, given_secret: str | None) -> None:
    if isinstance(event, dict) and "type" in event:
        event["type"] = str(kind)
    heard = hear(json.dumps(event).encode("utf-8", "surrogatepass"), given_secret, EVENTS)
    assert heard.status in {202, 400, 401, 413}
    assert (heard.status == 202) == (heard.refused is None)
    assert given_secret == "a secret of the events" or heard.status == 401
    assert all(number > 0 for number in (*heard.assets, *heard.collections))


@FUZZ
@given(body=st.binary(max_size=80))
@example(body=b"[" * 100_000)
@example(body=b" " * (EVENT_BYTES + 1))
@example(body=b'{"type": "ASSET_CREATED", "entity": {"id": ' + b"9" * 10_000 + b"}}")
@example(body=b'{"type": "ASSET_CREATED", "entity": {"id": "' + b"9" * 10_000 + b'"}}')
def test_any_bytes_at_the_events_address_raise_nothing(body: bytes) -> None:
    assert hear(body, "a secret of the events", EVENTS).events == ()
