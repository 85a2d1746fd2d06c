from pathlib import Path

from local.azurite import Azurite
from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.engine.test_accepting import accept
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SPRING, SUMMER = "/Marketing/Campaigns/Spring-26", "/Marketing/Campaigns/Summer-26"
TWIN = "/Campaigns/Summer-26/Approved"
LOGO = b"%PDF-1.4 the logo"


def copy_for_summer(campaign: Campaign, **columns: str) -> str:
    """The same bytes once more, in another campaign's folder."""
    item = campaign.world.onedrive.put_file(campaign.drive, f"{TWIN}/Copy.pdf", LOGO)
    for column, value in {**READY, **columns}.items():
        campaign.world.clock.jump(1)
        campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Copy.pdf", column, value)
    return item


async def owner_and_alias(campaign: Campaign) -> tuple[str, str]:
    campaign.world.celum.add_collection(SUMMER)
    owner = campaign.drop("Logo.pdf", LOGO, **READY)
    await campaign.world.until_quiet()
    alias = copy_for_summer(campaign, UsageRights="print")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    return owner, alias


async def test_G35_H50_a_file_with_the_same_content_only_adds_its_collection(campaign: Campaign) -> None:
    _, alias = await owner_and_alias(campaign)

    asset = campaign.asset("Logo")
    assert asset["parents"] == [SPRING, SUMMER]
    assert asset["fields"]["Usage rights"] == "worldwide"
    campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Copy.pdf", "UsageRights", "web")
    await campaign.world.until_quiet()
    assert campaign.asset("Logo")["fields"]["Usage rights"] == "worldwide"
    assert (await campaign.link(alias)).state is LinkState.SETTLED


async def test_an_alias_with_content_of_its_own_leaves_the_asset(campaign: Campaign) -> None:
    await owner_and_alias(campaign)

    campaign.world.onedrive.put_file(campaign.drive, f"{TWIN}/Copy.pdf", b"%PDF-1.4 another logo", by=JANE)
    for value in ("Draft", "Approved"):
        campaign.world.clock.jump(1)
        campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Copy.pdf", "ApprovalStatus", value)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Logo")["parents"] == [SPRING]
    assert len(campaign.asset("Logo")["versions"]) == 1
    assert campaign.asset("Copy")["parents"] == [SUMMER]


async def test_the_alias_of_a_deleted_owner_becomes_the_owner(campaign: Campaign) -> None:
    _, alias = await owner_and_alias(campaign)

    campaign.delete(f"{APPROVED}/Logo.pdf")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    asset = campaign.asset("Copy")
    assert asset["fields"]["Usage rights"] == "print"
    assert asset["fields"]["Bridge key"] == f"{campaign.drive}|{alias}"
    assert len(campaign.assets()) == 1


HOLDS_THE_GONE = CAMPAIGN_FLOWS.replace(
    "    changed_after_ready: hold\n", "    changed_after_ready: hold\n    on_source_deleted: hold\n"
)


async def test_a_deleted_owner_is_not_held_while_an_alias_keeps_its_asset_alive(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "held owner", flows=HOLDS_THE_GONE) as campaign:
        owner, alias = await owner_and_alias(campaign)

        campaign.delete(f"{APPROVED}/Logo.pdf")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(owner)).state is LinkState.CLOSED
        assert campaign.asset("Copy")["fields"]["Bridge key"] == f"{campaign.drive}|{alias}"

        campaign.delete(f"{TWIN}/Copy.pdf")
        await campaign.world.until_quiet()
        assert (await campaign.link(alias)).state is LinkState.HELD  # the last one


async def test_a_held_owner_is_let_go_when_a_copy_appears(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "held owner, copy", flows=HOLDS_THE_GONE) as campaign:
        campaign.world.celum.add_collection(SUMMER)
        owner = campaign.drop("Logo.pdf", LOGO, **READY)
        await campaign.world.until_quiet()
        campaign.delete(f"{APPROVED}/Logo.pdf")
        await campaign.world.until_quiet()
        assert (await campaign.link(owner)).state is LinkState.HELD

        alias = copy_for_summer(campaign, UsageRights="print")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(owner)).state is LinkState.CLOSED
        assert campaign.asset("Copy")["fields"]["Bridge key"] == f"{campaign.drive}|{alias}"


async def test_a_copy_that_appears_after_the_owner_was_deleted_becomes_the_owner(campaign: Campaign) -> None:
    campaign.world.celum.add_collection(SUMMER)
    campaign.drop("Logo.pdf", LOGO, **READY)
    await campaign.world.until_quiet()
    campaign.delete(f"{APPROVED}/Logo.pdf")
    await campaign.world.until_quiet()

    copy = copy_for_summer(campaign, UsageRights="print")
    await campaign.world.until_quiet()
    assert campaign.asset("Logo")["fields"]["Usage rights"] == "worldwide"
    assert campaign.asset("Logo")["fields"]["Bridge key"] == f"{campaign.drive}|{copy}"
    campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Copy.pdf", "UsageRights", "web")
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert [asset["fields"]["Usage rights"] for asset in campaign.assets()] == ["web"]


async def test_G32_G90_two_equal_files_at_once_become_one_asset_also_while_celums_index_lags(
    campaign: Campaign,
) -> None:
    campaign.world.celum.quirks.index_lag = 300
    campaign.drop("One.pdf", LOGO, **READY)
    campaign.drop("Two.pdf", LOGO, **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert len(campaign.assets()) == 1
    assert campaign.columns("One.pdf")["SyncStatus"] == campaign.columns("Two.pdf")["SyncStatus"] == "In CELUM"


ARCHIVE = """
  - id: archive
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    ready: [unchanged_for: 2m]
    to: {celum: dam, intake: /Bridge/Intake, collection: /Marketing/Office, asset_type: Campaign asset}
    fields:
      Usage rules: {default: Internal only}
"""


async def test_H48_one_file_under_two_flows_is_one_asset(azurite: Azurite, tmp_path: Path) -> None:
    flows = CAMPAIGN_FLOWS + ARCHIVE
    async with campaign_in(azurite, tmp_path, "two flows", flows=flows) as campaign:
        item = campaign.drop("Logo.pdf", LOGO, **READY)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        asset = campaign.asset("Logo")
        assert asset["parents"] == [SPRING, "/Marketing/Office"] or asset["parents"] == ["/Marketing/Office", SPRING]
        assert asset["fields"]["Usage rules"] == "Internal only"
        assert asset["fields"]["Usage rights"] == "worldwide"

        campaign.drop("Logo.pdf", b"%PDF-1.4 second")
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert len(campaign.asset("Logo")["versions"]) == 2
        assert (await campaign.link(item, FlowId("archive"))).state is LinkState.SETTLED


async def test_a_column_that_two_flows_would_write_holds_what_the_first_says(azurite: Azurite, tmp_path: Path) -> None:
    """Where one names it by its display name, the flow file alone does not tell; they would write in turn for ever."""
    second = ARCHIVE + "      Summary: {from: column.Title, required: true}\n    columns: {Sync status: run.status}\n"
    async with campaign_in(azurite, tmp_path, "columns", flows=CAMPAIGN_FLOWS + second) as campaign:
        item = campaign.drop("Logo.pdf", LOGO, **READY)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(item, FlowId("archive"))).state is LinkState.HELD
        assert campaign.columns("Logo.pdf")["SyncStatus"] == "In CELUM"


# --- the owner gets other content ------------------------------------------------------------------------------------

PLAIN = """version: "1"
name: Acme
time_zone: Europe/Vienna
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
flows:
  - id: campaign-masters
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/**"}
    to: {celum: dam, collection: "/Marketing/Campaigns/{campaign}", asset_type: Campaign asset, key: Bridge key}
    fields: {Usage rights: {default: x}, Usage rules: {from: column.Title}}
"""
EDITED = b"%PDF-1.4 the logo, edited"


async def two_equal_files(campaign: Campaign) -> tuple[str, str]:
    campaign.world.celum.add_collection(SUMMER)
    owner = campaign.drop("One.pdf", LOGO, Title="one")
    await campaign.world.until_quiet()
    alias = campaign.world.onedrive.put_file(campaign.drive, f"{TWIN}/Two.pdf", LOGO)
    campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Two.pdf", "Title", "two")
    await campaign.world.until_quiet()
    settled = (await campaign.link(alias)).settled
    assert settled is not None
    assert settled.alias
    return owner, alias


def contents(campaign: Campaign, name: str) -> list[bytes]:
    versions = campaign.world.celum.asset(campaign.asset_id(name)).versions
    return [version.blob.path.read_bytes() for version in versions if version.blob]


async def test_an_alias_leaves_the_asset_when_its_owner_gets_other_content(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "left behind", flows=PLAIN) as campaign:
        _, alias = await two_equal_files(campaign)

        campaign.drop("One.pdf", EDITED)
        await campaign.world.until_quiet()

        assert (contents(campaign, "One"), contents(campaign, "Two")) == ([LOGO, EDITED], [LOGO])
        assert (campaign.asset("One")["parents"], campaign.asset("Two")["parents"]) == ([SPRING], [SUMMER])
        assert campaign.asset("Two")["fields"]["Bridge key"] == f"{campaign.drive}|{alias}"
        assert campaign.asset("Two")["fields"]["Usage rules"] == "two"
        assert campaign.world.errors == []


async def test_an_alias_leaves_also_while_celums_index_still_tells_the_old_content(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "old index", flows=PLAIN) as campaign:
        await two_equal_files(campaign)
        campaign.world.celum.quirks.index_lag = 3600

        campaign.drop("One.pdf", EDITED)
        await campaign.world.until_quiet()

        assert (contents(campaign, "One"), contents(campaign, "Two")) == ([LOGO, EDITED], [LOGO])
        assert campaign.world.errors == []


async def test_an_alias_that_was_left_behind_never_becomes_the_owner(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "no heir", flows=PLAIN) as campaign:
        await two_equal_files(campaign)
        campaign.drop("One.pdf", EDITED)
        campaign.world.clock.jump(1)
        campaign.world.onedrive.put_file(campaign.drive, f"{APPROVED}/Three.pdf", LOGO)
        await campaign.world.until_quiet()

        campaign.delete(f"{APPROVED}/One.pdf")
        await campaign.world.until_quiet()

        assert contents(campaign, "One") == [LOGO, EDITED]
        assert campaign.asset("One")["fields"]["Usage rules"] == "one"
        assert sorted(asset["name"] for asset in campaign.assets()) in (["One", "Three"], ["One", "Two"])
        assert campaign.world.errors == []


async def test_of_an_owner_that_gets_an_asset_of_its_own_an_alias_becomes_the_heir(tmp_path: Path) -> None:
    flows = PLAIN + "    on_existing: {new_content: create}\n"
    async with campaign_in(None, tmp_path, "own asset", flows=flows) as campaign:
        _, alias = await two_equal_files(campaign)
        first = campaign.asset_id("One")

        campaign.drop("One.pdf", EDITED)
        await campaign.world.until_quiet()

        settled = (await campaign.link(alias)).settled
        assert settled is not None
        assert (settled.asset, settled.alias) == (first, False)
        assert len(campaign.assets()) == 2
        assert campaign.world.errors == []


async def test_where_new_content_is_to_be_held_an_alias_left_behind_is(tmp_path: Path) -> None:
    """The owner's own edit is held as well, and accepted by a person."""
    flows = PLAIN + "    on_existing: {new_content: hold}\n"
    async with campaign_in(None, tmp_path, "held alias", flows=flows) as campaign:
        owner, alias = await two_equal_files(campaign)
        campaign.drop("One.pdf", EDITED)
        await campaign.world.until_quiet()
        await accept(campaign, owner, "version")

        link = await campaign.link(alias)
        assert (link.state, link.reasons[0].rule) == (LinkState.HELD, "on_existing.new_content")

        await accept(campaign, alias, "create")
        assert (contents(campaign, "One"), contents(campaign, "Two")) == ([LOGO, EDITED], [LOGO])
        assert campaign.asset("One")["parents"] == [SPRING]
        assert campaign.world.errors == []


async def test_an_asset_goes_out_of_use_with_its_owner_though_an_alias_has_not_left_it_yet(tmp_path: Path) -> None:
    flows = PLAIN + "    on_source_deleted: unavailable\n    ready: [column: {ApprovalStatus: Approved}]\n"
    async with campaign_in(None, tmp_path, "unavailable", flows=flows) as campaign:
        campaign.world.celum.add_collection(SUMMER)
        campaign.drop("One.pdf", LOGO, Title="one", ApprovalStatus="Approved")
        await campaign.world.until_quiet()
        campaign.world.onedrive.put_file(campaign.drive, f"{TWIN}/Two.pdf", LOGO)
        campaign.world.clock.jump(1)
        campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Two.pdf", "ApprovalStatus", "Approved")
        await campaign.world.until_quiet()
        assert len(campaign.assets()) == 1
        campaign.world.clock.jump(1)
        campaign.world.onedrive.put_file(campaign.drive, f"{TWIN}/Two.pdf", b"%PDF-1.4 a draft")
        campaign.world.onedrive.set_column(campaign.drive, f"{TWIN}/Two.pdf", "ApprovalStatus", "Draft")
        campaign.drop("One.pdf", EDITED)
        campaign.approve("One.pdf")
        await campaign.world.until_quiet()

        campaign.delete(f"{APPROVED}/One.pdf")
        await campaign.world.until_quiet()

        assert campaign.asset("One")["availability"] == {"available": False}
        assert campaign.world.errors == []
