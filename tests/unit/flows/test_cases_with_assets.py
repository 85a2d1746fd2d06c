"""Cases that hold an asset: how it is recognised, what becomes of it, and who wins where both sides changed a field."""

from __future__ import annotations

import pytest

from shared.engine.rehearsing import rehearse
from shared.errors import FlowFileProblem
from shared.flows import Difference, differences, load, load_cases
from tests.unit.flows.covering import refuses, shows
from tests.unit.flows.support import flow_text

PATH = "/Campaigns/Spring/Approved/Launch.pptx"
WITH_KEY = "{celum: dam, collection: '/Campaigns/{campaign}', asset_type: Master, key: Bridge key}"
FIELDS = "{Title: {from: column.Title}, Note: {from: column.Note, authority: celum}}"


def run(given: str, expect: str, **blocks: str) -> tuple[Difference, ...]:
    flows = load(flow_text(**({"fields": FIELDS} | blocks)), "flows.yaml")
    text = f"tests:\n  - name: a case\n    flow: masters\n    given: {{path: {PATH}, {given}}}\n    expect: {expect}\n"
    (case,) = load_cases(text, "flows.test.yaml", flows)
    return differences(case, rehearse)


NEW = "column: {Title: ours}, asset: "


@shows(*(f"tests.given.asset.{key}" for key in ("version", "name", "collections", "fields", "availability", "key")))
@shows("identity", "on_existing.same_content", "on_existing.new_content")
@pytest.mark.parametrize(
    ("asset", "blocks", "expect"),
    [
        ("{fields: {Title: theirs}}", {}, "{verb: update, fields: {Title: theirs}}"),
        (
            "{fields: {Title: theirs}}",
            {"on_existing": "{same_content: update_fields}"},
            "{verb: update, fields: {Title: ours}}",
        ),
        ("{}", {"on_existing": "{same_content: hold}"}, "{outcome: hold, why: has the content of this file already}"),
        ("{availability: unavailable}", {}, "{outcome: hold, why: linking would widen rights}"),
        ("{collections: /Elsewhere/X}", {}, "{outcome: hold, why: lies wholly outside the root}"),
        ("{collections: /Campaigns/Autumn}", {}, "{verb: update}"),
        ("{version: other}", {}, "{verb: create, fields: {Title: ours}}"),
        ("{version: other, name: Launch}", {"identity": "[name]"}, "{verb: add_version}"),
        ("{version: other, name: Lunch}", {"identity": "[name]"}, "{verb: create}"),
        (
            "{version: other, name: Launch}",
            {"identity": "[name]", "on_existing": "{new_content: create}"},
            "{verb: create}",
        ),
        (
            "{version: other, name: Launch}",
            {"identity": "[name]", "on_existing": "{new_content: hold}"},
            "{outcome: hold, why: holds other content}",
        ),
        ("{version: other, fields: {SKU: Launch}}", {"identity": "[{SKU: file.stem}]"}, "{verb: add_version}"),
        ("{version: other, fields: {SKU: Lunch}}", {"identity": "[{SKU: file.stem}]"}, "{verb: create}"),
        ("{key: true, fields: {Title: theirs}}", {"to": WITH_KEY}, "{verb: update, fields: {Title: ours}}"),
    ],
)
def test_an_asset_is_recognised_as_the_flow_says(asset: str, blocks: dict[str, str], expect: str) -> None:
    assert run(f"{NEW}{asset}", expect, **blocks) == ()


@shows("fields.*.authority")
@pytest.mark.parametrize(
    ("column", "fields", "expect"),
    [
        ("Title: new", "Title: theirs", "Title: new"),
        ("Note: new", "Note: theirs", "Note: theirs"),
        ("Note: new", "Note: old", "Note: new"),
        ("Title: old", "Title: theirs", "Title: theirs"),
        ("Title: ''", "Title: theirs", "Title: theirs"),
        ("Title: ''", "Title: old", "Title: ''"),
    ],
    ids=["ours wins", "theirs wins", "only we changed", "only they changed", "theirs is not cleared", "ours is"],
)
def test_a_field_that_both_sides_changed_goes_to_who_has_authority(column: str, fields: str, expect: str) -> None:
    known = "known: {state: settled, column: {Title: old, Note: old}}"
    then = "column: {Title: old, Note: old, %s}" % column  # noqa: UP031  braces
    given = f"{then.replace('Title: old, ' if column.startswith('Title') else 'Note: old, ', '')}, {known}"
    assert run(f"{given}, asset: {{fields: {{{fields}}}}}", f"{{fields: {{{expect}}}}}") == ()


def test_the_name_that_a_person_gave_stays_until_the_source_gets_another() -> None:
    known = "known: {state: settled, column: {Title: old}}, column: {Title: new}, asset: {name: Theirs}"
    assert run(known, "{name: Theirs}") == ()


def test_a_version_that_somebody_else_added_is_not_followed_by_ours() -> None:
    known = "known: {state: settled, content: other}"
    assert run(f"{known}, asset: {{version: other}}", "{outcome: hold, why: the bridge added}") == ()
    assert run(f"{known}, asset: {{}}", "{verb: add_version}") == ()


@refuses(*(f"tests.given.asset.{key}" for key in ("version", "name", "collections", "fields", "availability", "key")))
@pytest.mark.parametrize(
    ("asset", "said"),
    [
        ("{version: newest}", "given.asset.version"),
        ("{name: [a, b]}", "given.asset.name"),
        ("{collections: Campaigns}", "given.asset.collections"),
        ("{fields: {Titel: x}}", "given.asset.fields.Titel has no effect"),
        ("{availability: maybe}", "given.asset.availability"),
        ("{key: perhaps}", "given.asset.key"),
        ("yes", "given.asset"),
    ],
)
def test_what_an_asset_cannot_be_is_refused(asset: str, said: str) -> None:
    with pytest.raises(FlowFileProblem, match=said):
        run(f"asset: {asset}", "{outcome: do}")
