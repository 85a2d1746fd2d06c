from __future__ import annotations

from pathlib import Path

import pytest

from local.azurite import Azurite
from local.processes import FunctionsHostProcess
from tests.stack.functions_host.observer import Observer
from tests.stack.functions_host.queue_access import Queues

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = Path(__file__).parent / "apps" / "leases"
SCALE = 300  # the lease of 10 minutes lasts 2 seconds


def start(azurite: Azurite, observer: Observer) -> FunctionsHostProcess:
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "AzureFunctionsWebHost__hostid": "host-leases",
        "OBSERVER_URL": observer.url,
    }
    return FunctionsHostProcess(APP, settings=settings, time_scale=SCALE, grace=5)


async def test_F8_a_lease_is_renewed_while_the_function_runs_and_ends_with_the_process(
    azurite: Azurite, observer: Observer, queues: Queues
) -> None:
    async with start(azurite, observer) as host:
        observer.hold("long")
        await queues.send("host-leased", id="long")
        await observer.told("leased", id="long")
        await observer.told("lease_length", times=len(observer.seen("lease_length")) + 3)
        observer.release("long")
        await queues.emptied("host-leased")
        assert [event["dequeue_count"] for event in observer.seen("leased", id="long")] == [1]

        observer.hold("orphan")
        await queues.send("host-leased", id="orphan")
        await observer.told("leased", id="orphan")
        await host.kill()

    observer.release("orphan")
    async with start(azurite, observer):
        await observer.told("leased", id="orphan", dequeue_count=2)
        await queues.emptied("host-leased")


async def test_a_failing_poison_function_gets_its_message_again_when_the_lease_ends_up_to_the_dequeue_count(
    azurite: Azurite, observer: Observer, queues: Queues
) -> None:
    async with start(azurite, observer):
        await queues.send("host-hopeless-poison", id="hopeless")
        await observer.told("hopeless", dequeue_count=2)
        await observer.told("lease_length", times=len(observer.seen("lease_length")) + 2)
    assert [event["dequeue_count"] for event in observer.seen("hopeless")] == [1, 2]
    assert await queues.count("host-hopeless-poison") == 1
