"""The server: API, byte urls, control and page on one port."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from aiohttp import web

from local.celum_simulator import api, content, control, page
from local.celum_simulator.call import Answer, Call, Handler, acting_user
from local.celum_simulator.outbox import Outbox
from local.celum_simulator.quirks import Quirks
from local.celum_simulator.refusals import Json, Refusal
from local.celum_simulator.stage import Stage
from local.celum_simulator.tenant import Tenant
from local.serving import Fault, Next, Serving

MINUTE = timedelta(minutes=1)
UNLICENSED_MAY = ("/version", "/clients/{clientId}")


class CelumSimulator(Stage):
    """One tenant behind HTTP: `async with CelumSimulator(folder).running() as sim`."""

    def __init__(self, folder: Path, *, quirks: Quirks | None = None) -> None:
        super().__init__(Tenant(folder, quirks))
        self.serving = Serving()
        self.requests: Counter[str] = Counter()
        self.impatient = 0  # requests that came before the time that Retry-After had named
        self._quiet_until: datetime | None = None
        self._minute: tuple[datetime, int] | None = None
        self.outbox = Outbox()

    @property
    def base_url(self) -> str:
        return self.serving.base_url

    @property
    def api_url(self) -> str:
        return self.base_url + api.BASE

    @property
    def faults(self) -> list[Fault]:
        return self.serving.faults

    def replace_tenant(self) -> None:
        """Forget everything, switches and faults too."""
        self.adopt(Tenant(self.tenant.folder))
        self._attach()
        self.faults.clear()
        self.serving.moves.clear()
        self.requests.clear()
        self.impatient = 0
        self._quiet_until = self._minute = None
        self.outbox.forget()

    def _attach(self) -> None:
        self.tenant.base_url = self.base_url
        self.tenant.listeners.append(lambda event: self.outbox.put(self.tenant, event))

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[Self]:
        async with self.outbox.running(), self.serving.running(self._app(), port=port):
            self._attach()
            yield self

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024 * 1024, middlewares=[self._count])
        for method, path, handler in api.OPERATIONS:
            anything = re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", path)  # braces in a value are no reason for a 404
            app.router.add_route(method, api.BASE + anything, self._guarded(path, handler))
        app.router.add_route("*", "/upload/{token}", self._plain(content.upload))
        app.router.add_get("/download/{token}", self._plain(content.download))
        app.router.add_get("/previews/{assetId}/{versionId}/{kind}", self._plain(content.preview))
        control.add_routes(app, self)
        page.add_routes(app)
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Next) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if resource is not None and not resource.canonical.startswith("/_control"):
            self.requests[f"{request.method} {resource.canonical.removeprefix(api.BASE)}"] += 1
        return await handler(request)

    def _guarded(self, path: str, handler: Handler) -> Next:
        async def respond(request: web.Request) -> web.StreamResponse:
            tenant = self.tenant
            try:
                self._throttle()
                tenant.let_happen()
                user = acting_user(tenant, request)
                self._check_licence(path)
                return self._answered(await handler(Call(tenant, user, request)))
            except Refusal as no:
                return self._refused(no)

        return respond

    def _plain(self, handler: Callable[[Tenant, web.Request], Awaitable[web.StreamResponse]]) -> Next:
        async def respond(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(self.tenant, request)
            except Refusal as no:
                return self._refused(no)

        return respond

    def _check_licence(self, path: str) -> None:
        if not (self.quirks.licensed and self.quirks.enabled) and path not in UNLICENSED_MAY:
            raise Refusal(403, "notLicensed", "no licensed API connection")

    def _throttle(self) -> None:
        self._keep_rate()
        quirks, now = self.tenant.quirks, self.tenant.clock.now()
        if self._quiet_until is not None and now < self._quiet_until:
            self.impatient += 1
        elif quirks.throttle_next <= 0:
            self._quiet_until = None
            return
        else:
            quirks.throttle_next -= 1
            seconds = float(quirks.retry_after) if quirks.retry_after.replace(".", "", 1).isdigit() else 0
            self._quiet_until = now + timedelta(seconds=seconds)
        headers = {"Retry-After": quirks.retry_after} if quirks.retry_after else {}
        raise Refusal(quirks.throttle, "serviceUnavailable", "too many requests", headers=headers)

    def _keep_rate(self) -> None:
        """So many requests a minute, by the tenant's clock; Retry-After tells when the minute is over."""
        quirks, now = self.tenant.quirks, self.tenant.clock.now()
        if quirks.rate_limit is None:
            return
        begun, count = self._minute if self._minute and now < self._minute[0] + MINUTE else (now, 0)
        self._minute = begun, count + 1
        if count < quirks.rate_limit:
            return
        left = math.ceil((begun + MINUTE - now).total_seconds())
        self.impatient += count > quirks.rate_limit
        raise Refusal(quirks.throttle, "tooManyRequests", "too many requests", headers={"Retry-After": str(left)})

    def _answered(self, answer: Answer) -> web.StreamResponse:
        if isinstance(answer, web.StreamResponse):
            return answer
        if self.quirks.extra_members and isinstance(answer, dict):
            answer = {**answer, **EXTRA}
            if "content" in answer:
                answer["content"] = self._extended(answer["content"])
        return web.json_response(answer)

    def _extended(self, rows: object) -> object:
        return [{**row, **EXTRA} for row in rows if isinstance(row, dict)] if isinstance(rows, list) else rows

    def _refused(self, no: Refusal) -> web.Response:
        body = {**no.json(), **EXTRA} if self.tenant.quirks.extra_members else no.json()
        return web.json_response(body, status=no.status, headers=no.headers)


EXTRA: Json = {"laterMember": {"nobody": ["knows", 1]}}
