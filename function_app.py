"""Every trigger of the app. What they do stands in `shared/engine`; here is only which event leads where."""

import asyncio
import logging
import os
import typing

import azure.functions as func

from shared import settings
from shared.messages import DecideMessage, Queue, ScanMessage, ScanReason, TransferMessage
from shared.onedrive import notifications

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

    from shared.engine.bridge import Bridge

STORAGE = settings.STORAGE
SCHEDULES = ("SEND_DUE_SCHEDULE", "KEEP_SUBSCRIPTIONS_SCHEDULE", "SWEEP_DRIVES_SCHEDULE")
SETTINGS = settings.load(os.environ, schedules=SCHEDULES)  # names every missing or wrong setting, all at once

SECRETS = notifications.Secrets(SETTINGS.notification_key, SETTINGS.previous_notification_key)
REASONS = {notifications.Ring.CHANGE: ScanReason.CHANGE}  # everything else first mends the subscription

# In Azure the sign-in of the platform stands before the API, and the API asks it who somebody is.
API_LEVEL = func.AuthLevel.ANONYMOUS if SETTINGS.in_azure else func.AuthLevel.FUNCTION

app = func.FunctionApp()
log = logging.getLogger("bridge")
_opening = asyncio.Lock()
_opened: list["Bridge"] = []


async def bridge() -> "Bridge":
    """The one bridge of this process. Opened on first use: the webhook never waits for the SDKs it loads."""
    async with _opening:
        if not _opened:
            from shared.engine.bridge import Bridge  # noqa: PLC0415  loads the storage SDKs, 0.3 s

            _opened.append(await Bridge.open(SETTINGS))
        return _opened[0]


@app.route(route="graph/notifications", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="scans", queue_name=Queue.SCAN, connection=STORAGE)
def graph_notifications(req: func.HttpRequest, scans: func.Out[typing.List[str]]) -> func.HttpResponse:  # noqa: UP006  list[str] fails indexing
    """Answer Graph's handshake; turn its notifications into one scan message for each drive they name."""
    if req.method != "POST":
        return plain(405, "")
    token = notifications.validation_token(req.params)
    if isinstance(token, notifications.Problem):
        return plain(token.status, token.text)
    if token is not None:
        return plain(200, token)
    rung = notifications.doorbells(
        req.get_body(), tenant=SETTINGS.tenant, secrets=SECRETS, content_type=req.headers.get("Content-Type")
    )
    if rung.refused:
        log.warning("%d notifications refused: clientState or tenant is not ours", rung.refused)
    for problem in rung.problems:
        log.warning("notification: %s", problem.text)
    scans.set(
        [
            ScanMessage(drive=drive, reason=REASONS.get(ring, ScanReason.LIFECYCLE)).model_dump_json()
            for drive, ring in rung.drives
        ]
    )
    return plain(rung.status, "")


@app.route(route="v1/{*path}", methods=["GET", "POST"], auth_level=API_LEVEL)
async def api(req: func.HttpRequest) -> func.HttpResponse:
    """Answer people: what is where, and why; and do what they ask for."""
    from shared import console  # noqa: PLC0415  no webhook needs it

    path = req.route_params.get("path") or ""
    request = console.Request(req.method or "", path, dict(req.params), dict(req.headers), req.get_body())
    answer = await console.answer((await bridge()).context, request)
    return in_json(answer.status, answer.body)


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether the app is alive and somebody should look; at what, says /api/v1/health."""
    from shared.console.health import health as how_it_is  # noqa: PLC0415  as above

    found = await how_it_is((await bridge()).context)
    return in_json(503 if found.status == "stale" else 200, found)


@app.timer_trigger(arg_name="timer", schedule="%SEND_DUE_SCHEDULE%", use_monitor=True)
async def send_due(timer: func.TimerRequest) -> None:
    """Send what is due; revive transfers that nobody carries on."""
    await (await bridge()).send_due()


@app.timer_trigger(arg_name="timer", schedule="%KEEP_SUBSCRIPTIONS_SCHEDULE%", use_monitor=True)
async def keep_subscriptions(timer: func.TimerRequest) -> None:
    """Ask for a scan of each drive whose subscription is missing or past half its life."""
    await (await bridge()).keep_subscriptions()


@app.timer_trigger(arg_name="timer", schedule="%SWEEP_DRIVES_SCHEDULE%", use_monitor=True)
async def sweep_drives(timer: func.TimerRequest) -> None:
    """Ask for a scan of each drive that notifications have not reached for a day."""
    await (await bridge()).sweep_drives()


@app.queue_trigger(arg_name="message", queue_name=Queue.SCAN, connection=STORAGE)
async def scan(message: func.QueueMessage) -> None:
    """Read what changed in a drive."""
    await (await bridge()).scan(ScanMessage.parse(message.get_body()))


@app.queue_trigger(arg_name="message", queue_name=Queue.DECIDE, connection=STORAGE)
async def decide(message: func.QueueMessage) -> None:
    """Decide what is to happen with each file now."""
    await (await bridge()).decide(DecideMessage.parse(message.get_body()))


@app.queue_trigger(arg_name="message", queue_name=Queue.TRANSFER, connection=STORAGE)
async def transfer(message: func.QueueMessage) -> None:
    """Carry one transfer on from its last checkpoint."""
    await (await bridge()).transfer(TransferMessage.parse(message.get_body()))


@app.queue_trigger(arg_name="message", queue_name=f"{Queue.SCAN}-poison", connection=STORAGE)
async def scan_failed(message: func.QueueMessage) -> None:
    """A scan that failed for good is asked for again, later."""
    await (await bridge()).failed(Queue.SCAN, message.get_body())


@app.queue_trigger(arg_name="message", queue_name=f"{Queue.DECIDE}-poison", connection=STORAGE)
async def decide_failed(message: func.QueueMessage) -> None:
    """Files that cannot be decided are shown to people."""
    await (await bridge()).failed(Queue.DECIDE, message.get_body())


@app.queue_trigger(arg_name="message", queue_name=f"{Queue.TRANSFER}-poison", connection=STORAGE)
async def transfer_failed(message: func.QueueMessage) -> None:
    """A transfer message that failed for good is logged; the transfer itself is watched over by `due`."""
    await (await bridge()).failed(Queue.TRANSFER, message.get_body())


def plain(status: int, text: str) -> func.HttpResponse:
    """Never HTML: what Graph sends to the handshake is echoed, and must stay text in every browser."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(text, status_code=status, mimetype="text/plain", headers=headers)


def in_json(status: int, body: "BaseModel") -> func.HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return func.HttpResponse(body.model_dump_json(), status_code=status, mimetype="application/json", headers=headers)
