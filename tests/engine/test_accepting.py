"""What a person says about a held file with `bridge accept`, and what CELUM then holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.celum_simulator.stage import Availability
from shared.domain.links import LinkState
from tests.engine.test_api import get, post
from tests.kit.campaign import APPROVED, Campaign, campaign_in

SPRING = "/Marketing/Campaigns/Spring-26"
APPROVED_ONLY = {"ApprovalStatus": "Approved"}  # no usage rights: held
RIGHTS = {"Usage rights": "print", "Campaign": "Old"}
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
MINE, THEIRS = b"%PDF-1.4 mine..", b"%PDF-1.4 theirs"  # as long as one another


def there_already(campaign: Campaign, data: bytes, parent: str = SPRING) -> int:
    return campaign.world.celum.add_asset("Old.pdf", data, parents=[parent], type="Campaign asset", fields=RIGHTS)


async def accept(campaign: Campaign, item: str, how: str, **more: object) -> tuple[int, str]:
    key = (await campaign.link(item)).key
    found = await post(campaign, "accept", link=key, how=how, why="seen", **more)
    await campaign.world.until_quiet()
    return found.status, found.body.model_dump_json()


async def held(campaign: Campaign, name: str, data: bytes) -> str:
    item = campaign.drop(name, data, **APPROVED_ONLY)
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.HELD
    return item


def bytes_in_celum(campaign: Campaign, asset: int) -> list[bytes]:
    """Of all versions, the first one first."""
    return [version.blob.path.read_bytes() for version in campaign.world.celum.asset(asset).versions if version.blob]


# --- as link ---------------------------------------------------------------------------------------------------------


async def test_other_bytes_of_equal_size_become_a_version_of_the_linked_asset(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "equal size") as campaign:
        asset = there_already(campaign, THEIRS)
        item = await held(campaign, "Launch.pdf", MINE)

        assert (await accept(campaign, item, "link", asset=asset))[0] == 200
        campaign.set("Launch.pdf", "UsageRights", "worldwide")
        await campaign.world.until_quiet()

        assert bytes_in_celum(campaign, asset) == [THEIRS, MINE]
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert campaign.world.errors == []


async def test_the_same_bytes_are_no_version_of_the_linked_asset(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "equal bytes") as campaign:
        asset = there_already(campaign, MINE)
        item = await held(campaign, "Launch.pdf", MINE)

        assert (await accept(campaign, item, "link", asset=asset))[0] == 200
        campaign.set("Launch.pdf", "UsageRights", "worldwide")
        await campaign.world.until_quiet()

        assert bytes_in_celum(campaign, asset) == [MINE]
        link = await campaign.link(item)
        assert link.settled is not None
        assert (link.state, link.settled.asset, link.settled.verified) == (LinkState.SETTLED, asset, "checksum")
        assert campaign.world.celum.asset(asset).name == "Launch"
        assert campaign.world.errors == []


# --- as version ------------------------------------------------------------------------------------------------------


async def test_over_a_version_that_somebody_else_added_a_person_puts_the_files_content(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "retouched") as campaign:
        item = campaign.drop("Launch.pdf", MINE, **READY)
        await campaign.world.until_quiet()
        asset = campaign.asset_id("Launch")
        campaign.world.celum.add_version(asset, "Retouched.pdf", b"%PDF-1.4 retouched")
        campaign.drop("Launch.pdf", b"%PDF-1.4 edited")
        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).reasons[0].rule == "versions"
        (row,) = (await get(campaign, "attention"))["rows"]
        assert "--as version" in row["what_to_do"][0]

        assert (await accept(campaign, item, "version"))[0] == 200

        assert bytes_in_celum(campaign, asset) == [MINE, b"%PDF-1.4 retouched", b"%PDF-1.4 edited"]
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert campaign.world.errors == []


async def test_of_an_asset_that_is_gone_people_are_told_who_can_do_what(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "gone") as campaign:
        item = campaign.drop("Launch.pdf", MINE, **READY)
        await campaign.world.until_quiet()
        campaign.world.celum.delete_asset(campaign.asset_id("Launch"))
        campaign.drop("Launch.pdf", b"%PDF-1.4 edited")
        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()

        assert (await campaign.link(item)).reasons[0].rule == "asset"
        (row,) = (await get(campaign, "attention"))["rows"]
        assert "--as create" in row["what_to_do"][0]


# --- the rights and the owner of a linked asset ----------------------------------------------------------------------


async def test_an_asset_that_another_file_owns_is_not_linked_to_other_content(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "owned") as campaign:
        owner = campaign.drop("One.pdf", MINE, **READY)
        await campaign.world.until_quiet()
        item = await held(campaign, "Two.pdf", b"%PDF-1.4 another length")

        status, said = await accept(campaign, item, "link", asset=campaign.asset_id("One"))

        assert (status, f"{APPROVED}/One.pdf" in said) == (409, True), said
        assert (await campaign.link(item)).state is LinkState.HELD
        campaign.set("Two.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()
        assert len(campaign.asset("One")["versions"]) == 1
        assert (await campaign.link(item)).settled != (await campaign.link(owner)).settled


async def test_a_file_of_the_same_content_becomes_an_alias_of_the_asset_it_is_linked_to(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "same") as campaign:
        campaign.drop("One.pdf", MINE, **READY)
        await campaign.world.until_quiet()
        item = await held(campaign, "Two.pdf", MINE)

        assert (await accept(campaign, item, "link", asset=campaign.asset_id("One")))[0] == 200
        campaign.set("Two.pdf", "UsageRights", "print")
        await campaign.world.until_quiet()

        settled = (await campaign.link(item)).settled
        assert settled is not None
        assert settled.alias
        assert campaign.asset("One")["fields"]["Usage rights"] == "worldwide"
        assert campaign.world.errors == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"parent": "/Review/Incoming"}, "lies wholly outside the root"),
        ({"available": False}, "is not available now"),
        ({"released": False}, "is not released"),
    ],
)
async def test_linking_widens_no_rights_also_where_a_person_asks_for_it(
    tmp_path: Path, change: dict[str, str | bool], why: str
) -> None:
    async with campaign_in(None, tmp_path, why) as campaign:
        fields = RIGHTS if change.get("released", True) else {"Campaign": "Old"}
        asset = campaign.world.celum.add_asset(
            "Old.pdf", THEIRS, parents=[str(change.get("parent", SPRING))], type="Campaign asset", fields=fields
        )
        campaign.world.celum.change_asset(
            asset, availability=Availability(available=bool(change.get("available", True)))
        )
        item = await held(campaign, "Two.pdf", MINE)

        status, said = await accept(campaign, item, "link", asset=asset)

        assert (status, why in said) == (409, True), said
        assert (await campaign.link(item)).state is LinkState.HELD
