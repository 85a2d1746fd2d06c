"""From a Graph request to its operation: who calls, what the path names, how a refusal reads."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from urllib.parse import unquote

from multidict import CIMultiDict
from yarl import URL

from local.onedrive_simulator.estate.model import APPLICATION, Identity
from local.onedrive_simulator.estate.tenant import Tenant
from local.onedrive_simulator.graph import (  # noqa: F401  each registers its operations
    address,
    batch,
    checkout,
    content,
    delta,
    items,
    late_names,
    listitems,
    permissions,
    sites,
    subscriptions,
    uploads,
)
from local.onedrive_simulator.graph.call import Call, Reply, find_operation, knows_path
from local.onedrive_simulator.problems import GraphProblem, invalid
from local.onedrive_simulator.throttle import Throttle

_DELTA = re.compile(r"(?:microsoft\.graph\.)?delta\((?:token='?([^')]*)'?)?\)")


class Dispatcher:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self.throttle = Throttle(tenant)

    async def run(
        self,
        method: str,
        raw_path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        chunks: Callable[[], AsyncIterator[bytes]],
    ) -> Reply:
        """The answer to one request below /v1.0; every refusal has become an error body."""
        call = Call(self._tenant, method, raw_path, dict(query), headers, chunks, caller(headers))
        call.run_part = partial(self._run_part, call)
        try:
            self._check_token(headers)
            reply = await self._carry_out(call)
        except GraphProblem as problem:
            if problem.code == "itemNotFound":
                problem.message = self._tenant.quirks.missing_says or problem.message
            body = problem.body(self._tenant.clock.now(), headers.get("client-request-id", ""))
            reply = Reply(problem.status, body, dict(problem.headers))
        reply.headers |= self.throttle.headers()
        return reply

    def _check_token(self, headers: Mapping[str, str]) -> None:
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        revoked = self._tenant.quirks.revoked_tokens
        if scheme.lower() != "bearer" or not token.strip():
            text = "Access token is empty."
        elif token in revoked or "*" in revoked:
            text = "Lifetime validation failed, the token is expired."
        else:
            return
        raise GraphProblem(401, "InvalidAuthenticationToken", text, headers={"WWW-Authenticate": "Bearer"})

    async def _carry_out(self, call: Call) -> Reply:
        path, token = _without_function(call.path)
        if token:
            call.query = {**call.query, "token": token}
        if not path.strip("/").endswith("$batch"):
            self.throttle.charge(call.method, path, call.query)
        named = address.parse(self._tenant, path)
        found = find_operation(call.method, named.kind, named.tail)
        if found is None:
            self._tenant.requests[f"{call.method} unknown"] += 1
            if knows_path(named.kind, named.tail):
                raise GraphProblem(405, "methodNotAllowed", "The HTTP method is not allowed on this resource")
            raise GraphProblem(400, "BadRequest", f"Resource not found for the segment '{'/'.join(named.tail)}'.")
        name, operation, call.args = found
        self._tenant.requests[name] += 1
        call.place, call.site = named.place, named.site
        return await operation(call)

    async def _run_part(self, outer: Call, method: str, url: str, headers: CIMultiDict[str], body: bytes) -> Reply:
        """One part of a batch: the token and the person of the batch, everything else its own."""
        for inherited in ("Authorization", "X-Simulated-User", "User-Agent"):
            if inherited in outer.headers:
                headers[inherited] = outer.headers[inherited]
        try:
            target = URL(url if url.startswith("/") else f"/{url}", encoded=True)
        except ValueError:
            raise invalid(f"The url {url!r} of a batch request is not valid") from None

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        return await self.run(method, target.raw_path, target.query, headers, chunks)


def caller(headers: Mapping[str, str]) -> Identity:
    """The person named by X-Simulated-User, else the application."""
    person = headers.get("X-Simulated-User", "")
    return Identity.parse(person) if person else APPLICATION


def _without_function(path: str) -> tuple[str, str]:
    """Turn a last segment delta(), delta(token='x') into plain delta and the token."""
    head, _, last = path.rpartition("/")
    found = _DELTA.fullmatch(unquote(last))
    return (f"{head}/delta", found[1] or "") if found else (path, "")
