"""The commands of `bridge` that need the running app."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from shared.app_client import FINE, WRONG, Json, Unreachable, add_app, app_of, guarded

EXIT_CODES = "exit codes: 0 done or all is well, 1 somebody has to look or it was refused, 2 the app cannot be asked"
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
