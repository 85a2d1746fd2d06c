from hashlib import sha256

from shared.domain.links import LinkState
from tests.kit.campaign import Campaign, slides, word
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide, all media", "Market": "NO", "ApprovalStatus": "Approved"}


@shows("fields", "to.intake", "to.key", "columns")
async def test_an_approved_file_becomes_an_asset_with_its_fields(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pptx", slides("Launch", title="Spring launch"), **READY)

    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    asset = campaign.asset("Launch")
    assert asset["parents"] == ["/Marketing/Campaigns/Spring-26"]
    assert asset["fields"] == {
        "Bridge key": f"{campaign.drive}|{item}",
        "Campaign": "Spring-26",
        "Title": {"en": "Spring launch"},
        "Market": "Norway",
        "Usage rights": "worldwide, all media",
    }
    assert [v["sha256"] for v in asset["versions"]] == [sha256(campaign.bytes_of("Launch.pptx")).hexdigest()]
    assert campaign.columns("Launch.pptx")["SyncStatus"] == "In CELUM"
    assert (await campaign.link(item)).state is LinkState.SETTLED


@shows("changed_after_ready", "columns")
async def test_an_edit_after_approval_is_held_until_it_is_approved_again(campaign: Campaign) -> None:
    item = campaign.drop("Brief.docx", word("first"), **READY)
    await campaign.world.until_quiet()

    campaign.drop("Brief.docx", word("second, edited after approval"))
    await campaign.world.until_quiet()

    assert len(campaign.asset("Brief")["versions"]) == 1
    assert campaign.columns("Brief.docx")["SyncStatus"] == "Held"
    assert "approve" in str(campaign.columns("Brief.docx")["SyncNote"])

    campaign.approve("Brief.docx")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert len(campaign.asset("Brief")["versions"]) == 2
    assert campaign.columns("Brief.docx")["SyncStatus"] == "In CELUM"
    assert (await campaign.link(item)).state is LinkState.SETTLED


@shows("fields.*.required", "incomplete")
async def test_a_file_without_usage_rights_is_held_and_released_when_they_are_filled_in(campaign: Campaign) -> None:
    campaign.drop("Photo.txt.pdf", b"%PDF-1.4 a brochure", Market="NO", ApprovalStatus="Approved")
    await campaign.world.until_quiet()
    assert campaign.assets() == []
    assert campaign.columns("Photo.txt.pdf")["SyncStatus"] == "Held"
    assert "Usage rights is empty" in str(campaign.columns("Photo.txt.pdf")["SyncNote"])

    campaign.set("Photo.txt.pdf", "UsageRights", "print only")
    await campaign.world.until_quiet()

    assert campaign.asset("Photo.txt")["fields"]["Usage rights"] == "print only"
    assert campaign.columns("Photo.txt.pdf")["SyncStatus"] == "In CELUM"


async def test_C24_C25_H40_our_own_column_writes_lead_to_nothing(campaign: Campaign) -> None:
    campaign.drop("Brief.docx", word("first"), **READY)
    await campaign.world.until_quiet()
    before = campaign.world.onedrive.snapshot(), campaign.world.celum.snapshot()

    await campaign.world.until_quiet()

    assert (campaign.world.onedrive.snapshot(), campaign.world.celum.snapshot()) == before
