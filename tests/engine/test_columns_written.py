"""The columns that a flow writes: what a library does not have is told, and keeps nothing else from being written."""

from pathlib import Path

from shared.domain.items import Columns
from shared.engine.column_names import wrong_columns
from tests.engine.test_api import READY, get
from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in
from tests.unit.flows.support import flow


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


def test_one_column_under_two_names_is_told_by_the_second() -> None:
    """Where the names differ in more than spaces and case, only the library tells."""
    chosen = flow(columns="{SyncStatus: run.status, State: run.reason}")
    library = Columns({}, display={"State": ("SyncStatus",)}, types={"SyncStatus": "text"})

    wrong = wrong_columns(chosen, library)

    assert {name: reason.text for name, reason in wrong.items()} == {
        "State": '"State" is the column that "SyncStatus" names as well; only that is written'
    }
