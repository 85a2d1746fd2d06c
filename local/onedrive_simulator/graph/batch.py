"""JSON batching: up to 20 parts, each with its own status, in the order that dependsOn demands."""

from __future__ import annotations

import base64
import json
from typing import Any

from multidict import CIMultiDict

from local.onedrive_simulator.graph.call import Call, Json, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid

MAX_PARTS = 20


@operation("POST", "tenant", "$batch")
async def batch(call: Call) -> Reply:
    parts: Any = (await call.json()).get("requests") or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise invalid("requests is not a list of requests")
    if not 0 < len(parts) <= MAX_PARTS:
        raise invalid(f"A batch holds 1 to {MAX_PARTS} requests, this one {len(parts)}")
    known = [str(p.get("id", "")) for p in parts]
    if "" in known or len(set(known)) != len(known):
        raise invalid("Each request of a batch needs an id of its own")
    done: dict[str, int] = {}
    return Reply(200, {"responses": [await _one(call, part, done) for part in parts]})


async def _one(call: Call, part: Json, done: dict[str, int]) -> Json:
    part_id = str(part["id"])
    needs = [str(other) for other in part.get("dependsOn") or []]
    if any(n not in done for n in needs):
        raise invalid("dependsOn names a request that does not come before")
    if any(done[n] >= 400 for n in needs):
        problem = GraphProblem(424, "failedDependency", "A request that this one depends on has failed.")
        reply = Reply(424, problem.body(call.tenant.clock.now()))
    else:
        headers = CIMultiDict({str(k): str(v) for k, v in (part.get("headers") or {}).items()})
        url, method = str(part.get("url", "")), str(part.get("method", "GET")).upper()
        reply = await call.run_part(method, url, headers, _body(part))
    done[part_id] = reply.status
    answer: Json = {"id": part_id, "status": reply.status, "headers": reply.headers}
    if reply.body is not None:
        answer["headers"] = {**reply.headers, "Content-Type": "application/json"}
        answer["body"] = reply.body
    return answer


def _body(part: Json) -> bytes:
    """JSON stands as JSON, anything else as base64."""
    body: Any = part.get("body")
    if body is None:
        return b""
    return base64.b64decode(body) if isinstance(body, str) else json.dumps(body).encode()
