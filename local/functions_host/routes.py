"""HTTP triggers: route templates, methods, keys, and the answer's way back."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web
from azure_functions_runtime.bindings.datumdef import Datum
from multidict import CIMultiDict

from local.functions_host.errors import HostError
from local.functions_host.functions import Function
from local.functions_host.runs import Runs
from local.functions_host.worker import Outcome

BODY_LIMIT = 100 * 1024 * 1024  # of the platform
_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(\??)\}")
_HTTP = "httpTrigger"


@dataclass(frozen=True, slots=True)
class Keys:
    function: str
    master: str

    def admit(self, level: str, given: str) -> bool:
        """ANONYMOUS admits all; the master key opens everything, ADMIN only to it."""
        accepted = {"ANONYMOUS": [], "FUNCTION": [self.function, self.master]}.get(level, [self.master])
        return level == "ANONYMOUS" or any(hmac.compare_digest(given.encode(), key.encode()) for key in accepted)


def level(function: Function) -> str:
    return (function.trigger.text("authLevel") or "FUNCTION").upper()


class Route:
    """One HTTP function with its template."""

    def __init__(self, function: Function, prefix: str) -> None:
        trigger = function.trigger
        self.function = function
        self.level = level(function)
        methods = trigger.values.get("methods")
        self.methods = {str(method).upper() for method in methods} if isinstance(methods, list) else set()
        template = trigger.text("route") or function.name
        parts = [*prefix.split("/"), *template.split("/")]
        self._segments = [_Segment.parse(part, function.name) for part in parts if part]
        self._pattern = re.compile("".join(segment.pattern for segment in self._segments) + "/?", re.IGNORECASE)

    @property
    def precedence(self) -> tuple[int, ...]:
        """Literal before parameter before rest of the path, segment by segment from the left."""
        return tuple(segment.rank for segment in self._segments)

    def match(self, path: str) -> dict[str, str] | None:
        found = self._pattern.fullmatch(path)
        return None if found is None else {n: unquote(v) for n, v in found.groupdict().items() if v is not None}

    def allows(self, method: str) -> bool:
        return not self.methods or method in self.methods


@dataclass(frozen=True, slots=True)
class _Segment:
    pattern: str
    rank: int

    @classmethod
    def parse(cls, text: str, function: str) -> _Segment:
        found = _PARAMETER.fullmatch(text)
        if found is None:
            if "{" in text or "}" in text:
                raise HostError(
                    f"Function {function}: the route segment '{text}' is not known to the local host; "
                    "it knows {name}, {name?} and {*rest}"
                )
            return cls("/" + re.escape(text), 0)
        stars, name, optional = found.groups()
        if stars:
            return cls(f"(?:/(?P<{name}>.*))?", 2)
        return cls(f"(?:/(?P<{name}>[^/]+))?" if optional else f"/(?P<{name}>[^/]+)", 1)


class Router:
    def __init__(self, functions: Sequence[Function], prefix: str, keys: Keys, runs: Runs) -> None:
        routes = [Route(function, prefix) for function in functions if function.trigger.type == _HTTP]
        self._routes = sorted(routes, key=lambda route: route.precedence)
        self._keys = keys
        self._runs = runs
        self.stopping = False

    def application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        if self.stopping:
            return web.Response(status=503)
        path = request.rel_url.raw_path
        matches = [(route, params) for route in self._routes if (params := route.match(path)) is not None]
        if not matches:
            return web.Response(status=404)
        allowed = [(route, params) for route, params in matches if route.allows(request.method)]
        if not allowed:
            methods = sorted({method for route, _ in matches for method in route.methods})
            return web.Response(status=405, headers={"Allow": ", ".join(methods)})
        route, params = allowed[0]
        if not self._keys.admit(route.level, request.headers.get("x-functions-key") or request.query.get("code", "")):
            return web.Response(status=401)
        value = await _request_datum(request, params)
        outcome = await self._runs.start(self._runs.run(route.function, value, note=f" ({request.method})"))
        return _response(outcome)


async def _request_datum(request: web.Request, params: Mapping[str, str]) -> Datum:
    return Datum(
        {
            "method": Datum(request.method, "string"),
            "url": Datum(str(request.url), "string"),
            "headers": _texts({name: ",".join(request.headers.getall(name)) for name in request.headers}),
            "params": _texts(params),
            "query": _texts({name: ",".join(request.query.getall(name)) for name in request.query}),
            "body": Datum(await request.read(), "bytes"),
        },
        "http",
    )


def _texts(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}


def _response(outcome: Outcome) -> web.Response:
    """What the function returned; 500 with an empty body when the run failed, its outputs included."""
    if not outcome.ok:
        return web.Response(status=500)
    data = outcome.returned
    if data is None or data.type is None:
        return web.Response(status=204)
    if data.type != "http":
        return web.Response(text=data.value)
    headers = CIMultiDict({name: value.value for name, value in data.value["headers"].items()})
    for cookie in data.value["cookies"] or []:
        for morsel in cookie.values():
            headers.add("Set-Cookie", morsel.OutputString())
    return web.Response(status=int(data.value["status_code"].value), headers=headers, body=data.value["body"].value)
