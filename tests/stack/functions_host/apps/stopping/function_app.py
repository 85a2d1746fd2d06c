import azure.functions as func

from tests.stack.functions_host.observer import tell, tell_blocking

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="host-stopping", connection="AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    await tell("work", id=message.get_body().decode())


@app.queue_trigger(arg_name="message", queue_name="host-stuck", connection="AzureWebJobsStorage")
def stuck(message: func.QueueMessage) -> None:
    tell_blocking("stuck", id=message.get_body().decode())


@app.route("locked", methods=["GET"])
async def locked(req: func.HttpRequest) -> str:
    print("printed by a run")  # stdout belongs to the host
    await tell("locked")
    return "open"
