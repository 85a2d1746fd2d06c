"""`bridge check --live`: what the app says of its own flow file, told as `bridge check` tells it of the one here."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from shared.app_client import FINE, WRONG, Json, add_app, app_of, guarded
from shared.errors import Problem


def add_live(command: argparse.ArgumentParser) -> None:
    """Into the parser of `bridge check`."""
    command.add_argument(
        "--live",
        action="store_true",
        help="ask the app: every name, right and capability that its file needs",
    )
    add_app(command)


def check_live(options: argparse.Namespace) -> int:
    return guarded(_check, options)


def _check(options: argparse.Namespace) -> int:
    found = app_of(options).get("check")
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        _tell(found, options.file)
    return WRONG if found["problems"] else FINE


def _tell(found: Json, file: Path) -> None:
    for kind in ("problems", "warnings"):
        for finding in found[kind]:
            sign = "warning: " if kind == "warnings" else ""
            sys.stdout.write(f"{Problem(**(finding | {'text': sign + finding['text']}))}\n")
    if file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() != found["flow_file"]:
        sys.stderr.write(f"\nThe app runs another file than {file}: the lines are those of its own.\n")
    told = [_counted(len(found[kind]), kind) for kind in ("problems", "warnings")]
    sys.stderr.write(f"\n{', '.join(told)}\n")


def _counted(count: int, kind: str) -> str:
    return f"{count or 'no'} {kind.removesuffix('s') if count == 1 else kind}"
