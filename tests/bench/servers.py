"""The servers of a bench, each in a process of its own, so that none of them shares the product's interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from local.azurite import Azurite
from local.celum_simulator.seeds import ACME_KEY
from local.processes import ROOT
from shared.domain.items import MARKER_NAME

FLOWS = Path(__file__).with_name("flows.yaml")
LINE_BYTES = 1 << 20
FRAGMENT_BYTES = 160 * 320 * 1024  # Graph: a multiple of 320 KiB, under 60 MiB


@contextlib.asynccontextmanager
async def process(module: str, *arguments: str, env: dict[str, str] | None = None) -> AsyncIterator[Child]:
    """`python -m module`, ended with its input closed and a signal; what it says on stderr is shown."""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    try:
        yield Child(started)
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


@dataclass(slots=True)
class Child:
    process: asyncio.subprocess.Process

    async def said(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        assert line, f"the process ended with {await self.process.wait()}"
        return line.strip()

    async def ask(self, **question: object) -> dict[str, Any]:
        """One line of JSON there, one back."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        await self.process.stdin.drain()
        answer: dict[str, Any] = json.loads(await self.said())
        return answer


@dataclass(slots=True)
class Servers:
    """OneDrive, CELUM and storage, with the example company in them, and the hands of a bench on them."""

    azurite: Azurite
    onedrive: str
    celum: str
    folder: Path
    session: aiohttp.ClientSession
    drive: str = ""

    async def control(self, base: str, method: str, path: str, **body: object) -> dict[str, Any]:
        async with self.session.request(method, f"{base}/_control/{path}", json=body or None) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def graph(self, method: str, path: str, **body: object) -> dict[str, Any]:
        headers = {"Authorization": "Bearer local"}
        async with self.session.request(
            method, f"{self.onedrive}/v1.0{path}", json=body or None, headers=headers
        ) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def put_file(self, path: str, size: int, seed: bytes) -> str:
        """A file whose every fragment differs from those of other seeds, uploaded as a person's client does; its id."""
        made = await self.graph("POST", f"/drives/{self.drive}/root:{path}:/createUploadSession")
        data = (seed * (FRAGMENT_BYTES // len(seed) + 1))[:FRAGMENT_BYTES]
        last: dict[str, Any] = {}
        for start in range(0, size, FRAGMENT_BYTES):
            piece = data[: min(FRAGMENT_BYTES, size - start)]
            span = {"Content-Range": f"bytes {start}-{start + len(piece) - 1}/{size}"}
            async with self.session.put(made["uploadUrl"], data=piece, headers=span) as answer:
                answer.raise_for_status()
                last = await answer.json()
        return str(last["id"])

    async def delete_file(self, item: str) -> None:
        headers = {"Authorization": "Bearer local"}
        async with self.session.delete(
            f"{self.onedrive}/v1.0/drives/{self.drive}/items/{item}", headers=headers
        ) as got:
            got.raise_for_status()

    async def hand_over(self) -> None:
        """The next product is another installation, which the marker of the last one would keep out."""
        marker = await self.graph("GET", f"/drives/{self.drive}/root:/{quote(MARKER_NAME)}")
        await self.delete_file(str(marker["id"]))

    async def download_url(self, item: str) -> str:
        return str((await self.graph("GET", f"/drives/{self.drive}/items/{item}"))["@microsoft.graph.downloadUrl"])

    async def upload_url(self, name: str, size: int) -> str:
        body = {"filename": name, "filesize": size}
        headers = {"X-API-KEY": ACME_KEY}
        async with self.session.post(f"{self.celum}/content-api/v1/upload", json=body, headers=headers) as answer:
            answer.raise_for_status()
            return str((await answer.json())["url"])

    def settings(self, **more: str) -> dict[str, str]:
        """App settings of a product that works on these servers."""
        return {
            "AzureWebJobsStorage": self.azurite.connection_string,
            "BRIDGE_TENANT_ID": "00000000-0000-0000-0000-000000000001",
            "BRIDGE_PUBLIC_URL": "http://127.0.0.1:9",
            "NOTIFICATION_SECRET": "k1:a secret of the benches",
            "GRAPH_URL": self.onedrive,
            "GRAPH_LOCAL_TOKEN": "local",
            "ONEDRIVE_CONTENT_HOSTS": "localhost",
            "CELUM_URL": f"{self.celum}/content-api/v1",
            "CELUM_API_KEY": ACME_KEY,
            "FLOWS_FILE": str(FLOWS),
            **more,
        }


@contextlib.asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[Servers]:
    async with (
        Azurite() as azurite,
        process("local.onedrive_simulator", "--data", str(folder / "onedrive")) as onedrive,
        process("local.celum_simulator", "--data", str(folder / "celum"), "--seed", "acme") as celum,
        aiohttp.ClientSession() as session,
    ):
        urls = [(await child.said()).removeprefix("listening on ") for child in (onedrive, celum)]
        made = Servers(azurite, urls[0], urls[1], folder, session)
        drives = (await made.control(made.onedrive, "POST", "seed", name="acme"))["drives"]
        made.drive = drives["marketing/Documents"]
        yield made
