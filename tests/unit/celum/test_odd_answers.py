from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from shared.celum import AssetChange, CelumSettings, CreateAsset, Upload, filters
from shared.domain.assets import Availability
from shared.domain.ids import AssetId, CollectionId
from shared.errors import (
    BridgeError,
    Forbidden,
    HostNotAllowed,
    Locked,
    Missing,
    NotAuthorised,
    Refused,
    SettingsProblem,
    Throttled,
    Unavailable,
)
from tests.unit.celum.odd_server import KEY, Answer, just, saying

ASSET = {
    "id": "4711",
    "name": "Hero",
    "releaseStatus": "UNRELEASED",
    "currentVersion": {"id": 1, "filename": "hero.psd", "filesize": "12"},
    "parentIds": ["5"],
}


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_G10_an_html_page_of_a_server_in_trouble_is_never_a_result(status: int) -> None:
    page = "<html><body><h1>Bad gateway</h1></body></html>"
    async with saying(just(status, page, "text/html")) as (celum, _):
        with pytest.raises(Unavailable, match="Bad gateway"):
            await celum.asset(AssetId(1))


@pytest.mark.parametrize("status", [200, 400, 403, 404])
async def test_G10_html_is_not_celums_word_whatever_its_status(status: int) -> None:
    async with saying(just(status, "<html>maintenance</html>", "text/html")) as (celum, _):
        with pytest.raises(Unavailable):
            await celum.asset(AssetId(1))


@pytest.mark.parametrize("body", ["", "{}", "[]", '"no"', "not json", '{"faults": null}', '{"faults": [null, 7, {}]}'])
async def test_G11_an_error_without_its_members_is_still_told(body: str) -> None:
    async with saying(just(422, body)) as (celum, _):
        with pytest.raises(Refused, match="HTTP 422"):
            await celum.update(AssetId(1), AssetChange(name="x"))


async def test_G30_all_faults_are_told_also_of_types_that_nobody_knows() -> None:
    faults = [
        {"type": "ARGUMENT", "code": "a", "message": "not a number", "argument": "parentId"},
        {"type": "LOCALIZED_ARGUMENT", "code": "b", "message": "too long", "argument": "name", "locale": "de"},
        {"type": "GENERIC", "code": "c", "message": "not today"},
        {"type": "INFORMATION_FIELD", "code": "d", "message": "is required", "informationFieldId": "643"},
        {"type": "LATER_TYPE", "code": "e"},
    ]
    body = json.dumps({"code": "invalid", "message": "validation failed", "faults": faults})
    async with saying(just(400, body)) as (celum, _):
        with pytest.raises(Refused) as caught:
            await celum.create(CreateAsset("Hero", CollectionId(5), "handle"))

    assert [(f.argument, f.locale, f.field) for f in caught.value.faults] == [
        ("parentId", None, None),
        ("name", "de", None),
        (None, None, None),
        (None, None, 643),
        (None, None, None),
    ]
    for told in ("parentId: not a number", "name (de): too long", "not today", "field 643: is required", "; e"):
        assert told in str(caught.value)


@pytest.mark.parametrize(("status", "kind"), [(400, Missing), (403, Missing), (404, Missing), (409, Refused)])
async def test_G12_an_entity_in_the_error_means_missing_or_not_accessible(status: int, kind: type[BridgeError]) -> None:
    body = json.dumps({"code": "x", "message": "no", "entity": "Collection:5"})
    async with saying(just(status, body)) as (celum, _):
        with pytest.raises(kind, match="no"):
            await celum.create(CreateAsset("Hero", CollectionId(5), "handle"))


async def test_G47_an_entity_that_a_field_points_to_is_a_refused_field() -> None:
    fault = {"type": "INFORMATION_FIELD", "code": "x", "message": "no such tag", "informationFieldId": 50}
    body = json.dumps({"code": "x", "message": "no", "entity": "Collection:9", "faults": [fault]})
    async with saying(just(400, body)) as (celum, _):
        with pytest.raises(Refused) as caught:
            await celum.create(CreateAsset("Hero", CollectionId(5), "handle"))

    assert caught.value.faults[0].field == 50
    assert caught.value.entity == "Collection:9"


async def test_G2_a_refused_key_is_not_authorised() -> None:
    body = json.dumps({"code": "x", "message": "No authentication profile found for API key"})
    async with saying(just(401, body)) as (celum, _):
        with pytest.raises(NotAuthorised, match="No authentication profile"):
            await celum.probe()


async def test_G5_a_refused_impersonation_says_where_to_look() -> None:
    body = json.dumps({"code": "x", "message": "denied"})
    async with saying(just(403, body), username="jane.doe") as (celum, server):
        with pytest.raises(Forbidden, match="may not act as the configured user"):
            await celum.probe()

    assert server.asked[0].headers["x-celum-username"] == "jane.doe"


async def test_G6_an_unlicensed_client_is_said_before_anything_else_is_asked() -> None:
    async with saying(just(text='{"licensed": false, "version": "1"}'), client_id="bridge") as (celum, server):
        with pytest.raises(NotAuthorised, match="not licensed"):
            await celum.probe()

    assert [asked.path for asked in server.asked] == ["/content-api/v1/version", "/content-api/v1/clients/bridge"]
    assert server.asked[0].headers["x-celum-client"] == "bridge"


async def test_G7_an_http_date_is_measured_on_the_servers_clock() -> None:
    dates = {"Retry_After": "Wed, 04 Mar 2026 10:05:00 GMT", "Date": "Wed, 04 Mar 2026 10:00:00 GMT"}
    async with saying(just(503, "", **dates)) as (celum, _):
        with pytest.raises(Throttled) as caught:
            await celum.asset(AssetId(1))

    assert caught.value.retry_after == 300


async def test_G13_optional_members_may_be_missing_and_numbers_may_be_texts() -> None:
    async with saying(just(text=json.dumps(ASSET))) as (celum, _):
        there = await celum.asset(AssetId(4711))

    assert there is not None
    assert (there.id, there.parents, there.current_version.size) == (4711, (5,), 12)
    assert there.fields is None  # left out is not empty (G87)
    assert there.availability is None
    assert there.locked_by is None


@pytest.mark.parametrize("body", ["{}", "[]", "null", "", '{"id": 1}', '{"id": "x", "currentVersion": {"id": 1}}'])
async def test_an_answer_that_is_no_asset_leaves_the_outcome_unknown(body: str) -> None:
    async with saying(just(201, body)) as (celum, _):
        with pytest.raises(Unavailable, match="not understood"):
            await celum.create(CreateAsset("Hero", CollectionId(5), "handle"))


async def test_a_truncated_answer_leaves_the_outcome_unknown() -> None:
    async def truncated(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"id": 47')
        assert request.transport is not None
        request.transport.close()
        return response

    async with saying(truncated) as (celum, _):
        with pytest.raises(Unavailable):
            await celum.asset(AssetId(1))


async def test_a_server_that_never_answers_is_unavailable() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with saying(silent, answer_timeout=0.05) as (celum, _):
        with pytest.raises(Unavailable, match="no answer in time"):
            await celum.asset(AssetId(1))


async def test_G20_an_upload_whose_bytes_stop_moving_is_unavailable() -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with saying(just(), idle_timeout=0.05) as (celum, server):
        with pytest.raises(Unavailable, match="no byte moved"):
            await celum.send(Upload(f"{server.origin}/upload/1", "handle"), 100, stalled())


def dropping(times: int, then: object) -> tuple[list[str], Answer]:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        if len(seen) <= times:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(then)

    return seen, answer


async def test_a_search_on_a_dropped_connection_is_asked_once_more_and_only_once() -> None:
    page = {"content": [], "hasNext": False, "totalElements": 0}
    seen, answer = dropping(1, page)
    async with saying(answer) as (celum, _):
        assert [hit async for hit in celum.search(filters.ids_from(0))] == []
    assert len(seen) == 2
    seen, answer = dropping(9, page)
    async with saying(answer) as (celum, _):
        with pytest.raises(Unavailable):
            _ = [hit async for hit in celum.search(filters.ids_from(0))]
    assert len(seen) == 2


async def test_G31_a_write_on_a_dropped_connection_is_never_sent_again() -> None:
    seen, answer = dropping(1, ASSET)
    async with saying(answer) as (celum, _):
        with pytest.raises(Unavailable):
            await celum.create(CreateAsset("Hero", CollectionId(5), "handle"))
    assert seen == ["POST"]


async def test_G15_a_redirect_is_not_followed_with_the_key() -> None:
    async with saying(just(302, "", Location="http://127.0.0.1:9/elsewhere")) as (celum, server):
        with pytest.raises(Unavailable, match="HTTP 302"):
            await celum.asset(AssetId(1))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.org/1",
        "http://files.example.com/1",
        "https://files.example.com.evil.org/1",
        "https://files.example.com:8443/1",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:9/1",
        "ftp://files.example.com/1",
        "file:///etc/passwd",
    ],
)
async def test_G15_bytes_go_to_named_hosts_over_https_only(url: str) -> None:
    async with saying(just(), upload_hosts=("files.example.com", "*.storage.example.com")) as (celum, server):
        with pytest.raises(HostNotAllowed):
            await celum.send(Upload(url, "handle"), 0, _nothing())
    assert server.asked == []


async def test_G15_a_named_host_may_be_all_below_a_domain() -> None:
    async with saying(just(), upload_hosts=("files.example.com", "*.storage.example.com")) as (celum, _):
        for url in ("https://files.example.com/1", "https://eu.storage.example.com/1"):
            assert celum._client.target(url).own is False
        for url in ("https://storage.example.com/1", "https://eu.storage.example.com:8443/1"):
            with pytest.raises(HostNotAllowed):
                celum._client.target(url)


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for chunk in nothing:
        yield chunk


async def test_G25_a_download_at_the_own_origin_gets_the_key_only_when_it_asks() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/download-formats"):
            return web.json_response([{"id": 7, "key": "original", "original": True}])
        if request.path.startswith("/content-api"):
            return web.json_response({"url": f"http://{request.host}/file", "filename": "hero.psd"})
        if request.headers.get("X-API-KEY") != KEY:
            return web.Response(status=401)
        return web.Response(body=b"bytes", content_type="application/octet-stream")

    async with saying(answer) as (celum, server):
        assert b"".join([chunk async for chunk in celum.download(AssetId(1))]) == b"bytes"

    assert server.asked[1].path == "/content-api/v1/assets/1/download?downloadFormatId=7"
    assert [asked.headers.get("x-api-key") for asked in server.asked[2:]] == [None, KEY]


async def test_G81_pages_that_are_empty_but_promise_more_end_in_an_error() -> None:
    async with saying(just(text='{"hasNext": true, "totalElements": 3}')) as (celum, server):
        with pytest.raises(Unavailable, match="promise more"):
            _ = [hit async for hit in celum.search(filters.ids_from(0))]
    assert [json.loads(asked.body)["pagination"]["page"] for asked in server.asked] == [1, 2, 3]


async def test_G81_fewer_rows_than_announced_are_read_twice_and_then_said(caplog: pytest.LogCaptureFixture) -> None:
    page = {"content": [ASSET], "hasNext": False, "totalElements": 2}
    async with saying(just(text=json.dumps(page))) as (celum, server):
        hits = [hit.id async for hit in celum.search(filters.ids_from(0))]

    assert hits == [4711]
    assert len(server.asked) == 2
    assert "announced 2 entries and gave 1" in caplog.text


async def test_G45_a_change_that_is_accepted_but_not_kept_is_refused_after_one_repeat() -> None:
    async with saying(just(text=json.dumps(ASSET))) as (celum, server):
        with pytest.raises(Refused, match="not kept: name, availability"):
            await celum.update(AssetId(4711), AssetChange(name="Other", availability=Availability(available=False)))

    assert [asked.method for asked in server.asked] == ["PATCH", "GET", "PATCH", "GET"]


async def test_neither_key_nor_urls_are_ever_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = json.dumps({"code": "x", "message": "see https://dam.example.com/secret?token=1"})
    async with saying(just(413, body), upload_hosts=("127.0.0.1",)) as (celum, server):
        with pytest.raises(Refused) as caught:
            await celum.send(Upload(f"{server.origin}/upload/token", "handle-1"), 1, _one())
        with pytest.raises(Unavailable) as lost:
            await celum.send(Upload("http://127.0.0.1:9/upload/token", "handle-1"), 1, _one())

    told = f"{caplog.text} {caught.value} {lost.value} {Upload('https://x/token', 'handle-1')!r}"
    for secret in (KEY, "token", "handle-1", server.origin):
        assert secret not in told
    assert KEY not in repr(celum._client.settings)


async def _one() -> AsyncIterator[bytes]:
    yield b"x"


@pytest.mark.parametrize("url", ["https://dam.example.com/content-api", "https://dam.example.com/content-api/v1/"])
def test_the_base_url_may_be_written_with_or_without_its_version(url: str) -> None:
    assert str(CelumSettings(url, KEY).root) == "https://dam.example.com/content-api/v1"


@pytest.mark.parametrize("url", ["http://dam.example.com/content-api", "dam.example.com", ""])
def test_a_base_url_that_would_show_the_key_is_refused(url: str) -> None:
    with pytest.raises(SettingsProblem):
        _ = CelumSettings(url, KEY).root


@pytest.mark.parametrize(
    "url", ["//files.example.org/1", "https://", "http://[", "https://files.example.org@evil.org/"]
)
async def test_G15_a_malformed_url_is_refused(url: str) -> None:
    async with saying(just()) as (celum, server):
        with pytest.raises(HostNotAllowed):
            await celum.send(Upload(url, "handle"), 0, _nothing())
    assert server.asked == []


async def test_a_url_without_an_origin_is_the_tenants_own() -> None:
    async with saying(just()) as (celum, server):
        await celum.send(Upload("/upload/1", "handle"), 1, _one())
    assert [(asked.path, asked.body, asked.headers["x-api-key"]) for asked in server.asked] == [
        ("/upload/1", b"x", KEY)
    ]


async def test_an_upload_may_be_answered_later_than_its_bytes_may_stand_still() -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.8)  # CELUM stores what it got before it answers
        return web.Response()

    async with saying(slow, idle_timeout=0.5) as (celum, server):
        await celum.send(Upload(f"{server.origin}/upload/1", "handle"), 1, _one())
    assert len(server.asked) == 1


async def test_G84_a_filter_with_too_many_values_is_halved_until_it_is_taken() -> None:
    taken: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        values = (await request.json())["filter"]["values"]
        if len(values) > 4:
            return web.json_response({"code": "x", "message": "too many values"}, status=400)
        taken.append(len(values))
        return web.json_response({"content": [], "hasNext": False, "totalElements": 0})

    checksums = [f"{number:040x}" for number in range(10)]
    async with saying(answer) as (celum, _):
        assert await celum.find_by_checksum(checksums) == ()
    assert sum(taken) == 3 * len(checksums)  # each in its three spellings
    assert max(taken) <= 4


async def test_G84_a_filter_that_is_refused_for_another_reason_is_refused() -> None:
    async with saying(just(400, '{"code": "x", "message": "no such filter"}')) as (celum, _):
        with pytest.raises(Refused, match="no such filter"):
            await celum.find_by_checksum(["0" * 40, "1" * 40])


@pytest.mark.parametrize(("holder", "kind"), [(35, Forbidden), (36, Locked)])
async def test_G37_only_the_lock_of_another_user_explains_a_refusal(holder: int, kind: type[BridgeError]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "PATCH":
            return web.json_response({"code": "x", "message": "denied"}, status=403)
        if request.path.endswith("/users/me"):
            return web.json_response({"id": 35, "username": "bridge"})
        return web.json_response(ASSET | {"lock": {"comment": "mine", "creation": {"userId": holder}}})

    async with saying(answer) as (celum, _):
        with pytest.raises(kind):
            await celum.update(AssetId(4711), AssetChange(name="x"))


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"id":' * 100_000, "9" * 10_000, '{"id": ' + "9" * 10_000 + "}", "\x00"]
)
async def test_json_that_python_does_not_read_is_no_result(body: str) -> None:
    async with saying(just(200, body)) as (celum, _):
        for ask in (celum.probe(), celum.asset(AssetId(1)), celum.versions(AssetId(1)), celum.begin_upload("a", 1)):
            with pytest.raises(Unavailable):
                await ask


@pytest.mark.parametrize("location", ["http://[::1", "//[", "http://a:99999999/"])
async def test_a_redirect_to_what_is_no_url_is_an_error_of_ours(location: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if "/download" in request.path:
            return web.json_response({"url": "/bytes", "filename": "a.bin"})
        return web.Response(status=302, headers={"Location": location})

    async with saying(answer, time_scale=1000) as (celum, _):
        with pytest.raises(BridgeError):
            _ = [chunk async for chunk in celum.download(AssetId(1))]


async def test_a_range_of_more_digits_than_a_number_has_is_an_error_of_ours() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if "/download" in request.path:
            return web.json_response({"url": "/bytes", "filename": "a.bin"})
        return web.Response(status=206, headers={"Content-Range": f"bytes 0-{'9' * 5000}/{'9' * 5000}"}, body=b"a")

    async with saying(answer, time_scale=1000) as (celum, _):
        with pytest.raises(BridgeError):
            _ = [chunk async for chunk in celum.download(AssetId(1))]
