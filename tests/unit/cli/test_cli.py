"""The commands that need no account, as a person calls them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from shared.cli import main
from shared.flows import load
from tests.unit.flows.support import APPROVED, flow_text

ROOT = Path(__file__).parents[3]
CASES = """\
tests:
  - name: a draft waits
    flow: masters
    given: {path: /Campaigns/Spring/Approved/a.jpg, column: {ApprovalStatus: Draft}}
    expect: {outcome: wait}
  - name: a draft is taken
    flow: masters
    given: {path: /Campaigns/Spring/Approved/a.jpg, column: {ApprovalStatus: Draft}}
    expect: {outcome: do, why: [is ready]}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows.yaml").write_text(flow_text(ready=APPROVED), "utf-8")
    return tmp_path


# --- check --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_check_lists_the_flows_of_a_file_without_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == (
        "FLOW     MODE  FROM                                         TO\n"
        "masters  on    marketing:/Campaigns/{campaign}/Approved/**  /Campaigns/{campaign}\n"
        "\nflows.yaml: no problems\n"
    )


def test_check_prints_every_problem_with_its_place_and_a_suggestion(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "flows.yaml").write_text(flow_text(mode="onn", fields="{Title: {from: colum.Title}}"), "utf-8")
    assert main(["check"]) == 1
    told = capsys.readouterr()
    assert told.out == (
        'flows.yaml:13:11 flow masters: mode: "onn" is not one of on, observe, off. Did you mean "on"?\n'
        'flows.yaml:14:28 flow masters: "colum.Title" is not a source. Did you mean "column.Title"?\n'
    )
    assert told.err == "\n2 problems\n"


def test_check_reads_the_cases_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "flows.test.yaml").write_text(CASES.replace("flow: masters", "flow: mastres"), "utf-8")
    assert main(["check"]) == 1
    assert 'flows.test.yaml:3:11 case "a draft waits": there is no flow "mastres".' in capsys.readouterr().out


def test_check_speaks_to_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"problems": [], "flows": 1, "cases": 0}
    (here / "flows.yaml").write_text(flow_text(mode="onn"), "utf-8")
    assert main(["check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == [
        {
            "file": "flows.yaml",
            "line": 13,
            "column": 11,
            "text": 'flow masters: mode: "onn" is not one of on, observe, off.',
            "suggestion": 'Did you mean "on"?',
        }
    ]


def test_check_knows_the_settings_of_an_app_that_is_run_from_here(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "flows.yaml").write_text(flow_text(columns="{CelumAsset: asset.url}"), "utf-8")
    missing = (
        'flows.yaml:13:27 flow masters: "asset.url" comes from the app setting CELUM_ASSET_URL, which is not set. '
        "Set it.\n"
    )
    monkeypatch.delenv("CELUM_URL", raising=False)
    assert main(["check"]) == 0  # no app is set up here, so nothing is known of its settings
    capsys.readouterr()
    monkeypatch.setenv("CELUM_URL", "https://dam.acme.example/content-api/v1")
    assert (main(["check"]), capsys.readouterr().out) == (1, missing)
    monkeypatch.delenv("CELUM_URL")
    settings = here / "local.settings.json"
    settings.write_text(json.dumps({"Values": {"CELUM_ASSET_URL": ""}}), "utf-8")
    assert (main(["check"]), capsys.readouterr().out) == (1, missing)
    assert main(["show"]) == 0
    settings.write_text(json.dumps({"Values": {"CELUM_ASSET_URL": "https://dam.acme.example/{id}"}}), "utf-8")
    assert main(["check"]) == 0
    settings.write_text("[]", "utf-8")
    assert main(["check"]) == 2


def test_a_file_in_another_encoding_is_a_problem_with_its_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "flows.yaml").write_bytes("version: '1'\nname: Käse\n".encode("latin-1"))
    assert main(["check"]) == 1
    assert capsys.readouterr().out == "flows.yaml:2:1 The file is not UTF-8. Save it in that encoding.\n"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "--file", "other.yaml"], "bridge: there is no file other.yaml; name one with --file\n"),
        (["test"], "bridge: there is no file flows.test.yaml; name one with --cases\n"),
        (["show", "mastres"], 'bridge: there is no flow "mastres"; the file has masters\n'),
        (["check", "--file", "."], "bridge: . cannot be read: Is a directory\n"),
    ],
)
def test_what_cannot_be_carried_out_says_why_and_what_to_do(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == complaint


def test_an_unknown_command_is_refused_with_the_list_of_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["chek"])
    assert stopped.value.code == 2
    assert "choose from check, show, test" in capsys.readouterr().err.replace("'", "")


# --- show ---------------------------------------------------------------------------------------------------------


def test_show_prints_a_file_that_loads_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show"]) == 0
    shown = load(capsys.readouterr().out, "shown.yaml")
    assert shown == load((here / "flows.yaml").read_text("utf-8"), "flows.yaml")
    assert main(["show", "masters"]) == 0
    assert load(capsys.readouterr().out, "shown.yaml") == shown


@pytest.mark.usefixtures("here")
def test_show_speaks_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["flows"][0]["mode"] == "on"


# --- test ---------------------------------------------------------------------------------------------------------


def test_a_failed_case_shows_where_it_stands_and_both_sides(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "flows.test.yaml").write_text(CASES, "utf-8")
    assert main(["test"]) == 1
    assert capsys.readouterr().out == (
        "ok    masters: a draft waits\n"
        "FAIL  masters: a draft is taken  (flows.test.yaml:6)\n"
        "      outcome\n"
        "        expected do\n"
        "        got      wait\n"
        "      why\n"
        '        expected a reason with "is ready"\n'
        '        got      "ApprovalStatus is "Draft", not "Approved""\n'
        "\n2 cases, 1 failed\n"
    )


def test_test_speaks_to_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "flows.test.yaml").write_text(CASES.partition("  - name: a draft is taken")[0], "utf-8")
    assert main(["test", "masters", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "failed": 0,
        "cases": [{"name": "a draft waits", "flow": "masters", "line": 2, "passed": True, "differences": []}],
    }


@pytest.mark.parametrize(("command", "key"), [("show", "flows"), ("test", "tests")])
def test_the_schema_for_editors_needs_no_flow_file(
    command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([command, "--schema"]) == 0
    assert key in json.loads(capsys.readouterr().out)["properties"]


# --- the shipped files, through the script ------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["check", "show", "test"])
def test_the_shipped_files_pass_from_any_folder(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "bridge", command, "--file", ROOT / "flows.yaml"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
