from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from yarl import URL

UNIT = 327_680


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        body = json.loads(self.raw)
        assert isinstance(body, dict)
        return body

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


@dataclass(slots=True)
class Graph:
    """A plain client: no retries, no redirects, the bearer token only where Graph is."""

    http: aiohttp.ClientSession
    base: str
    drive: str
    bearer: dict[str, str] = field(default_factory=lambda: {"Authorization": "Bearer token"})

    @classmethod
    @asynccontextmanager
    async def open(cls, base_url: str, drive: str) -> AsyncIterator[Self]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
            yield cls(http, f"{base_url}/v1.0", drive)

    async def raw(self, method: str, url: str, **options: Any) -> Answer:
        target = URL(url, encoded=True)
        async with self.http.request(method, target, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def call(self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        url = path if path.startswith("http") else f"{self.base}{path}"
        return await self.raw(method, url, headers={**self.bearer, **(headers or {})}, **options)

    async def on_drive(self, method: str, path: str, **options: Any) -> Answer:
        return await self.call(method, f"/drives/{self.drive}{path}", **options)

    async def put(self, path: str, data: bytes, **options: Any) -> dict[str, Any]:
        answer = await self.on_drive("PUT", f"/root:{path}:/content", data=data, **options)
        assert answer.status in {200, 201}, answer.raw
        return answer.json

    async def folder(self, name: str, parent: str = "root") -> dict[str, Any]:
        address = "/root/children" if parent == "root" else f"/items/{parent}/children"
        answer = await self.on_drive("POST", address, json={"name": name, "folder": {}})
        assert answer.status == 201, answer.raw
        return answer.json

    async def bytes_of(self, address: str) -> bytes:
        redirect = await self.on_drive("GET", f"{address}/content")
        assert redirect.status == 302, redirect.raw
        return (await self.raw("GET", redirect.headers["Location"])).raw

    async def delta(self, link: str = "", **options: Any) -> tuple[list[dict[str, Any]], str]:
        """All pages from a link (or the start): the items and the deltaLink."""
        items: list[dict[str, Any]] = []
        link = link or f"{self.base}/drives/{self.drive}/root/delta"
        for _ in range(100):
            answer = await self.call("GET", link, **options)
            assert answer.status == 200, answer.raw
            items += answer.json["value"]
            if "@odata.deltaLink" in answer.json:
                return items, answer.json["@odata.deltaLink"]
            link = answer.json["@odata.nextLink"]
        raise AssertionError("no deltaLink within 100 pages")

    async def session(self, path: str, **body: Any) -> Answer:
        return await self.on_drive("POST", f"/root:{path}:/createUploadSession", json=body)

    async def fragment(self, url: str, data: bytes, start: int, total: int, **headers: str) -> Answer:
        span = f"bytes {start}-{start + len(data) - 1}/{total}"
        return await self.raw("PUT", url, data=data, headers={"Content-Range": span, **headers})
