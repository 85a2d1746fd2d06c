"""What nobody but a stranger, a later release or a broken proxy would post to a notification URL."""

from __future__ import annotations

import json
import uuid

import aiohttp

from local.onedrive_simulator.estate.tenant import Subscription, Tenant
from local.onedrive_simulator.graph.call import Json
from local.onedrive_simulator.notify import change_note

HUGE = 5 << 20


def forgeries(note: Json) -> dict[str, object]:
    """Bodies by the name of what is wrong with them."""
    return {
        "wrong state": {"value": [note | {"clientState": "of somebody else"}]},
        "no state": {"value": [{k: v for k, v in note.items() if k != "clientState"}]},
        "other tenant": {"value": [note | {"tenantId": str(uuid.uuid4())}]},
        "unknown subscription": {"value": [note | {"subscriptionId": str(uuid.uuid4())}]},
        "bare": {"value": [{"clientState": note["clientState"]}]},
        "unknown members": {"value": [note | {"surprise": {"deep": [1]}}], "validationTokens": ["x"]},
        "unknown event": {"value": [note | {"lifecycleEvent": "somethingNew"}]},
        "no list": {"value": note},
        "no json": "<html>",
        "huge": {"value": [note | {"filling": "x" * HUGE}]},
    }


async def forge(tenant: Tenant, subscription: Subscription, kind: str) -> int:
    """Post it once, without a second try; what the address answered."""
    known = forgeries(change_note(tenant, subscription))
    if kind not in known:
        raise ValueError(f"there is no forgery {kind!r}; known are: {', '.join(known)}")
    body = known[kind]
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(subscription.notification_url, data=data, headers=headers) as answer,
    ):
        return answer.status
