"""What Graph posts and answers."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain import DriveId
from shared.errors import BridgeError
from shared.onedrive.answers import Answer, error_of, json_of, retry_after
from shared.onedrive.columns import columns_of, definition_of
from shared.onedrive.items import item_of
from shared.onedrive.notifications import BODY_BYTES, Problem, Secrets, client_state, doorbells, validation_token
from tests.fuzz import FUZZ, distorted, json_values

TENANT, SECRET, DRIVE = "00000000-0000-0000-0000-000000000001", "a secret of thirty-two characters", DriveId("b!ours")
SECRETS = Secrets(("k1", SECRET))
NOTIFICATION = {
    "subscriptionId": "s",
    "clientState": client_state(SECRET, "k1", TENANT, DRIVE),
    "tenantId": TENANT,
    "changeType": "updated",
    "lifecycleEvent": "missed",
    "resource": "drives/b!ours/root",
}
ITEM = {
    "id": "01ABC",
    "name": "Launch.pptx",
    "size": 12,
    "eTag": '"{X},1"',
    "cTag": '"c:{X},1"',
    "webUrl": "https://acme.sharepoint.com/x",
    "parentReference": {"driveId": "b!ours", "id": "01P", "path": "/drives/b!ours/root:/Campaigns/Spring%2026"},
    "createdDateTime": "2026-11-24T10:00:00.1234567Z",
    "lastModifiedDateTime": "2026-11-24T10:00:00",
    "createdBy": {"user": {"id": "u", "displayName": "Jane", "email": "jane@acme.com"}},
    "lastModifiedBy": {"application": {"id": "a", "displayName": "SharePoint App"}},
    "file": {"mimeType": "x/y", "hashes": {"quickXorHash": "AAAA"}},
    "folder": {},
    "root": {},
    "package": {"type": "oneNote"},
    "remoteItem": {},
    "deleted": {"state": "deleted"},
    "malware": {},
    "image": {"width": 1, "height": 2},
}
ERROR = {"error": {"code": "notAllowed", "message": "x", "innererror": {"code": "y", "innererror": {"code": "z"}}}}
COLUMNS = {"Market": "NO", "Team": {"Email": "a@acme.com", "LookupValue": "A"}, "Choices": ["a", {"Label": "b"}]}


@FUZZ
@given(value=distorted([NOTIFICATION]) | json_values)
def test_any_body_rings_only_drives_that_prove_themselves(value: object) -> None:
    body = json.dumps({"value": value}).encode("utf-8", "surrogatepass")
    found = doorbells(body, tenant=TENANT, secrets=SECRETS)
    assert found.status in {202, 400, 413}
    proven = [note for note in value if isinstance(note, dict)] if isinstance(value, list) else []
    assert not found.drives or any(note.get("clientState") == NOTIFICATION["clientState"] for note in proven)
    assert {drive for drive, _ in found.drives} <= {DRIVE}


@FUZZ
@given(body=st.binary(max_size=200))
@example(body=b"[" * 100_000)
@example(body=b'{"value": ' + b"[" * 100_000)
@example(body=b" " * (BODY_BYTES + 1))
@example(body=b'{"value": [' + b"1" * 10_000 + b"]}")
def test_any_bytes_ring_nothing_and_raise_nothing(body: bytes) -> None:
    assert doorbells(body, tenant=TENANT, secrets=SECRETS).drives == ()


@FUZZ
@given(query=st.dictionaries(st.sampled_from(["validationToken", "validationtoken", "code"]), st.text()))
def test_any_query_is_a_token_a_problem_or_no_handshake(query: dict[str, str]) -> None:
    token = validation_token(query)
    assert token is None or isinstance(token, Problem) or token in query.values()


@FUZZ
@given(raw=distorted(ITEM))
@example(raw={"id": "x", "file": {}, "size": -1})
def test_any_item_of_a_page_is_read_with_types_that_hold(raw: Any) -> None:
    item = item_of(DRIVE, raw)
    assert isinstance(item.name, str)
    assert item.content is None or item.content.size >= 0
    assert item.pixels is None or all(isinstance(side, int) for side in item.pixels)
    for moment in (item.created, item.modified):
        assert moment is None or moment.tzinfo is not None


@FUZZ
@given(
    status=st.integers(100, 599), body=st.binary(max_size=60) | distorted(ERROR).map(lambda e: json.dumps(e).encode())
)
@example(status=200, body=b"[" * 100_000)
@example(status=503, body=b"[" * 100_000)
@example(status=400, body=b'{"error": {"code": ' + b"1" * 10_000 + b"}}")
def test_any_answer_is_an_object_or_an_error_of_ours(status: int, body: bytes) -> None:
    answer = Answer(status, {"retry-after": "x"}, body)
    with contextlib.suppress(BridgeError):
        assert isinstance(json_of(answer, "read"), dict)
    if status >= 300:
        assert isinstance(error_of(answer, "read"), BridgeError)


@FUZZ
@given(
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "ratelimit-reset", "ratelimit-remaining", "date"]),
        st.text(max_size=40)
        | st.sampled_from(["9" * 5000, "-1", "nan", "inf", "Tue, 24 Nov 2026 10:00:00 GMT", "1.5"]),
    )
)
def test_any_pause_is_none_or_a_bounded_number_of_seconds(headers: dict[str, str]) -> None:
    pause = retry_after(headers)
    assert pause is None or 0 <= pause <= 86_400


@FUZZ
@given(raw=distorted(COLUMNS) | json_values)
def test_any_columns_are_read_or_named_as_unreadable(raw: Any) -> None:
    columns = columns_of(raw, [definition_of({"name": "Market", "text": {}})])
    assert not columns.values.keys() & columns.unreadable
    assert isinstance(raw, dict) or not columns.values


@FUZZ
@given(raw=distorted({"name": "X", "choice": {"choices": ["a"]}, "dateTime": {"format": "dateOnly"}}))
def test_any_definition_of_a_column_is_read(raw: Any) -> None:
    assert isinstance(definition_of(raw).choices, tuple)
