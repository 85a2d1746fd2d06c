"""Subscriptions: created with a handshake at the caller's address, renewed, deleted, expired by virtual time."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from local.onedrive_simulator.clock import iso, parse_moment
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.tenant import Subscription, Tenant
from local.onedrive_simulator.graph import address
from local.onedrive_simulator.graph.call import Call, Json, Reply, operation
from local.onedrive_simulator.notify import handshake, secure_enough
from local.onedrive_simulator.problems import GraphProblem, invalid

FLOOR = timedelta(minutes=45)  # a shorter life is raised to it without a word
CLIENT_STATE_CHARACTERS = 128


@operation("POST", "tenant", "subscriptions")
async def create(call: Call) -> Reply:
    body = await call.json()
    drive = _drive(call.tenant, body)
    notification, lifecycle = _addresses(body)
    expires = _expiry(call.tenant, body)
    _check_rest(call.tenant, body, drive)
    for url in filter(None, [notification, lifecycle]):
        await handshake(url, call.tenant.quirks.validation_seconds)
    _check_rest(call.tenant, body, drive)  # somebody else may have been faster during the handshake
    subscription = Subscription(
        id=str(uuid.uuid4()),
        drive=drive,
        resource=body["resource"],
        notification_url=notification,
        lifecycle_url=lifecycle,
        client_state=body.get("clientState") or "",
        expires=expires,
        created=call.tenant.clock.now(),
        tls=body.get("latestSupportedTlsVersion") or "v1_2",
    )
    call.tenant.subscriptions[subscription.id] = subscription
    return Reply(201, _show(call.tenant, subscription))


def _drive(tenant: Tenant, body: Json) -> Drive:
    """Only the root of a drive or a list can be watched here, and only for "updated"."""
    resource = body.get("resource")
    if not isinstance(resource, str) or not resource:
        raise invalid("resource is required")
    if body.get("changeType") != "updated":
        raise invalid("Only the changeType 'updated' is supported for this resource")
    if body.get("includeResourceData"):
        raise invalid("includeResourceData is not supported for this resource")
    found = address.parse(tenant, resource)
    place = found.place
    whole = place and place.item is place.drive.root and not found.tail and found.kind in {"item", "list"}
    if not place or not whole:
        raise invalid(f"resource '{resource}' is not supported.")
    return place.drive


def _addresses(body: Json) -> tuple[str, str]:
    notification, lifecycle = body.get("notificationUrl") or "", body.get("lifecycleNotificationUrl") or ""
    for url in filter(None, [notification, lifecycle]):
        if not secure_enough(url):
            raise invalid(f"The address {url!r} must be https")
    if not notification:
        raise invalid("notificationUrl is required")
    return notification, lifecycle


def _expiry(tenant: Tenant, body: Json) -> datetime:
    try:
        asked = parse_moment(str(body.get("expirationDateTime")))
    except ValueError:
        raise invalid("expirationDateTime is missing or not a date") from None
    now = tenant.clock.now()
    longest = tenant.quirks.subscription_minutes
    if asked > now + timedelta(minutes=longest + 1):
        text = f"Subscription expiration can only be {longest} minutes in the future."
        raise GraphProblem(400, "ExtensionError", text)
    if asked <= now:
        raise invalid("expirationDateTime lies in the past")
    return max(asked, now + FLOOR)


def _check_rest(tenant: Tenant, body: Json, drive: Drive) -> None:
    if tenant.quirks.subscription_create_status:
        raise GraphProblem(
            tenant.quirks.subscription_create_status, "ExtensionError", "Operation: Create; Access denied"
        )
    if len(body.get("clientState") or "") > CLIENT_STATE_CHARACTERS:
        raise invalid("clientState must not be longer than 128 characters")
    alive = [s for s in tenant.subscriptions.values() if s.drive is drive and s.expires > tenant.clock.now()]
    same = next((s for s in alive if s.resource.strip("/") == body["resource"].strip("/")), None)
    if same:
        text = f"Subscription Id {same.id} already exists for the requested combination"
        raise GraphProblem(409, "ObjectIdentifierInUse", text)
    if len(alive) >= tenant.quirks.subscription_quota:
        raise GraphProblem(403, "ExtensionError", "Maximum number of subscriptions per drive reached: 100")


@operation("GET", "tenant", "subscriptions")
async def list_all(call: Call) -> Reply:
    now = call.tenant.clock.now()
    return Reply(200, {"value": [_show(call.tenant, s) for s in call.tenant.subscriptions.values() if s.expires > now]})


@operation("GET", "tenant", "subscriptions/{}")
async def get_one(call: Call) -> Reply:
    return Reply(200, _show(call.tenant, _find(call)))


@operation("PATCH", "tenant", "subscriptions/{}")
async def renew(call: Call) -> Reply:
    subscription, body = _find(call), await call.json()
    if set(body) - {"expirationDateTime", "notificationUrl"}:
        raise invalid("Only expirationDateTime and notificationUrl can be changed; delete and create again")
    if url := body.get("notificationUrl"):
        if not secure_enough(url):
            raise invalid(f"The address {url!r} must be https")
        await handshake(url, call.tenant.quirks.validation_seconds)
        subscription.notification_url = url
    elif call.tenant.quirks.renewal_validates:
        await handshake(subscription.notification_url, call.tenant.quirks.validation_seconds)
    if "expirationDateTime" in body:
        subscription.expires = _expiry(call.tenant, body)
    return Reply(200, _show(call.tenant, subscription))


@operation("POST", "tenant", "subscriptions/{}/reauthorize")
async def reauthorize(call: Call) -> Reply:
    _find(call)
    return Reply(204)


@operation("DELETE", "tenant", "subscriptions/{}")
async def delete(call: Call) -> Reply:
    del call.tenant.subscriptions[_find(call).id]
    return Reply(204)


def _find(call: Call) -> Subscription:
    subscription = call.tenant.subscriptions.get(call.args[0])
    if subscription is None or subscription.expires <= call.tenant.clock.now():
        raise GraphProblem(404, "ResourceNotFound", "The object was not found.")
    return subscription


def _show(tenant: Tenant, subscription: Subscription) -> dict[str, Any]:
    """As the real service does, with the clientState only for its creator, who is the only caller here."""
    return {
        "id": subscription.id,
        "resource": subscription.resource,
        "applicationId": str(uuid.uuid5(uuid.NAMESPACE_URL, "application:Bridge")),
        "changeType": "updated",
        "clientState": None if tenant.quirks.subscriptions_hide_state else subscription.client_state or None,
        "notificationUrl": subscription.notification_url,
        "lifecycleNotificationUrl": subscription.lifecycle_url or None,
        "expirationDateTime": iso(subscription.expires),
        "latestSupportedTlsVersion": subscription.tls,
        "creatorId": None,
    }
