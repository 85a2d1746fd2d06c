import azure.functions as func

from tests.stack.functions_host.observer import tell

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="host-leased", connection="AzureWebJobsStorage")
async def leased(message: func.QueueMessage) -> None:
    await tell("leased", **message.get_json(), dequeue_count=message.dequeue_count)


@app.queue_trigger(arg_name="message", queue_name="host-hopeless-poison", connection="AzureWebJobsStorage")
async def hopeless(message: func.QueueMessage) -> None:
    await tell("hopeless", **message.get_json(), dequeue_count=message.dequeue_count)
    raise ValueError("never works")


@app.timer_trigger(arg_name="timer", schedule="0 */10 * * * *")
async def lease_length(timer: func.TimerRequest) -> None:
    """Ticks once in the length of a lease."""
    await tell("lease_length")
