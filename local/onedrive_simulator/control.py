"""The switches over HTTP: quirks, faults, the clock, what clients did, and the hands of a person."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate.model import Column, Identity
from local.onedrive_simulator.graph.dispatch import caller
from local.onedrive_simulator.overview import overview
from local.onedrive_simulator.problems import GraphProblem
from local.onedrive_simulator.seed import seed
from local.serving import Fault

if TYPE_CHECKING:
    from local.onedrive_simulator.simulator import OneDriveSimulator

type Json = dict[str, Any]


class Control:
    def __init__(self, sim: OneDriveSimulator) -> None:
        self._sim = sim
        self._table: dict[str, Callable[[Json, Identity], Awaitable[Json]]] = {
            "GET quirks": self._quirks,
            "PATCH quirks": self._set_quirks,
            "POST faults": self._fault,
            "DELETE faults": self._no_faults,
            "GET requests": self._requests,
            "GET clock": self._clock,
            "POST clock": self._move_clock,
            "POST reset": self._reset,
            "POST seed": self._seed,
            "POST settle": self._settle,
            "GET snapshot": self._snapshot,
            "GET overview": self._overview,
            "POST sites": self._add_site,
            "POST drives": self._add_drive,
            "POST files": self._put_file,
            "POST columns": self._set_column,
            "POST move": self._move,
            "POST delete": self._delete,
            "POST restore": self._restore,
            "POST flags": self._flags,
            "POST resync": self._resync,
            "POST lifecycle": self._lifecycle,
            "POST forge": self._forge,
            "POST directory": self._directory,
            "POST drives/remove": self._remove_drive,
            "POST identity": self._change_id,
        }

    async def handle(self, request: web.Request, rest: list[str]) -> web.StreamResponse:
        act = self._table.get(f"{request.method} {'/'.join(rest)}")
        if act is None:
            return web.json_response({"known": sorted(self._table)}, status=404)
        try:
            body: Json = await request.json() if request.body_exists else {}
            return web.json_response(await act(body, caller(request.headers)))
        except GraphProblem as problem:
            return web.json_response(problem.body(self._sim.clock.now()), status=problem.status)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"problem": f"{type(error).__name__}: {error}"}, status=400)

    async def _quirks(self, _body: Json, _by: Identity) -> Json:
        return self._sim.quirks.as_json()

    async def _set_quirks(self, body: Json, _by: Identity) -> Json:
        self._sim.quirks.update(body)
        return self._sim.quirks.as_json()

    async def _fault(self, body: Json, _by: Identity) -> Json:
        self._sim.serving.faults.append(Fault(**body))
        return {"faults": len(self._sim.serving.faults)}

    async def _no_faults(self, _body: Json, _by: Identity) -> Json:
        self._sim.serving.faults.clear()
        return {"faults": 0}

    async def _requests(self, _body: Json, _by: Identity) -> Json:
        tenant = self._sim.tenant
        return {
            "operations": dict(tenant.requests),
            "userAgents": dict(tenant.user_agents),
            "refusals": tenant.refusals,
            "notifications": len(self._sim.notifier.delivered),
            "mails": tenant.mails,
            "moves": [asdict(move) for move in self._sim.serving.moves],
        }

    async def _clock(self, _body: Json, _by: Identity) -> Json:
        return {"now": iso(self._sim.clock.now()), "speed": self._sim.clock.speed}

    async def _move_clock(self, body: Json, by: Identity) -> Json:
        """{"advance": seconds} and {"speed": factor}."""
        self._sim.clock.advance(float(body.get("advance", 0)))
        if body.get("speed"):
            self._sim.clock.run_at(float(body["speed"]))
        return await self._clock(body, by)

    async def _reset(self, body: Json, _by: Identity) -> Json:
        """Everything gone; {"seed": "acme"} starts the example again."""
        self._sim.reset()
        if body.get("seed"):
            seed(self._sim, body["seed"])
        return {}

    async def _seed(self, body: Json, _by: Identity) -> Json:
        return {"drives": seed(self._sim, body["name"])}

    async def _settle(self, _body: Json, _by: Identity) -> Json:
        await self._sim.settle()
        return {}

    async def _snapshot(self, _body: Json, _by: Identity) -> Json:
        return self._sim.snapshot()

    async def _overview(self, _body: Json, _by: Identity) -> Json:
        return overview(self._sim.tenant)

    async def _add_site(self, body: Json, _by: Identity) -> Json:
        return {"id": self._sim.add_site(body["name"], zone=body.get("zone", "UTC"))}

    async def _add_drive(self, body: Json, _by: Identity) -> Json:
        columns = [Column(**{**c, "choices": tuple(c.get("choices", ()))}) for c in body.get("columns", [])]
        owner = Identity.parse(body["owner"]) if body.get("owner") else None
        return {"id": self._sim.add_drive(body["name"], site=body.get("site"), columns=columns, owner=owner)}

    async def _put_file(self, body: Json, by: Identity) -> Json:
        data = base64.b64decode(body.get("base64", "")) or body.get("text", "").encode()
        return {"id": self._sim.put_file(body["drive"], body["path"], data, by=by)}

    async def _set_column(self, body: Json, by: Identity) -> Json:
        self._sim.set_column(body["drive"], body["at"], body["name"], body["value"], by=by)
        return {}

    async def _move(self, body: Json, by: Identity) -> Json:
        """Within the drive, or with "toDrive" into another one, where the item has another id."""
        if "toDrive" in body:
            moved = self._sim.move_to_drive(
                body["drive"], body["at"], body["toDrive"], folder=body.get("to", "/"), by=by
            )
            return {"id": moved}
        self._sim.move(body["drive"], body["at"], to=body.get("to"), name=body.get("name"), by=by)
        return {}

    async def _delete(self, body: Json, by: Identity) -> Json:
        return {"id": self._sim.delete(body["drive"], body["at"], by=by)}

    async def _restore(self, body: Json, _by: Identity) -> Json:
        self._sim.restore(body["drive"], body["id"])
        return {}

    async def _flags(self, body: Json, _by: Identity) -> Json:
        """Of a file ("at"): locked, malware, package, hidden, moderation.

        Of the drive: quota, rewrites, requiresCheckOut, contentApproval.
        """
        drive = self._sim.drive(body["drive"])
        drive.quota = body.get("quota", drive.quota)
        drive.rewrites = body.get("rewrites", drive.rewrites)
        drive.requires_check_out = body.get("requiresCheckOut", drive.requires_check_out)
        if body.get("contentApproval"):
            drive.require_approval()
        if "at" in body:
            item = self._sim.item(drive.id, body["at"])
            item.locked = body.get("locked", item.locked)
            item.malware = body.get("malware", item.malware)
            item.is_package = body.get("package", item.is_package)
            if "hidden" in body:
                self._sim.hide(drive.id, item.id, hidden=body["hidden"])
            if "moderation" in body:
                drive.moderate(item, body["moderation"])
        return {}

    async def _resync(self, body: Json, _by: Identity) -> Json:
        self._sim.force_resync(body["drive"], body.get("variant", "resyncChangesApplyDifferences"))
        return {}

    async def _lifecycle(self, body: Json, _by: Identity) -> Json:
        self._sim.lifecycle(body["subscription"], body["event"])
        return {}

    async def _forge(self, body: Json, _by: Identity) -> Json:
        return {"answered": await self._sim.forge(body["subscription"], body["kind"])}

    async def _directory(self, body: Json, _by: Identity) -> Json:
        return {"id": self._sim.add_to_directory(body["name"], body["email"], group=bool(body.get("group")))}

    async def _remove_drive(self, body: Json, _by: Identity) -> Json:
        self._sim.remove_drive(body["drive"])
        return {}

    async def _change_id(self, body: Json, _by: Identity) -> Json:
        return {"id": self._sim.change_id(body["drive"], body["at"])}
