"""Each event stands in the journal once: what was only repeated by a killed function is no second one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@pytest_asyncio.fixture
async def campaign(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Campaign]:
    async with campaign_in(None, tmp_path, request.node.name) as campaign:
        yield campaign


async def told(campaign: Campaign, item: str) -> list[str]:
    ledger, store = campaign.world.ledger()
    try:
        records = await ledger.journal((await campaign.link(item)).key)
        return [record.entry["what"] for record in reversed(records) if record.entry["what"] in {"held", "settled"}]
    finally:
        await store.close()


async def test_a_second_hold_for_the_same_reason_is_a_second_entry(campaign: Campaign) -> None:
    item = campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    for rights in (None, "print", None):
        campaign.set("Brochure.pdf", "UsageRights", rights)
        await campaign.world.until_quiet()

    assert await told(campaign, item) == ["settled", "held", "settled", "held"]


async def test_a_second_hold_of_a_transfer_for_the_same_reason_is_a_second_entry(campaign: Campaign) -> None:
    """CELUM lacks the collection, which only the transfer finds out."""
    world, autumn = campaign.world, "/Campaigns/Autumn-26/Approved"
    item = campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    campaign.move("/Campaigns/Spring-26/Approved/Brochure.pdf", to=autumn)
    await world.until_quiet()
    campaign.move(f"{autumn}/Brochure.pdf", to="/Campaigns/Spring-26/Approved")
    await world.until_quiet()
    campaign.move("/Campaigns/Spring-26/Approved/Brochure.pdf", to=autumn)
    await world.until_quiet()

    assert await told(campaign, item) == ["held", "settled", "held"]


async def test_each_version_has_its_evidence(campaign: Campaign) -> None:
    item = campaign.drop("Brochure.pdf", b"%PDF-1.7 first", **READY)
    await campaign.world.until_quiet()
    for text in (b"second", b"first"):
        campaign.drop("Brochure.pdf", b"%PDF-1.7 " + text)
        campaign.approve("Brochure.pdf")
        await campaign.world.until_quiet()

    link = await campaign.link(item)
    assert link.settled is not None
    ledger, store = campaign.world.ledger()
    try:
        evidence = await ledger.evidence(link.settled.asset)
    finally:
        await store.close()
    assert [record.entry["what"] for record in evidence] == ["add_version", "add_version", "create"]
    assert (await told(campaign, item)).count("settled") == 3
