"""The way to CELUM's Content API: one session, the key for the tenant's own origin only, every answer translated.

Nothing is repeated here, with two exceptions: a refused key is tried once more; and a read whose connection was dropped
before an answer came is sent once more, since a kept-alive connection may have died unnoticed (aiohttp does it for GET,
`search` here). Writes whose outcome is unknown never are: the caller probes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

import aiohttp
from yarl import URL

from shared.celum.answers import translated
from shared.clock import Clock
from shared.errors import HostNotAllowed, NotAuthorised, RemoteError, SettingsProblem, System, Unavailable

type Json = Mapping[str, object]
type Query = Sequence[tuple[str, str]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
UPLOAD_HOSTS_SETTING = "CELUM_UPLOAD_HOSTS"
KEEP_ALIVE_SECONDS = 10  # short: a write on a connection that died unnoticed costs a probe of its outcome
READ_BUFFER_BYTES = 256 * 1024  # aiohttp's 64 KiB slow a download down
ERROR_BODY_BYTES = 64 * 1024  # an error is read no further; HTML pages can be long


@dataclass(frozen=True, slots=True)
class CelumSettings:
    """`base_url` of the Content API, with or without /v1. `upload_hosts`: foreign hosts for bytes, `*.` for any below.

    `username` is the user to act as (impersonation); `client_id` tells CELUM which client we are; `language` is asked
    of CELUM when left out. Time-outs in seconds.
    """

    base_url: str
    api_key: str = field(repr=False)
    username: str | None = None
    client_id: str | None = None
    upload_hosts: tuple[str, ...] = ()
    language: str | None = None
    connect_timeout: float = 10
    answer_timeout: float = 100
    idle_timeout: float = 60  # bytes that stop moving
    upload_answer_timeout: float = 300  # CELUM may store what it got before it answers

    @property
    def root(self) -> URL:
        """…/content-api/v1, however it was written (reference 1)."""
        url = URL(self.base_url.strip().rstrip("/"))
        if url.scheme not in {"http", "https"} or not url.host:
            raise SettingsProblem(("CELUM_URL is no URL such as https://dam.example.com/content-api/v1",))
        if url.scheme == "http" and url.host not in LOOPBACK:
            raise SettingsProblem(("CELUM_URL must begin with https://, or the key would travel in the clear",))
        return url if url.name == "v1" else url / "v1"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that CELUM handed out, checked; `own` is whether it lies at the tenant's own origin."""

    url: URL = field(repr=False)
    own: bool


class Client:
    def __init__(self, settings: CelumSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._root = settings.root
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, path: str, *, operation: str, query: Query = ()) -> object:
        return await self._call("GET", path, None, operation, query=query)

    async def search(self, path: str, body: Json, *, operation: str) -> object:
        """A POST that only reads."""
        try:
            return await self._call("POST", path, body, operation)
        except Unavailable as problem:
            if not isinstance(problem.__cause__, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
                raise
            return await self._call("POST", path, body, operation)

    async def post(self, path: str, body: Json, *, operation: str) -> object:
        return await self._call("POST", path, body, operation)

    async def patch(self, path: str, body: Json, *, operation: str) -> object:
        return await self._call("PATCH", path, body, operation)

    async def delete(self, path: str, *, operation: str) -> None:
        """Whatever 2xx comes (reference 2: 204 is only likely)."""
        await self._call("DELETE", path, None, operation)

    def target(self, url: str) -> Target:
        """Check a URL from an answer: the tenant's own origin, or https to a host that the settings allow (G15)."""
        try:
            parsed = self._root.join(URL(url))
            own = parsed.origin() == self._root.origin()
        except ValueError:
            raise HostNotAllowed("(a malformed URL)", UPLOAD_HOSTS_SETTING) from None
        if own:
            return Target(parsed, own=True)
        host = parsed.host or ""
        safe = parsed.scheme == "https" or (parsed.scheme == "http" and host in LOOPBACK and self._is_local())
        if not safe or not any(_names(entry, parsed) for entry in self.settings.upload_hosts):
            raise HostNotAllowed(host, UPLOAD_HOSTS_SETTING)
        return Target(parsed, own=False)

    @asynccontextmanager
    async def open(
        self,
        method: str,
        target: Target,
        operation: str,
        *,
        with_key: bool,
        headers: Mapping[str, str] | None = None,
        data: bytes | AsyncIterator[bytes] | None = None,
        limits: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request to a checked URL; its answer is not judged. Failures of the connection become Unavailable."""
        if with_key and not target.own:
            raise HostNotAllowed(target.url.host or "", UPLOAD_HOSTS_SETTING)  # never reached: the callers check
        sent = {**(self._credentials() if with_key else {}), **(headers or {})}
        with connection_problems(operation):
            async with self._opened().request(
                method, target.url, headers=sent, data=data, timeout=limits, allow_redirects=False
            ) as response:
                yield response

    async def problem_of(self, response: aiohttp.ClientResponse, operation: str) -> RemoteError:
        body = await response.content.read(ERROR_BODY_BYTES)
        acting_as = self.settings.username is not None
        now = self.clock.now()
        return translated(operation, response.status, response.headers, body, now=now, acting_as=acting_as)

    async def _call(self, method: str, path: str, body: Json | None, operation: str, *, query: Query = ()) -> object:
        """A 401 is asked about once more, since nothing took effect; a second one is about the key (G3)."""
        try:
            return await self._once(method, path, body, operation, query=query)
        except NotAuthorised:
            return await self._once(method, path, body, operation, query=query)

    async def _once(self, method: str, path: str, body: Json | None, operation: str, *, query: Query = ()) -> object:
        url = (self._root / path.lstrip("/")).with_query(query)
        headers = {**self._credentials(), "Accept": "application/json"}
        limit = aiohttp.ClientTimeout(
            total=None, sock_connect=self.settings.connect_timeout, sock_read=self.settings.answer_timeout
        )
        with connection_problems(operation):
            async with self._opened().request(
                method, url, headers=headers, json=body, timeout=limit, allow_redirects=False
            ) as response:
                if not 200 <= response.status < 300:
                    raise await self.problem_of(response, operation)
                return _parsed(await response.read(), response.content_type, operation, response.status)

    def _credentials(self) -> dict[str, str]:
        """The key verbatim, without any prefix (G1)."""
        headers = {"X-API-KEY": self.settings.api_key}
        if self.settings.username:
            headers["X-CELUM-Username"] = self.settings.username
        if self.settings.client_id:
            headers["X-CELUM-Client"] = self.settings.client_id
        return headers

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),  # a session cookie would outlive a changed key
                headers={"User-Agent": _user_agent()},
                read_bufsize=READ_BUFFER_BYTES,
            )
        return self._session

    def _is_local(self) -> bool:
        return self._root.host in LOOPBACK


@contextmanager
def connection_problems(operation: str) -> Iterator[None]:
    """Whatever breaks below HTTP leaves the outcome unknown. Its texts name hosts and URLs: only the kind is told."""
    try:
        yield
    except TimeoutError as problem:
        raise Unavailable(System.CELUM, operation, "no answer in time") from problem
    except aiohttp.ClientPayloadError as problem:
        raise Unavailable(System.CELUM, operation, "the answer broke off") from problem
    except (aiohttp.ClientError, OSError) as problem:
        told = f"the connection failed ({type(problem).__name__})"
        raise Unavailable(System.CELUM, operation, told) from problem


def _parsed(body: bytes, content_type: str, operation: str, status: int) -> object:
    if not body.strip():
        return None
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):  # nested too deep
        told = f"HTTP {status} with {content_type or 'something'} that is no JSON"
        raise Unavailable(System.CELUM, operation, told, status=status) from None
    return data


def _names(entry: str, url: URL) -> bool:
    """Whether an entry of `upload_hosts` means this URL: host, host:port, or *.domain."""
    host = (url.host or "").lower()
    wanted = entry.strip().lower()
    if wanted.startswith("*."):
        return host.endswith(wanted[1:]) and url.is_default_port()
    return wanted == f"{host}:{url.port}" or (wanted == host and (url.is_default_port() or host in LOOPBACK))


def _user_agent() -> str:
    try:
        return f"onedrive-celum-bridge/{version('onedrive-celum-bridge')}"
    except PackageNotFoundError:  # deployed as files, not as a package
        return "onedrive-celum-bridge"
