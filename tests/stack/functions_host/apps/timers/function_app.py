import os
from typing import Any

import azure.functions as func
from azure.functions.timer import TimerRequest

from local.functions_host.host import HOST_ID
from tests.stack.functions_host.observer import tell, tell_blocking

app = func.FunctionApp()

TEN_MINUTES = "0 */10 * * * *"
NEW_YEAR = "0 0 0 1 1 *"


def facts(timer: TimerRequest) -> dict[str, Any]:
    return {
        "past_due": timer.past_due,
        "status": timer.schedule_status,
        "host": os.environ[HOST_ID],
    }


@app.timer_trigger(arg_name="timer", schedule="%STEADY%")
def steady(timer: TimerRequest) -> None:
    tell_blocking("steady", **facts(timer))


@app.timer_trigger(arg_name="timer", schedule=TEN_MINUTES)
async def failing(timer: TimerRequest) -> None:
    await tell("failing", **facts(timer))
    raise ValueError("fails every time")


@app.timer_trigger(arg_name="timer", schedule=TEN_MINUTES)
async def slow(timer: TimerRequest) -> None:
    await tell("slow", **facts(timer))


@app.timer_trigger(arg_name="timer", schedule=TEN_MINUTES, use_monitor=False)
async def unmonitored(timer: TimerRequest) -> None:
    await tell("unmonitored", **facts(timer))


@app.timer_trigger(arg_name="timer", schedule=NEW_YEAR, run_on_startup=True)
async def at_start(timer: TimerRequest) -> None:
    await tell("at_start", **facts(timer))


@app.timer_trigger(arg_name="timer", schedule=NEW_YEAR)
async def missed(timer: TimerRequest) -> None:
    await tell("missed", **facts(timer))
