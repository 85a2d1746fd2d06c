"""The hosts that hand out bytes for a pre-authenticated URL: no token, no re-encoding, no redirect to a stranger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from shared.errors import System, Unavailable
from shared.onedrive.hosts import check_content_host
from shared.onedrive.settings import OneDriveSettings

if TYPE_CHECKING:
    import aiohttp

REDIRECTS = 3
CONNECT_SECONDS = 10.0
BUFFER_BYTES = 1024 * 1024  # aiohttp's own 64 KiB makes it pause and resume the socket all the time
READ_BYTES = 1024 * 1024  # asked of the socket at once for a large body; asyncio's 256 KiB take half as long again
ERROR_BYTES = 64 * 1024  # of an error body
_MOVED = frozenset({301, 302, 303, 307, 308})


class ContentHost:
    """One session for all transfers of the process, made in the event loop that first needs it."""

    def __init__(self, settings: OneDriveSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def open(self, url: str, range_header: str | None, operation: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """GET; aiohttp's own errors come through, for only the reader of the body knows what to do about them."""
        from yarl import URL  # noqa: PLC0415 (comes with aiohttp, which transfers alone import)

        headers = {"Range": range_header} if range_header else {}
        for _ in range(REDIRECTS + 1):
            self.check(url)
            address = URL(url, encoded=True)  # decoding and encoding again would break the signature
            async with self._ready().get(address, headers=headers, allow_redirects=False) as response:
                if response.status not in _MOVED:
                    _read_in_large_pieces(response)
                    yield response
                    return
                url = _joined(url, response.headers.get("Location", ""))
        raise Unavailable(System.ONEDRIVE, operation, "redirects without end")

    @asynccontextmanager
    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], data: AsyncIterator[bytes] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """To an upload URL: no redirect is followed, and how long to wait is the caller's to say."""
        import aiohttp  # noqa: PLC0415 (keeps the webhook's start cheap)
        from yarl import URL  # noqa: PLC0415

        self.check(url)
        patient = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with self._ready().request(
            method, URL(url, encoded=True), headers=headers, data=data, allow_redirects=False, timeout=patient
        ) as response:
            yield response

    def check(self, url: str) -> None:
        """HostNotAllowed for a URL that leads elsewhere."""
        check_content_host(url, self._settings.content_hosts, local=self._settings.is_local)

    @property
    def stall_seconds(self) -> float:
        return self._settings.stall_seconds

    def _ready(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._session, self._loop = self._make(), loop
        return self._session

    def _make(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 (keeps the webhook's start cheap)

        return aiohttp.ClientSession(
            headers={"Accept-Encoding": "identity", "Accept": "*/*", "User-Agent": self._settings.user_agent},
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=self._settings.stall_seconds
            ),
            auto_decompress=False,  # the bytes as they are stored
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=BUFFER_BYTES,
        )

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _read_in_large_pieces(response: aiohttp.ClientResponse) -> None:
    """As far as asyncio's transport lets itself be told; one for TLS reads records, which are small."""
    transport = response.connection and response.connection.transport
    if transport is not None and (response.content_length or 0) > READ_BYTES and hasattr(transport, "max_size"):
        transport.max_size = READ_BYTES


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # unreadable: the next check refuses it
