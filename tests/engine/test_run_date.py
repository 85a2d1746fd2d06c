"""The day of a run is a day of the people who work there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.kit.campaign import CAMPAIGN_FLOWS, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def test_the_day_stays_that_of_the_flow_files_zone_when_it_is_frozen(tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS.replace("      Market:", "      Usage rules: {from: run.date}\n      Market:", 1)
    assert flows != CAMPAIGN_FLOWS
    async with campaign_in(None, tmp_path, "day", flows=flows) as campaign:
        now = campaign.world.clock.now()
        late = now.replace(hour=23, minute=20, second=0)  # in Vienna it is tomorrow
        campaign.world.clock.jump((late - now).total_seconds())
        tomorrow = (late + timedelta(days=1)).date().isoformat()
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["fields"]["Usage rules"] == tomorrow

        campaign.set("Launch.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()

        assert campaign.asset("Launch")["fields"]["Usage rules"] == tomorrow
        assert (await campaign.link(item)).run_date == tomorrow
        assert campaign.world.errors == []


async def test_the_id_of_a_run_is_known_before_anything_has_settled(tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS.replace(
        "      Market:", "      Usage rules: {from: run.id, required: true}\n      Market:", 1
    )
    async with campaign_in(None, tmp_path, "run id", flows=flows) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()

        run = campaign.asset("Launch")["fields"]["Usage rules"]
        assert run
        campaign.set("Launch.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["fields"]["Usage rules"] == run == (await campaign.link(item)).run_id
        assert campaign.world.errors == []
