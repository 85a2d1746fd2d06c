"""What was there before the flow: when its content was seen first, and which approvals cover it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.domain.links import LinkState
from tests.engine.test_taking_in import new_file
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
DRAFT = READY | {"ApprovalStatus": "Draft"}
SHIPPED = CAMPAIGN_FLOWS
MINUTE = 60


@pytest.mark.parametrize(("minutes", "reads"), [(5, True), (11, False)])
async def test_an_approval_after_the_listing_covers_what_was_listed(
    azurite: Azurite, tmp_path: Path, minutes: int, reads: bool
) -> None:
    """Within ten minutes the two clocks prove nothing, so the approved version itself is read and compared."""
    async with campaign_in(azurite, tmp_path, f"after {minutes}", is_known=False) as campaign:
        item = campaign.drop("Old.pdf", b"%PDF old", **DRAFT)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.BEFORE
        since = (await campaign.link(item)).seen_at
        assert since is not None
        campaign.world.clock.jump(minutes * MINUTE - (campaign.world.clock.now() - since).total_seconds())
        calls = (await campaign.world.instance()).wire.calls
        calls.clear()

        campaign.set("Old.pdf", "ApprovalStatus", "Approved")
        campaign.set("Old.pdf", "UsageRights", "print")  # so that the approving version is not the present one
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.asset("Old")["fields"]["Usage rights"] == "print"
        assert any(call.endswith("/content") and "/versions/" in call for call in calls) is reads


async def test_content_of_a_listed_file_that_was_changed_after_its_approval_is_not_approved(
    azurite: Azurite, tmp_path: Path
) -> None:
    """That the ledger saw it at the listing says nothing about an approval that is older."""
    async with campaign_in(azurite, tmp_path, "older", is_known=False) as campaign:
        item = campaign.drop("Old.pdf", b"%PDF approved", **READY)
        campaign.world.clock.jump(MINUTE)
        campaign.drop("Old.pdf", b"%PDF changed since")
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.BEFORE
        campaign.world.clock.jump(3600)

        campaign.set("Old.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.assets() == []
        assert "changed after approval" in str(campaign.columns("Old.pdf")["SyncNote"])


async def test_a_flow_that_turns_to_another_library_knows_it_since_then_only(azurite: Azurite, tmp_path: Path) -> None:
    """A folder made there meanwhile, and moved into the path later, comes with files that no delta ever named."""
    async with campaign_in(azurite, tmp_path, "turns", flows=SHIPPED) as campaign:
        onedrive = campaign.world.onedrive
        (other,) = [drive.id for drive in onedrive.tenant.drives.values() if drive.name == "Withdrawn"]
        campaign.world.clock.jump(3600)
        onedrive.put_file(other, "/Elsewhere/set/Launch.pdf", b"%PDF launch")
        for column, value in READY.items():
            onedrive.set_column(other, "/Elsewhere/set/Launch.pdf", column, value)
        onedrive.make_folder(other, APPROVED)
        campaign.world.clock.jump(3600)
        turned = SHIPPED.replace('sites/marketing", library: Documents', 'sites/bridge", library: Withdrawn')
        assert turned != SHIPPED
        await new_file(campaign, turned)
        await campaign.world.until_quiet()

        onedrive.move(other, "/Elsewhere/set", to=APPROVED)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert [asset["name"] for asset in campaign.assets()] == ["Launch"]
