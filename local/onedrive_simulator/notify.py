"""Change notifications: the handshake, and delivery over HTTP with retries, delays and losses in virtual time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.tenant import Subscription, Tenant
from local.onedrive_simulator.graph.call import Json
from local.onedrive_simulator.problems import GraphProblem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
FIRST_ANSWER_SECONDS = 3.0
RETRY_ANSWER_SECONDS = 10.0
RETRY_FOR = timedelta(hours=4)
FIRST_RETRY_SECONDS = 10.0
OVERTAKEN_SECONDS = 5.0  # after which one that nothing has overtaken goes out all the same
WINDOW = timedelta(minutes=10)  # over which an endpoint's answers are judged, and for which it pays
JUDGED_FROM = 20  # answers; fewer say nothing
SLOW_SHARE, DROP_SHARE = 0.10, 0.15


def secure_enough(url: str) -> bool:
    """The service wants https; plain http is let through to this machine only."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


async def handshake(url: str, seconds: float) -> None:
    """POST ?validationToken=…; the answer must be 200, text/plain, and exactly the decoded token."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {ids.opaque(12)}"
    target = URL(url).update_query(validationToken=token)
    problem = ""
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as http:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            async with http.post(target, headers=headers, data=b"", allow_redirects=False) as answer:
                text = await answer.text()
                if answer.status != 200:
                    problem = f"HTTP status code is '{answer.status}'"
                elif answer.content_type != "text/plain" or text != unquote(token):
                    problem = "Response must exactly match validationToken query parameter, as text/plain"
    except (aiohttp.ClientError, TimeoutError) as error:
        problem = f"Notification endpoint must respond with 200 OK within 10 seconds ({type(error).__name__})"
    if problem:
        raise GraphProblem(400, "ValidationError", f"Subscription validation request failed. {problem}.")


@dataclass(slots=True)
class Endpoint:
    """How fast an address has answered lately."""

    answers: deque[tuple[datetime, float]] = field(default_factory=deque)
    slow_until: datetime | None = None
    drop_until: datetime | None = None

    def note(self, now: datetime, seconds: float) -> None:
        self.answers.append((now, seconds))
        while self.answers[0][0] < now - WINDOW:
            self.answers.popleft()
        if len(self.answers) < JUDGED_FROM:
            return
        if sum(s > RETRY_ANSWER_SECONDS for _, s in self.answers) > DROP_SHARE * len(self.answers):
            self.drop_until = now + WINDOW
        elif sum(s > FIRST_ANSWER_SECONDS for _, s in self.answers) > SLOW_SHARE * len(self.answers):
            self.slow_until = now + WINDOW


class Notifier:
    """Turns changes of drives into POSTs. A burst of changes of one drive becomes one notification."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._pending: set[str] = set()
        self._endpoints: defaultdict[str, Endpoint] = defaultdict(Endpoint)
        self._http: aiohttp.ClientSession | None = None
        self._overtaken: list[tuple[str, list[Json]]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self.delivered: list[Json] = []  # every notification that was answered with 2xx

    async def start(self) -> None:
        self._http = aiohttp.ClientSession()

    async def stop(self) -> None:
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        if self._http:
            await self._http.close()

    async def settle(self) -> None:
        while under_way := [task for task in self._sending if not task.done()]:
            await asyncio.wait(under_way)

    def changed(self, drive: Drive) -> None:
        """Called after every change of a drive."""
        for subscription in self._tenant.subscriptions.values():
            if subscription.drive is drive and subscription.id not in self._pending:
                self._pending.add(subscription.id)
                quirks = self._tenant.quirks
                after = quirks.notification_coalesce_seconds + quirks.notifications_delay_seconds
                self._tenant.agenda.add(partial(self._due, subscription), after=after)

    async def _due(self, subscription: Subscription) -> None:
        self._pending.discard(subscription.id)
        now, quirks = self._tenant.clock.now(), self._tenant.quirks
        endpoint = self._endpoints[urlsplit(subscription.notification_url).netloc]
        dropping = endpoint.drop_until and endpoint.drop_until > now
        if quirks.notifications_lost or dropping or not self._alive(subscription):
            return
        if endpoint.slow_until and endpoint.slow_until > now:
            self._tenant.agenda.add(
                partial(self._deliver_all, [subscription]), after=(endpoint.slow_until - now).total_seconds()
            )
            return
        await self._deliver_all(self._companions(subscription))

    def _companions(self, subscription: Subscription) -> list[Subscription]:
        """With batching: all that wait for the same address, in one POST."""
        if not self._tenant.quirks.notifications_batched:
            return [subscription]
        others = [
            s
            for s in self._tenant.subscriptions.values()
            if s.id in self._pending and s.notification_url == subscription.notification_url
        ]
        return [subscription, *others]

    async def _deliver_all(self, subscriptions: Iterable[Subscription]) -> None:
        listed = list(subscriptions)
        notes = [change_note(self._tenant, s) for s in listed]
        if self._tenant.quirks.notifications_batched:
            notes.append(notes[0] | {"subscriptionId": ids.opaque(8), "clientState": "of somebody else"})
        times = 2 if self._tenant.quirks.notifications_doubled else 1
        for _ in range(times):
            self._in_some_order(listed[0].notification_url, notes)

    def _in_some_order(self, url: str, notes: list[Json]) -> None:
        if self._tenant.quirks.notifications_reordered and not self._overtaken:
            self._overtaken.append((url, notes))
            self._tenant.agenda.add(self._let_go, after=OVERTAKEN_SECONDS)
            return
        self.send(url, notes, self._tenant.clock.now() + RETRY_FOR)
        self._release()

    async def _let_go(self) -> None:
        self._release()

    def _release(self) -> None:
        held, self._overtaken = self._overtaken, []
        for url, notes in held:
            self.send(url, notes, self._tenant.clock.now() + RETRY_FOR)

    def send(self, url: str, notes: list[Json], give_up: datetime, *, tries: int = 0) -> None:
        task = asyncio.create_task(self._post(url, notes, give_up, tries))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _post(self, url: str, notes: list[Json], give_up: datetime, tries: int) -> None:
        seconds = RETRY_ANSWER_SECONDS if tries else FIRST_ANSWER_SECONDS
        started, good = time.monotonic(), False
        try:
            good = await self._accepted(url, notes, seconds)
        except (aiohttp.ClientError, TimeoutError):
            good = False
        now = self._tenant.clock.now()
        took = time.monotonic() - started + self._tenant.quirks.endpoint_seconds
        good = good and took <= seconds
        self._endpoints[urlsplit(url).netloc].note(now, took)
        if good:
            self.delivered += notes
            return
        pause = FIRST_RETRY_SECONDS * 2**tries
        if now + timedelta(seconds=pause) < give_up:
            self._tenant.agenda.add(partial(self._again, url, notes, give_up, tries + 1), after=pause)

    async def _accepted(self, url: str, notes: list[Json], seconds: float) -> bool:
        if self._http is None:
            return False
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self._http.post(url, json={"value": notes}, timeout=timeout, allow_redirects=False) as answer:
            return 200 <= answer.status < 300

    async def _again(self, url: str, notes: list[Json], give_up: datetime, tries: int) -> None:
        self.send(url, notes, give_up, tries=tries)

    def lifecycle(self, subscription: Subscription, event: str) -> None:
        """reauthorizationRequired, subscriptionRemoved or missed, on demand."""
        note = envelope(self._tenant, subscription) | {"lifecycleEvent": event}
        if event == "subscriptionRemoved":
            self._tenant.subscriptions.pop(subscription.id, None)
        url = subscription.lifecycle_url or subscription.notification_url
        self.send(url, [note], self._tenant.clock.now() + RETRY_FOR)

    def _alive(self, subscription: Subscription) -> bool:
        known = subscription.id in self._tenant.subscriptions
        return known and subscription.expires > self._tenant.clock.now()


def envelope(tenant: Tenant, subscription: Subscription) -> Json:
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": iso(subscription.expires).replace("Z", ".0000000+00:00"),
        "clientState": subscription.client_state or None,
        "tenantId": tenant.id,
    }


def change_note(tenant: Tenant, subscription: Subscription) -> Json:
    return envelope(tenant, subscription) | {
        "changeType": "updated",
        "resource": subscription.resource.strip("/"),
        "resourceData": {"@odata.type": "#Microsoft.Graph.DriveItem"},
    }
