"""`python -m local.demo`: the guided run on this machine. Its exit status is 0 only if everything came true."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from rich.markup import escape

from local.azurite import AzuriteError
from local.demo.checks import Checks, StoryEndedError
from local.demo.dam import Dam
from local.demo.memory import MIB
from local.demo.person import Person
from local.demo.screen import Screen
from local.demo.story import Story, files_size
from local.demo.summary import compare, show
from local.demo.watching import Watching
from local.processes import PartFailedError
from local.stack import DATA, TIME_SCALE, Stack, run, shown

FILM_BYTES = 2048 * MIB
SMALL_FILM_BYTES = 64 * MIB
LESS_BYTES = 512 * MIB  # all but the film
BULK = ("storage", "onedrive", "celum")  # what a run leaves behind beside its logs and settings


async def demo(folder: Path, film_bytes: int, screen: Screen, time_scale: float = TIME_SCALE) -> int:
    screen.console.print("[bold]OneDrive to CELUM, a guided run[/]")
    screen.say("Real: the function app, in Microsoft's worker library for Python, and its storage (Azurite).")
    screen.say("Simulated: OneDrive and CELUM, over HTTP as their documentation has it.")
    checks = Checks(screen)
    try:
        async with Stack(folder, time_scale=time_scale) as stack:
            await _tell(stack, film_bytes, screen, checks)
    except (StoryEndedError, PartFailedError, AzuriteError) as problem:
        what, _, log = str(problem).partition("\n")
        checks.that(what, holds=False)
        screen.say(escape(log))
    return _verdict(folder, screen, checks)


async def _tell(stack: Stack, film_bytes: int, screen: Screen, checks: Checks) -> None:
    async with (
        Person.at_work(stack.onedrive.base_url) as jane,
        Dam.seen_with(stack.settings["CELUM_URL"], stack.settings["CELUM_API_KEY"]) as dam,
        Watching.the_ledger(stack.settings["AzureWebJobsStorage"], jane.drive) as watching,
    ):
        await stack.running_host.logged("files were there before it")
        screen.say(f"Ready after {screen.seconds:.1f} s. See for yourself while it runs:")
        screen.say(f"  OneDrive {stack.onedrive.base_url}   CELUM {stack.celum.base_url}")
        scale = stack.time_scale
        screen.say(f"Time runs {scale:g} times faster: a quiet period of 2 minutes takes {120 / scale:g} s.")
        story = Story(jane, dam, watching, screen, checks, film_bytes, lambda: stack.running_host.pid)
        await story.tell()
        screen.title("6  What is where")
        screen.say("Every file is downloaded again from both sides and hashed …")
        show(screen, await compare(jane, dam, checks, story.delivered))


def _verdict(folder: Path, screen: Screen, checks: Checks) -> int:
    screen.title(f"{checks.made} checks in {screen.seconds:.0f} s")
    if not checks.failed:
        screen.good("all of them hold")
        return 0
    for each in checks.failed:
        screen.bad(each)
    logs = ", ".join(str(shown(path)) for path in sorted(folder.glob("*.log")))
    screen.say(f"Why, say the logs: {logs or shown(folder)}")
    return 1


def _has_room(folder: Path, film_bytes: int) -> bool:
    """For the film in OneDrive and in CELUM, and for the rest."""
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free > 2 * film_bytes + LESS_BYTES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--small", action="store_true", help=f"a film of {files_size(SMALL_FILM_BYTES)} only")
    parser.add_argument("--keep", action="store_true", help="leave the files of both systems and the storage")
    parser.add_argument(
        "--data", type=Path, default=DATA / "demo", help="the folder for all its files; is emptied first"
    )
    given = parser.parse_args()
    film_bytes = SMALL_FILM_BYTES if given.small else FILM_BYTES
    if not _has_room(given.data, film_bytes):
        needed = files_size(2 * film_bytes + LESS_BYTES)
        print(f"{given.data} needs {needed} of free disk; or try --small", file=sys.stderr)
        return 1
    try:
        return run(demo(given.data, film_bytes, Screen()))
    finally:
        for part in () if given.keep else BULK:
            shutil.rmtree(given.data / part, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
