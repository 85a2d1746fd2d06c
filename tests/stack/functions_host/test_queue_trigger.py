from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.azurite import Azurite
from local.processes import FunctionsHostProcess
from tests.stack.functions_host.observer import Observer
from tests.stack.functions_host.queue_access import Queues

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("host")]

APP = Path(__file__).parent / "apps" / "queues"
WORK = "host-work"
POISON = "host-work-poison"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(azurite: Azurite, observer: Observer, queues: Queues) -> AsyncIterator[FunctionsHostProcess]:
    await wear_out(queues, times=3)
    settings = {
        "AzureWebJobsStorage": azurite.connection_string,
        "SecondAccount": azurite.connection_string,
        "OBSERVER_URL": observer.url,
        "WORK_QUEUE": WORK,
    }
    async with FunctionsHostProcess(APP, settings=settings) as running:
        yield running
        observer.release_all()


async def wear_out(queues: Queues, *, times: int) -> None:
    """Leaves a message in the queue that was taken, and given back, so many times."""
    queue = await queues.create(WORK)
    await queues.send(WORK, id="worn out")
    for _ in range(times):
        message = await queue.receive_message(visibility_timeout=60)
        assert message is not None
        await queue.update_message(message.id, message.pop_receipt, visibility_timeout=0)


async def rounds(observer: Observer, queues: Queues, name: str) -> None:
    """Lets the host poll its queues a few times: what it would do at once, it has done by then."""
    for number in range(3):
        await queues.send("host-forward", id=f"{name} {number}")
        await observer.told("forward", id=f"{name} {number}")


async def test_a_message_that_arrives_worn_out_goes_to_poison_before_the_function_runs(observer: Observer) -> None:
    await observer.told("work_failed", id="worn out")
    assert observer.seen("work", id="worn out") == []


async def test_missing_queues_are_created_at_start(queues: Queues) -> None:
    assert {WORK, POISON, "host-forward", "host-sink"} <= await queues.names()


async def test_a_message_is_deleted_after_success(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues.send(WORK, id="fine")
    assert (await observer.told("work", id="fine"))["dequeue_count"] == 1
    await queues.emptied(WORK)
    await host.logged(r"work succeeded in \d+ ms \(dequeue count 1\)")


async def test_a_failed_message_comes_back_until_it_succeeds(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues.send(WORK, id="shaky", failures=2)
    await observer.told("work", id="shaky", dequeue_count=3)
    await queues.emptied(WORK)
    assert [event["dequeue_count"] for event in observer.seen("work", id="shaky")] == [1, 2, 3]
    assert observer.seen("work_failed", id="shaky") == []
    await host.logged(r"work failed in \d+ ms \(dequeue count 2\): ValueError\('shaky fails as ordered'\)")


async def test_F8_a_message_that_always_fails_moves_to_poison_with_its_body_only(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues.send(WORK, id="broken", failures=9)
    poisoned = await observer.told("work_failed", id="broken")
    assert poisoned == {"name": "work_failed", "id": "broken", "failures": 9, "dequeue_count": 1}
    assert [event["dequeue_count"] for event in observer.seen("work", id="broken")] == [1, 2, 3]
    await host.logged(rf"WARNING .*Message has reached MaxDequeueCount of 3\. Moving message to queue '{POISON}'\.$")
    await queues.emptied(WORK)


async def test_a_poison_queue_has_no_poison_queue_and_a_failure_leaves_its_message_invisible(
    host: FunctionsHostProcess, observer: Observer, queues: Queues
) -> None:
    await queues.emptied(POISON)
    await queues.send(POISON, id="hopeless", poison_fails=True)
    await host.logged("work_failed failed")
    await rounds(observer, queues, "after hopeless")
    assert len(observer.seen("work_failed", id="hopeless")) == 1
    assert await queues.count(POISON) == 1
    assert await queues.visible(POISON) == []
    assert f"{POISON}-poison" not in await queues.names()


async def test_at_most_batch_size_plus_new_batch_threshold_messages_run_at_once(
    observer: Observer, queues: Queues
) -> None:
    for number in range(6):
        observer.hold(f"crowd {number}")
        await queues.send(WORK, id=f"crowd {number}", crowd=True)
    for number in range(6):
        arrived = await observer.told("work", crowd=True, times=number + 1)
        await rounds(observer, queues, f"{number} of the crowd have ended")
        observer.release(arrived["id"])
    assert max(event["running"] for event in observer.seen("work", crowd=True)) == 3


async def test_outputs_of_a_queue_function_are_sent_once_it_succeeded(observer: Observer, queues: Queues) -> None:
    await queues.emptied("host-forward")
    await queues["host-sink"].clear_messages()
    await queues.send("host-forward", id="late", failures=1)
    await observer.told("forward", id="late", dequeue_count=2)
    await queues.emptied("host-forward")
    assert await queues.visible("host-sink") == ["late-1", "late-2"]
