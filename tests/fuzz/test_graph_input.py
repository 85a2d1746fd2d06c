"""What Graph posts and answers."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.ids import DriveId
from shared.domain.items import Item
from shared.errors import BridgeError
from shared.messages import ScanMessage
from shared.onedrive.answers import Answer, error_of, json_of, retry_after
from shared.onedrive.batching import members_of
from shared.onedrive.columns import columns_of, definition_of
from shared.onedrive.credentials import LocalToken
from shared.onedrive.delta import page_of
from shared.onedrive.grants import grant_of
from shared.onedrive.graph import Graph, objects
from shared.onedrive.items import items_of
from shared.onedrive.notifications import BODY_BYTES, Problem, Secrets, client_state, doorbells, validation_token
from shared.onedrive.settings import OneDriveSettings
from shared.onedrive.subscriptions import Subscriptions
from tests.fuzz import FUZZ, NO_DATES, distorted, json_values

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
    for item in items_of(DRIVE, [raw]):
        check(item)


def check(item: Item) -> None:
    assert item.id
    for text in (item.id, item.name, item.parent or "", item.etag or ""):
        assert isinstance(text, str)
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
        | st.sampled_from(["9" * 5000, "-1", "nan", "inf", "Tue, 24 Nov 2026 10:00:00 GMT", "1.5", *NO_DATES]),
    )
)
@example(headers={"retry-after": NO_DATES[0]})
@example(headers={"retry-after": NO_DATES[1]})
@example(headers={"retry-after": "1", "date": NO_DATES[1]})
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


BASE = "https://graph.microsoft.com"
LINK = f"{BASE}/v1.0/drives/b!ours/root/delta(token='x')"
PAGE = {"value": [ITEM, ITEM], "@odata.nextLink": LINK, "@odata.deltaLink": LINK}
SETTINGS = OneDriveSettings(
    credential=LocalToken,
    user_agent="NONISV|Acme|OneDriveCelumBridge/0.1",
    tenant=TENANT,
    notification_url="https://acme.example/api",
    secrets=SECRETS,
)


def as_sent(value: object) -> bytes:
    return json.dumps(value).encode()


@FUZZ
@given(raw=distorted(PAGE) | json_values, link=st.sampled_from([LINK, f"{BASE}/v1.0/delta?x"]))
@example(raw={"value": [{"id": "01A", "name": "\ud800"}], "@odata.deltaLink": LINK}, link=LINK)
def test_any_page_of_changes_is_read_or_an_error_of_ours(raw: object, link: str) -> None:
    with contextlib.suppress(BridgeError):
        page = page_of(link, json_of(Answer(200, {}, as_sent(raw)), "read"), BASE)
        for item in page.items:
            check(item)
            ScanMessage(drive=DRIVE).model_copy(update={"flow": item.id}).model_dump_json()
            item.name.encode()
        assert (page.next_link is None) != (page.delta_link is None)


MEMBER = {"id": "0", "status": 200, "headers": {"Retry-After": "1"}, "body": ITEM}
THROTTLED = {"id": "1", "status": 429, "headers": {"Retry-After": "1"}, "body": ERROR}


@FUZZ
@given(raw=distorted({"responses": [MEMBER, THROTTLED]}))
def test_any_batch_answers_each_of_its_members(raw: Any) -> None:
    with contextlib.suppress(BridgeError):
        members = members_of(json_of(Answer(200, {}, as_sent(raw)), "read"), 2, "read")
        assert [isinstance(member, dict | BridgeError) for member in members] == [True, True]


SUBSCRIPTION = {
    "id": "s",
    "resource": "drives/b!ours/root",
    "expirationDateTime": "2026-11-24T10:00:00Z",
    "notificationUrl": "https://acme.example/api",
    "clientState": "x",
}


@FUZZ
@given(page=distorted([SUBSCRIPTION]))
def test_any_list_of_subscriptions_is_read(page: Any) -> None:
    told = objects(json_of(Answer(200, {}, as_sent({"value": page})), "read")["value"])
    for one in Subscriptions(Graph(SETTINGS), SETTINGS).listed([*told, SUBSCRIPTION]):
        assert one.id
        assert one.expires.tzinfo is not None


PERSON = {"id": "u", "email": "jane@acme.example", "displayName": "Jane"}
GRANT = {"id": "g", "roles": ["read"], "link": {}, "grantedToV2": {"user": PERSON, "group": PERSON, "siteUser": PERSON}}


@FUZZ
@given(raw=distorted(GRANT))
def test_any_permission_is_a_grant_or_none(raw: Any) -> None:
    grant = grant_of(raw)
    assert grant is None or (grant.id and grant.who.id + grant.who.email)
