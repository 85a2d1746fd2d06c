"""`bridge …`, for the engineer who declares flows. These commands need no account and no network."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from shared import check_cli, remote_cli
from shared.engine.rehearsing import rehearse
from shared.errors import FlowFileProblem, Problem
from shared.flows import (
    Case,
    Difference,
    FlowFile,
    IngestFlow,
    as_yaml,
    cases_schema,
    differences,
    flows_schema,
    load,
    load_cases,
    normalised,
)

FINE, WRONG, USAGE = 0, 1, 2
EXIT_CODES = "exit codes: 0 all is well, 1 something in the files is wrong, 2 the command cannot be carried out"


class Stop(Exception):
    """The command cannot be carried out; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except FlowFileProblem as problem:
        _tell_problems(problem.problems, as_json=options.json)
        return WRONG
    except Stop as stop:
        sys.stderr.write(f"bridge: {stop}\n")
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bridge", description=__doc__, epilog=EXIT_CODES)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--file", type=Path, default=Path("flows.yaml"), help="the flow file (default: %(default)s)")
    shared.add_argument("--cases", type=Path, help="the file of cases (default: flows.test.yaml beside flows.yaml)")
    shared.add_argument("--json", action="store_true", help="for programs")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about, epilog=EXIT_CODES, parents=[shared])
        command.set_defaults(command=run)
        return command

    check_cli.add_live(add("check", check, "find every mistake in the flow file and in its cases, and say where it is"))
    for command, of in (
        (add("show", show, "print the flow file with every default filled in"), "this flow"),
        (add("test", test, "run the cases of flows.test.yaml"), "the cases of this flow"),
    ):
        command.add_argument("flow", nargs="?", help=f"only {of}")
        command.add_argument("--schema", action="store_true", help="print the file's JSON Schema, for editors")
    remote_cli.add_commands(commands)
    return parser


# --- the commands -------------------------------------------------------------------------------------------------


def check(options: argparse.Namespace) -> int:
    """Both files; the cases are read only where the flows are right, since they speak of them.

    `--live` asks about the file of the app, which need not be the one here.
    """
    if options.live:
        return check_cli.check_live(options)
    flows = _flows(options, _settings(options))
    cases = _cases(options, flows) if _cases_path(options).exists() else ()
    if options.json:
        _tell_json({"problems": [], "flows": len(flows.flows), "cases": len(cases)})
        return FINE
    rows = [
        (flow.id, flow.mode.value, f"{flow.onedrive}:{flow.pattern.text}", flow.to.collection.text)
        for flow in flows.flows
    ]
    _tell_table(("FLOW", "MODE", "FROM", "TO"), rows)
    _tell(f"\n{options.file}: no problems")
    return FINE


def show(options: argparse.Namespace) -> int:
    if options.schema:
        _tell_json(flows_schema())
        return FINE
    flows = _flows(options)
    data = normalised(flows, _named_flow(options, flows))
    if options.json:
        _tell_json(data)
    else:
        sys.stdout.write(as_yaml(data))
    return FINE


def test(options: argparse.Namespace) -> int:
    if options.schema:
        _tell_json(cases_schema())
        return FINE
    flows = _flows(options)
    chosen = _named_flow(options, flows)
    cases = [case for case in _cases(options, flows) if chosen is None or case.flow.id == chosen.id]
    results = [(case, differences(case, rehearse)) for case in cases]
    failed = sum(1 for _, found in results if found)
    if options.json:
        _tell_json({"failed": failed, "cases": [_as_data(case, found) for case, found in results]})
    else:
        for case, found in results:
            _tell_case(case, found, str(_cases_path(options)))
        _tell(f"\n{len(results)} cases, {f'{failed} failed' if failed else 'all as expected'}")
    return WRONG if failed else FINE


# --- reading ------------------------------------------------------------------------------------------------------


def _flows(options: argparse.Namespace, settings: Mapping[str, str] | None = None) -> FlowFile:
    return load(_text(options.file, "name one with --file"), str(options.file), settings=settings)


def _settings(options: argparse.Namespace) -> Mapping[str, str] | None:
    """Those of the app, where it runs or is run from here; None where nobody has set up an app."""
    file = options.file.parent / "local.settings.json"
    if file.exists():
        try:
            values = json.loads(file.read_text("utf-8"))["Values"]
        except (ValueError, LookupError, TypeError) as error:
            raise Stop(f"{file} is no file of app settings: {error}") from error
        return {str(name): str(value) for name, value in values.items()}
    return os.environ if "CELUM_URL" in os.environ else None


def _cases(options: argparse.Namespace, flows: FlowFile) -> tuple[Case, ...]:
    path = _cases_path(options)
    return load_cases(_text(path, "name one with --cases"), str(path), flows)


def _cases_path(options: argparse.Namespace) -> Path:
    file: Path = options.file
    given: Path | None = options.cases
    return given or file.with_suffix(f".test{file.suffix}")


def _text(path: Path, advice: str) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise Stop(f"there is no file {path}; {advice}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(str(path), line, 1, "The file is not UTF-8.", "Save it in that encoding.")
        raise FlowFileProblem((problem,)) from error
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}") from error


def _named_flow(options: argparse.Namespace, flows: FlowFile) -> IngestFlow | None:
    if options.flow is None:
        return None
    found = flows.flow(options.flow)
    if found is None:
        raise Stop(f'there is no flow "{options.flow}"; the file has {", ".join(flow.id for flow in flows.flows)}')
    return found


# --- telling ------------------------------------------------------------------------------------------------------


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _tell_json(data: object) -> None:
    _tell(json.dumps(data, indent=2, ensure_ascii=False))


def _tell_problems(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        _tell_json({"problems": [asdict(problem) for problem in problems]})
        return
    for problem in problems:
        _tell(str(problem))
    sys.stderr.write(f"\n{len(problems)} {'problem' if len(problems) == 1 else 'problems'}\n")


def _tell_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        _tell("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _tell_case(case: Case, found: Sequence[Difference], file: str) -> None:
    if not found:
        _tell(f"ok    {case.flow.id}: {case.name}")
        return
    _tell(f"FAIL  {case.flow.id}: {case.name}  ({file}:{case.at.line})")
    for difference in found:
        _tell(f"      {difference.what}\n        expected {difference.expected}\n        got      {difference.got}")


def _as_data(case: Case, found: Sequence[Difference]) -> dict[str, object]:
    return {
        "name": case.name,
        "flow": case.flow.id,
        "line": case.at.line,
        "passed": not found,
        "differences": [asdict(difference) for difference in found],
    }


if __name__ == "__main__":
    sys.exit(main())
