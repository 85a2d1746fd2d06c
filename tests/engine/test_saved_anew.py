"""Programs that save by delete and create, again and again."""

from __future__ import annotations

from pathlib import Path

from shared.domain.links import LinkState
from tests.kit.campaign import APPROVED, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def save_anew(campaign: Campaign, text: str) -> str:
    campaign.delete(f"{APPROVED}/Launch.pdf")
    await campaign.world.until_quiet()
    item = campaign.drop("Launch.pdf", f"%PDF-1.4 {text}".encode(), **READY)
    await campaign.world.until_quiet()
    return item


async def test_every_save_by_delete_and_create_adds_a_version_to_the_one_asset(tmp_path: Path) -> None:
    """The ids of the files are in no order, so which of the deleted ones comes first is chance: hence many."""
    async with campaign_in(None, tmp_path, "anew") as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 first", **READY)
        await campaign.world.until_quiet()

        for number in range(2, 7):
            item = await save_anew(campaign, f"number {number}")

            link = await campaign.link(item)
            assert (link.state, link.reasons) == (LinkState.SETTLED, ())
            assert len(campaign.asset("Launch")["versions"]) == number
        assert campaign.world.errors == []


async def test_a_file_whose_replacement_was_taken_elsewhere_is_replaced_by_no_other(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "elsewhere") as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 first", **READY)
        await campaign.world.until_quiet()
        await save_anew(campaign, "second")
        campaign.move(f"{APPROVED}/Launch.pdf", to="/Campaigns/Spring-26/Working")
        await campaign.world.until_quiet()

        item = campaign.drop("Launch.pdf", b"%PDF-1.4 another", **READY)
        await campaign.world.until_quiet()

        link = await campaign.link(item)
        assert (link.state, link.reasons) == (LinkState.SETTLED, ())
        assert sorted(len(asset["versions"]) for asset in campaign.assets()) == [1, 2]
        assert campaign.world.errors == []
