"""The commands that ask the running app, against one on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.cli import main


@dataclass
class FakeApp:
    """Says what a test wants it to say, and remembers what it was asked."""

    status: int = 200
    body: object = field(default_factory=dict)
    asked: list[tuple[str, str, str | None, object]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApp]:
    app = FakeApp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = json.loads(body) if body else None
            app.asked.append((self.command, self.path, self.headers.get("x-functions-key"), asked))
            self.send_response(app.status)
            self.end_headers()
            self.wfile.write(app.body if isinstance(app.body, bytes) else json.dumps(app.body).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        app.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("BRIDGE_URL", app.url)
        monkeypatch.setenv("BRIDGE_KEY", "the key")
        yield app
        server.shutdown()
        thread.join()


FILE = {"path": "/A/b.pdf", "flow": "masters", "state": "held", "asset": None, "link": "masters|b!d|1"}


def test_find_shows_where_a_file_is_and_why(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.body = {"files": [FILE | {"reasons": [{"rule": "fields.Title", "text": "Title is empty"}]}], "complete": True}
    assert main(["find", "b c"]) == 0
    assert capsys.readouterr().out == (
        "PATH      FLOW     STATE  ASSET  LINK           WHY\n"
        "/A/b.pdf  masters  held          masters|b!d|1  Title is empty\n"
    )
    assert app.asked == [("GET", "/api/v1/find?name=b+c", "the key", None)]


STATUS = {
    "flow_file_problems": [],
    "flows": [],
    "drives": [],
    "paused_systems": {},
    "held": 0,
    "failed": 0,
    "waiting": 0,
    "due": 0,
    "look_at": [],
}
HELD = {
    "kind": "held",
    "link": "masters|b!d|1",
    "path": "/A/b.pdf",
    "flow": "masters",
    "reasons": [{"rule": "fields.Title", "text": "Title is empty"}],
    "what_to_do": ["fill in the column"],
}


def test_status_lists_what_somebody_has_to_look_at(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.body = STATUS | {"held": 13, "look_at": [HELD]}
    assert main(["status"]) == 1
    assert capsys.readouterr().out.endswith(
        "13 held, 0 failed, 0 to look at, 0 due now\n\n"
        "held    /A/b.pdf (masters)\n"
        "        Title is empty\n"
        "        to do: fill in the column\n"
        "        link masters|b!d|1\n"
        "and 12 more\n"
    )


@pytest.mark.parametrize(
    ("what", "code"),
    [({}, 0), ({"waiting": 3}, 0), ({"held": 1}, 1), ({"failed": 1}, 1), ({"flow_file_problems": ["wrong"]}, 1)],
    ids=str,
)
def test_status_ends_with_1_where_somebody_has_to_look(app: FakeApp, what: dict[str, object], code: int) -> None:
    app.body = STATUS | what
    assert main(["status"]) == code


def test_explain_tells_each_rule_with_the_values_it_read(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"rule": "fields.Market", "verdict": "passed", "value": "Norway", "used": {"column.Market": "NO"}}
    other = {"rule": "ready.column.Status", "verdict": "not reached", "value": "", "used": {}}
    told = {
        "outcome": "nothing",
        "verb": None,
        "rules": [rule, other],
        "would_change": ["wait"],
        "alias_of": "/A/a.pdf",
        "reasons": [{"rule": "left out", "text": "new content was discarded"}],
    }
    app.body = {"files": [FILE | told]}
    assert main(["explain", "/A/b.pdf"]) == 0
    assert capsys.readouterr().out == (
        "/A/b.pdf under masters: nothing; held\n"
        "link masters|b!d|1\n"
        "an alias: /A/a.pdf has the same content and owns the asset; this one adds its collection\n"
        "RULE                   VALUE   READ FROM\n"
        'fields.Market  passed  Norway  column.Market "NO"\n'
        "new content was discarded\n"
        "not reached: ready.column.Status\n"
        "to change it: wait\n"
    )


def test_what_is_nowhere_is_an_exit_code(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.body = {"files": [], "complete": True}
    assert main(["find", "x", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == app.body


@pytest.mark.parametrize(
    ("command", "path", "body"),
    [
        (["pause"], "pause", {}),
        (["resume", "masters"], "resume", {"flow": "masters"}),
        (["brake", "masters", "--go-on"], "brake", {"flow": "masters", "decision": "go on"}),
        (["brake", "masters", "--discard"], "brake", {"flow": "masters", "decision": "discard"}),
        (["retire", "masters", "--keep"], "retire", {"flow": "masters", "assets": "keep"}),
        (["replay", "masters"], "replay", {"target": "masters"}),
        (
            ["accept", "m|d|1", "--as", "link:7", "--why", "same"],
            "accept",
            {"link": "m|d|1", "how": "link", "asset": 7, "why": "same"},
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_actions_are_posted(
    app: FakeApp, capsys: pytest.CaptureFixture[str], command: list[str], path: str, body: object
) -> None:
    app.body = {"done": "it is done"}
    assert main(command) == 0
    assert capsys.readouterr().out == "it is done\n"
    assert app.asked == [("POST", f"/api/v1/{path}", "the key", body)]


def test_what_the_app_refuses_is_said_in_its_words(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.status, app.body = 409, {"error": "the brake is on"}
    assert main(["resume", "masters"]) == 1
    assert capsys.readouterr().err == "bridge: the brake is on\n"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [(401, b"", "does not let you in"), (200, b"<html>", "no JSON"), (404, b"", "is the URL right")],
)
def test_another_server_than_the_app_is_noticed(
    app: FakeApp, capsys: pytest.CaptureFixture[str], status: int, body: bytes, said: str
) -> None:
    app.status, app.body = status, body
    assert main(["status"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:9", "cannot be reached"), ("http://acme.example", "https is needed"), ("", "name the app")],
)
def test_an_app_that_cannot_be_asked_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, said: str
) -> None:
    monkeypatch.setenv("BRIDGE_URL", url)
    assert main(["status"]) == 2
    assert said in capsys.readouterr().err


def test_as_something_unheard_of_is_refused_before_anything_is_asked(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accept", "x", "--as", "link", "--why", "y"]) == 2
    assert "is none of" in capsys.readouterr().err
    assert app.asked == []


def test_a_bare_name_is_told_how_to_find_its_path(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Poster.pdf"]) == 2
    assert '`bridge find "Poster.pdf"`' in capsys.readouterr().err
    assert app.asked == []
