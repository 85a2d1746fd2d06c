"""`flows.test.yaml`: what a case says, what it compares, and how strictly it is read."""

from __future__ import annotations

import pytest

from shared.errors import FlowFileProblem
from shared.flows import Difference, differences, load, load_cases
from tests.unit.flows.covering import refuses, shows
from tests.unit.flows.support import APPROVED, flow_text

FLOWS = load(
    flow_text(
        ready=APPROVED,
        to="{celum: dam, collection: '/C/{campaign}', asset_type: Master, intake: /In}",
        accept="{max_size: 5MB, min_pixels: 100}",
        fields="{Title: {from: [column.Title, office.title]}, Many: {from: column.Many, split: ','}, "
        "Rights: {from: column.Rights, required: true}, Day: {from: run.date}, By: {from: file.created_by}}",
        availability="{from: column.Start, until: column.End}",
    ),
    "flows.yaml",
)
PATH = "/Campaigns/Spring/Approved/Launch.pptx"
OK = "ApprovalStatus: Approved, Rights: Worldwide"


def text(given: str, expect: str) -> str:
    return f"tests:\n  - name: a case\n    flow: masters\n    given: {given}\n    expect: {expect}\n"


def run(expect: str, given: str = "", column: str = OK) -> tuple[Difference, ...]:
    more = f", {given}" if given else ""
    body = f"{{path: {PATH}, pixels: 200x100, column: {{{column}}}{more}}}"
    (case,) = load_cases(text(body, expect), "flows.test.yaml", FLOWS)
    return differences(case)


@shows(
    "tests",
    "tests.name",
    "tests.flow",
    "tests.given.path",
    "tests.given.size",
    "tests.given.pixels",
    "tests.given.unchanged_for",
    "tests.given.column",
    "tests.given.office",
    "tests.given.created_by",
    "tests.given.deleted",
    "tests.given.malware",
    "tests.given.approved_content",
    "tests.given.now",
    "tests.given.known",
    "tests.given.known.state",
    "tests.given.known.content",
    "tests.expect.outcome",
    "tests.expect.verb",
    "tests.expect.why",
    "tests.expect.look_again",
    "tests.expect.collection",
    "tests.expect.name",
    "tests.expect.fields",
    "tests.expect.available_from",
    "tests.expect.available_until",
)
@pytest.mark.parametrize(
    ("given", "column", "expect"),
    [
        ("", OK, "{outcome: do, verb: create, collection: /C/Spring, name: Launch}"),
        ("", OK, "{fields: {Title: '', Many: '', Rights: Worldwide, Day: 2026-01-15}}"),
        ("", f"{OK}, Many: 'a, b'", "{fields: {Many: [a, b]}}"),
        ("", f"{OK}, Title: [x, y]", "{fields: {Title: [x, y]}}"),
        ("office: {title: Deck}", OK, "{fields: {Title: Deck}}"),
        ("now: 2026-12-31T23:59", OK, "{fields: {Day: 2026-12-31}}"),  # on the clocks of Vienna
        ("created_by: anna@acme.com", OK, "{fields: {By: anna@acme.com}}"),
        ("", f"{OK}, Start: 2026-12-01, End: 2026-12-02", "{available_from: 2026-12-01, available_until: 2026-12-02}"),
        ("unchanged_for: 90s", OK, "{outcome: wait, look_again: 30s}"),
        ("", "ApprovalStatus: Draft", "{outcome: wait, look_again: on change, why: [Draft]}"),
        ("size: 6MB", OK, "{outcome: hold, why: 6000000 bytes are more}"),
        ("malware: true", OK, "{outcome: hold, why: malware}"),
        ("approved_content: other", OK, "{outcome: hold, why: changed after approval}"),
        ("approved_content: unknown", OK, "{outcome: hold, why: cannot be told}"),
        ("known: settled", OK, "{outcome: nothing}"),
        ("known: settled, deleted: true", OK, "{outcome: do, verb: close}"),
        ("known: settled, unchanged_for: 1m", OK, "{outcome: wait}"),
        ("known: {state: settled, content: other}", OK, "{verb: add_version}"),
        ("known: {state: settled, column: {Title: Old}}", f"{OK}, Title: New", "{verb: update}"),
        ("known: {state: settled, path: /Campaigns/Old/Approved/x.pptx}", OK, "{verb: update, name: Launch}"),
        ("known: {state: settled, approved_content: present}, approved_content: other", OK, "{outcome: nothing}"),
        ("known: closed", OK, "{verb: update}"),
        ("known: before", OK, "{outcome: ignore}"),
        ("known: {state: before, column: {ApprovalStatus: Draft}}", OK, "{verb: create}"),
        ("known: {state: before, path: /Campaigns/Old/Approved/x.pptx}", OK, "{verb: create}"),
    ],
)
def test_a_case_says_what_is_known_and_what_follows(given: str, column: str, expect: str) -> None:
    assert run(expect, given, column) == ()


@pytest.mark.parametrize(
    ("expect", "given", "column", "difference"),
    [
        ("{outcome: hold}", "", OK, Difference("outcome", "hold", "do")),
        ("{verb: update}", "", OK, Difference("verb", "update", "create")),
        ("{verb: update}", "malware: true", OK, Difference("verb", "update", "nothing")),
        (
            "{why: [is empty, is full]}",
            "",
            "ApprovalStatus: Approved",
            Difference("why", 'a reason with "is full"', '"Rights is empty (column.Rights)"'),
        ),
        ("{why: x}", "", OK, Difference("why", 'a reason with "x"', "no reason")),
        ("{collection: /C/Autumn}", "", OK, Difference("collection", "/C/Autumn", "/C/Spring")),
        ("{name: x}", "malware: true", OK, Difference("name", "x", "nothing")),
        ("{fields: {Title: a}}", "", f"{OK}, Title: b", Difference("fields.Title", '"a"', '"b"')),
        ("{fields: {Many: 'a, b'}}", "", f"{OK}, Many: 'a,b'", Difference("fields.Many", '"a, b"', "the list [a, b]")),
        (
            "{fields: {Title: a}}",
            "malware: true",
            OK,
            Difference("fields.Title", '"a"', "nothing, because nothing would be written"),
        ),
        ("{look_again: 2m}", "unchanged_for: 1m", OK, Difference("look_again", "2m", "1m")),
        ("{look_again: 2m}", "", "ApprovalStatus: Draft", Difference("look_again", "2m", "on change")),
        (
            "{available_until: 2026-12-02}",
            "",
            f"{OK}, End: 2026-12-03",
            Difference("available_until", "2026-12-02T22:59:59+00:00", "2026-12-03T22:59:59+00:00"),
        ),
        (
            "{outcome: do}",
            "known: {state: settled, column: {Rights: ''}}",
            OK,
            Difference("given.known", "a state in which the file had settled", "hold: Rights is empty (column.Rights)"),
        ),
    ],
)
def test_a_difference_shows_both_sides(expect: str, given: str, column: str, difference: Difference) -> None:
    assert run(expect, given, column) == (difference,)


@shows(
    *(f"tests.given.{key}" for key in ("embedded", "checked_in", "content_approval", "folder", "collection")),
    *("tests.given.modified_by", "tests.given.known.finished"),
    *("tests.expect.unavailable", "tests.expect.columns", "tests.expect.move_to"),
)
@pytest.mark.parametrize(
    ("blocks", "given", "expect"),
    [
        ({"fields": "{T: {from: embedded.title}}"}, "embedded: {title: Deck}", "{fields: {T: Deck}}"),
        ({"fields": "{T: {from: embedded.keywords}}"}, "embedded: {keywords: [a, b]}", "{fields: {T: [a, b]}}"),
        ({"fields": "{T: {from: file.modified_by}}"}, "modified_by: anna@acme.com", "{fields: {T: anna@acme.com}}"),
        ({"ready": "[checked_in: true]"}, "size: 1MB", "{verb: create}"),
        ({"ready": "[checked_in: true]"}, "checked_in: false", "{outcome: wait, why: checked out}"),
        ({"ready": "[content_approval: Approved]"}, "content_approval: Approved", "{verb: create}"),
        ({"ready": "[content_approval: Approved]"}, "size: 1MB", "{outcome: wait, why: content approval is empty}"),
        (
            {"ready": "[folder: {path: '/Campaigns/{campaign}', column: {Status: Closed}}]"},
            "folder: {/Campaigns/Spring: {Status: Closed}}",
            "{verb: create}",
        ),
        (
            {"ready": "[folder: {path: '/Campaigns/{campaign}', column: {Status: Closed}}]"},
            "folder: {/Campaigns/Summer: {Status: Closed}}",
            "{outcome: ignore, why: there is no folder}",
        ),
        (
            {"ready": "[collection: {path: '/{campaign}', field: {Status: Closed}}]"},
            "collection: {/Spring: {Status: Open}}",
            "{outcome: ignore, why: 'Status is \"Open\"'}",
        ),
        (
            {"ready": APPROVED, "changed_after_ready": "{reset: {ApprovalStatus: Draft}}"},
            "column: {ApprovalStatus: Approved}, approved_content: other",
            "{verb: reset, columns: {ApprovalStatus: Draft}}",
        ),
        (
            {"ready": APPROVED, "on_ready_lost": "unavailable"},
            "column: {ApprovalStatus: Draft}, known: {state: settled, column: {ApprovalStatus: Approved}}",
            "{verb: update, unavailable: true}",
        ),
        ({"on_source_deleted": "unavailable"}, "deleted: true, known: settled", "{verb: close, unavailable: true}"),
        ({"after": "{move_to: '/Done/{campaign}'}"}, "size: 1MB", "{move_to: /Done/Spring, unavailable: false}"),
        (
            {"after": "delete"},
            "deleted: true, known: {state: settled, finished: deleted}",
            "{outcome: ignore, why: the flow itself}",
        ),
    ],
)
def test_cases_speak_of_every_key_of_the_language(blocks: dict[str, str], given: str, expect: str) -> None:
    flows = load(flow_text(**blocks), "flows.yaml")
    path = PATH.replace("pptx", "jpg")
    (case,) = load_cases(text(f"{{path: {path}, {given}}}", expect), "flows.test.yaml", flows)
    assert differences(case) == ()


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ("{unavailable: true}", Difference("unavailable", "true", "false")),
        ("{move_to: /Done}", Difference("move_to", "/Done", "nothing")),
        ("{columns: {ApprovalStatus: Draft}}", Difference("columns.ApprovalStatus", "Draft", "nothing")),
    ],
)
def test_what_is_to_follow_later_is_compared_too(expect: str, difference: Difference) -> None:
    blocks = {"ready": APPROVED, "changed_after_ready": "{reset: {ApprovalStatus: Draft}}"}
    flows = load(flow_text(**blocks), "flows.yaml")
    given = f"{{path: {PATH}, column: {{ApprovalStatus: Approved}}}}"
    (case,) = load_cases(text(given, expect), "flows.test.yaml", flows)
    assert differences(case) == (difference,)


@refuses(
    "tests.expect.outcome",
    "tests.given.path",
    "tests.given.column",
    "tests.given.office",
    "tests.expect.fields",
    "tests.given.pixels",
    "tests.given.now",
    "tests.given.known",
    "tests.given.known.state",
)
@pytest.mark.parametrize(
    ("given", "expect", "complaint"),
    [
        (f"{{path: {PATH}}}", "{}", '5:13 case "a case": expect is empty, so the case would show nothing.'),
        (
            f"{{path: {PATH}}}",
            "{outcom: do}",
            '5:14 case "a case": "outcom" is not a key in expect. Did you mean "outcome"?',
        ),
        (
            f"{{path: {PATH}}}",
            "{outcome: done}",
            (
                '5:23 case "a case": expect.outcome: "done" is not one of ignore, wait, hold, do, nothing. '
                'Did you mean "do"?'
            ),
        ),
        ("{size: 1MB}", "{outcome: do}", '4:12 case "a case": given.path is missing.'),
        (
            "{path: x.jpg}",
            "{outcome: do}",
            '4:13 case "a case": given.path: "x.jpg" must begin with / (the library\'s root).',
        ),
        (
            f"{{path: {PATH}, column: {{Titel: x}}}}",
            "{outcome: do}",
            (
                '4:68 case "a case": given.column.Titel has no effect, because the flow does not name it. '
                'Did you mean "Title"?'
            ),
        ),
        (
            f"{{path: {PATH}, office: {{titel: x}}}}",
            "{outcome: do}",
            (
                '4:68 case "a case": given.office.titel has no effect, because the flow does not name it. '
                'Did you mean "title"?'
            ),
        ),
        (
            f"{{path: {PATH}, office: {{title: [x]}}}}",
            "{outcome: do}",
            '4:59 case "a case": given.office.title must be one value.',
        ),
        (
            f"{{path: {PATH}}}",
            "{fields: {Tile: x}}",
            (
                '5:23 case "a case": expect.fields.Tile has no effect, because the flow does not name it. '
                'Did you mean "Title"?'
            ),
        ),
        (
            f"{{path: {PATH}, pixels: 4000}}",
            "{outcome: do}",
            '4:67 case "a case": given.pixels: "4000" is not width and height such as 4000x3000.',
        ),
        (
            f"{{path: {PATH}, now: soon}}",
            "{outcome: do}",
            '4:64 case "a case": given.now: "soon" is not a date such as 2026-11-24 or 2026-11-24T12:00.',
        ),
        (
            f"{{path: {PATH}, known: {{column: {{Title: x}}}}}}",
            "{outcome: do}",
            '4:66 case "a case": given.known.state is missing.',
        ),
        (
            f"{{path: {PATH}, known: setled}}",
            "{outcome: do}",
            '4:66 case "a case": given.known: "setled" is not one of settled, closed, before. Did you mean "settled"?',
        ),
        (
            f"{{path: {PATH}, asset: {{version: newest}}}}",
            "{outcome: do}",
            '4:76 case "a case": given.asset.version: "newest" is not one of present, other.',
        ),
    ],
)
def test_a_mistake_in_a_case_is_one_problem_at_its_place(given: str, expect: str, complaint: str) -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load_cases(text(given, expect), "flows.test.yaml", FLOWS)
    assert str(raised.value) == f"flows.test.yaml:{complaint}"


@refuses("tests", "tests.flow")
@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("[]", "1:1 A file of cases is a block with the key tests."),
        ("test: []", '1:1 "test" is not a key. Did you mean "tests"?'),
        ("tests: {}", "1:8 tests must be a list of cases, each beginning with - name: …"),
        ("tests: [x]", "1:9 A case is a block of keys: name, flow, given, expect."),
        (
            "tests: [{name: n, flow: mastres, given: {path: /x}, expect: {outcome: do}}]",
            '1:25 case "n": there is no flow "mastres". Did you mean "masters"?',
        ),
        (
            "tests: [{name: n, flow: mastres, given: {path: x, column: {Any: 1}}, expect: {outcom: do}}]",
            (
                '1:25 case "n": there is no flow "mastres". Did you mean "masters"?\n'
                'flows.test.yaml:1:42 case "n": given.path: "x" must begin with / (the library\'s root).\n'
                'flows.test.yaml:1:79 case "n": "outcom" is not a key in expect. Did you mean "outcome"?'
            ),
        ),
    ],
)
def test_the_file_of_cases_is_read_as_strictly_as_the_flow_file(file: str, complaint: str) -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load_cases(file, "flows.test.yaml", FLOWS)
    assert str(raised.value) == f"flows.test.yaml:{complaint}"


@refuses("tests.name")
def test_two_cases_of_one_name_are_refused() -> None:
    one = text(f"{{path: {PATH}}}", "{outcome: wait}")
    with pytest.raises(FlowFileProblem, match='7:5 case "a case": another case in line 2 has the same name'):
        load_cases(one + "\n" + one.removeprefix("tests:\n"), "flows.test.yaml", FLOWS)


@refuses("tests.given.approved_content")
@pytest.mark.parametrize(
    "blocks",
    [
        {"ready": "[name: '*_FINAL.*']"},
        {"ready": "[office: {contentStatus: Final}]"},
        {"ready": APPROVED, "changed_after_ready": "accept"},
        {},
    ],
    ids=["name", "office", "each content passes", "no gate"],
)
def test_an_approved_content_that_no_version_tells_of_is_refused(blocks: dict[str, str]) -> None:
    flows = load(flow_text(**blocks), "flows.yaml")
    for given in ("approved_content: other", "known: {state: settled, approved_content: other}"):
        with pytest.raises(FlowFileProblem, match="approved_content has no effect, because no column of ready"):
            load_cases(text(f"{{path: {PATH}, {given}}}", "{outcome: do}"), "flows.test.yaml", flows)
