"""`bridge check --live`, against an app on loopback."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from shared.cli import main
from tests.unit.cli.test_remote_cli import FakeApp, app

__all__ = ["app"]  # the fixture

FINDING = {"file": "flows.yaml", "line": 31, "column": 9, "text": "flow a: to.key: no.", "suggestion": "Yes."}
FINE = {"flow_file": "", "problems": [], "warnings": [], "away": {}}


def test_problems_are_told_as_those_of_the_file_here_and_end_with_1(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app.body = FINE | {"problems": [FINDING], "warnings": [FINDING]}
    assert main(["check", "--live"]) == 1
    told = capsys.readouterr()
    assert told.out == ("flows.yaml:31:9 flow a: to.key: no. Yes.\nflows.yaml:31:9 warning: flow a: to.key: no. Yes.\n")
    assert told.err.endswith("\n1 problem, 1 warning\n")
    assert app.asked == [("GET", "/api/v1/check", "the key", None)]


def test_warnings_alone_are_no_failure(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.body = FINE | {"warnings": [FINDING]}
    assert main(["check", "--live", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == app.body


@pytest.mark.parametrize("is_same", [True, False])
def test_another_file_than_the_one_here_is_said(
    app: FakeApp, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_same: bool
) -> None:
    file = tmp_path / "flows.yaml"
    file.write_text("here", "utf-8")
    app.body = FINE | {"flow_file": hashlib.sha256(b"here" if is_same else b"there").hexdigest()}
    assert main(["check", "--live", "--file", str(file)]) == 0
    assert ("another file" in capsys.readouterr().err) is not is_same


def test_an_app_that_cannot_be_asked_is_another_matter(app: FakeApp) -> None:
    app.status = 403
    assert main(["check", "--live"]) == 2
