"""Many reads in few calls: $batch, twenty at a time, each with an answer of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import batched

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Item
from shared.errors import BridgeError, System, Throttled, Unavailable
from shared.onedrive.addresses import step
from shared.onedrive.answers import Answer, Json, json_of
from shared.onedrive.graph import Graph, objects
from shared.onedrive.items import SELECT, item_of

BATCH = 20  # the most that Graph takes


class Batching:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def items(self, drive: DriveId, items: Sequence[ItemId]) -> dict[ItemId, Item | BridgeError]:
        """What each is now, or why it cannot be said (Missing: it is gone)."""
        urls = [f"/drives/{step(drive)}/items/{step(item)}?$select={SELECT}" for item in items]
        found = await self.read(urls, "read items")
        return {item: _item(drive, one) for item, one in zip(items, found, strict=True)}

    async def read(self, urls: Sequence[str], operation: str) -> tuple[Json | BridgeError, ...]:
        """An answer for each path below /v1.0, in their order; one that failed stands there as its error.

        Once a member was throttled nothing more is sent: the rest comes back as Throttled, too. What refuses the call
        as a whole is raised.
        """
        answers: list[Json | BridgeError] = []
        for some in batched(urls, BATCH, strict=False):
            throttled = _longest(answers)
            answers += [throttled] * len(some) if throttled else await self._some(some, operation)
        return tuple(answers)

    async def _some(self, urls: Sequence[str], operation: str) -> list[Json | BridgeError]:
        requests = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
        raw = await self._graph.call("POST", "/$batch", operation, body={"requests": requests})
        return members_of(raw, len(requests), operation)


def members_of(raw: Json, count: int, operation: str) -> list[Json | BridgeError]:
    """The answers to requests whose ids are their places; they may come in any order."""
    by_id = {str(one.get("id")): one for one in objects(raw.get("responses"))}
    return [_member(by_id.get(str(number)), operation) for number in range(count)]


def _member(raw: Json | None, operation: str) -> Json | BridgeError:
    status = raw.get("status") if raw else None
    if raw is None or not isinstance(status, int):
        return Unavailable(System.ONEDRIVE, operation, "a batch without an answer to one of its members")
    told = raw.get("headers")
    headers = {str(name).lower(): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
    body = raw.get("body")
    try:
        return json_of(Answer(status, headers, b"" if body is None else json.dumps(body).encode()), operation)
    except BridgeError as problem:
        return problem


def _item(drive: DriveId, told: Json | BridgeError) -> Item | BridgeError:
    try:
        return told if isinstance(told, BridgeError) else item_of(drive, told)
    except BridgeError as problem:
        return problem


def _longest(answers: Iterable[Json | BridgeError]) -> Throttled | None:
    throttled = [one for one in answers if isinstance(one, Throttled)]
    return max(throttled, key=lambda one: one.retry_after or 0, default=None)
