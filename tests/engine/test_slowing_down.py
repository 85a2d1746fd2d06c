"""OneDrive says that little is left: fewer transfers start, before it refuses any."""

from __future__ import annotations

from pathlib import Path

import httpx

from shared.domain.ids import DriveId
from shared.messages import Queue
from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FILES = 5
MINUTE = 60
UNITS = 1000
UNITS_OF_PERMISSIONS = 5


async def most_at_once(campaign: Campaign, *, is_short: bool = False) -> int:
    """How many transfers ever had a slot at the same time."""
    most, minute = 0, campaign.world.clock.now()
    while await campaign.world.step():
        if is_short and campaign.world.clock.now() >= minute:
            await use_up(campaign)
            minute = campaign.world.clock.after(MINUTE)
        most = max(most, sum(waiting.queue == Queue.TRANSFER for waiting in campaign.world.queue))
    return most


def drop_many(campaign: Campaign, name: str) -> None:
    for number in range(FILES):
        campaign.drop(f"{name}-{number}.pdf", b"%PDF-1.7 " + f"{name}{number}".encode(), **READY)


async def use_up(campaign: Campaign) -> None:
    """Nine tenths of the minute's units are used, by whomever; the rest is enough for what follows."""
    campaign.world.onedrive.quirks.update({"throttle": True, "units_per_minute": UNITS})
    url = f"{campaign.world.onedrive.base_url}/v1.0/drives/{campaign.drive}/items/x/permissions"
    async with httpx.AsyncClient(headers={"Authorization": "Bearer somebody"}) as somebody:
        for _ in range(UNITS * 91 // 100 // UNITS_OF_PERMISSIONS):
            await somebody.get(url)


async def test_F2_half_as_many_transfers_start_while_onedrive_has_little_left(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "slow", with_contracts=False) as campaign:
        drop_many(campaign, "Usual")
        usual = await most_at_once(campaign)
        drop_many(campaign, "Short")
        short = await most_at_once(campaign, is_short=True)

        assert (usual, short) == (4, 2)
        assert len(campaign.assets()) == 2 * FILES


async def test_F2_another_instance_goes_slowly_too_until_the_units_are_there_again(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "all slow", with_contracts=False) as campaign:
        await use_up(campaign)
        first = (await campaign.world.instance()).bridge.context
        other = (await campaign.world.open_instance()).bridge.context
        await first.onedrive.item_at(DriveId(campaign.drive), "/")
        assert await first.shortage.lasts(first.ledger, first.clock, first.onedrive.headroom)
        assert await other.shortage.lasts(other.ledger, other.clock, other.onedrive.headroom)

        campaign.world.clock.jump(MINUTE)
        await first.onedrive.item_at(DriveId(campaign.drive), "/")
        assert not await first.shortage.lasts(first.ledger, first.clock, first.onedrive.headroom)
        assert not await other.shortage.lasts(other.ledger, other.clock, other.onedrive.headroom)
