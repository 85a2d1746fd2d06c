"""What a test changes over HTTP: switches, faults, time; and what it reads back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from local.celum_simulator import seeds
from local.celum_simulator.clock import parsed
from local.celum_simulator.refusals import Json, Refusal
from local.serving import Fault, Next

if TYPE_CHECKING:
    from local.celum_simulator.simulator import CelumSimulator


class Control:
    """The routes below `/_control`."""

    def __init__(self, sim: CelumSimulator) -> None:
        self.sim = sim

    async def quirks(self, _: web.Request) -> object:
        return self.sim.quirks.json()

    async def change_quirks(self, request: web.Request) -> object:
        self.sim.quirks.change(await _object(request))
        return self.sim.quirks.json()

    async def add_faults(self, request: web.Request) -> object:
        data = json.loads(await request.read())
        self.sim.faults.extend(Fault(**entry) for entry in (data if isinstance(data, list) else [data]))
        return {"faults": len(self.sim.faults)}

    async def clear_faults(self, _: web.Request) -> object:
        self.sim.faults.clear()
        return {"faults": 0}

    async def requests(self, _: web.Request) -> object:
        moves = [asdict(move) for move in self.sim.serving.moves]
        return {"operations": dict(self.sim.requests), "impatient": self.sim.impatient, "moves": moves}

    async def clock(self, request: web.Request) -> object:
        """`set` an instant, `advance` by seconds."""
        given = await _object(request)
        if "set" in given:
            self.sim.clock.set(parsed(str(given["set"])))
        self.sim.clock.advance(float(str(given.get("advance", 0))))
        self.sim.tenant.let_happen()
        return {"now": self.sim.clock.now().isoformat()}

    async def reset(self, request: web.Request) -> object:
        given = await _object(request) if request.can_read_body else {}
        self.sim.replace_tenant()
        if given.get("seed"):
            seeds.plant(self.sim, str(given["seed"]))
        return {}

    async def catch_up(self, _: web.Request) -> object:
        self.sim.catch_up()
        self.sim.tenant.let_happen()
        return {}

    async def snapshot(self, _: web.Request) -> object:
        return self.sim.snapshot()

    async def events(self, _: web.Request) -> object:
        return self.sim.outbox.sent

    async def release_events(self, request: web.Request) -> object:
        """Those that were held, in the `order` kept or reversed."""
        given = await _object(request) if request.can_read_body else {}
        released = self.sim.outbox.release(self.sim.tenant, backwards=given.get("order") == "reversed")
        await self.sim.outbox.emptied()
        return {"events": released}

    async def forge_events(self, request: web.Request) -> object:
        """Whatever `events` says goes out as it is, `times` over; `secret` instead of the tenant's, null for none."""
        given = await _object(request)
        bodies = given.get("events")
        if not isinstance(bodies, list):
            raise TypeError("events must be a list")
        secret = given.get("secret", self.sim.quirks.events_secret)
        for _ in range(int(str(given.get("times", 1)))):
            self.sim.outbox.forge(self.sim.tenant, bodies, None if secret is None else str(secret))
        await self.sim.outbox.emptied()
        return {"statuses": self.sim.outbox.statuses[-len(bodies) :] if bodies else []}

    async def keys(self, _: web.Request) -> object:
        """For the page, which acts as one of the users."""
        tenant = self.sim.tenant
        return [{"username": tenant.users[user].username, "key": key} for key, user in tenant.keys.items()]


def add_routes(app: web.Application, sim: CelumSimulator) -> None:
    control = Control(sim)
    routes = (
        ("GET", "quirks", control.quirks),
        ("PATCH", "quirks", control.change_quirks),
        ("POST", "faults", control.add_faults),
        ("DELETE", "faults", control.clear_faults),
        ("GET", "requests", control.requests),
        ("POST", "clock", control.clock),
        ("POST", "reset", control.reset),
        ("POST", "catch_up", control.catch_up),
        ("GET", "snapshot", control.snapshot),
        ("GET", "events", control.events),
        ("POST", "events", control.forge_events),
        ("POST", "events/release", control.release_events),
        ("GET", "keys", control.keys),
    )
    for method, name, respond in routes:
        app.router.add_route(method, f"/_control/{name}", _refusing(respond))


def _refusing(respond: Callable[[web.Request], Awaitable[object]]) -> Next:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await respond(request))
        except Refusal as no:
            return web.json_response(no.json(), status=no.status)
        except (TypeError, ValueError) as problem:
            return web.json_response({"code": "invalidRequest", "message": str(problem)}, status=400)

    return answer


async def _object(request: web.Request) -> Json:
    data = json.loads(await request.read())
    if not isinstance(data, dict):
        raise TypeError("the body must be an object")
    return data
