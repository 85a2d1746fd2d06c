from __future__ import annotations

from tests.kit.campaign import Campaign

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def test_files_that_come_together_are_looked_at_in_one_call(campaign: Campaign) -> None:
    for number in range(4):
        campaign.drop(f"{number}.jpg", f"picture {number}".encode(), **READY)
    await campaign.world.until_quiet()
    calls = (await campaign.world.instance()).wire.calls
    alone = [call for call in calls if call.startswith("onedrive: GET /v1.0/drives") and call.endswith("/items/…")]
    batches = [call for call in calls if call.endswith("$batch")]
    assert batches
    # before it is carried, and under the lease of its columns; what rings again for one file looks at that alone
    assert len(alone) <= 3 * 4, calls
    assert len(campaign.world.celum.assets()) >= 4
