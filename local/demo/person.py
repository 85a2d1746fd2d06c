"""Somebody who works in OneDrive, through the HTTP of Graph, as a browser or an Office program does it."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

SITE = "acme.sharepoint.com:/sites/marketing:"
LIBRARY = "Documents"
FOLDER = "/Campaigns/Spring-26/Approved"
WAITING = aiohttp.ClientTimeout(total=None, sock_read=120)

OFFICE = ("docx", "pptx", "xlsx")  # into which SharePoint writes properties after each upload
REWRITTEN_SECONDS = 30  # nobody is so quick as to go on before

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    id: str
    by_a_person: bool


class Person:
    """In one library of the example company. Files are named by path, or by name in the folder of approved ones."""

    def __init__(self, http: aiohttp.ClientSession, url: str, who: str) -> None:
        self._http = http
        self._url = f"{url}/v1.0"
        self._headers = {"Authorization": "Bearer person", "X-Simulated-User": who}
        self.drive = ""

    @classmethod
    @asynccontextmanager
    async def at_work(cls, url: str, who: str = "Jane Doe <jane@acme.example>") -> AsyncIterator[Self]:
        async with aiohttp.ClientSession(timeout=WAITING, raise_for_status=True) as http:
            person = cls(http, url, who)
            site = await person.graph("GET", f"/sites/{SITE}")
            libraries = await person.graph("GET", f"/sites/{site['id']}/drives")
            person.drive = next(each["id"] for each in libraries["value"] if each["name"] == LIBRARY)
            yield person

    async def graph(self, method: str, path: str, **options: Any) -> Json:  # noqa: ANN401  aiohttp's own
        async with self._http.request(method, self._url + path, headers=self._headers, **options) as answer:
            return dict(await answer.json())

    async def put(self, name: str, data: bytes) -> str:
        """Save a small file, new or over the one that is there; its id. Done when SharePoint is done with it too."""
        item = await self.graph("PUT", f"{self._at(name)}/content", data=io.BytesIO(data))
        if name.endswith(OFFICE):
            async with asyncio.timeout(REWRITTEN_SECONDS):
                while await self.hash_of(name) == item["file"]["hashes"]["quickXorHash"]:  # noqa: ASYNC110  over HTTP
                    await asyncio.sleep(0.05)
        return str(item["id"])

    async def upload(self, name: str, size: int, pieces: Iterable[bytes], told: Callable[[int], None]) -> str:
        """Send a large file in pieces; its id. `told` hears how many bytes are there."""
        session = await self.graph("POST", f"{self._at(name)}/createUploadSession", json={"item": {"fileSize": size}})
        sent, answer = 0, {}
        for piece in pieces:
            span = {"Content-Range": f"bytes {sent}-{sent + len(piece) - 1}/{size}"}
            async with self._http.put(
                URL(session["uploadUrl"], encoded=True), data=io.BytesIO(piece), headers=span
            ) as got:
                answer = await got.json()
            sent += len(piece)
            told(sent)
        return str(answer["id"])

    async def fill(self, name: str, **columns: str) -> None:
        """One after the other, as one does in the columns of a library."""
        for column, value in columns.items():
            await self.graph("PATCH", f"{self._at(name)}/listItem/fields", json={column: value})

    async def hash_of(self, name: str) -> str:
        """The quickXorHash that OneDrive tells."""
        return str((await self.graph("GET", self._at(name)))["file"]["hashes"]["quickXorHash"])

    async def columns(self, name: str) -> Json:
        return await self.graph("GET", f"{self._at(name)}/listItem/fields")

    async def versions(self, name: str) -> list[Version]:
        """The newest first."""
        answer = await self.graph("GET", f"{self._at(name)}/versions")
        return [Version(each["id"], "user" in each["lastModifiedBy"]) for each in answer["value"]]

    async def sha256_of(self, name: str, version: Version) -> str:
        """Of the bytes of one version, downloaded."""
        url = f"{self._url}{self._at(name)}/versions/{version.id}/content"
        async with self._http.get(url, headers=self._headers, allow_redirects=False) as answer:
            place = answer.headers["Location"]
        return await sha256_at(self._http, place)

    def _at(self, name: str) -> str:
        path = name if name.startswith("/") else f"{FOLDER}/{name}"
        return f"/drives/{self.drive}/root:{quote(path)}:"


async def sha256_at(http: aiohttp.ClientSession, url: str) -> str:
    """Of what a pre-authenticated URL gives."""
    seen = hashlib.sha256()
    async with http.get(URL(url, encoded=True)) as answer:
        async for chunk in answer.content.iter_any():
            seen.update(chunk)
    return seen.hexdigest()
