"""A person says that a held file stays out: people who work in OneDrive see that it waits for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.domain.links import LinkState
from shared.engine.accepting import accept
from tests.engine.test_api import get
from tests.kit.campaign import APPROVED, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def ignore(campaign: Campaign, item: str) -> None:
    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"
    await accept((await campaign.world.instance()).bridge.context, link.key, "ignore", "jane", "a test print")
    await campaign.world.until_quiet()


@pytest.mark.parametrize(("is_new", "status"), [(True, "Waiting"), (False, "In CELUM")])
async def test_a_held_file_that_is_ignored_does_not_say_held_any_more(
    tmp_path: Path, is_new: bool, status: str
) -> None:
    async with campaign_in(None, tmp_path, "ignored") as campaign:
        first = READY if not is_new else {"ApprovalStatus": "Approved"}
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **first)
        await campaign.world.until_quiet()
        if not is_new:
            campaign.drop("Launch.pdf", b"%PDF-1.4 edited afterwards")
            await campaign.world.until_quiet()

        await ignore(campaign, item)

        columns = campaign.columns("Launch.pdf")
        assert columns["SyncStatus"] == status
        assert 'set aside by jane ("a test print"), on 20' in str(columns["SyncNote"])
        file, *_ = (await get(campaign, "explain", path=f"{APPROVED}/Launch.pdf"))["files"]
        assert file["reasons"][-1]["text"] == columns["SyncNote"]
        assert (await campaign.link(item)).state is (LinkState.BEFORE if is_new else LinkState.SETTLED)
        assert campaign.world.errors == []
