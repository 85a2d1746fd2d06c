from pathlib import Path

import pytest

from local.azurite import Azurite
from local.serving import Exchange
from shared.domain.links import LinkState
from shared.engine import moved
from shared.onedrive import drive
from tests.kit.campaign import APPROVED, Campaign, campaign_in, slides

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SPRING, SUMMER = "/Marketing/Campaigns/Spring-26", "/Marketing/Campaigns/Summer-26"


def pdf(text: str) -> bytes:
    return f"%PDF-1.4 {text}".encode()


async def test_C7_a_renamed_file_renames_its_asset_without_an_upload(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pptx", slides("Launch"), **READY)
    await campaign.world.until_quiet()
    campaign.world.celum.requests.clear()

    campaign.move(f"{APPROVED}/Launch.pptx", name="Start.pptx")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    asset = campaign.asset("Start")
    assert len(asset["versions"]) == 1
    assert asset["fields"]["Title"] == {"en": "Start"}
    assert not [call for call in campaign.world.celum.requests if "upload" in call.lower()]
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_C7_a_file_moved_within_the_pattern_takes_its_asset_along(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(SUMMER)
    campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()

    campaign.move(f"{APPROVED}/Launch.pdf", to="/Campaigns/Summer-26/Approved")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    asset = campaign.asset("Launch")
    assert asset["parents"] == [SUMMER]
    assert asset["fields"]["Campaign"] == "Summer-26"
    assert len(asset["versions"]) == 1


async def test_a_collection_that_a_person_added_stays_when_the_file_moves(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(SUMMER)
    campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()
    campaign.world.celum.change_asset(campaign.asset_id("Launch"), add_to=[SUMMER])

    campaign.move(f"{APPROVED}/Launch.pdf", to="/Campaigns/Summer-26/Approved")
    await campaign.world.until_quiet()
    campaign.move("/Campaigns/Summer-26/Approved/Launch.pdf", to=APPROVED)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["parents"] == [SPRING, SUMMER]


async def test_C8_H55_a_renamed_folder_updates_each_file_below_it(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(SUMMER)
    names = [f"{number:02}.pdf" for number in range(6)]
    for name in names:
        campaign.drop(f"more/{name}", pdf(name), **READY)
    await campaign.world.until_quiet()

    campaign.move("/Campaigns/Spring-26", name="Summer-26")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert {asset["name"]: (asset["parents"], len(asset["versions"])) for asset in campaign.assets()} == {
        name.removesuffix(".pdf"): ([SUMMER], 1) for name in names
    }


async def test_C10_a_file_moved_out_of_the_pattern_closes_its_link_and_keeps_its_asset(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()

    campaign.move(f"{APPROVED}/Launch.pdf", to="/Elsewhere")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert (await campaign.link(item)).state is LinkState.CLOSED
    assert campaign.asset("Launch")["parents"] == [SPRING]


async def test_C10_a_folder_moved_out_and_back_closes_and_opens_the_links_in_it(campaign: Campaign) -> None:
    items = [campaign.drop(f"set/{name}.pdf", pdf(name), **READY) for name in ("a", "b")]
    await campaign.world.until_quiet()

    campaign.move(f"{APPROVED}/set", to="/Elsewhere")
    await campaign.world.until_quiet()
    assert [(await campaign.link(item)).state for item in items] == [LinkState.CLOSED] * 2

    campaign.move("/Elsewhere/set", to=APPROVED)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert [(await campaign.link(item)).state for item in items] == [LinkState.SETTLED] * 2
    assert sorted(asset["name"] for asset in campaign.assets()) == ["a", "b"]
    assert all(len(asset["versions"]) == 1 for asset in campaign.assets())


async def test_C10_a_folder_from_outside_the_pattern_brings_its_files_in(azurite: Azurite, tmp_path: Path) -> None:
    """It was there before the bridge, so the ledger never saw it; and the delta names the folder alone."""
    path = "/Elsewhere/set/deep/Launch.pdf"

    def prepare(campaign: Campaign) -> None:
        campaign.world.onedrive.put_file(campaign.drive, path, pdf("launch"))
        for column, value in READY.items():
            campaign.world.onedrive.set_column(campaign.drive, path, column, value)

    async with campaign_in(azurite, tmp_path, "from outside", prepare=prepare) as campaign:
        campaign.move("/Elsewhere/set", to=APPROVED)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.asset("Launch")["parents"] == [SPRING]


async def test_a_new_folder_costs_no_look_into_it(campaign: Campaign) -> None:
    campaign.world.clock.jump(3600)  # surely younger than the first scan, whatever the clocks say
    await campaign.world.until_quiet()
    calls = (await campaign.world.instance()).wire.calls
    calls.clear()

    campaign.drop("new/Launch.pdf", pdf("launch"))
    await campaign.world.until_quiet()

    assert not [call for call in calls if "/children" in call]


@pytest.mark.parametrize("times", [1, 2])
async def test_a_tree_of_many_pages_is_looked_through_page_by_page_however_often_messages_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(drive, "CHILDREN_PAGE", 2)
    monkeypatch.setattr(moved, "PAGES_PER_MESSAGE", 1)
    pages: list[str] = []
    messages: list[str] = []
    async with campaign_in(None, tmp_path, f"pages {times}") as campaign:
        campaign.world.celum.add_collection(SUMMER)
        for folder in ("", "one/", "one/two/"):
            for number in range(3):
                name = f"{folder}{number}.pdf"
                campaign.drop(name, pdf(name), **READY)
        await campaign.world.until_quiet()
        put = campaign.world.put

        def put_often(queue: str, text: str, delay: float = 0) -> None:
            messages.append(text)
            for _ in range(times):
                put(queue, text, delay)

        def observe(exchange: Exchange) -> None:
            if "/children" in exchange.path_and_query:
                pages.append(exchange.path_and_query)

        monkeypatch.setattr(campaign.world, "put", put_often)
        campaign.world.onedrive.serving.observers.append(observe)
        campaign.move("/Campaigns/Spring-26", name="Summer-26")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert [asset["parents"] for asset in campaign.assets()] == [[SUMMER]] * 9
        everything = 1 + 1 + 3 * 2  # of the campaign itself, Working, and Approved, one and two
        assert len(pages) == len(set(pages)) == everything, "each page once"
        looks = [text for text in messages if '"folder moved"' in text]
        assert len(looks) <= everything + 1, "no more messages than pages"
