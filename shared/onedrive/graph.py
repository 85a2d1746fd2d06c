"""Microsoft Graph through the SDK's request adapter, as raw JSON.

The adapter brings authentication, telemetry headers and HTTP/2; its models cost 4 ms an item and its retries sleep
inside a function, so neither is used. Importing `msgraph` takes a while and therefore waits for the first call.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.errors import SettingsProblem, System, Unavailable
from shared.onedrive.answers import Answer, Json, json_of
from shared.onedrive.credentials import LocalToken
from shared.onedrive.hosts import check_origin
from shared.onedrive.settings import OneDriveSettings

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials_async import AsyncTokenCredential
    from msgraph.graph_request_adapter import GraphRequestAdapter

SCOPES = ["https://graph.microsoft.com/.default"]
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0  # a delta page of a busy drive takes several seconds
SHORT = 0.1  # share of the units below which it is wise to go slowly
_COUNT = re.compile(r"[0-9]{1,12}")
PAGES = 10_000  # of one listing; more is a server that goes round in circles


@dataclass(slots=True)
class _Client:
    adapter: GraphRequestAdapter
    transport: httpx.AsyncBaseTransport
    credential: AsyncTokenCredential
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class Headroom:
    """RateLimit headers: they come once 80 % of a minute's units are used. `reset` in seconds, from `at` on."""

    limit: int
    remaining: int
    reset: float
    at: datetime

    @property
    def is_short(self) -> bool:
        """Time to slow down before Graph says so with a 429."""
        return self.remaining < SHORT * self.limit


class Graph:
    """Sends requests and returns JSON; never retries. Every error is one of shared.errors."""

    def __init__(self, settings: OneDriveSettings) -> None:
        self._settings = settings
        self._client: _Client | None = None
        self.headroom: Headroom | None = None  # of the last answer; None when it said nothing

    async def get(self, url: str, operation: str) -> Json:
        return await self.call("GET", url, operation)

    async def call(
        self,
        method: str,
        url: str,
        operation: str,
        *,
        body: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """`url` is a path below /v1.0 or a link that Graph gave; to any other host no token is sent, nor anything.

        `body` is sent as JSON, `content` as it is.
        """
        return json_of(await self.send(method, url, operation, body=body, content=content, headers=headers), operation)

    async def pages(self, url: str, operation: str) -> AsyncIterator[list[Json]]:
        """The `value` of every page; an empty page with a nextLink is not the end, a nextLink that repeats is."""
        seen: set[str] = set()
        link: str | None = url
        while link is not None:
            if link in seen or len(seen) >= PAGES:
                raise Unavailable(System.ONEDRIVE, operation, "the same nextLink again: the listing never ends")
            seen.add(link)
            page = await self.get(link, operation)
            yield objects(page.get("value"))
            link = next_link_of(page, operation)

    async def send(
        self,
        method: str,
        url: str,
        operation: str,
        *,
        body: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, whatever its answer: for callers to whom a redirect is a good one."""
        absolute = self._settings.root + url if url.startswith("/") else url
        check_origin(absolute, self._settings.base_url)
        if self._client is None:
            # In a thread: a webhook served by the same event loop must not wait for half a second of imports.
            await asyncio.to_thread(importlib.import_module, "shared.onedrive.sdk")
        from shared.onedrive import sdk  # noqa: PLC0415 (imported by now)

        client = self._ready()
        if content is not None:
            headers = {"Content-Type": "application/octet-stream", **(headers or {})}
        elif body is not None:
            content = json.dumps(body).encode()
        answer = await sdk.send(client.adapter, method, absolute, operation, content=content, headers=headers or {})
        self.headroom = headroom_of(answer.headers, datetime.now(UTC))
        return answer

    def _ready(self) -> _Client:
        """The client belongs to the event loop it was made in."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._client.loop is not loop:
            self._client = self._make(loop)
        return self._client

    def _make(self, loop: asyncio.AbstractEventLoop) -> _Client:
        from shared.onedrive import sdk  # noqa: PLC0415 (imported by now)

        credential = self._settings.credential()
        if isinstance(credential, LocalToken) and not self._settings.is_local:
            raise SettingsProblem(("a fixed token is accepted only where Graph is a loopback address",))
        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)  # below it they write whole URLs, tokens included
        adapter, transport = sdk.make_adapter(self._settings, credential, SCOPES, (CONNECT_SECONDS, ANSWER_SECONDS))
        return _Client(adapter, transport, credential, loop)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.transport.aclose()  # the SDK's wrapper around it does not
            await client.credential.close()


def headroom_of(headers: Mapping[str, str], at: datetime) -> Headroom | None:
    limit, remaining, reset = (headers.get(f"ratelimit-{name}", "") for name in ("limit", "remaining", "reset"))
    if not (_COUNT.fullmatch(limit) and _COUNT.fullmatch(remaining)):
        return None
    return Headroom(int(limit), int(remaining), float(reset) if _COUNT.fullmatch(reset) else 60.0, at)


def next_link_of(page: Json, operation: str) -> str | None:
    """None at the end of a listing; one whose link cannot be read is not at its end."""
    link = page.get("@odata.nextLink")
    if link is None or (isinstance(link, str) and link):
        return link
    raise Unavailable(System.ONEDRIVE, operation, "a nextLink that is no link")


def objects(value: object) -> list[Json]:
    """The objects of a list in an answer; anything else in it is left out."""
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
