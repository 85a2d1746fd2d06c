import typing

import azure.functions as func

from tests.stack.functions_host.observer import tell, tell_blocking

app = func.FunctionApp()
running = 0


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    global running  # noqa: PLW0603  # the number in parallel is what the test asks for
    order = message.get_json()
    running += 1
    try:
        await tell("work", **order, dequeue_count=message.dequeue_count, running=running)
        if message.dequeue_count <= order.get("failures", 0):
            raise ValueError(f"{order['id']} fails as ordered")
    finally:
        running -= 1


@app.queue_trigger(arg_name="message", queue_name="%WORK_QUEUE%-poison", connection="AzureWebJobsStorage")
def work_failed(message: func.QueueMessage) -> None:
    order = message.get_json()
    tell_blocking("work_failed", **order, dequeue_count=message.dequeue_count)
    if order.get("poison_fails"):
        raise ValueError(f"{order['id']} fails in the poison queue as well")


@app.queue_trigger(arg_name="message", queue_name="host-forward", connection="SecondAccount")
@app.queue_output(arg_name="sink", queue_name="host-sink", connection="AzureWebJobsStorage")
async def forward(message: func.QueueMessage, sink: func.Out[typing.List[str]]) -> None:  # noqa: UP006  # list[str] fails indexing
    order = message.get_json()
    sink.set([f"{order['id']}-1", f"{order['id']}-2"])
    await tell("forward", **order, dequeue_count=message.dequeue_count)
    if message.dequeue_count <= order.get("failures", 0):
        raise ValueError(f"{order['id']} fails as ordered")
