from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.decisions import Outcome, Verb
from shared.flows import (
    CelumConnection,
    Mode,
    OneDriveConnection,
    Start,
    Status,
    column_values,
    columns_read,
    load,
)
from tests.unit.flows.covering import shows
from tests.unit.flows.support import APPROVED, NOW, World, columns, flow, flow_text, item, link, minutes, run, version

SHIPPED = Path(__file__).parents[3] / "flows.yaml"


@shows("version", "name", "flows", "id", "about", "connections", "connections.*.celum", "from.onedrive", "to.celum")
def test_the_shipped_file_loads_and_its_first_flow_reads_like_its_comments() -> None:
    shipped = load(SHIPPED.read_text("utf-8"), "flows.yaml")
    masters = shipped.flow("campaign-masters")
    assert masters is not None
    assert (masters.mode, masters.start) == (Mode.ON, Start.NEW)
    assert masters.pattern.fixed_prefix == "/Campaigns"
    assert (masters.to.intake, masters.to.key) == ("/Bridge/Intake", "Bridge key")
    assert masters.ready.unchanged_for == timedelta(minutes=2)
    assert columns_read(masters) == {"ApprovalStatus", "Title", "Market", "UsageRights", "RightsUntil"}
    assert shipped.flow("unknown") is None


@shows("from.path", "to.collection", "to.intake", "to.key", "fields")
def test_the_first_use_case_from_draft_to_master() -> None:
    masters = load(SHIPPED.read_text("utf-8"), "flows.yaml").flows[0]
    file = item("Launch.pptx")
    draft = World(item=file, columns=columns(ApprovalStatus="Draft"))
    assert run(masters, draft).decision.outcome is Outcome.WAIT
    assert run(masters, draft, link()).why == ('ApprovalStatus is "Draft", not "Approved"',)
    approving = (version(1, NOW - minutes(1), ApprovalStatus="Approved"),)
    bare = World(item=file, columns=columns(ApprovalStatus="Approved", Market="NO"), versions=approving)
    assert run(masters, bare, link()).why == ("Usage rights is empty (column.UsageRights)",)
    complete = World(
        item=file,
        columns=columns(ApprovalStatus="Approved", Market="NO", UsageRights="Worldwide", RightsUntil="2027-06-30"),
        versions=approving,
        office={"title": "Spring launch"},
    )
    decision = run(masters, complete, link()).decision
    assert decision.verb is Verb.CREATE
    assert decision.wish is not None
    assert decision.wish.collection == "/Marketing/Campaigns/Spring"
    assert {field.label: field.value for field in decision.wish.fields} == {
        "Campaign": "Spring",
        "Title": "Spring launch",
        "Market": "Norway",
        "Usage rights": "Worldwide",
        "Rights until": "2027-06-30",
    }


@shows("tables", "fields.*.default")
def test_H63_every_scalar_stays_the_text_it_is() -> None:
    text = flow_text(
        fields="{NO: {default: 007}, on: {default: 1.10}, Y: {default: 2026-01-01}, n: {default: 0x1F}, "
        "null: {default: off}}"
    )
    rules = load(text, "flows.yaml").flows[0].fields
    assert [(rule.label, rule.default) for rule in rules] == [
        ("NO", "007"),
        ("on", "1.10"),
        ("Y", "2026-01-01"),
        ("n", "0x1F"),
        ("null", "off"),
    ]
    assert load(text, "flows.yaml").tables["markets"].entries["NO"] == "Norway"


@shows("identity", "incomplete")
def test_defaults_are_filled_in() -> None:
    plain = flow()
    assert (plain.mode, plain.start, plain.after) == (Mode.ON, Start.NEW, "keep")
    assert (plain.changed_after_ready, plain.on_ready_lost, plain.on_source_deleted) == ("hold", "keep", "keep")
    assert plain.identity == ("link", "checksum")  # no key without to.key
    assert (plain.on_existing.same_content, plain.on_existing.new_content) == ("link", "add_version")
    keyed = flow(to="{celum: dam, collection: /C, asset_type: Master, key: Bridge key}")
    assert keyed.identity == ("link", "key", "checksum")


@shows("limits.parallel", "limits.deletes_per_hour", "limits.new_versions_per_hour", "limits.keep_journal")
def test_limits_of_the_file_hold_where_a_flow_sets_none() -> None:
    text = flow_text(limits="{deletes_per_hour: 3}").replace(
        "tables:", "limits: {parallel: 2, deletes_per_hour: 9, keep_journal: 1y}\ntables:"
    )
    loaded = load(text, "flows.yaml")
    assert (loaded.limits.parallel, loaded.limits.deletes_per_hour) == (2, 9)
    assert loaded.limits.keep_journal == timedelta(days=365)
    assert loaded.flows[0].limits.deletes_per_hour == 3
    assert loaded.flows[0].limits.new_versions_per_hour == 500


@shows("connections.*.onedrive.site", "connections.*.onedrive.library", "connections.*.onedrive.drive_id")
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"drive_id": "b!1"}, OneDriveConnection("marketing", None, None, "b!1")),
        (
            {"site": "test.sharepoint.com:/sites/x", "library": "Docs"},
            OneDriveConnection("marketing", "test.sharepoint.com:/sites/x", "Docs", None),
        ),
    ],
)
def test_app_settings_may_point_a_connection_elsewhere(override: dict[str, str], expected: OneDriveConnection) -> None:
    loaded = load(flow_text(), "flows.yaml", overrides={"marketing": override})
    assert loaded.connections == {"marketing": expected, "dam": CelumConnection("dam")}


def test_columns_read_are_those_of_every_rule() -> None:
    chosen = flow(
        ready="[any: [column: {A: x}, not: {column: {B: y}}]]",
        to="{celum: dam, collection: '/{column.C}', asset_type: M, name: column.D, intake: /I}",
        fields="{F: {from: [column.E, file.stem]}}",
        availability="{until: column.G}",
        columns="{Written: run.status}",
    )
    assert columns_read(chosen) == {"A", "B", "C", "D", "E", "G"}


@shows("columns", "source run.status", "source run.reason", "source asset.url")
def test_people_see_status_and_reason_where_they_work() -> None:
    chosen = flow(
        ready=APPROVED,
        columns="{Link: asset.url, State: run.status, Note: run.reason, Day: run.date, Of: path.campaign, "
        "Name: file.name}",
    )
    held = column_values(chosen, item(), link(), status=Status.HELD, reason="Rights is empty", asset_url=None)
    assert held == {
        "Link": "",
        "State": "Held",
        "Note": "Rights is empty",
        "Day": "",
        "Of": "Spring",
        "Name": "Launch.pptx",
    }
    settled = column_values(
        chosen, item(), link(run_date="2026-11-24"), status=Status.SETTLED, reason="", asset_url="https://dam/4711"
    )
    assert settled["Link"] == "https://dam/4711"
    assert (settled["State"], settled["Note"], settled["Day"]) == ("In CELUM", "", "2026-11-24")
    assert column_values(flow(), item(), None, status=Status.HELD, reason="", asset_url=None) == {}
