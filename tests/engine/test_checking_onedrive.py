"""`bridge check --live`: what is wrong in OneDrive with what the flow file names."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.onedrive_simulator.estate.model import Column
from shared.engine.checking.granted import roles_in
from shared.ledger.rows import Mark, MarkState
from tests.kit.campaign import SHIPPED, Campaign
from tests.kit.checking import live_check

GATE = "column: {ApprovalStatus: Approved}"


async def test_the_shipped_file_has_nothing_to_mend_in_the_world_it_is_shipped_with(tmp_path: Path) -> None:
    async with live_check(tmp_path, flows=SHIPPED) as live:
        found = await live.run()
    assert (found.errors, found.warnings, found.away) == ((), (), {})


WRONG_NAMES = {
    "a site": (
        ("sites/marketing", "sites/marketin"),
        'there is no site "acme.sharepoint.com:/sites/marketin".',
        None,
        '"acme.sharepoint.com:/sites/marketin"',
    ),
    "a library": (
        ("library: Documents", "library: Dokuments"),
        'there is no library "Dokuments".',
        'Did you mean "Documents"?',
        "Dokuments}",
    ),
    "a drive": (
        ('site: "acme.sharepoint.com:/sites/marketing", library: Documents', "drive_id: b!nowhere"),
        "there is no such library, or the app may not see it.",
        None,
        "b!nowhere",
    ),
    "a column that is read": (
        ("column.UsageRights", "column.UsageRight"),
        'fields.Usage rights: there is no column "UsageRight".',
        'Did you mean "Usage rights"?',
        "column.UsageRight,",
    ),
    "a column that is a gate": (
        (GATE, "column: {ApprovalState: Approved}"),
        'ready.ApprovalState: there is no column "ApprovalState".',
        'Did you mean "Approval status"?',
        "ApprovalState: Approved",
    ),
    "a choice that opens a gate": (
        (GATE, "column: {ApprovalStatus: Aproved}"),
        'ready.ApprovalStatus: the column never holds "Aproved", so this never opens the gate.',
        'Did you mean "Approved"?',
        "Aproved}",
    ),
    "a column that is written": (
        ("SyncNote: run.reason", "SyncNotes: run.reason"),
        'columns.SyncNotes: there is no column "SyncNotes".',
        'Did you mean "Sync note"?',
        "SyncNotes: run.reason",
    ),
    "a column of another type than what is written": (
        ("SyncNote: run.reason", "Rating: run.reason"),
        'columns.Rating: "text" does not fit "Rating"; accepted: a number, with a point before its decimals.',
        None,
        "run.reason",
    ),
    "a value that takes an approval back": (
        ("changed_after_ready: hold", "changed_after_ready: {reset: {ApprovalStatus: Drafted}}"),
        'reset.ApprovalStatus: "Drafted" does not fit "Approval status"; accepted: Draft, Approved.',
        None,
        "Drafted}}",
    ),
    "a column of a folder that is a gate": (
        (f"- {GATE}", f"- {GATE}\n      - folder: {{path: /Campaigns, column: {{Closed: yes}}}}"),
        'ready.Closed: there is no column "Closed".',
        None,
        "Closed: yes",
    ),
    "content approval that the library has not": (
        (GATE, "content_approval: Approved"),
        "ready.content_approval: the library has no content approval that the app can see, so the gate never opens.",
        "Switch it on in the library.",
        "content_approval: Approved",
    ),
}


@pytest.mark.parametrize("name", WRONG_NAMES)
async def test_a_wrong_name_is_told_at_its_place_with_what_was_meant(tmp_path: Path, name: str) -> None:
    change, text, hint, place = WRONG_NAMES[name]
    changes = [change]
    if change[1].startswith("content_approval"):
        changes.append(("    changed_after_ready: hold\n", ""))
    async with live_check(tmp_path, *changes, is_known="drive_id" not in change[1]) as live:
        (problem,) = (await live.run()).errors
        assert problem.text.endswith(text)
        assert live.at(problem).startswith(place)
    if hint is not None:
        assert problem.suggestion == hint


async def test_an_ambiguous_column_is_told_with_its_candidates(tmp_path: Path) -> None:
    def twin(campaign: Campaign) -> None:
        columns = campaign.world.onedrive.drive(campaign.drive).columns
        columns["Rights2"] = Column("Rights2", display_name="Usage rights")

    async with live_check(tmp_path, ("column.UsageRights", "column.Usage rights"), prepare=twin) as live:
        (problem,) = (await live.run()).errors
    assert problem.text.endswith('the column "Usage rights" is ambiguous.')
    assert problem.suggestion == "There are UsageRights, Rights2: rename all but one."


async def test_choices_that_the_table_does_not_know_are_worth_a_look(tmp_path: Path) -> None:
    async with live_check(tmp_path, ("NO: Norway}", "SE: Norway}")) as live:
        found = await live.run()
        (warning,) = found.warnings
        assert live.at(warning) == "markets}"
    assert found.errors == ()
    assert warning.text.endswith('choices of the column that are not in the table "markets": "NO".')


async def test_a_folder_that_is_not_there_yet_is_worth_a_look(tmp_path: Path) -> None:
    async with live_check(tmp_path, ("path: /Campaigns/{", "path: /Campagns/{")) as live:
        found = await live.run()
    first = found.warnings[0]
    assert found.errors == ()
    assert first.text.endswith('from.path: there is no folder "/Campagns" in the library yet.')
    assert first.suggestion == 'Did you mean "Campaigns"?'


async def test_versions_that_may_not_be_read_are_told_with_what_follows(tmp_path: Path) -> None:
    def forbid(campaign: Campaign) -> None:
        campaign.world.onedrive.quirks.list_versions_forbidden = True

    async with live_check(tmp_path, prepare=forbid) as live:
        found = await live.run()
    (warning,) = found.warnings
    assert found.errors == ()
    assert "the app may not read the versions of list items (403)" in warning.text


async def test_content_approval_that_the_library_has_is_fine(tmp_path: Path) -> None:
    def require(campaign: Campaign) -> None:
        campaign.world.onedrive.require_approval(campaign.drive)

    changes = ((GATE, "content_approval: Approved"), ("    changed_after_ready: hold\n", ""))
    async with live_check(tmp_path, *changes, prepare=require) as live:
        found = await live.run()
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize("is_possible", [True, False])
async def test_checked_in_needs_files_that_can_be_checked_out(tmp_path: Path, *, is_possible: bool) -> None:
    changes = ((GATE, "checked_in: true"), ("    changed_after_ready: hold\n", ""))
    async with live_check(tmp_path, *changes) as live:
        live.campaign.world.onedrive.quirks.publication_missing = not is_possible
        found = await live.run()
    assert found.errors == ()
    assert [warning.text.rpartition(": ")[2] for warning in found.warnings] == (
        [] if is_possible else ["files of this library cannot be checked out, so each counts as checked in at once."]
    )


# --- the right to write, which reading cannot try -------------------------------------------------------------------


def token(*roles: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"roles": roles}).encode()).decode().rstrip("=")
    return f"head.{claims}.sign"


def test_what_was_granted_is_read_from_the_token_and_nothing_from_another() -> None:
    assert roles_in(token("Sites.Selected")) == frozenset({"Sites.Selected"})
    assert [roles_in(text) for text in ("local", "a.b", "a.b.c", "a.bm8.c")] == [None] * 4


@pytest.mark.parametrize(
    ("roles", "errors", "warnings"),
    [
        (("Sites.Read.All",), ["the app may read, but write neither columns nor its marker"], []),
        (("Sites.Selected",), [], ["whether the app may write its marker and columns is not known"]),
        (("Sites.ReadWrite.All",), [], []),
    ],
)
async def test_before_the_first_scan_the_granted_permissions_tell_of_the_right_to_write(
    tmp_path: Path, roles: tuple[str, ...], errors: list[str], warnings: list[str]
) -> None:
    async with live_check(tmp_path, is_known=False) as live:
        context = (await live.campaign.world.instance()).bridge.context
        context.settings = replace(context.settings, graph_local_token=token(*roles))
        found = await live.run()
    assert [any(text in problem.text for text in errors) for problem in found.errors] == [True] * len(errors)
    assert [any(text in problem.text for text in warnings) for problem in found.warnings] == [True] * len(warnings)


async def test_a_marker_that_could_not_be_written_is_an_error_with_its_cause(tmp_path: Path) -> None:
    async with live_check(tmp_path) as live:
        context = (await live.campaign.world.instance()).bridge.context
        for drive in await context.drives():
            await context.ledger.put_mark(Mark(drive, MarkState.UNWRITTEN, "the marker could not be written: 403"))
        (problem,) = (await live.run()).errors
    assert problem.text == "connections.marketing: the marker could not be written: 403."
    assert problem.suggestion is not None
    assert problem.suggestion.startswith("Grant it")


async def test_a_library_without_a_subscription_is_worth_a_look(tmp_path: Path) -> None:
    def refuse(campaign: Campaign) -> None:
        campaign.world.onedrive.quirks.subscription_create_status = 403

    async with live_check(tmp_path, prepare=refuse) as live:
        found = await live.run()
    assert found.errors == ()
    assert [warning.text for warning in found.warnings] == [
        "connections.marketing: no subscription tells of changes there, so they are noticed by the daily sweep alone."
    ]
