"""A client that knows nothing but HTTP."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from local.celum_simulator import CelumSimulator

type Json = dict[str, Any]

BYTES = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def faults(self) -> list[Json]:
        return list(self.body.get("faults", []))


@dataclass(frozen=True)
class Client:
    sim: CelumSimulator
    session: aiohttp.ClientSession
    headers: dict[str, str]

    async def ask(self, method: str, path: str, *, json: Any = None, headers: dict[str, str] | None = None) -> Reply:
        url = self.sim.api_url + path
        async with self.session.request(method, url, json=json, headers={**self.headers, **(headers or {})}) as got:
            body = await got.json() if got.content_type == "application/json" else await got.text()
            return Reply(got.status, body, dict(got.headers))

    async def ok(self, method: str, path: str, *, json: Any = None) -> Any:
        reply = await self.ask(method, path, json=json)
        assert 200 <= reply.status < 300, reply
        return reply.body

    async def refused(self, method: str, path: str, *, json: Any = None, status: int = 400) -> Json:
        reply = await self.ask(method, path, json=json)
        assert reply.status == status, reply
        assert isinstance(reply.body, dict)
        return reply.body

    async def uploaded(self, filename: str, content: bytes) -> str:
        """The handle of an upload whose bytes have arrived."""
        asked = await self.ok("POST", "/upload", json={"filename": filename, "filesize": len(content)})
        assert await self.send(asked["url"], content) == 200
        return str(asked["handle"])

    async def send(self, url: str, content: bytes) -> int:
        async with self.session.post(url, data=content, headers={**self.headers, **BYTES}) as got:
            return got.status

    async def created(self, filename: str, content: bytes, **members: Any) -> Json:
        members.setdefault("parentId", self.sim.collection("/Marketing/Office").id)
        handle = await self.uploaded(filename, content)
        body = await self.ok("POST", "/assets", json={"uploadHandle": handle, **members})
        assert isinstance(body, dict)
        return body

    async def found(self, filter_: Json, **members: Any) -> list[int]:
        page = await self.ok("POST", "/assets/search", json={"filter": filter_, **members})
        return [row["id"] for row in page["content"]]

    def value(self, label: str, value: Any) -> Json:
        field = self.sim.field(label)
        return {"id": field.id, "type": field.type, "value": value}
