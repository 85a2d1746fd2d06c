"""What `bridge explain` says of a file: each rule on its own, with the values that it read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_api import HELD, READY, get
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in

type Rules = dict[str, dict[str, Any]]


async def explained(campaign: Campaign, path: str) -> tuple[dict[str, Any], Rules]:
    file, *_ = (await get(campaign, "explain", path=path))["files"]
    return file, {rule["rule"]: rule for rule in file["rules"]}


@pytest.mark.parametrize(
    ("name", "failed", "value", "advice"),
    [
        (
            "notes.txt",
            "from.types",
            "the type of notes.txt is none of image, video, document",
            "save it as one of the types that the flow takes, or change from.types",
        ),
        (
            "x_draft.pdf",
            "from.ignore",
            'the name x_draft.pdf fits "*_draft.*", which the flow leaves alone',
            "rename the file, or change from.ignore",
        ),
    ],
)
async def test_of_a_file_that_is_left_alone_the_very_part_of_from_is_named(
    campaign: Campaign, name: str, failed: str, value: str, advice: str
) -> None:
    campaign.drop(name, b"text")
    await campaign.world.until_quiet()

    file, rules = await explained(campaign, f"{APPROVED}/{name}")

    assert [rule for rule, told in rules.items() if told["verdict"] == "failed"] == [failed]
    assert rules[failed]["value"] == value
    assert rules["from.path"]["verdict"] == "passed"
    assert rules["ready.column.ApprovalStatus"]["verdict"] == "not reached"
    assert file["would_change"] == [advice]


async def test_a_file_elsewhere_does_not_fit_the_path(campaign: Campaign) -> None:
    campaign.world.onedrive.put_file(campaign.drive, "/Office/A.pdf", b"%PDF")
    file, rules = await explained(campaign, "/Office/A.pdf")
    assert rules["from.path"]["verdict"] == "failed"
    assert rules["from.path"]["value"] == "/Office/A.pdf does not fit /Campaigns/{campaign}/Approved/**"
    assert file["would_change"] == ["move the file to where from.path fits, or change from.path"]


async def test_a_file_that_left_the_pattern_says_so_too(campaign: Campaign) -> None:
    campaign.drop("A.pdf", b"%PDF", **READY)
    await campaign.world.until_quiet()
    campaign.move(f"{APPROVED}/A.pdf", to="/Office")
    file, rules = await explained(campaign, "/Office/A.pdf")
    assert (file["verb"], rules["from.path"]["verdict"]) == ("close", "failed")


async def test_a_folder_is_called_a_folder(campaign: Campaign) -> None:
    file, rules = await explained(campaign, APPROVED)
    assert rules["from"]["verdict"] == "failed"
    assert rules["from.path"]["verdict"] == "not reached"
    assert rules["from"]["value"] == "this is a folder; a flow speaks of the files in it"
    assert file["would_change"] == ["this is a folder; a flow speaks of the files in it"]


async def test_rules_tell_the_values_they_read_and_what_would_be_written(campaign: Campaign) -> None:
    campaign.drop("A.pdf", b"%PDF", **READY)
    await campaign.world.until_quiet()
    _, rules = await explained(campaign, f"{APPROVED}/A.pdf")
    assert rules["fields.Market"] == {
        "rule": "fields.Market",
        "verdict": "passed",
        "value": "Norway",
        "used": {"column.Market": "NO"},
    }
    assert rules["fields.Title"]["used"] == {"column.Title": "", "office.title": "", "file.stem": "A"}
    assert rules["to.collection"]["value"] == "/Marketing/Campaigns/Spring-26"
    assert rules["to.name"]["value"] == "A"
    assert rules["ready.column.ApprovalStatus"]["used"] == {"column.ApprovalStatus": "Approved"}


async def test_what_would_be_written_is_told_beside_what_holds_the_file(campaign: Campaign) -> None:
    campaign.drop("A.pdf", b"%PDF", **HELD)
    await campaign.world.until_quiet()
    _, rules = await explained(campaign, f"{APPROVED}/A.pdf")
    assert rules["fields.Usage rights"]["value"] == "Usage rights is empty (column.UsageRights)"
    assert (rules["fields.Market"]["verdict"], rules["fields.Market"]["value"]) == ("passed", "Norway")


async def test_an_alias_is_told_as_one(campaign: Campaign) -> None:
    campaign.drop("A.pdf", b"%PDF same", **READY)
    await campaign.world.until_quiet()
    campaign.drop("B.pdf", b"%PDF same", **READY)
    await campaign.world.until_quiet()

    owner, _ = await explained(campaign, f"{APPROVED}/A.pdf")
    alias, rules = await explained(campaign, f"{APPROVED}/B.pdf")

    assert owner["alias_of"] is None
    assert alias["alias_of"] == f"{APPROVED}/A.pdf"
    assert alias["asset"] == owner["asset"]
    assert rules["fields.Market"]["verdict"] == "not reached"
    assert rules["fields.Market"]["value"] == "an alias writes no fields"


async def test_a_deleted_file_is_explained_by_the_path_where_it_stood(tmp_path: Path) -> None:
    lines = "    changed_after_ready: hold\n"
    flows = CAMPAIGN_FLOWS.replace(lines, f"{lines}    on_source_deleted: hold\n")
    async with campaign_in(None, tmp_path, "explained, gone", flows=flows) as campaign:
        campaign.drop("Launch.pdf", b"%PDF", **READY)
        await campaign.world.until_quiet()
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()

        file, _ = await explained(campaign, f"{APPROVED}/Launch.pdf")

        assert (file["path"], file["outcome"]) == (f"{APPROVED}/Launch.pdf", "hold")
        assert file["would_change"] == ["restore the file, or put it back"]


async def test_a_field_that_is_empty_is_told_with_the_column_to_fill_in(campaign: Campaign) -> None:
    campaign.drop("A.pdf", b"%PDF", **HELD)
    await campaign.world.until_quiet()
    file, _ = await explained(campaign, f"{APPROVED}/A.pdf")
    assert file["would_change"] == ["fill in or correct the column UsageRights"]
