"""The commands of `bridge` that need the running app: all of them ask its API, and nothing else."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

FINE, WRONG, USAGE = 0, 1, 2
EXIT_CODES = "exit codes: 0 done or all is well, 1 somebody has to look or it was refused, 2 the app cannot be asked"
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


STATUS_WORDS = {
    "flows": (
        "TO RELEASE: files that were there before the flow, for `bridge resume`. "
        "SET ASIDE: work that waits for the flow to run again."
    ),
    "drives": "MARKER: whose the library is by the marker file in its root.",
    "due": "due now: work whose time has come.",
}
STATES = {  # of a link, as `explain` says it
    "unknown": "no flow has taken it up",
    "before": "left alone: it was there before the flow, or was set aside",
    "seen": "not in CELUM",
    "held": "held",
    "settled": "in CELUM",
    "failed": "failed",
    "closed": "no longer followed",
}

# --- the commands -------------------------------------------------------------------------------------------------


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Into the parser of `bridge`."""
    shared = argparse.ArgumentParser(add_help=False)
    add_app(shared)
    shared.add_argument("--json", action="store_true", help="for programs")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about, epilog=EXIT_CODES, parents=[shared])
        command.set_defaults(command=lambda options: guarded(run, options))
        return command

    about = "flows, freshness, subscriptions, what is held and failed"
    add("status", status, about).description = f"{about}. {' '.join(STATUS_WORDS.values())}"
    add("find", find, "where is a file?").add_argument("name", help="a part of its path")
    add("explain", explain, "every rule tested on a file, and what would change the outcome").add_argument(
        "what", metavar="PATH|ASSET", help="a path from the library's root, with its slash, or the id of an asset"
    )
    for name, about in (
        ("pause", "nothing of the flow (or of all) is decided or carried on"),
        ("resume", "let it run, and release the next files that were there before it"),
    ):
        add(name, _flow_action(name), about).add_argument("flow", nargs="?")
    command = add("brake", brake, "decide what becomes of the work that the brake stopped")
    command.add_argument("flow")
    choice = command.add_mutually_exclusive_group(required=True)
    choice.add_argument("--go-on", action="store_true", help="carry it out")
    choice.add_argument("--discard", action="store_true", help="keep the assets as they are")
    command = add("retire", retire, "forget a flow that is gone from the flow file")
    command.add_argument("flow")
    command.add_argument("--keep", action="store_true", required=True, help="its assets are kept")
    command = add("accept", accept, "decide about one held or failed file")
    command.add_argument("link", help="as `find` and `explain` show it")
    command.add_argument("--as", dest="how", required=True, metavar="create|link:ASSET|version|ignore")
    command.add_argument("--why", required=True, help="for the journal")
    add("replay", replay, "try again what is held or has failed").add_argument(
        "target", help="a link, or a flow for all of it"
    )


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


def status(options: argparse.Namespace) -> int:
    data = app_of(options).get("status")
    stands = any(f["state"] in {"braked", "barred"} for f in data["flows"])
    calm = not (data["held"] or data["failed"] or data["flow_file_problems"] or stands)
    if not _told_as_json(options, data):
        for problem in data["flow_file_problems"]:
            _tell(problem)
        rows = [
            (f["id"], f["mode"], f["state"], _why(f), str(f["first_run_waiting"]), str(f["set_aside"]))
            for f in data["flows"]
        ]
        _tell_table(("FLOW", "MODE", "STATE", "WHY", "TO RELEASE", "SET ASIDE"), rows)
        _tell_closed_gates(data["flows"])
        drives = [
            (
                ", ".join(d["connections"]),
                _when(d["last_scan"]),
                d["subscription"],
                _when(d["subscription_expires"]),
                d["marker"],
            )
            for d in data["drives"]
        ]
        if any(f["first_run_waiting"] or f["set_aside"] for f in data["flows"]):
            _tell(STATUS_WORDS["flows"])
        _tell_table(("LIBRARY", "LAST SCAN", "SUBSCRIPTION", "UNTIL", "MARKER"), drives)
        for drive in data["drives"]:
            if drive["marker_problem"]:
                _tell(drive["marker_problem"])
            for problem in drive.get("problems", ()):
                _tell(problem)
        _tell(f"{data['held']} held, {data['failed']} failed, {data['waiting']} to look at, {data['due']} due now")
        for system, until in data["paused_systems"].items():
            _tell(f"{system} asked to be left alone until {_when(until)}")
        _tell_what_to_look_at(data)
    return FINE if calm else WRONG


def _tell_what_to_look_at(data: Json) -> None:
    """The first of what has failed or is held, each with its reasons and what to do."""
    for row in data["look_at"]:
        lines = [f"{row['path'] or 'all of the flow'} ({row['flow']})"]
        lines += [reason["text"] for reason in row["reasons"]]
        lines += [f"to do: {text}" for text in row["what_to_do"]]
        lines += [f"link {row['link']}"] if row["path"] else []
        indent = "\n        "
        _tell(f"\n{row['kind']:<8}{indent.join(lines)}")
    if (more := data["held"] + data["failed"] - len(data["look_at"])) > 0:
        _tell(f"and {more} more")


def _tell_closed_gates(flows: Sequence[Json]) -> None:
    for flow in flows:
        for gate in flow["closed_gates"]:
            why = "it has opened" if gate["opening"] else _reasons(gate)
            _tell(f"{flow['id']}: {gate['files']} files lie dormant behind the {gate['gate']} {gate['path']}: {why}")


def find(options: argparse.Namespace) -> int:
    data = app_of(options).get("find", {"name": options.name})
    if not _told_as_json(options, data):
        rows = [
            (f["path"] or "", f["flow"], f["state"], str(f["asset"] or ""), f["link"], _reasons(f))
            for f in data["files"]
        ]
        _tell_table(("PATH", "FLOW", "STATE", "ASSET", "LINK", "WHY"), rows)
        if not data["complete"]:
            _tell("There are more: name it more precisely.")
        if not data["files"]:
            _tell("No flow has taken up such a file. `bridge explain /its/path` says why.")
    return FINE if data["files"] else WRONG


def explain(options: argparse.Namespace) -> int:
    what: str = options.what
    if not what.startswith("/") and not what.isdecimal():
        raise Unreachable(f'"{what}" is neither a path, which begins with /, nor an id: try `bridge find "{what}"`')
    app = app_of(options)
    data = app.get("explain", {"path" if what.startswith("/") else "asset": what})
    if not _told_as_json(options, data):
        for place, file in enumerate(data["files"]):
            if place:
                _tell("")
            _tell_explained(file)
    return FINE


def _tell_explained(file: Json) -> None:
    verb = f" {file['verb']}" if file["verb"] else ""
    _tell(f"{file['path'] or 'gone'} under {file['flow']}: {file['outcome']}{verb}; {STATES.get(file['state'], '')}")
    if file["link"]:
        _tell(f"link {file['link']}" + (f", asset {file['asset']}" if file["asset"] else ""))
    if file["alias_of"]:
        _tell(f"an alias: {file['alias_of']} has the same content and owns the asset; this one adds its collection")
    told = [r for r in file["rules"] if r["verdict"] != "not reached" or r["value"] or r["used"]]
    rows = [(r["rule"], r["verdict"], r["value"], _used(r["used"])) for r in told]
    _tell_table(("RULE", "", "VALUE", "READ FROM"), rows)
    rules = {r["rule"] for r in file["rules"]}
    for reason in file["reasons"]:
        if reason["rule"] not in rules:
            _tell(reason["text"])
    if silent := [r["rule"] for r in file["rules"] if r not in told]:
        _tell(f"not reached: {', '.join(silent)}")
    for text in file["would_change"]:
        _tell(f"to change it: {text}")


def _used(values: Mapping[str, str]) -> str:
    return ", ".join(f'{name} "{value}"' for name, value in values.items())


def _flow_action(name: str) -> Callable[[argparse.Namespace], int]:
    return lambda options: _done(options, app_of(options).post(name, {"flow": options.flow}))


def brake(options: argparse.Namespace) -> int:
    decision = "go on" if options.go_on else "discard"
    return _done(options, app_of(options).post("brake", {"flow": options.flow, "decision": decision}))


def retire(options: argparse.Namespace) -> int:
    return _done(options, app_of(options).post("retire", {"flow": options.flow, "assets": "keep"}))


def accept(options: argparse.Namespace) -> int:
    how, _, asset = str(options.how).partition(":")
    if how not in {"create", "link", "version", "ignore"} or (how == "link") != asset.isdecimal():
        raise Unreachable(f'--as "{options.how}" is none of create, link:<asset id>, version, ignore')
    body = {"link": options.link, "how": how, "asset": int(asset) if asset else None, "why": options.why}
    return _done(options, app_of(options).post("accept", body))


def replay(options: argparse.Namespace) -> int:
    return _done(options, app_of(options).post("replay", {"target": options.target}))


# --- telling ------------------------------------------------------------------------------------------------------


def _done(options: argparse.Namespace, data: Json) -> int:
    if not _told_as_json(options, data):
        _tell(data["done"])
    return FINE


def _told_as_json(options: argparse.Namespace, data: Json) -> bool:
    if options.json:
        _tell(json.dumps(data, indent=2, ensure_ascii=False))
    return bool(options.json)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _reasons(file: Json) -> str:
    return "; ".join(reason["text"] for reason in file["reasons"])


def _why(flow: Json) -> str:
    """What bars a flow is told in a sentence of its own, below the table of the libraries."""
    return "see its library below" if flow["state"] == "barred" else str(flow["why"])


def _when(text: str | None) -> str:
    return text[:19].replace("T", " ") if text else "never"


def _tell_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        _tell("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
