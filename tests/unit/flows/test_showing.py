"""`bridge show`: what is printed loads again as the same flows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Problem
from shared.flows import as_yaml, load, normalised
from shared.flows._nodes import read_nodes
from shared.flows._units import duration_text, parse_duration, parse_size, size_text
from shared.flows._yaml import Data
from tests.unit.flows.support import APPROVED, flow_text, plain

SHIPPED = Path(__file__).parents[3] / "flows.yaml"
TO = "celum: dam, asset_type: Master"
EVERYTHING = flow_text(
    about="'It says: \"NO\"'",
    mode="observe",
    from_="{onedrive: marketing, path: '/C/{campaign}/**', types: [image, .INDD], ignore: ['*_draft.*', '*.tmp']}",
    ready="[unchanged_for: 90s, column: {ApprovalStatus: [Approved, Released], Other: 'x: y'}, name: '*_FINAL.*', "
    "office: {contentStatus: Final}, any: [column: {A: b}, not: {name: '~*'}]]",
    changed_after_ready="accept",
    accept="{types: document, max_size: 1.5MB, name: '{sku}_{language}_*.{ext}', min_pixels: 2000}",
    to=f"{{{TO}, collection: '/M/{{campaign}}/{{column.Brand}}', intake: /In, name: '{{campaign}} {{name.sku}}', "
    "key: Bridge key, create_collections: true}",
    fields="{Title: {from: [column.Title, file.stem], locale: en, authority: celum}, "
    "Languages: {from: column.Languages, split: ';', table: markets, required: true}, "
    "Retain until: {from: run.date, add: 18mo}, 'NO': {default: '007'}}",
    availability="{from: column.Start, until: column.End}",
    columns="{CelumAsset: asset.url}",
    limits="{deletes_per_hour: 3}",
)
THE_REST = flow_text(
    start="existing",
    ready="[checked_in: true, content_approval: [Approved, Scheduled], column: {ApprovalStatus: Approved}, "
    "folder: {path: '/Campaigns/{campaign}', column: {Status: [Closed, Done], Other: x}}, "
    "collection: {path: '/M/{campaign}', field: {Status: Closed}}, not: {content_approval: Denied}]",
    changed_after_ready="{reset: {ApprovalStatus: Draft}}",
    to=f"{{{TO}, collection: '/C', create_collections: true, collection_type: Campaign}}",
    identity="[link, name, {SKU: file.stem}]",
    on_existing="{same_content: update_fields, new_content: hold}",
    fields="{Title: {from: [embedded.title, 'embedded.dc:title']}}",
    after="{move_to: '/Done/{campaign}'}",
    on_ready_lost="unavailable",
    on_source_deleted="hold",
)


@pytest.mark.parametrize(
    "text", [SHIPPED.read_text("utf-8"), flow_text(), flow_text(ready=APPROVED), EVERYTHING, THE_REST], ids=str.__len__
)
def test_what_is_shown_loads_again_as_the_same_flows(text: str) -> None:
    loaded = load(text, "flows.yaml")
    shown = as_yaml(normalised(loaded))
    assert load(shown, "shown.yaml") == loaded
    assert as_yaml(normalised(load(shown, "shown.yaml"))) == shown


def test_one_flow_is_shown_with_everything_that_it_needs() -> None:
    text = flow_text() + flow_text(about="the other").split("flows:\n")[1].replace("id: masters", "id: other")
    loaded = load(text, "flows.yaml")
    alone = load(as_yaml(normalised(loaded, loaded.flow("other"))), "shown.yaml")
    assert alone.flows == (loaded.flow("other"),)


def test_nothing_is_implied() -> None:
    shown = as_yaml(normalised(load(flow_text(ready=APPROVED), "flows.yaml")))
    for line in (
        "mode: on",
        "start: new",
        "changed_after_ready: hold",
        "create_collections: false",
        "name: file.stem",
        "identity: [link, checksum]",
        "on_existing: {same_content: link, new_content: add_version}",
        "incomplete: hold",
        "after: keep",
        "on_ready_lost: keep",
        "on_source_deleted: keep",
        "- {unchanged_for: 2m}",
        'ignore: ["~$*", "*.tmp", ".DS_Store", desktop.ini, Thumbs.db]',
    ):
        assert line in shown, f"{line} is missing in\n{shown}"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
data = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(texts, data, min_size=1, max_size=3))
def test_any_texts_survive_being_written_and_read(written: dict[str, Data]) -> None:
    problems: list[Problem] = []
    assert plain(read_nodes(as_yaml(written), "shown.yaml", problems)) == written
    assert problems == []


@given(st.integers(0, 10**8))
def test_durations_and_sizes_read_as_they_were_written(number: int) -> None:
    assert parse_size(size_text(number)) == number
    duration = parse_duration(f"{number % 10**6}s")
    assert duration is not None
    assert parse_duration(duration_text(duration)) == duration
