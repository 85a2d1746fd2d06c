from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from local.azurite import Azurite
from local.processes import ROOT, FunctionsHostProcess, HostFailedError
from tests.stack.functions_host.observer import Observer
from tests.stack.functions_host.queue_access import Queues

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPS = Path(__file__).parent / "apps"
WORKING = "import azure.functions as func\napp = func.FunctionApp()\n"


def start(azurite: Azurite, observer: Observer, grace: float = 30) -> FunctionsHostProcess:
    settings = {"AzureWebJobsStorage": azurite.connection_string, "OBSERVER_URL": observer.url}
    return FunctionsHostProcess(APPS / "stopping", settings=settings, grace=grace)


async def test_a_stopping_host_takes_nothing_new_finishes_what_runs_and_exits_with_0(
    azurite: Azurite, observer: Observer, queues: Queues
) -> None:
    async with start(azurite, observer) as host:
        key = re.split("it is ", await host.logged("LOCAL_FUNCTION_KEY is not set; for this run it is "))[1]
        observer.hold("work")
        observer.hold("locked")
        await queues["host-stopping"].send_message("running")
        await observer.told("work", id="running")
        async with aiohttp.ClientSession(host.base_url) as http:
            asking = asyncio.create_task(http.get("/api/locked", headers={"x-functions-key": key}).__aenter__())
            await observer.told("locked")
            stopping = asyncio.create_task(host.terminate())
            await host.logged("Stopping")
            await queues["host-stopping"].send_message("too late")
            observer.release("locked")
            answer = await asking
            assert (answer.status, await answer.text()) == (200, "open")
            answer.release()
            observer.release("work")
            assert await stopping == 0
    assert await queues.visible("host-stopping") == ["too late"]
    assert await queues.count("host-stopping") == 1
    assert observer.seen("work", id="too late") == []


async def test_after_the_grace_period_the_host_ends_all_the_same(
    azurite: Azurite, observer: Observer, queues: Queues
) -> None:
    async with start(azurite, observer, grace=0.1) as host:
        observer.hold("stuck")
        await queues["host-stuck"].send_message("for ever")
        await observer.told("stuck")
        assert await host.terminate() == 0
        await host.logged("1 runs did not end within the grace period")
    assert await queues.count("host-stuck") == 1
    observer.release("stuck")


async def test_stdout_is_one_line_whatever_the_app_prints(azurite: Azurite) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.functions_host", "--app", str(APPS / "http"), "--quiet"),
        cwd=ROOT,
        env={"AzureWebJobsStorage": azurite.connection_string},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    first = await process.stdout.readline()
    process.terminate()
    rest, logged = await process.communicate()
    assert re.fullmatch(rb"listening on http://127\.0\.0\.1:\d+\n", first)
    assert rest == b""
    assert b"printed while indexing" in logged


async def refusal(app: Path, files: Mapping[str, str], settings: Mapping[str, str] | None = None) -> str:
    """What a host says that cannot start the app made of these files."""
    for name, text in {"host.json": '{"version": "2.0"}', **files}.items():
        (app / name).write_text(text)
    host = FunctionsHostProcess(app, settings=settings)
    with pytest.raises(HostFailedError):
        await host.start()
    assert host.returncode == 1
    return "\n".join(host.stderr)


async def test_all_missing_settings_are_named_at_once(tmp_path: Path) -> None:
    code = WORKING + (
        "@app.queue_trigger(arg_name='m', queue_name='%FIRST%-%SECOND%', connection='OTHER_ACCOUNT')\n"
        "def one(m: func.QueueMessage) -> None: ...\n"
        "@app.timer_trigger(arg_name='t', schedule='%THIRD%')\n"
        "def two(t: func.TimerRequest) -> None: ...\n"
    )
    said = await refusal(tmp_path, {"function_app.py": code}, {"FIRST": "set", "OTHER_ACCOUNT__queueServiceUri": "x"})
    for expected in (
        "SECOND  (%SECOND% in one)",
        "THIRD  (%THIRD% in two)",
        "OTHER_ACCOUNT  (connection of one): only OTHER_ACCOUNT__… is set",
        "AzureWebJobsStorage  (connection of one, connection of two)",
    ):
        assert expected in said
    assert "FIRST" not in said
    assert "Traceback" not in said


async def test_an_indexing_error_is_shown_with_its_traceback(tmp_path: Path) -> None:
    code = WORKING + (
        "@app.route('x')\n"
        "@app.queue_output(arg_name='out', queue_name='q', connection='AzureWebJobsStorage')\n"
        "def wrong(req: func.HttpRequest, out: func.Out[list[str]]) -> str: ...\n"
    )
    said = await refusal(tmp_path, {"function_app.py": code})
    assert "cannot load the wrong function: " in said
    assert 'functions.py", line ' in said


async def test_an_import_error_names_the_line_of_the_app(tmp_path: Path) -> None:
    said = await refusal(tmp_path, {"function_app.py": WORKING + "import no_such_module\n"})
    assert "No module named 'no_such_module'" in said
    assert 'function_app.py", line 3' in said


@pytest.mark.parametrize("files", [{}, {"function_app.py": WORKING}])
async def test_an_app_without_functions_is_an_error(tmp_path: Path, files: dict[str, str]) -> None:
    said = await refusal(tmp_path, files)
    assert "function_app.py was not found there, or it registered nothing" in said


async def test_a_host_json_that_breaks_a_limit_is_refused(tmp_path: Path) -> None:
    wrong = json.dumps({"version": "2.0", "extensions": {"queues": {"batchSize": 64}}})
    said = await refusal(tmp_path, {"host.json": wrong, "function_app.py": WORKING})
    assert "extensions.queues.batchSize = 64 is outside its limit: a whole number from 1 to 32" in said


async def test_a_trigger_that_this_host_does_not_know_is_refused(tmp_path: Path) -> None:
    code = WORKING + (
        "@app.blob_trigger(arg_name='b', path='c/{n}', connection='AzureWebJobsStorage')\n"
        "def on_blob(b: func.InputStream) -> None: ...\n"
    )
    said = await refusal(tmp_path, {"function_app.py": code})
    assert "Function on_blob: a binding of type 'blobTrigger' is not known to the local host" in said


async def test_a_setting_that_is_no_string_is_refused(tmp_path: Path) -> None:
    values = json.dumps({"Values": {"LIMIT": 4}})
    said = await refusal(tmp_path, {"local.settings.json": values, "function_app.py": WORKING})
    assert "Values.LIMIT must be a string" in said
