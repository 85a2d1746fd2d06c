"""Requests that nobody thought of: drawn by Schemathesis from a contract, those that keep to it and those that do not.

What exists is put in for most of the ids that were drawn, so that requests get past the first check. FUZZ_EXAMPLES
asks for more than the few of a usual run; the same ones come in every run.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, Self
from urllib.parse import quote, urlencode

import aiohttp
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from yarl import URL

from local.serving import Serving
from tests.contract.document import Document
from tests.contract.validation import Contract, Violation

NOBODY = "http://127.0.0.1:9/"  # nothing listens there: only loopback is ever called
OFTEN = st.sampled_from([True, True, True, False])
SELDOM = st.integers(0, 29).map(lambda number: number == 29)
NO_JSON = (b"", b"{", b"null", b"[" * 2000, b'{"a": NaN}', b"\xff\xfe", b"1" * 5000)
FEW = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "5")),
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

type Operation = APIOperation[Any, Any, Any, Any]
type Known = Mapping[str, Sequence[Any]]  # what exists, by the name of a parameter or member, or by "type.member"
type Address = Callable[[str], tuple[str, dict[str, str]]]  # of a path: the url, and the headers that let one in


class Simulator(Protocol):
    serving: Serving

    def running(self) -> AbstractAsyncContextManager[object]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` are as they stand in a url."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes | None


def operations(document: Document) -> dict[str, Operation]:
    """By their label, such as "GET /assets"."""
    found = schemathesis.openapi.from_dict(document.root).get_all_operations()
    return {one.label: one for result in found if (one := result.ok())}  # type: ignore[union-attr]  # an error says so in ok()


@st.composite
def requests(draw: st.DrawFn, operation: Operation, known: Known) -> Request:
    case = draw(cases(operation))
    exists = Exists(draw, known)
    path = str(case.path)
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(text(exists.named(name, value)), safe="/%"))
    query = [(name, exists.within(name, value)) for name, value in (case.query or {}).items()]
    headers = {name: exists.named(name, value) for name, value in (case.headers or {}).items()}
    headers = {name: value for name, value in headers.items() if is_header(name, value)}
    body = None
    if not isinstance(case.body, schemathesis.core.NotSet):
        body = draw(st.sampled_from(NO_JSON)) if draw(SELDOM) else encoded(exists.within("", case.body))
        headers["Content-Type"] = case.media_type or "application/json"
    return Request(case.method, path, urlencode(flat(query)), headers, body)


def cases(operation: Operation) -> st.SearchStrategy[Case[Any]]:
    """Two of three keep to the contract."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    try:
        odd = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    except schemathesis.errors.SchemathesisError:
        return good
    return st.one_of(good, good, odd)


class Exists:
    """Puts what exists in the place of what was drawn, mostly."""

    def __init__(self, draw: st.DrawFn, known: Known) -> None:
        self._draw = draw
        self._known = known

    def named(self, name: str, value: Any, kind: object = None) -> Any:
        found = self._known.get(f"{kind}.{name}") or self._known.get(name)
        return self._draw(st.sampled_from(found)) if found and self._draw(OFTEN) else value

    def within(self, name: str, value: Any, kind: object = None) -> Any:
        """The same in a body or a query: a value of another type than what exists was meant to be wrong."""
        match value:
            case Mapping():
                return {str(key): self.within(str(key), one, value.get("type")) for key, one in value.items()}
            case list():
                return [self.within(name, one, kind) for one in value]
        put_in = self.named(name, value, kind)
        return put_in if type(put_in) is type(value) else value


class Asker:
    """A simulator and a client in one event loop, which runs only while something is asked."""

    def __init__(self, sim: Simulator, document: Document, address: Address) -> None:
        self._contract = Contract(document)
        self._address = address
        self._loop = asyncio.Runner()
        self._stack = sim.running()
        self._loop.run(self._stack.__aenter__())
        sim.serving.observers.append(self._contract.observe)
        self._session = self._loop.run(self._opened())

    async def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._session.close())
        self._loop.run(self._stack.__aexit__(None, None, None))
        self._loop.close()

    def ask(self, request: Request) -> list[Violation]:
        """What is outside of the contract in this request and its answer; a 5xx is an error of its own."""
        self._contract.violations.clear()
        status = self._loop.run(self._ask(request))
        assert status < 500, f"{status} for {request}"
        return list(self._contract.violations)

    async def _ask(self, request: Request) -> int:
        base, headers = self._address(request.path)
        url = URL(f"{base}{request.path}" + (f"?{request.query}" if request.query else ""), encoded=True)
        async with self._session.request(
            request.method, url, headers=request.headers | headers, data=request.body, allow_redirects=False
        ) as got:
            await got.read()
            return got.status


def flat(query: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """A list is a parameter that stands there several times."""
    return [(name, text(one)) for name, value in query for one in (value if isinstance(value, list) else [value])]


def is_header(name: str, value: Any) -> bool:
    return name not in {"Content-Length", "Host"} and isinstance(value, str) and value.isprintable() and value.isascii()


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return json.dumps(harmless(body)).encode("utf-8", "surrogatepass")


def harmless(value: Any) -> Any:
    """The same without an address that leads out of this machine."""
    match value:
        case str() if "://" in value:
            return NOBODY
        case Mapping():
            return {name: harmless(one) for name, one in value.items()}
        case list():
            return [harmless(one) for one in value]
    return value
