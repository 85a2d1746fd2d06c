from hashlib import sha256
from pathlib import Path

import pytest

from local.serving import Exchange
from shared.domain.links import LinkState
from shared.ledger.rows import AttentionKind
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign, campaign_in, word
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SAMPLES = Path(__file__).parents[1] / "samples"


def pdf(text: str) -> bytes:
    return f"%PDF-1.4 {text}".encode()


def status(campaign: Campaign, name: str) -> tuple[object, object]:
    columns = campaign.columns(name)
    return columns.get("SyncStatus"), columns.get("SyncNote")


async def settled(campaign: Campaign, name: str, data: bytes) -> str:
    item = campaign.drop(name, data, **READY)
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.SETTLED
    return item


# --- deleted, restored, saved by delete and create ---------------------------------------------------------------


@shows("on_source_deleted")
async def test_a_deleted_file_closes_its_link_and_leaves_its_asset_alone(campaign: Campaign) -> None:
    item = await settled(campaign, "Launch.pdf", pdf("launch"))
    before = campaign.asset("Launch")

    campaign.delete(f"{APPROVED}/Launch.pdf")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert (await campaign.link(item)).state is LinkState.CLOSED
    assert campaign.asset("Launch") == before


async def test_a_held_file_that_is_deleted_waits_for_nobody_any_more(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", pdf("launch"), ApprovalStatus="Approved")
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.HELD

    campaign.delete(f"{APPROVED}/Launch.pdf")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    ledger, store = campaign.world.ledger()
    assert await ledger.attention(AttentionKind.HELD) == ()
    await store.close()


async def test_a_file_restored_from_the_recycle_bin_opens_its_link_again(campaign: Campaign) -> None:
    item = await settled(campaign, "Launch.pdf", pdf("launch"))
    campaign.delete(f"{APPROVED}/Launch.pdf")
    await campaign.world.until_quiet()

    campaign.restore(item)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert (await campaign.link(item)).state is LinkState.SETTLED
    assert len(campaign.asset("Launch")["versions"]) == 1
    campaign.set("Launch.pdf", "UsageRights", "print")
    await campaign.world.until_quiet()
    assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"


async def test_H51_a_file_saved_by_delete_and_create_stays_the_same_asset(campaign: Campaign) -> None:
    await settled(campaign, "Launch.pdf", pdf("launch"))
    asset = campaign.asset_id("Launch")
    campaign.delete(f"{APPROVED}/Launch.pdf")

    item = campaign.drop("Launch.pdf", pdf("other bytes"), **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset_id("Launch") == asset
    assert [v["sha256"] for v in campaign.asset("Launch")["versions"] if v["current"]] == [
        sha256(pdf("other bytes")).hexdigest()
    ]
    assert len(campaign.asset("Launch")["versions"]) == 2
    assert campaign.asset("Launch")["fields"]["Bridge key"] == f"{campaign.drive}|{item}"


async def test_H51_a_file_created_anew_with_the_same_content_marks_the_asset_as_its_own(campaign: Campaign) -> None:
    await settled(campaign, "Launch.pdf", pdf("launch"))
    campaign.delete(f"{APPROVED}/Launch.pdf")

    item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["fields"]["Bridge key"] == f"{campaign.drive}|{item}"
    assert len(campaign.asset("Launch")["versions"]) == 1


async def test_C6_a_file_that_appears_two_days_after_a_deletion_is_another_one(campaign: Campaign) -> None:
    await settled(campaign, "Launch.pdf", pdf("launch"))
    campaign.delete(f"{APPROVED}/Launch.pdf")
    await campaign.world.until_quiet()
    campaign.world.clock.jump(48 * 3600)

    campaign.drop("Launch.pdf", pdf("other bytes"), **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert [len(asset["versions"]) for asset in campaign.assets()] == [1, 1]


# --- content ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["same", "application", "SharePoint App"])
async def test_C25_H41_what_sharepoint_makes_of_an_office_file_after_our_columns_is_no_new_version(
    campaign: Campaign, by: str
) -> None:
    campaign.world.onedrive.quirks.update({"rewrites_after_column_write": True, "rewrite_by": by})

    item = await settled(campaign, "Brief.docx", word("first"))

    assert campaign.world.errors == []
    assert len(campaign.asset("Brief")["versions"]) == 1
    campaign.world.onedrive.quirks.rewrites_after_column_write = False
    campaign.drop("Brief.docx", word("second"))
    campaign.approve("Brief.docx")
    await campaign.world.until_quiet()
    assert len(campaign.asset("Brief")["versions"]) == 2
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_what_sharepoint_makes_of_a_pdf_is_no_edit(campaign: Campaign) -> None:
    quirks = {"rewrites_pdf_and_html": True, "rewrites_after_column_write": True, "rewrite_by": "SharePoint App"}
    campaign.world.onedrive.quirks.update(quirks)
    original = (SAMPLES / "libreoffice.pdf").read_bytes()

    item = await settled(campaign, "Launch.pdf", original)

    assert campaign.world.errors == []
    assert campaign.bytes_of("Launch.pdf") != original, "the simulator did not rewrite it"
    assert len(campaign.asset("Launch")["versions"]) == 1
    assert (await campaign.link(item)).state is LinkState.SETTLED
    campaign.drop("Launch.pdf", pdf("an edit of Jane"))
    campaign.approve("Launch.pdf")
    campaign.world.onedrive.quirks.update({"rewrites_pdf_and_html": False})
    await campaign.world.until_quiet()
    assert len(campaign.asset("Launch")["versions"]) == 2


@pytest.mark.parametrize(
    ("asked", "versions"),
    [("/collections/search", ["second"]), ("/v1/upload", ["first", "second"])],
    ids=["before its bytes are read", "when the approved bytes were read already"],
)
async def test_H78_the_newest_approved_bytes_stand_at_the_end_when_a_file_is_edited_under_way(
    campaign: Campaign, asked: str, versions: list[str]
) -> None:
    contents = {"first": pdf("first"), "second": pdf("second, quite a bit longer than the first")}

    def edit(exchange: Exchange) -> None:
        if exchange.path_and_query.endswith(asked) and campaign.bytes_of("Launch.pdf") != contents["second"]:
            campaign.drop("Launch.pdf", contents["second"])
            campaign.approve("Launch.pdf")

    campaign.world.celum.serving.observers.append(edit)
    campaign.drop("Launch.pdf", contents["first"], **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    stored = [version["sha256"] for version in campaign.asset("Launch")["versions"]]
    assert stored == [sha256(contents[name]).hexdigest() for name in versions]


async def test_H88_a_protected_document_is_held_and_says_so(campaign: Campaign) -> None:
    data = (SAMPLES / "libreoffice-password.docx").read_bytes()
    campaign.drop("Secret.docx", data, **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.assets() == []
    state, note = status(campaign, "Secret.docx")
    assert state == "Held"
    assert "protected" in str(note)

    campaign.drop("Secret.docx", word("open"))
    campaign.approve("Secret.docx")
    await campaign.world.until_quiet()
    assert status(campaign, "Secret.docx")[0] == "In CELUM"


async def test_a_pdf_that_takes_a_password_is_held_like_any_document(campaign: Campaign) -> None:
    campaign.drop("Secret.pdf", (SAMPLES / "libreoffice-password.pdf").read_bytes(), **READY)
    campaign.drop("Restricted.pdf", (SAMPLES / "libreoffice-restricted.pdf").read_bytes(), **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    state, note = status(campaign, "Secret.pdf")
    assert (state, "protected by a password" in str(note)) == ("Held", True)
    assert status(campaign, "Restricted.pdf")[0] == "In CELUM"


async def test_what_only_bears_the_name_of_an_office_document_is_held_where_its_properties_are_read(
    campaign: Campaign,
) -> None:
    campaign.drop("Cut.docx", word("half of it")[:2000], **READY)
    campaign.drop("Named.docx", word("half of it")[:1000], **READY, Title="Its title is in the column")
    await campaign.world.until_quiet()

    state, note = status(campaign, "Cut.docx")
    assert (state, "is no Office file" in str(note)) == ("Held", True)
    assert status(campaign, "Named.docx")[0] == "In CELUM"


# --- columns ------------------------------------------------------------------------------------------------------


async def test_columns_of_an_open_file_are_written_when_it_is_closed(campaign: Campaign) -> None:
    refused: list[int] = []

    def close_after_two_refusals(exchange: Exchange) -> None:
        if exchange.status == 423:
            assert campaign.asset("Launch"), "the asset does not wait for the file to be closed"
            refused.append(exchange.status)
        if len(refused) == 2:
            campaign.world.onedrive.lock(campaign.drive, f"{APPROVED}/Launch.pdf", locked=False)

    campaign.world.onedrive.serving.observers.append(close_after_two_refusals)
    campaign.drop("Launch.pdf", pdf("launch"), **READY)
    campaign.world.onedrive.lock(campaign.drive, f"{APPROVED}/Launch.pdf")

    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert len(refused) == 2
    assert status(campaign, "Launch.pdf")[0] == "In CELUM"


@shows("on_ready_lost")
async def test_without_approval_fields_follow_and_content_does_not(campaign: Campaign) -> None:
    await settled(campaign, "Launch.pdf", pdf("launch"))

    campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
    campaign.set("Launch.pdf", "UsageRights", "print")
    await campaign.world.until_quiet()
    assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"

    campaign.drop("Launch.pdf", pdf("second"))
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert len(campaign.asset("Launch")["versions"]) == 1


# --- what people do in CELUM --------------------------------------------------------------------------------------


async def test_H47_what_a_person_wrote_in_celum_stays_until_the_source_changes(campaign: Campaign) -> None:
    await settled(campaign, "Launch.pdf", pdf("launch"))
    campaign.world.celum.change_asset(campaign.asset_id("Launch"), name="Our launch", fields={"Usage rights": "web"})

    campaign.set("Launch.pdf", "Market", "DE")
    await campaign.world.until_quiet()
    assert campaign.asset("Our launch")["fields"]["Usage rights"] == "web"
    assert campaign.asset("Our launch")["fields"]["Market"] == "Germany"

    campaign.set("Launch.pdf", "UsageRights", "print")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert campaign.asset("Our launch")["fields"]["Usage rights"] == "print"


async def test_G12_H46_an_asset_deleted_in_celum_is_held_and_never_made_again(campaign: Campaign) -> None:
    item = await settled(campaign, "Launch.pdf", pdf("launch"))
    campaign.world.celum.delete_asset(campaign.asset_id("Launch"))

    campaign.drop("Launch.pdf", pdf("second"))
    campaign.approve("Launch.pdf")
    await campaign.world.until_quiet()
    campaign.world.clock.jump(2 * 3600)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.assets() == []
    assert (await campaign.link(item)).state is LinkState.HELD
    assert "not in CELUM any more" in str(status(campaign, "Launch.pdf")[1])


async def test_G38_G42_H44_a_version_of_somebody_else_stays_and_the_next_content_is_held(campaign: Campaign) -> None:
    item = await settled(campaign, "Launch.pdf", pdf("launch"))
    asset = campaign.asset_id("Launch")
    ours = (await campaign.link(item)).settled
    theirs = campaign.world.celum.add_version(asset, "Retouched.pdf", pdf("retouched"))

    campaign.set("Launch.pdf", "Market", "DE")  # fields still follow …
    await campaign.world.until_quiet()
    assert campaign.asset("Launch")["fields"]["Market"] == "Germany"
    requests = campaign.world.celum.requests
    requests.clear()
    campaign.drop("Launch.pdf", pdf("second"))  # … new content does not
    campaign.approve("Launch.pdf")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.world.celum.content(asset) == pdf("retouched")
    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    assert ours is not None
    assert {str(theirs), str(ours.version)} <= set(link.reasons[0].text.replace(",", "").split())
    assert not [call for call in requests if "upload" in call], "nothing is uploaded that cannot be added"


async def test_G47_an_option_added_in_celum_releases_what_it_held_within_the_hour(campaign: Campaign) -> None:
    options = campaign.world.celum.field("Market").options
    assert isinstance(options, dict)
    norway = next(index for index, labels in options.items() if labels["en"] == "Norway")
    labels = options.pop(norway)
    item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.HELD
    assert "Norway" in str(status(campaign, "Launch.pdf")[1])

    options[norway] = labels
    campaign.world.clock.jump(3600)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["fields"]["Market"] == "Norway"


async def test_G33_a_collection_made_in_celum_releases_what_it_held_within_the_hour(campaign: Campaign) -> None:
    path = "/Campaigns/Summer-26/Approved"
    campaign.drop("Launch.pdf", pdf("launch"), **READY)
    campaign.move(f"{APPROVED}/Launch.pdf", to=path)
    await campaign.world.until_quiet()
    assert campaign.assets() == []

    campaign.world.celum.add_collection("/Marketing/Campaigns/Summer-26")
    campaign.world.clock.jump(3600)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["parents"] == ["/Marketing/Campaigns/Summer-26"]


async def test_who_changed_a_file_is_a_person_and_not_the_bridge(tmp_path: Path) -> None:
    line = "      Usage rules: {from: file.modified_by}\n      Retain until: {from: file.modified, type: date}\n"
    flows = CAMPAIGN_FLOWS.replace("      Market:", f"{line}      Market:", 1)
    async with campaign_in(None, tmp_path, "modified by", flows=flows) as campaign:
        item = campaign.drop("Launch.pdf", pdf("launch"), **READY)
        await campaign.world.until_quiet()
        first = await campaign.link(item)
        campaign.world.clock.jump(26 * 3600)
        await campaign.world.until_quiet()
        day = campaign.asset("Launch")["fields"]["Retain until"]
        assert campaign.asset("Launch")["fields"]["Usage rules"] == JANE.email
        assert first.settled is not None

        campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
        await campaign.world.until_quiet()
        assert campaign.columns("Launch.pdf")["SyncNote"]  # the bridge wrote, after Jane
        assert campaign.asset("Launch")["fields"]["Usage rules"] == JANE.email
        assert campaign.asset("Launch")["fields"]["Retain until"] > day
        ledger, store = campaign.world.ledger()
        journal = [record.entry["what"] for record in await ledger.journal(first.key)]
        await store.close()
        assert journal.count("settled") == 2  # the first time, and for what Jane did
        assert campaign.world.errors == []
