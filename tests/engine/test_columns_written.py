"""The columns that a flow writes: what a library does not have is told, and keeps nothing else from being written."""

from pathlib import Path

from tests.engine.test_api import READY, get
from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in


async def test_a_column_that_the_library_does_not_have_is_told_until_it_is_mended(tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS.replace("      SyncNote: run.reason", "      SyncNotes: run.reason")
    assert flows != CAMPAIGN_FLOWS
    async with campaign_in(None, tmp_path, "no such column", flows=flows) as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()

        row, *others = (await get(campaign, "attention"))["rows"]
        assert (row["kind"], row["link"], others) == ("failed", "campaign-masters", [])
        [reason] = row["reasons"]
        assert reason["rule"] == "columns.SyncNotes"
        assert reason["text"].startswith('the library has no column "SyncNotes": the nearest are SyncNote')
        assert row["what_to_do"] == ["correct the name in the flow file, or give the library that column"]
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"

        campaign.world.flows.write_text(CAMPAIGN_FLOWS)
        await campaign.world.restart()
        campaign.world.clock.jump(60)
        await campaign.world.until_quiet()
        assert (await get(campaign, "attention"))["rows"] == []
        assert campaign.world.errors == []


async def test_one_column_under_two_names_is_written_once_and_told(tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS.replace("      SyncNote: run.reason", "      Sync status: run.reason")
    async with campaign_in(None, tmp_path, "one column twice", flows=flows) as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()

        [row] = (await get(campaign, "attention"))["rows"]
        assert [reason["text"] for reason in row["reasons"]] == [
            '"Sync status" is the column that "SyncStatus" names as well; only that is written'
        ]
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"
        assert campaign.world.errors == []
