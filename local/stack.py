"""`python -m local.stack`: everything on this machine, to play with. `Stack` is the same for demo and tests."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import aiohttp

from local.azurite import Azurite, AzuriteError
from local.processes import ROOT, FunctionsHostProcess, PartFailedError, SimulatorProcess

EXAMPLE = ROOT / "local.settings.example.json"
DATA = ROOT / ".local"
TIME_SCALE = 30  # the quiet period of 2 minutes passes in 4 seconds, a one-minute timer rings every 2
INTERRUPTED = 130  # the exit status of what Ctrl+C ended, as shells have it
GRACE_SECONDS = 3  # whoever presses Ctrl+C does not want to wait for a long transfer; it would be carried on anyway


@dataclass(frozen=True, slots=True)
class Ports:
    """0 takes a free one."""

    host: int = 0
    onedrive: int = 0
    celum: int = 0
    blob: int = 0
    queue: int = 0
    table: int = 0


PLAY = Ports(7071, 7081, 7082, 10000, 10001, 10002)  # those of local.settings.example.json


class Stack:
    """`async with Stack(folder) as stack:` runs storage, both simulators and the Functions host; all stop at its end.

    The folder is emptied first: what the simulators know of a tenant lives as long as they do. What is left there
    afterwards is for looking at: logs, settings, bytes, storage.
    """

    def __init__(
        self,
        folder: Path,
        *,
        time_scale: float = TIME_SCALE,
        ports: Ports | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.time_scale = time_scale
        self._ports = ports or Ports()
        self._more = settings or {}
        self._host_port = self._ports.host
        self._claim = claimed(folder)
        try:
            refuse_taken(self._ports)
        except PartFailedError:
            self._claim.close()
            raise
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "storage").mkdir(parents=True)
        self.azurite = Azurite(
            folder / "storage",
            blob_port=self._ports.blob,
            queue_port=self._ports.queue,
            table_port=self._ports.table,
        )
        self.onedrive = self._simulator("onedrive", self._ports.onedrive)
        self.celum = self._simulator("celum", self._ports.celum)
        self.host: FunctionsHostProcess | None = None
        self.settings: dict[str, str] = {}

    def _simulator(self, system: str, port: int) -> SimulatorProcess:
        return SimulatorProcess(system, self.folder / system, port=port, log=self.folder / f"{system}.log")

    @property
    def running_host(self) -> FunctionsHostProcess:
        if self.host is None:
            raise PartFailedError("the Functions host was not started")
        return self.host

    @property
    def key(self) -> str:
        """What the app asks of those who call its API."""
        return self.settings["LOCAL_FUNCTION_KEY"]

    @property
    def host_log(self) -> Path:
        return self.folder / "functions.log"

    async def start(self) -> None:
        """Returns when everything listens."""
        try:
            await self._start_what_the_host_needs()
            self._host_port = self._host_port or free_port()
            self.settings = await self._make_settings()
            await self.start_host()
        except BaseException:
            await self.stop()
            raise

    async def _start_what_the_host_needs(self) -> None:
        """All at once; when one fails the others have still been started before that is said, and can be stopped."""
        parts = (self.azurite, self.onedrive, self.celum)
        started = await asyncio.gather(*(part.start() for part in parts), return_exceptions=True)
        if problem := next((each for each in started if isinstance(each, BaseException)), None):
            raise problem

    async def start_host(self) -> FunctionsHostProcess:
        """A Functions host on the port that everybody knows; also the one that follows a host that was killed."""
        file = self.folder / "local.settings.json"
        file.write_text(json.dumps({"IsEncrypted": False, "Values": self.settings}, indent=2) + "\n", encoding="utf-8")
        self.host = FunctionsHostProcess(
            ROOT,
            settings=self.settings,
            settings_file=file,
            port=self._host_port,
            grace=GRACE_SECONDS,
            log=self.host_log,
        )
        await self.host.start()
        return self.host

    async def _make_settings(self) -> dict[str, str]:
        """Those of the example, with the addresses of this run."""
        values: dict[str, str] = json.loads(EXAMPLE.read_text(encoding="utf-8"))["Values"]
        for known, real in (
            (PLAY.host, f"http://127.0.0.1:{self._host_port}"),
            (PLAY.onedrive, self.onedrive.base_url),
            (PLAY.celum, self.celum.base_url),
        ):
            values = {name: value.replace(f"http://127.0.0.1:{known}", real) for name, value in values.items()}
        return {
            **values,
            "AzureWebJobsStorage": self.azurite.connection_string,
            "BRIDGE_TENANT_ID": await self._tenant(),
            "BRIDGE_TIME_SCALE": f"{self.time_scale:g}",
            "LOCAL_FUNCTION_KEY": secrets.token_urlsafe(24),
            **self._more,
        }

    async def _tenant(self) -> str:
        """As an administrator would look it up."""
        async with (
            aiohttp.ClientSession(self.onedrive.base_url) as http,
            http.get("/v1.0/organization", headers={"Authorization": "Bearer local"}) as answer,
        ):
            return str((await answer.json())["value"][0]["id"])

    async def stop(self) -> None:
        """The host first, so that it finds everything it needs to finish. What will not stop is killed."""
        for part in (self.host, self.onedrive, self.celum):
            if part is not None and part.is_started:
                with contextlib.suppress(PartFailedError):
                    await part.terminate()
        await self.azurite.stop()
        self._claim.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def claimed(folder: Path) -> IO[str]:
    """The folder is this process's until the file is closed or the process is gone, however it goes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    claim = folder.with_name(f"{folder.name}.lock").open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        raise PartFailedError(
            f"{shown(folder)} is in use by another run: end that one first (Ctrl+C in its terminal)"
        ) from None
    return claim


def refuse_taken(ports: Ports) -> None:
    for port in filter(None, astuple(ports)):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                told = f"port {port} is in use: end that program, or what is left of a run that was killed"
                raise PartFailedError(told) from None


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def run(work: Coroutine[object, object, int]) -> int:
    """Its exit status. Ctrl+C and SIGTERM cancel it, once however often they come, and it stops what it started."""

    async def guarded() -> int:
        task = asyncio.ensure_future(work)
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, lambda: task.cancelling() or task.cancel())
        return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        print("\nStopped.")
        return INTERRUPTED


HELLO = """
  OneDrive  {onedrive}
  CELUM     {celum}
  App       {host}   log: {log}

Try this:
  1. Open the OneDrive page, choose /sites/marketing · Documents, then Campaigns, Spring-26, Approved, and drop a file:
     an image, a video or a document of Office.
  2. Click on it and fill its columns: "Usage rights" with a text, "Market" with one of the list, and at last
     "Approval status" with Approved.
  3. {quiet:g} seconds later (2 minutes, as time runs {scale:g} times faster) it stands in CELUM under
     /Marketing/Campaigns/Spring-26, and the column "Sync status" says so. Without usage rights it is held, and
     "Sync note" says why.
  4. Drop another file of the same name: it is held as changed after approval. Set Draft, then Approved: version 2.

The command line, in another terminal (`./bridge --help` lists more):
  export BRIDGE_URL={host}
  export BRIDGE_KEY={key}
  ./bridge status

What happens is said in flows.yaml: change it and start again. Each start begins with an empty world.
Ctrl+C stops everything.
"""


async def play(folder: Path, time_scale: float) -> int:
    """Run until somebody stops it, or until the app ends by itself."""
    began = time.monotonic()
    print("Starting …", flush=True)
    async with Stack(folder, time_scale=time_scale, ports=PLAY) as stack:
        host = stack.running_host
        print(f"Ready after {time.monotonic() - began:.1f} s.")
        print(hello(stack), flush=True)
        status = await host.wait()
    print(f"The app ended with {status}; why, says {shown(stack.host_log)}", file=sys.stderr)
    return 1


def hello(stack: Stack) -> str:
    """What a person needs to begin."""
    return HELLO.format(
        onedrive=stack.onedrive.base_url,
        celum=stack.celum.base_url,
        host=stack.running_host.base_url,
        key=stack.key,
        log=shown(stack.host_log),
        quiet=120 / stack.time_scale,
        scale=stack.time_scale,
    )


def shown(path: Path) -> Path:
    """As a person in the repository's folder would type it."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument(
        "--time-scale", type=float, default=TIME_SCALE, help=f"how much faster time runs ({TIME_SCALE})"
    )
    given = parser.parse_args()
    try:
        return run(play(DATA / "run", given.time_scale))
    except (PartFailedError, AzuriteError) as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
