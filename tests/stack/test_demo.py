from __future__ import annotations

import asyncio
import io
import signal
import sys
from pathlib import Path

from rich.console import Console

from local.demo.__main__ import demo
from local.demo.checks import Checks
from local.demo.screen import Screen
from local.processes import ROOT

MIB = 1024 * 1024


async def test_the_guided_run_comes_true_and_says_so(tmp_path: Path) -> None:
    told = io.StringIO()
    status = await demo(tmp_path / "demo", 16 * MIB, Screen(Console(file=told)), time_scale=60)
    said = told.getvalue()
    assert status == 0, said
    assert "all of them hold" in said
    assert "✗" not in said


async def test_ctrl_c_ends_the_run_and_all_it_started(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.demo", "--small", "--data", str(tmp_path / "demo")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    said = ""
    while "Jane puts" not in said:
        line = (await process.stdout.readline()).decode()
        assert line, said
        said += line
    assert len(await running_in(tmp_path)) == 5, "itself, storage, two simulators, the app"
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 130
    assert await running_in(tmp_path) == []


async def running_in(folder: Path) -> list[str]:
    """The command lines of processes that were told to work there."""
    process = await asyncio.create_subprocess_exec("ps", "-A", "-ww", "-o", "args", stdout=asyncio.subprocess.PIPE)
    listed, _ = await process.communicate()
    return [line for line in listed.decode().splitlines() if str(folder) in line]


async def test_a_check_that_fails_is_shown_with_what_was_there_and_what_should_be() -> None:
    told = io.StringIO()
    checks = Checks(Screen(Console(file=told)))
    checks.equal("as it should be", 1, 1)
    checks.equal("version", 1, 2, quietly=True)
    assert checks.made == 2
    assert checks.failed == ["version: is 1, should be 2"]
    assert "✓ as it should be" in told.getvalue()
    assert "✗ version: is 1, should be 2" in told.getvalue()
