from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from local.azurite import Azurite
from local.functions_host.schedule import Schedule
from local.processes import FunctionsHostProcess
from tests.stack.functions_host.observer import Observer

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("host")]

APP = Path(__file__).parent / "apps" / "timers"
SCALE = 1200  # ten minutes last half a second
EVERY_TEN_MINUTES = Schedule("0 */10 * * * *")
HOST_ID = "host-timers"


def start(azurite: Azurite, observer: Observer, host_id: str) -> FunctionsHostProcess:
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureFunctionsWebHost__hostid": host_id,
        "OBSERVER_URL": observer.url,
        "STEADY": EVERY_TEN_MINUTES.expression,
    }
    return FunctionsHostProcess(APP, settings=settings, time_scale=SCALE, grace=5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def states(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        container = blobs.get_container_client("azure-webjobs-hosts")
        with suppress(ResourceExistsError):
            await container.create_container()
        yield container


async def status(states: ContainerClient, function: str) -> dict[str, datetime]:
    blob = await states.download_blob(f"timers/{HOST_ID}/{function}/status")
    return {key: datetime.fromisoformat(value) for key, value in json.loads(await blob.readall()).items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(azurite: Azurite, observer: Observer, states: ContainerClient) -> AsyncIterator[FunctionsHostProcess]:
    """Starts with one timer that missed two of its runs while no host was there."""
    two_missed = {
        "Last": "2024-01-01T00:00:00+00:00",
        "Next": "2025-01-01T00:00:00+00:00",
        "LastUpdated": "2024-01-01T00:00:00+00:00",
    }
    await states.upload_blob(f"timers/{HOST_ID}/missed/status", json.dumps(two_missed).encode())
    async with start(azurite, observer, HOST_ID) as running:
        yield running


async def test_missed_runs_are_made_up_for_once_and_marked_past_due(observer: Observer) -> None:
    assert (await observer.told("missed"))["past_due"] is True
    await observer.told("steady", times=3)
    assert len(observer.seen("missed")) == 1


async def test_run_on_startup_runs_once_at_start_without_being_past_due(observer: Observer) -> None:
    assert (await observer.told("at_start"))["past_due"] is False
    await observer.told("steady", times=3)
    assert len(observer.seen("at_start")) == 1


async def test_the_status_is_written_after_each_run(observer: Observer, states: ContainerClient) -> None:
    await observer.told("steady", times=len(observer.seen("steady")) + 2)
    written = await status(states, "steady")
    assert written["Last"].year > 1
    assert written["Next"] == EVERY_TEN_MINUTES.after(written["Last"])
    assert written["LastUpdated"] == written["Last"]


async def test_a_failed_run_is_not_retried_and_its_status_is_written_all_the_same(
    observer: Observer, states: ContainerClient
) -> None:
    await observer.told("failing", times=3)
    due = [event["status"]["Next"] for event in observer.seen("failing")]
    assert len(due) == len(set(due)), "one occurrence was run twice"
    assert (await status(states, "failing"))["Last"] >= datetime.fromisoformat(due[1])


async def test_a_slow_run_skips_ticks_and_never_overlaps_itself(observer: Observer) -> None:
    await observer.told("slow")
    observer.hold("slow")
    await observer.told("slow", times=(begun := len(observer.seen("slow"))) + 1)
    await observer.told("steady", times=len(observer.seen("steady")) + 3)
    assert len(observer.seen("slow")) == begun + 1
    observer.release("slow")
    await observer.told("slow", times=begun + 2)


async def test_a_timer_without_monitor_keeps_no_state(observer: Observer, states: ContainerClient) -> None:
    assert (await observer.told("unmonitored"))["status"] == {}
    await observer.told("unmonitored", times=2)
    assert not await states.get_blob_client(f"timers/{HOST_ID}/unmonitored/status").exists()


async def test_a_run_that_died_with_its_process_is_made_up_for_at_the_next_start(
    azurite: Azurite, observer: Observer
) -> None:
    observer.hold("slow")
    async with start(azurite, observer, "host-timers-killed") as doomed:
        await observer.told("slow", host="host-timers-killed")
        await doomed.kill()
    observer.release("slow")
    async with start(azurite, observer, "host-timers-killed"):
        assert (await observer.told("slow", host="host-timers-killed", times=2))["past_due"] is True
