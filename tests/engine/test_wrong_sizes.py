"""What OneDrive announces of a file is a hint; the body that it hands out decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.domain.links import LinkState
from shared.engine.sending import BIG_BYTES
from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
PHOTO = b"a photo that lives" * 100


@pytest_asyncio.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        campaign.world.onedrive.quirks.wrong_size_for = (".heic",)
        yield campaign


async def evidence(campaign: Campaign, item: str) -> dict[str, str]:
    link = await campaign.link(item)
    assert link.settled is not None
    ledger, store = campaign.world.ledger()
    try:
        return dict((await ledger.evidence(link.settled.asset))[0].entry)
    finally:
        await store.close()


@pytest.mark.parametrize("by", [1000, -1000, -10_000, BIG_BYTES + 1])
@pytest.mark.parametrize("hash_too", [False, True])
async def test_E8_a_file_whose_announced_size_is_wrong_arrives_as_its_body_is(
    campaign: Campaign, by: int, hash_too: bool
) -> None:
    quirks = campaign.world.onedrive.quirks
    quirks.wrong_size_by, quirks.wrong_hash_too = by, hash_too
    item = campaign.drop("Live.heic", PHOTO, **READY)
    await campaign.world.until_quiet()
    campaign.set("Live.heic", "Title", "Alive")
    await campaign.world.until_quiet()

    assert [version["size"] for version in campaign.asset("Live")["versions"]] == [len(PHOTO)]
    assert (await campaign.link(item)).state is LinkState.SETTLED
    entry = await evidence(campaign, item)
    announced = max(len(PHOTO) + by, 0)
    assert entry.get("announced_size", str(announced)) == str(announced)


async def test_E8_the_evidence_notes_what_was_announced(campaign: Campaign) -> None:
    item = campaign.drop("Live.heic", PHOTO, **READY)
    await campaign.world.until_quiet()

    entry = await evidence(campaign, item)
    assert (entry["size"], entry["announced_size"]) == (str(len(PHOTO)), str(len(PHOTO) + 1000))


async def test_E8_new_content_of_such_a_file_becomes_the_next_version(campaign: Campaign) -> None:
    campaign.drop("Live.heic", PHOTO, **READY)
    await campaign.world.until_quiet()
    campaign.drop("Live.heic", PHOTO[1:])
    campaign.approve("Live.heic")
    await campaign.world.until_quiet()

    sizes = {version["size"] for version in campaign.asset("Live")["versions"]}
    assert sizes == {len(PHOTO), len(PHOTO) - 1}


async def test_E8_a_wrong_hash_alone_is_never_waved_through(campaign: Campaign) -> None:
    """The size is announced as it is: then the bytes that came are not those of the file."""
    quirks = campaign.world.onedrive.quirks
    quirks.wrong_size_by, quirks.wrong_hash_too = 0, True
    item = campaign.drop("Live.heic", PHOTO, **READY)
    await campaign.world.until_quiet()

    assert campaign.assets() == []
    assert (await campaign.link(item)).state is LinkState.FAILED


async def test_E8_columns_filled_after_the_approval_do_not_take_it_away(campaign: Campaign) -> None:
    """The approving version is an older one, whose body is not as long as what is announced of the file."""
    item = campaign.drop("Live.heic", PHOTO, **READY)
    campaign.set("Live.heic", "UsageRights", "print")
    await campaign.world.until_quiet()

    link = await campaign.link(item)
    assert (link.state, link.reasons) == (LinkState.SETTLED, ())
    assert campaign.asset("Live")["fields"]["Usage rights"] == "print"


async def test_E8_an_edit_after_the_approval_is_held_however_long_the_file_is_said_to_be(campaign: Campaign) -> None:
    item = campaign.drop("Live.heic", PHOTO, **READY)
    campaign.world.clock.jump(1)
    campaign.drop("Live.heic", PHOTO[1:])
    campaign.drop("Live.heic", PHOTO[:-1] + b"!")
    await campaign.world.until_quiet()

    assert campaign.assets() == []
    assert (await campaign.link(item)).state is LinkState.HELD
