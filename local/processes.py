"""The parts of the local stack that run as processes of their own, as seen by whoever started them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, TextIO

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 20  # beyond the grace period
LOG_SECONDS = 30  # patience with a line of the log
LAST_LINES = 40  # of a log, in an error
LINE_BYTES = 1024 * 1024  # a traceback with a long body in it is one line of a log too


class PartFailedError(Exception):
    """A part ended or hung instead of getting ready; the message holds what it logged last."""


class HostFailedError(PartFailedError):
    """The Functions host did."""


class Part:
    """`async with Part(…) as part:` leaves with the process stopped.

    It announces itself with `listening on <URL>` on stdout. Everything it logs is in `stderr`, line by line, and in the
    file `log` if there is one.
    """

    error: ClassVar[type[PartFailedError]] = PartFailedError

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        settings: Mapping[str, str] | None = None,
        grace: float = 0,
        log: Path | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(settings or {})}
        self._grace = grace
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._ended = False
        self.stderr: list[str] = []
        self.base_url = ""

    @property
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.returncode

    @property
    def is_started(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise self.error(f"the {self.name} was never started")
        return self._process.pid

    async def start(self) -> None:
        """Returns when the process is ready: it listens at `base_url`."""
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, *self._arguments),
            cwd=ROOT,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            start_new_session=True,  # Ctrl+C in a terminal reaches the parent, which then stops its parts in order
        )
        if process.stdout is None or process.stderr is None:
            raise self.error(f"the {self.name} runs without outputs to read")
        self._reading = asyncio.create_task(self._read(process.stderr))
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode()
        except BaseException:
            await self.kill()
            raise
        if not line.startswith("listening on "):
            await self.wait()
            raise self.error(f"The {self.name} ended with {self.returncode}:\n{self._last_lines}")
        self.base_url = line.removeprefix("listening on ").strip()

    async def _read(self, output: asyncio.StreamReader) -> None:
        with ExitStack() as stack:
            file = stack.enter_context(self._log.open("a", encoding="utf-8")) if self._log else None
            while line := await output.readline():
                await self._add(line.decode(errors="replace").rstrip("\n"), file)
        await self._add(None)

    async def _add(self, line: str | None, file: TextIO | None = None) -> None:
        async with self._news:
            if line is None:
                self._ended = True
            else:
                self.stderr.append(line)
            self._news.notify_all()
        if file is not None:
            print(line, file=file, flush=True)

    async def logged(self, pattern: str, *, times: int = 1) -> str:
        """Waits until so many lines of the log match; gives the last of them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOG_SECONDS), self._news:
                await self._news.wait_for(lambda: self._ended or len(self._matches(pattern)) >= times)
        found = self._matches(pattern)
        if len(found) < times:
            raise self.error(f"The {self.name} did not log {pattern!r} {times} times:\n{self._last_lines}")
        return found[times - 1]

    @property
    def _last_lines(self) -> str:
        return "\n".join(self.stderr[-LAST_LINES:])

    def _matches(self, pattern: str) -> list[str]:
        return [line for line in self.stderr if re.search(pattern, line)]

    async def terminate(self) -> int:
        """Stops in order, as a platform does: what runs finishes first. Gives the exit status."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        try:
            return await asyncio.wait_for(self.wait(), self._grace + STOP_SECONDS)
        except TimeoutError as problem:
            await self.kill()
            raise self.error(f"The {self.name} did not stop and was killed:\n{self._last_lines}") from problem

    async def kill(self) -> int:
        """Ends the process between two instructions, as a dying instance does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        return await self.wait()

    async def wait(self) -> int:
        if self._process is None or self._reading is None:
            raise self.error(f"the {self.name} was never started")
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


class FunctionsHostProcess(Part):
    """Runs the app in a folder; ready means: queues made, timers armed, port open.

    `settings` go into the host's environment, above its settings file.
    """

    error = HostFailedError

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
        log: Path | None = None,
    ) -> None:
        arguments = ["-m", "local.functions_host", "--app", str(app_dir), "--port", str(port), "--grace", f"{grace:g}"]
        if settings_file is not None:
            arguments += ["--settings", str(settings_file)]
        if time_scale is not None:
            arguments += ["--time-scale", f"{time_scale:g}"]
        if quiet:
            arguments.append("--quiet")
        super().__init__("Functions host", arguments, settings=settings, grace=grace, log=log)


class SimulatorProcess(Part):
    """`system` is `onedrive` or `celum`; it starts as the example company has it."""

    def __init__(self, system: str, data: Path, *, port: int = 0, log: Path | None = None) -> None:
        arguments = ["-m", f"local.{system}_simulator", "--port", str(port), "--data", str(data), "--seed", "acme"]
        super().__init__(f"{system} simulator", arguments, log=log)
