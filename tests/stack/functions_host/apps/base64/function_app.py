import azure.functions as func

from tests.stack.functions_host.observer import tell

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="host-encoded", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="sink", queue_name="host-encoded-sink", connection="AzureWebJobsStorage")
async def encoded(message: func.QueueMessage, sink: func.Out[str]) -> None:
    body = message.get_body()
    await tell("encoded", id=body.decode(errors="replace"), hex=body.hex())
    if body == b"fail":
        raise ValueError("fails as ordered")
    sink.set("passed on")
