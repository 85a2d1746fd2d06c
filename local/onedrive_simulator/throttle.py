"""Resource units per minute, the headers that announce them, and who does not wait when told to."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local.onedrive_simulator.problems import GraphProblem

if TYPE_CHECKING:
    from local.onedrive_simulator.estate.tenant import Tenant

MINUTE = timedelta(minutes=1)
ANNOUNCED_FROM = 0.8  # share of the units in use from which RateLimit headers appear
GRACE = timedelta(milliseconds=100)  # a request that was on its way already


def units(method: str, path: str, query: Mapping[str, str]) -> int:
    """1: one item, delta with a token, a download. 2: lists, delta without, writes. 5: permissions."""
    last = path.rstrip("/").rpartition("/")[2]
    if "permissions" in path or last in {"invite", "createLink"} or "permissions" in query.get("$expand", ""):
        return 5
    if method != "GET":
        return 2
    if last == "delta":
        return 1 if query.get("token") else 2
    return 2 if last in {"children", "versions", "drives", "lists", "columns", "sites", "subscriptions"} else 1


class Throttle:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._spent: deque[tuple[datetime, int]] = deque()
        self._used = 0
        self._not_before: dict[str, datetime] = {}  # by bearer token

    def clear(self) -> None:
        self._spent.clear()
        self._used = 0
        self._not_before.clear()

    def charge(self, method: str, path: str, query: Mapping[str, str]) -> None:
        """Refused calls count as well."""
        quirks, now = self._tenant.quirks, self._tenant.clock.now()
        if not quirks.throttle:
            return
        cost = units(method, path, query)
        self._forget(now)
        self._spent.append((now, cost))
        self._used += cost
        if self._used > quirks.units_per_minute:
            raise GraphProblem(
                quirks.throttle_status,
                "activityLimitReached" if quirks.throttle_status == 429 else "serviceNotAvailable",
                "The app or user has been throttled.",
                headers={"Retry-After": str(quirks.retry_after_seconds)},
            )

    def headers(self) -> dict[str, str]:
        limit = self._tenant.quirks.units_per_minute
        if not self._tenant.quirks.throttle or self._used < ANNOUNCED_FROM * limit:
            return {}
        reset = (self._spent[0][0] + MINUTE - self._tenant.clock.now()).total_seconds()
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - self._used, 0)),
            "RateLimit-Reset": str(max(math.ceil(reset), 1)),
        }

    def _forget(self, now: datetime) -> None:
        while self._spent and self._spent[0][0] <= now - MINUTE:
            self._used -= self._spent.popleft()[1]

    # who waits

    def arrived(self, token: str, line: str) -> None:
        """Record a request that comes before the time that the last 429 or 503 has set."""
        until, now = self._not_before.get(token), self._tenant.clock.now()
        if until and now + GRACE < until:
            early = round((until - now).total_seconds(), 1)
            self._tenant.refusals.append({"rule": "Retry-After", "request": line, "early_by_seconds": early})

    def told(self, token: str, status: int, retry_after: str) -> None:
        if status in {429, 503} and retry_after.isdigit():
            self._not_before[token] = self._tenant.clock.now() + timedelta(seconds=int(retry_after))
