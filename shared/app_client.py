"""The running app, as the commands of `bridge` ask it: through its API, and nothing else."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

FINE, WRONG, USAGE = 0, 1, 2
SECONDS = 120  # a search in a large ledger takes its time
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

type Json = dict[str, Any]


class Unreachable(Exception):
    """The app cannot be asked; the text says why and what to do."""


class RefusedByApp(Exception):
    """The app understood and said no; the text is its own."""


@dataclass(frozen=True, slots=True)
class App:
    url: str
    key: str

    def get(self, view: str, query: Mapping[str, str] | None = None) -> Json:
        return self._ask(f"{view}?{urlencode(query)}" if query else view, None)

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        return self._ask(path, json.dumps({k: v for k, v in body.items() if v is not None}).encode())

    def _ask(self, path: str, body: bytes | None) -> Json:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        # An Entra token begins like any JWT; a function key never holds a dot.
        headers |= (
            {"Authorization": f"Bearer {self.key}"} if self.key.count(".") == 2 else {"x-functions-key": self.key}
        )
        request = Request(f"{self.url}/api/v1/{path}", data=body, headers=headers)  # noqa: S310  checked in `app_of`
        try:
            with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  as above
                return dict(json.load(answer))
        except HTTPError as problem:
            with problem:
                raise _said_no(problem, self.url) from problem
        except (URLError, TimeoutError, ConnectionError) as problem:
            why = getattr(problem, "reason", problem)
            raise Unreachable(
                f"the app at {self.url} cannot be reached: {why}. Is it running, and the URL right?"
            ) from problem
        except ValueError as problem:
            raise Unreachable(f"what answers at {self.url} is not this app: its answer is no JSON") from problem


def _said_no(problem: HTTPError, url: str) -> Exception:
    try:
        text = json.load(problem)["error"]
    except (ValueError, KeyError, TypeError):
        text = ""
    if problem.code in {401, 403}:
        return Unreachable(f"the app at {url} does not let you in ({text or problem.code}): check --key or BRIDGE_KEY")
    if text:
        return RefusedByApp(text)
    return Unreachable(f"the app at {url} answered {problem.code}: is the URL right, and the app healthy?")


def app_of(options: argparse.Namespace) -> App:
    url = (options.url or os.environ.get("BRIDGE_URL") or "").rstrip("/")
    if not url:
        raise Unreachable("name the app with --url or BRIDGE_URL, like https://<app>.azurewebsites.net")
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise Unreachable(f'"{url}" is no URL of the app: https is needed (http only to this machine)')
    return App(url, options.key or os.environ.get("BRIDGE_KEY") or "")


def add_app(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", help="of the app (default: BRIDGE_URL)")
    command.add_argument("--key", help="its function key, or a token of Entra ID (default: BRIDGE_KEY)")


def guarded(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    try:
        return run(options)
    except Unreachable as problem:
        sys.stderr.write(f"bridge: {problem}\n")
        return USAGE
    except RefusedByApp as problem:
        sys.stderr.write(f"bridge: {problem}\n")
        return WRONG
