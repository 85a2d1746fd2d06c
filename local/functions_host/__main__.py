"""`python -m local.functions_host --app DIR`: runs a function app on this machine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from local.functions_host import settings
from local.functions_host.clock import Clock
from local.functions_host.errors import HostError
from local.functions_host.host import Host, Options

TIME_SCALE = "BRIDGE_TIME_SCALE"  # how the app learns of the scale


def main() -> NoReturn:
    arguments = _arguments()
    announced = _stdout_for_one_line()
    _log_to_stderr(quiet=arguments.quiet)
    try:
        status = asyncio.run(_serve(arguments, announced))
    except HostError as problem:
        sys.stderr.write(f"{problem}\n")
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of `def` functions that outlived the grace period must not hold the process back.
    os._exit(status)


async def _serve(arguments: argparse.Namespace, announced: int) -> int:
    app_dir = _folder(arguments.app)
    _add_settings(arguments.settings, app_dir)
    scale = _time_scale(arguments.time_scale)
    os.chdir(app_dir)  # the platform runs an app in its own folder
    host = Host(Options(app_dir, arguments.port, timedelta(seconds=arguments.grace)), Clock(scale))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, host.stop)
    await host.run(lambda url: _announce(announced, url))
    return 0


def _folder(given: Path) -> Path:
    if not given.is_dir():
        raise HostError(f"{given} is not a folder")
    return given.resolve()


def _add_settings(given: Path | None, app_dir: Path) -> None:
    found = given or app_dir / "local.settings.json"
    if given or found.exists():
        settings.add_settings_file(found.resolve())


def _time_scale(given: float | None) -> float:
    """The option, or else the setting, so that host and app cannot live at different speeds."""
    if given is not None:
        os.environ[TIME_SCALE] = f"{given:g}"
    try:
        scale = float(os.environ.get(TIME_SCALE) or 1)
    except ValueError:
        scale = 0
    if not 0 < scale <= 100_000:
        raise HostError(f"{TIME_SCALE} = {os.environ.get(TIME_SCALE)!r} must be a number above 0, at most 100000")
    return scale


def _announce(announced: int, url: str) -> None:
    os.write(announced, f"listening on {url}\n".encode())


def _stdout_for_one_line() -> int:
    """Keeps stdout for the line that a parent waits for; what the app prints goes to stderr."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def _log_to_stderr(*, quiet: bool) -> None:
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDK logs every request at INFO


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="the folder with function_app.py and host.json")
    parser.add_argument("--settings", type=Path, help="default: local.settings.json of the app, if there is one")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--time-scale", type=float, help=f"how much faster time runs; default: {TIME_SCALE}, else 1")
    parser.add_argument("--grace", type=float, default=30, help="seconds for running functions after SIGTERM (30)")
    parser.add_argument("--quiet", action="store_true", help="log warnings and errors only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
