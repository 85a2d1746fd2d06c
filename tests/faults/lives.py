"""What happens to files after they were approved: moved, copied, deleted, and an approval taken back too late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from local.celum_simulator import Availability
from local.serving import Exchange
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign

COLLECTIONS = "/Marketing/Campaigns"
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


async def moved_to_another_campaign(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(f"{COLLECTIONS}/Summer-26")
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    campaign.world.onedrive.make_folder(campaign.drive, "/Campaigns/Summer-26/Approved")
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.move(f"{APPROVED}/Brochure.pdf", to="/Campaigns/Summer-26/Approved")


async def a_folder_moved(campaign: Campaign) -> None:
    """Its files come in by a listing; other changes fill several pages of the delta around it."""
    campaign.world.celum.add_collection(f"{COLLECTIONS}/Summer-26")
    for name in ("one", "two/two", "two/three"):
        campaign.drop(f"set/{name}.pdf", f"%PDF-1.7 {name}".encode(), **READY)
    campaign.world.onedrive.make_folder(campaign.drive, "/Campaigns/Summer-26/Approved")
    await campaign.world.until_quiet()
    campaign.world.onedrive.quirks.delta_page_size = 2
    await campaign.world.arm()
    for name in ("a", "b", "c"):
        campaign.world.onedrive.put_file(campaign.drive, f"/Elsewhere/{name}.txt", name.encode())
    campaign.move(f"{APPROVED}/set", to="/Campaigns/Summer-26/Approved")


async def an_alias(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(f"{COLLECTIONS}/Summer-26")
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    campaign.drop("Copy.pdf", b"%PDF-1.7 another")
    campaign.move(f"{APPROVED}/Copy.pdf", to="/Campaigns/Summer-26/Approved")
    await campaign.world.until_quiet()
    await campaign.world.arm()
    path = "/Campaigns/Summer-26/Approved/Copy.pdf"
    campaign.world.onedrive.put_file(campaign.drive, path, b"%PDF-1.7 logo", by=JANE)
    for column, value in READY.items():
        campaign.world.clock.jump(1)
        campaign.world.onedrive.set_column(campaign.drive, path, column, value, by=JANE)


async def an_owner_deleted_beside_its_alias(campaign: Campaign) -> None:
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    campaign.drop("Copy.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.delete(f"{APPROVED}/Logo.pdf")


async def an_owner_edited_beside_its_alias(campaign: Campaign) -> None:
    """The alias keeps the bytes that the asset held, in an asset of its own."""
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    campaign.drop("Copy.pdf", b"%PDF-1.7 logo", **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.drop("Logo.pdf", b"%PDF-1.7 logo, edited")
    campaign.approve("Logo.pdf")


async def two_equal_files_at_once(campaign: Campaign) -> None:
    """Which of them becomes the owner is chance, so they differ in nothing that it would bring along."""
    campaign.world.celum.quirks.index_lag = 60
    for folder in ("one", "two"):
        campaign.drop(f"{folder}/Logo.pdf", b"%PDF-1.7 logo", **READY)


async def approval_withdrawn_during_a_pause(campaign: Campaign) -> None:
    """CELUM asks to be left alone for an hour, twice: what waits meanwhile is not what will be wanted then."""
    celum = campaign.world.celum
    celum.quirks.throttle_next, celum.quirks.retry_after = 2, "3600"

    def withdraw(exchange: Exchange) -> None:
        if exchange.status == celum.quirks.throttle and campaign.columns("Brochure.pdf")["ApprovalStatus"] != "Draft":
            campaign.set("Brochure.pdf", "ApprovalStatus", "Draft")

    celum.serving.observers.append(withdraw)
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    assert campaign.columns("Brochure.pdf")["ApprovalStatus"] == "Draft", "CELUM was never asked"
    assert campaign.assets() == [], "published without approval"


async def out_of_use_and_back(campaign: Campaign) -> None:
    """What a person had set in CELUM comes back with the approval; then the source goes."""
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    embargo = Availability(start=datetime(2099, 1, 1, tzinfo=UTC))
    campaign.world.celum.change_asset(campaign.asset_id("Brochure"), availability=embargo)
    await campaign.world.arm()
    for value in ("Draft", "Approved"):
        campaign.set("Brochure.pdf", "ApprovalStatus", value)
        await campaign.world.until_quiet()
    assert campaign.asset("Brochure")["availability"] != {"available": True}, "the embargo is lost"
    item = campaign.delete(f"{APPROVED}/Brochure.pdf")
    await campaign.world.until_quiet()
    assert campaign.asset("Brochure")["availability"] == {"available": False}
    campaign.restore(item)


async def after_move(campaign: Campaign) -> None:
    """Into a folder that is not there yet, and back by a person, where it stays."""
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    campaign.world.clock.jump(1)
    campaign.world.onedrive.set_column(
        campaign.drive, "/Done/Spring-26/Brochure.pdf", "UsageRights", "nobody looks here any more", by=JANE
    )
    await campaign.world.until_quiet()
    campaign.move("/Done/Spring-26/Brochure.pdf", to=APPROVED)


async def after_delete(campaign: Campaign) -> None:
    """Into the recycle bin, and back by a person, where it stays until it has other content."""
    item = campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    campaign.restore(item)
    await campaign.world.until_quiet()
    campaign.drop("Brochure.pdf", b"%PDF-1.7 second")
    campaign.approve("Brochure.pdf")


async def new_content_becomes_an_asset_of_its_own(campaign: Campaign) -> None:
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.drop("Brochure.pdf", b"%PDF-1.7 second")
    campaign.approve("Brochure.pdf")


async def found_by_its_name(campaign: Campaign) -> None:
    """An asset that somebody made without the bridge gets the file's content as its next version."""
    campaign.world.celum.add_asset(
        "old.pdf",
        b"%PDF-1.7 old",
        parents=[f"{COLLECTIONS}/Spring-26"],
        name="Brochure",
        type="Campaign asset",
        fields={"Usage rights": "print"},
    )
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)


def with_line(line: str) -> str:
    shipped, here = CAMPAIGN_FLOWS, "    changed_after_ready: hold\n"
    assert here in shipped
    return shipped.replace(here, f"{here}    {line}\n")


FLOW_FILES: Mapping[str, str] = {
    after_move.__name__: with_line("after: {move_to: '/Done/{campaign}'}"),
    after_delete.__name__: with_line("after: delete"),
    new_content_becomes_an_asset_of_its_own.__name__: with_line("on_existing: {new_content: create}"),
    out_of_use_and_back.__name__: with_line("on_ready_lost: unavailable\n    on_source_deleted: unavailable"),
    found_by_its_name.__name__: with_line("identity: [link, key, name]"),
}
ARMING = (
    moved_to_another_campaign,
    a_folder_moved,
    an_alias,
    an_owner_deleted_beside_its_alias,
    an_owner_edited_beside_its_alias,
    new_content_becomes_an_asset_of_its_own,
    out_of_use_and_back,
)
SCENARIOS = (
    *ARMING,
    two_equal_files_at_once,
    approval_withdrawn_during_a_pause,
    after_move,
    after_delete,
    found_by_its_name,
)
