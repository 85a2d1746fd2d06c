"""Azurite, the storage emulator from node_modules, for as long as it is needed."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).parents[1] / "node_modules" / ".bin" / "azurite"
END_WITH_PARENT = Path(__file__).with_name("end_with_parent.cjs")
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # public, well known
START_SECONDS = 60
STOP_SECONDS = 10
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at http://127\.0\.0\.1:(\d+)")


class AzuriteError(Exception):
    """Azurite did not start; the message holds what it printed."""


class Azurite:
    """`async with Azurite() as azurite:` in memory, or with its files in `location`.

    A port of 0 takes a free one. `connection_string` names all three services and holds while it runs.
    """

    def __init__(
        self, location: Path | None = None, *, blob_port: int = 0, queue_port: int = 0, table_port: int = 0
    ) -> None:
        self._location = location
        self._wanted = {"blob": blob_port, "queue": queue_port, "table": table_port}
        self._process: asyncio.subprocess.Process | None = None
        self._output: list[str] = []
        self._draining: asyncio.Task[None] | None = None
        self.ports: dict[str, int] = {}

    @property
    def connection_string(self) -> str:
        endpoints = [
            f"{name.capitalize()}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}" for name, port in self.ports.items()
        ]
        return ";".join(["DefaultEndpointsProtocol=http", f"AccountName={ACCOUNT}", f"AccountKey={KEY}", *endpoints])

    async def start(self) -> None:
        """Returns when all three services accept connections."""
        if not PROGRAM.exists() or shutil.which("node") is None:
            raise AzuriteError(f"node or {PROGRAM} is missing; install Node.js, then run `npm ci`")
        self._process = process = await asyncio.create_subprocess_exec(
            *("node", "--require", str(END_WITH_PARENT), str(PROGRAM)),
            *self._arguments(),
            stdin=asyncio.subprocess.PIPE,  # closes when this process is gone, even killed: Azurite ends then too
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl+C in a terminal must not take the storage from a host that is finishing
        )
        if process.stdout is None:
            raise AzuriteError("Azurite runs without an output to read")
        try:
            await asyncio.wait_for(self._listening(process.stdout), START_SECONDS)
        except BaseException:
            await self.stop()
            raise
        self._draining = asyncio.create_task(self._drain(process.stdout))

    def _arguments(self) -> list[str]:
        ports = [part for name, port in self._wanted.items() for part in (f"--{name}Port", str(port))]
        hosts = [part for name in self._wanted for part in (f"--{name}Host", "127.0.0.1")]
        kept = ["--inMemoryPersistence"] if self._location is None else ["--location", str(self._location)]
        return [*kept, *hosts, *ports, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]

    async def _listening(self, output: asyncio.StreamReader) -> None:
        while len(self.ports) < len(self._wanted):
            line = (await output.readline()).decode()
            if not line:
                raise AzuriteError("Azurite ended at once:\n" + "".join(self._output))
            self._output.append(line)
            if found := _LISTENING.search(line):
                self.ports[found[1].lower()] = int(found[2])

    async def _drain(self, output: asyncio.StreamReader) -> None:
        while await output.readline():
            pass

    async def stop(self) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._draining is not None:
            await self._draining

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
