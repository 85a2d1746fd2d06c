"""One live subscription per drive, whose clientState is known to be ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.ids import DriveId
from shared.errors import Conflict, Missing, Refused, System, Unavailable
from shared.onedrive.addresses import step
from shared.onedrive.answers import Json
from shared.onedrive.columns import iso
from shared.onedrive.graph import Graph
from shared.onedrive.items import moment_of
from shared.onedrive.notifications import client_state, proven_drive
from shared.onedrive.settings import OneDriveSettings

# Tried in turn when Graph finds a lifetime too long: what two of its documents and the shortest one allow.
SHORTER_MINUTES = (42_300, 4_200, 1_440, 60)
LAPSED = "1970-01-01T00:00:00Z"  # said of a listed one that does not say until when it lives
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """As Graph returned it; `expires` may be earlier than what was asked for. `created`: delta has to be read now."""

    id: str
    drive: DriveId
    expires: datetime
    notification_url: str
    client_state: str | None = field(default=None, repr=False)  # None where Graph does not show it
    created: bool = False


class Subscriptions:
    def __init__(self, graph: Graph, settings: OneDriveSettings) -> None:
        self._graph = graph
        self._settings = settings
        self._longest: timedelta | None = None  # learnt from a refusal

    async def ensure(self, drive: DriveId, known: str | None, expires: datetime, now: datetime) -> Subscription:
        """Renew the known one; create where there is none; replace what does not lead to us with our clientState."""
        if known is not None:
            try:
                renewed = await self.renew(known, drive, expires, now)
            except Missing:
                return await self._create_or_replace(drive, expires, now)
            if self._is_ours(renewed):
                return renewed
            await self.delete(known)
        return await self._create_or_replace(drive, expires, now)

    async def _create_or_replace(self, drive: DriveId, expires: datetime, now: datetime) -> Subscription:
        try:
            return await self.create(drive, expires, now)
        except Conflict as conflict:
            others = await self._others(drive, conflict)
        proven = [other for other in others if other.client_state and self._is_ours(other)]
        if len(proven) == 1 and len(others) == 1:
            return await self.renew(proven[0].id, drive, expires, now, adopted=True)
        for other in others:
            await self.delete(other.id)
        return await self.create(drive, expires, now)

    def _is_ours(self, subscription: Subscription) -> bool:
        """Leads to us and, where Graph shows its clientState, carries the present one."""
        shown = subscription.client_state
        return subscription.notification_url == self._settings.notification_url and (
            shown is None or shown == self._state(subscription.drive)
        )

    async def _others(self, drive: DriveId, conflict: Conflict) -> list[Subscription]:
        """What stands in our way: by the list, or, should the list not show it, by the id in the message."""
        standing = [one for one in await self.list() if one.drive == drive]
        named = _GUID.search(conflict.came_back)
        if not standing and named:
            standing = [Subscription(named[0], drive, datetime.max, "")]  # noqa: DTZ901 (only its id is used)
        return standing

    async def create(self, drive: DriveId, expires: datetime, now: datetime) -> Subscription:
        """POST; the handshake arrives at the notification URL while this call is still open."""
        body = {
            "changeType": "updated",
            "resource": f"/drives/{drive}/root",
            "notificationUrl": self._settings.notification_url,
            "lifecycleNotificationUrl": self._settings.lifecycle_url or self._settings.notification_url,
            "clientState": self._state(drive),
            "latestSupportedTlsVersion": "v1_2",
        }
        raw = await self._with_expiry("POST", "/subscriptions", body, expires, now)
        return self._read(raw, drive, created=True)

    async def renew(
        self, subscription: str, drive: DriveId, expires: datetime, now: datetime, *, adopted: bool = False
    ) -> Subscription:
        """PATCH; Missing when it is gone. Renewing also re-authorises."""
        url = f"/subscriptions/{step(subscription)}"
        raw = await self._with_expiry("PATCH", url, {}, expires, now)
        return self._read({"id": subscription, **raw}, drive, created=adopted)

    async def _with_expiry(self, method: str, url: str, body: Json, expires: datetime, now: datetime) -> Json:
        """A lifetime that Graph finds too long is shortened, and the length it took is remembered."""
        operation = "subscribe to a drive" if method == "POST" else "renew a subscription"
        wanted = min(expires - now, self._longest or expires - now)
        shorter = [timedelta(minutes=minutes) for minutes in SHORTER_MINUTES if timedelta(minutes=minutes) < wanted]
        for lifetime in (wanted, *shorter):
            try:
                full = {**body, "expirationDateTime": iso(now + lifetime)}
                answer = await self._graph.call(method, url, operation, body=full)
            except Refused as refused:
                if "expir" not in refused.came_back.casefold() or lifetime == (wanted, *shorter)[-1]:
                    raise
            else:
                self._longest = lifetime if lifetime < wanted else self._longest
                return answer
        raise AssertionError  # the last lifetime returned or raised

    async def delete(self, subscription: str) -> None:
        """Also fine when it is gone already."""
        try:
            await self._graph.call("DELETE", f"/subscriptions/{step(subscription)}", "delete a subscription")
        except Missing:
            return

    async def retire_orphans(self, wanted: Collection[DriveId]) -> tuple[Subscription, ...]:
        """End those that are proven to be ours and watch a drive that no flow names any more; what was ended.

        Whatever does not carry one of our two clientStates belongs to somebody else who shares the app's identity.
        """
        orphans = [one for one in await self.list() if one.drive not in wanted and self._is_proven(one)]
        for orphan in orphans:
            await self.delete(orphan.id)
        return tuple(orphans)

    def _is_proven(self, subscription: Subscription) -> bool:
        state = subscription.client_state
        proven = proven_drive(state, tenant=self._settings.tenant, secrets=self._settings.secrets)
        return proven is not None and proven == subscription.drive

    async def reauthorise(self, subscription: str) -> None:
        url = f"/subscriptions/{step(subscription)}/reauthorize"
        await self._graph.call("POST", url, "re-authorise a subscription")

    async def list(self) -> list[Subscription]:
        """Those of this app that watch the root of a drive."""
        found: list[Subscription] = []
        async for page in self._graph.pages("/subscriptions", "list the subscriptions"):
            found += self.listed(page)
        return found

    def listed(self, page: Iterable[Json]) -> Iterator[Subscription]:
        """Those of a page that watch the root of a drive; what is odd about one of them hides none of the others."""
        for raw in page:
            drive = _drive_of(raw)
            if drive is not None and raw.get("id"):
                yield self._read({"expirationDateTime": LAPSED} | _told(raw), drive)

    def _state(self, drive: DriveId) -> str:
        key_id, secret = self._settings.secrets.current
        return client_state(secret, key_id, self._settings.tenant, drive)

    def _read(self, raw: Json, drive: DriveId, *, created: bool = False) -> Subscription:
        expires = moment_of(raw.get("expirationDateTime"))
        if expires is None or not raw.get("id"):
            raise Unavailable(System.ONEDRIVE, "subscribe to a drive", "a subscription without id or expiry")
        url, state = raw.get("notificationUrl"), raw.get("clientState")
        return Subscription(
            id=str(raw["id"]),
            drive=drive,
            expires=expires,
            notification_url=url if isinstance(url, str) else self._settings.notification_url,
            client_state=state if isinstance(state, str) and state else None,
            created=created,
        )


def _told(raw: Json) -> Json:
    """What is unreadable in one of many is left out."""
    return {name: value for name, value in raw.items() if name != "expirationDateTime" or moment_of(value) is not None}


def _drive_of(raw: Json) -> DriveId | None:
    found = re.fullmatch(r"/?drives/([^/]+)/root/?", str(raw.get("resource", "")))
    return DriveId(found[1]) if found else None
