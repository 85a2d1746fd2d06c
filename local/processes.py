"""The parts of the local stack that run as processes of their own, as seen by whoever started them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 20  # beyond the grace period
LOG_SECONDS = 30  # patience with a line of the log
LINE_BYTES = 1024 * 1024  # a traceback with a long body in it is one line of a log too


class HostFailedError(Exception):
    """The host ended or hung instead of getting ready; the message holds what it logged."""


class FunctionsHostProcess:
    """`async with FunctionsHostProcess(app_dir, settings={…}) as host:` leaves with the host stopped.

    `settings` go into the host's environment, above its settings file. Everything it logs is in `stderr`, line by line.
    """

    def __init__(
        self,
        app_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        settings_file: Path | None = None,
        time_scale: float | None = None,
        port: int = 0,
        grace: float = 30,
        quiet: bool = False,
    ) -> None:
        self._arguments = ["--app", str(app_dir), "--port", str(port), "--grace", f"{grace:g}"]
        if settings_file is not None:
            self._arguments += ["--settings", str(settings_file)]
        if time_scale is not None:
            self._arguments += ["--time-scale", f"{time_scale:g}"]
        if quiet:
            self._arguments.append("--quiet")
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(settings or {})}
        self._grace = grace
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._ended = False
        self.stderr: list[str] = []
        self.base_url = ""

    @property
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Returns when the host is ready: queues made, timers armed, port open."""
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "local.functions_host", *self._arguments),
            cwd=ROOT,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            start_new_session=True,  # Ctrl+C in a terminal reaches the parent, which then stops its parts in order
        )
        if process.stdout is None or process.stderr is None:
            raise HostFailedError("the host runs without outputs to read")
        self._reading = asyncio.create_task(self._read(process.stderr))
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode()
        except BaseException:
            await self.kill()
            raise
        if not line.startswith("listening on "):
            await self.wait()
            raise HostFailedError(f"The Functions host ended with {self.returncode}:\n" + "\n".join(self.stderr))
        self.base_url = line.removeprefix("listening on ").strip()

    async def _read(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            await self._add(line.decode(errors="replace").rstrip("\n"))
        await self._add(None)

    async def _add(self, line: str | None) -> None:
        async with self._news:
            if line is None:
                self._ended = True
            else:
                self.stderr.append(line)
            self._news.notify_all()

    async def logged(self, pattern: str, *, times: int = 1) -> str:
        """Waits until so many lines of the log match; gives the last of them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOG_SECONDS), self._news:
                await self._news.wait_for(lambda: self._ended or len(self._matches(pattern)) >= times)
        found = self._matches(pattern)
        if len(found) < times:
            raise HostFailedError(f"The host did not log {pattern!r} {times} times:\n" + "\n".join(self.stderr))
        return found[times - 1]

    def _matches(self, pattern: str) -> list[str]:
        return [line for line in self.stderr if re.search(pattern, line)]

    async def terminate(self) -> int:
        """Stops in order, as a platform does: running functions finish first. Gives the exit status."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self.wait(), self._grace + STOP_SECONDS)
        except TimeoutError as problem:
            await self.kill()
            raise HostFailedError("The host did not stop and was killed:\n" + "\n".join(self.stderr)) from problem

    async def kill(self) -> int:
        """Ends the process between two instructions, as a dying instance does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        return await self.wait()

    async def wait(self) -> int:
        if self._process is None or self._reading is None:
            raise HostFailedError("the Functions host was never started")
        status = await self._process.wait()
        await asyncio.wait({self._reading})
        return status

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.terminate()
