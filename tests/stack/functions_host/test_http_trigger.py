from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import FunctionsHostProcess
from tests.stack.functions_host.observer import PATIENCE, Observer
from tests.stack.functions_host.queue_access import Queues

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = Path(__file__).parent / "apps" / "http"
OUT = "host-http-out"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(
    azurite: Azurite, observer: Observer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FunctionsHostProcess]:
    file = tmp_path_factory.mktemp("settings") / "local.settings.json"
    file.write_text(json.dumps({"Values": {"FROM_FILE": "file", "FROM_BOTH": "file", "LOCAL_MASTER_KEY": "master"}}))
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureWebJobs.switched_off.Disabled": "true",
        "FROM_BOTH": "environment",
        "LOCAL_FUNCTION_KEY": "key",
        "OBSERVER_URL": observer.url,
    }
    async with FunctionsHostProcess(APP, settings=settings, settings_file=file, time_scale=2) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(host: FunctionsHostProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(host.base_url, timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
        yield session


async def get(http: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str]:
    async with http.get(path, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_function_sees_the_whole_request_and_gives_the_whole_answer(
    http: aiohttp.ClientSession, host: FunctionsHostProcess
) -> None:
    path = "/api/echo/a%20name?x=1&y=%C3%BC"
    async with http.post(path, data=b"\xff\x00", headers={"X-Sent": "sent"}) as answer:
        assert answer.status == 207
        assert answer.content_type == "application/json"
        assert answer.headers["X-Answer"] == "yes"
        assert await answer.json() == {
            "method": "POST",
            "url": host.base_url + path,
            "route": {"name": "a name"},
            "query": {"x": "1", "y": "ü"},
            "header": "sent",
            "body": "ff00",
        }


async def test_a_literal_route_comes_before_a_parameter(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/api/echo/special") == (200, "the literal route")


async def test_a_rest_parameter_takes_the_rest_of_the_path_even_none(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/api/files/a/b%2Fc.txt") == (200, '{"path": "a/b/c.txt"}')
    assert await get(http, "/api/files") == (200, "{}")


async def test_two_functions_share_a_route_by_method_and_others_are_refused(http: aiohttp.ClientSession) -> None:
    async with http.put("/api/files/x", data=b"\x00bytes") as answer:
        assert (answer.status, await answer.read()) == (201, b"\x00bytes")
    async with http.post("/api/files/x") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


async def test_an_unknown_route_is_not_found(http: aiohttp.ClientSession) -> None:
    assert (await get(http, "/api/nothing"))[0] == 404
    assert (await get(http, "/echo/x"))[0] == 404


async def test_a_disabled_function_is_not_found(http: aiohttp.ClientSession) -> None:
    assert (await get(http, "/api/switched-off"))[0] == 404


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("/api/with-key", "", 401),
        ("/api/with-key", "wrong", 401),
        ("/api/with-key", "key", 200),
        ("/api/with-key", "master", 200),
        ("/api/with-key?code=key", "", 200),
        ("/api/with-key?code=wrong", "", 401),
        ("/api/admin-only", "", 401),
        ("/api/admin-only", "key", 401),
        ("/api/admin-only", "master", 200),
        ("/api/admin-only?code=master", "", 200),
    ],
)
async def test_a_level_asks_for_its_key(http: aiohttp.ClientSession, path: str, header: str, status: int) -> None:
    headers = {"x-functions-key": header} if header else {}
    assert (await get(http, path, **headers))[0] == status


async def test_each_element_of_an_output_list_is_one_message(http: aiohttp.ClientSession, queues: Queues) -> None:
    await queues[OUT].clear_messages()
    async with http.post("/api/send", json=["one", "two"]) as answer:
        assert (answer.status, await answer.text()) == (202, "accepted")
    assert await queues.visible(OUT) == ["one", "two"]


async def test_a_failed_function_answers_500_without_a_body_and_sends_nothing(
    http: aiohttp.ClientSession, host: FunctionsHostProcess, queues: Queues
) -> None:
    await queues[OUT].clear_messages()
    async with http.post("/api/send?fail=1", json=["never"]) as answer:
        assert (answer.status, await answer.read()) == (500, b"")
    assert await queues.visible(OUT) == []
    await host.logged(r"send failed in \d+ ms \(POST\): ValueError\('fails after it set its output'\)")


async def test_an_output_that_cannot_be_written_fails_the_request(http: aiohttp.ClientSession, queues: Queues) -> None:
    await queues[OUT].clear_messages()
    too_long = "x" * (64 * 1024 + 1)
    async with http.post("/api/send", json=[too_long]) as answer:
        assert (answer.status, await answer.read()) == (500, b"")
    assert await queues.visible(OUT) == []


async def test_a_run_that_exceeds_the_function_timeout_is_stopped_and_has_failed(
    http: aiohttp.ClientSession, host: FunctionsHostProcess, observer: Observer
) -> None:
    assert await get(http, "/api/slow") == (500, "")
    await observer.told("slow ended")
    await host.logged(r"slow failed in \d+ ms \(GET\): Timeout: ran longer than functionTimeout \(0:00:01\)")


async def test_the_settings_file_adds_to_the_environment_and_never_overrides_it(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/api/setting/FROM_FILE") == (200, "file")
    assert await get(http, "/api/setting/FROM_BOTH") == (200, "environment")


async def test_the_app_is_told_the_time_scale(http: aiohttp.ClientSession) -> None:
    assert await get(http, "/api/setting/BRIDGE_TIME_SCALE") == (200, "2")
