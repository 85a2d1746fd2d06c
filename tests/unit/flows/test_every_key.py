"""What holds for each key of the language alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest

from shared.errors import FlowFileProblem, Problem
from shared.flows import as_yaml, load, load_cases
from shared.flows._nodes import read_nodes
from shared.flows._yaml import Data
from tests.flow_coverage import rows, uncovered
from tests.unit.flows.covering import keys, later, refuses, shows
from tests.unit.flows.support import APPROVED, flow_text, plain

CASE = """\
tests:
  - {name: a case, flow: masters, given: {path: /Campaigns/Spring/Approved/a.jpg}, expect: {outcome: wait}}
"""
NONSENSE: Data = [["nonsense"]]  # no key takes a list of lists
ON_TOP = {"version", "name", "time_zone", "connections", "tables", "limits", "flows"}


def test_no_key_is_without_a_test_that_shows_it_and_one_that_refuses_it() -> None:
    assert uncovered(rows()) == []


@refuses(*keys())
@pytest.mark.parametrize("key", keys())
def test_a_value_of_the_wrong_kind_is_refused_where_it_stands(key: str) -> None:
    first, *rest = key.removeprefix("tests.").split(".")
    problems = cases_problems([first, *rest]) if key.startswith("tests") else file_problems([first, *rest])
    assert problems
    named = [part for part in (first, *rest) if part != "*"]
    if named[-1] not in {"flows", "tests", "not"}:  # of those the first entry is wrong, in words of its own
        assert any(named[-1].removesuffix("s") in problem.text for problem in problems), problems


def file_problems(place: Sequence[str]) -> Sequence[Problem]:
    file = plain(read_nodes(flow_text(ready=APPROVED), "", []))
    text = written(file, [*([] if place[0] in ON_TOP else ["flows"]), *place])
    with pytest.raises(FlowFileProblem) as raised:
        load(text, "x.yaml")
    return raised.value.problems


def cases_problems(place: Sequence[str]) -> Sequence[Problem]:
    text = written(plain(read_nodes(CASE, "", [])), place if place == ["tests"] else ["tests", *place])
    with pytest.raises(FlowFileProblem) as raised:
        load_cases(text, "x.yaml", FLOWS)
    return raised.value.problems


def written(file: Data, place: Sequence[str]) -> str:
    changed = put(file, place)
    assert isinstance(changed, Mapping)
    return as_yaml(changed)


def put(data: Data, place: Sequence[str]) -> Data:
    """The data with nonsense in one place; a list stands for its first member, `*` for a key of the writer's own."""
    if not place:
        return NONSENSE
    first, *rest = place
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [put(data[0], place)] if first != "unchanged_for" else [put({}, place)]
    block = dict(data) if isinstance(data, Mapping) else {}
    name = "marketing" if first == "*" and "marketing" in block else "Chosen" if first == "*" else first
    return {**block, name: put(block.get(name, {}), rest)}


FLOWS = load(flow_text(ready=APPROVED), "flows.yaml")


@pytest.mark.parametrize("key", later())
def test_what_belongs_to_later_versions_is_refused(key: str) -> None:
    place = key.split(".")
    within = [] if place[0] in {*ON_TOP, "approval"} else ["flows"]
    with pytest.raises(FlowFileProblem, match=re.escape(f"{place[-1]} is not supported by this version yet.")):
        load(written(plain(read_nodes(flow_text(), "", [])), [*within, *place]), "flows.yaml")


@shows("limits.first_run")
def test_the_steps_of_a_start_with_existing_files_are_as_long_as_the_flow_says() -> None:
    text = flow_text(start="existing", limits="{first_run: 5}")
    assert load(text, "flows.yaml").flows[0].limits.first_run == 5


# --- sources ------------------------------------------------------------------------------------------------------


@refuses(
    "source path.<capture>",
    "source path.folder",
    "source name.<capture>",
    "source column.<name>",
    "source office.<property>",
    "source embedded.<property>",
    "source embedded.<prefix:name>",
    *(f"source file.{name}" for name in ("name", "stem", "extension", "size", "created", "modified")),
    *(f"source file.{name}" for name in ("created_by", "modified_by", "web_url", "id")),
    *(f"source run.{name}" for name in ("date", "year", "id", "status", "reason")),
    "source asset.url",
)
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("path.campain", 'from.path has no capture "campain". Did you mean "path.campaign"?'),
        ("path.foldr", 'from.path has no capture "foldr". Did you mean "path.folder"?'),
        ("name.sku", 'accept.name has no capture "sku".'),
        ("column.", '"column." is not a source.'),
        ("office", '"office" is not a source.'),
        ("embedded.credits", '"embedded.credits" is not a source. Did you mean "embedded.credit"?'),
        ("embeded.dc:title", '"embeded.dc:title" is not a source.'),
        *(
            (f"file.{name[:-1]}_", f'"file.{name[:-1]}_" is not a source.')
            for name in ("name", "stem", "extension", "size", "created", "modified", "created_by", "modified_by")
        ),
        ("file.weburl", '"file.weburl" is not a source. Did you mean "file.web_url"?'),
        ("file.ID", '"file.ID" is not a source. Did you mean "file.id"?'),
        ("run.dat", '"run.dat" is not a source. Did you mean "run.date"?'),
        ("run.yeer", '"run.yeer" is not a source. Did you mean "run.year"?'),
        ("run.ids", '"run.ids" is not a source. Did you mean "run.id"?'),
        ("run.status", '"run.status" is known only in columns.'),
        ("run.reason", '"run.reason" is known only in columns.'),
        ("asset.url", '"asset.url" cannot be used here.'),
        ("field.Title", '"field.Title" cannot be used here.'),
    ],
)
def test_what_is_no_source_is_refused_with_the_nearest_one(text: str, complaint: str) -> None:
    with pytest.raises(FlowFileProblem) as raised:
        load(flow_text(fields=f"{{Field: {{from: '{text}'}}}}"), "flows.yaml")
    assert f"flow masters: {complaint}" in str(raised.value)
