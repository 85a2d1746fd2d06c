"""What people write, and what comes out of our own queues."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.ids import DriveId, ItemId, LinkKey
from shared.errors import FlowFileProblem
from shared.flows import FlowFile, load, load_cases
from shared.messages import DecideMessage, Message, MessageNotUnderstood, ScanMessage, TransferMessage
from tests.fuzz import FUZZ, ROOT, distorted

FLOWS, CASES = ((ROOT / name).read_text("utf-8") for name in ("flows.yaml", "flows.test.yaml"))
WORDS = sorted({word for text in (FLOWS, CASES) for word in text.split()})
SIGNS = ["\t", "\n", ": ", "- ", "{", "}", "[", "]", "'", '"', "|", ">", "&a ", "*a", "!!x ", "---\n", "%", "\0", "#"]
PIECES = st.sampled_from([*WORDS, *SIGNS, "<<: "])
CHANGES = st.lists(st.tuples(st.integers(0, 20_000), PIECES, st.integers(0, 12)), min_size=1, max_size=5)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
MESSAGES: list[Message] = [
    ScanMessage(drive=DriveId("b!x"), enqueued_at=NOW),
    DecideMessage(drive=DriveId("b!x"), items=(ItemId("1"), ItemId("2")), enqueued_at=NOW),
    TransferMessage(link=LinkKey("flow|b!x|1"), transfer="t", enqueued_at=NOW),
]


def changed(text: str, changes: list[tuple[int, str, int]]) -> str:
    for place, piece, taken in changes:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + taken :]
    return text


def assert_told(problem: FlowFileProblem, text: str) -> None:
    lines = text.count("\n") + 2
    assert problem.problems
    assert all(1 <= one.line <= lines and one.column >= 1 and one.text for one in problem.problems)


@FUZZ
@given(changes=CHANGES)
def test_any_flow_file_is_loaded_or_told_where_it_is_wrong(changes: list[tuple[int, str, int]]) -> None:
    text = changed(FLOWS, changes)
    try:
        assert isinstance(load(text, "flows.yaml"), FlowFile)
    except FlowFileProblem as problem:
        assert_told(problem, text)


@FUZZ
@given(text=st.text(max_size=60))
@example(text="[" * 5_000)
@example(text="a: " * 200)
@example(text="{" * 2_000 + "}" * 2_000)
@example(text="a: &a [*a]")
@example(text="version: !!python/object/apply:os.system [x]")
@example(text="\ufeffversion: '1'")
def test_any_text_is_no_flow_file_and_says_so(text: str) -> None:
    with pytest.raises(FlowFileProblem) as caught:
        load(text, "flows.yaml")
    assert_told(caught.value, text)


def test_aliases_do_not_multiply() -> None:
    rows = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    with pytest.raises(FlowFileProblem):
        load("\n".join(rows), "flows.yaml")


@FUZZ
@given(changes=CHANGES)
def test_any_file_of_cases_is_loaded_or_told_where_it_is_wrong(changes: list[tuple[int, str, int]]) -> None:
    text, flows = changed(CASES, changes), load(FLOWS, "flows.yaml")
    try:
        load_cases(text, "flows.test.yaml", flows)
    except FlowFileProblem as problem:
        assert_told(problem, text)


@FUZZ
@given(
    message=st.sampled_from(MESSAGES),
    body=st.binary(max_size=60)
    | st.one_of(*[distorted(json.loads(m.model_dump_json())) for m in MESSAGES]).map(
        lambda value: json.dumps(value).encode()
    ),
)
@example(message=MESSAGES[0], body=b"[" * 100_000)
@example(message=MESSAGES[1], body=b'{"v": 2, "kind": "decide", "drive": "b!x", "items": []}')
def test_any_body_is_a_message_of_that_kind_or_not_understood(message: Message, body: bytes) -> None:
    try:
        read = type(message).parse(body)
    except MessageNotUnderstood:
        return
    written = json.loads(body)
    assert read.v == 1
    assert written.get("kind", read.model_dump()["kind"]) == message.model_dump()["kind"]
