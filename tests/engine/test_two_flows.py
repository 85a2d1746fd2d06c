"""A flow that waits for an earlier one of the same file says so, and asks for nothing meanwhile."""

from __future__ import annotations

from pathlib import Path

from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, JANE, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SECOND = FlowId("second")
TWO = (
    CAMPAIGN_FLOWS.replace("      SyncStatus: run.status\n", "").replace("      SyncNote: run.reason\n", "").rstrip()
    + """

  - id: second
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    to: {celum: dam, collection: /Marketing/Office, asset_type: Campaign asset}
    fields: {Usage rules: {from: file.name}}
    columns: {SyncStatus: run.status, SyncNote: run.reason}
"""
)


async def held_first(campaign: Campaign) -> str:
    item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
    await campaign.world.until_quiet()
    campaign.drop("Launch.pdf", b"%PDF-1.4 edited afterwards")
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.HELD
    return item


async def test_a_second_flow_is_held_with_the_first_and_rests(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "rests", flows=TWO) as campaign:
        item = await held_first(campaign)
        link = await campaign.link(item, SECOND)
        assert (link.state, "is held: see there" in link.reasons[0].text) == (LinkState.HELD, True)
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"

        campaign.approve("Launch.pdf")
        await campaign.world.until_quiet()

        assert (await campaign.link(item, SECOND)).state is LinkState.SETTLED
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"
        assert campaign.world.errors == []


# --- versions that another flow has brought --------------------------------------------------------------------------

FIRST = FlowId("first")
WIDE = """version: "1"
name: Acme
time_zone: Europe/Vienna
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
flows:
  - id: first
    from: {onedrive: marketing, path: "/Campaigns/{campaign}/Approved/**"}
    to: {celum: dam, collection: "/Marketing/Campaigns/Spring-26", asset_type: Campaign asset}
    fields: {Usage rights: {default: x}}
    on_source_deleted: unavailable
  - id: second
    from: {onedrive: marketing, path: "/Campaigns/**"}
    to: {celum: dam, collection: /Marketing/Office, asset_type: Campaign asset}
    fields: {Usage rules: {from: file.name}}
"""
WORKING = "/Campaigns/Spring-26/Working"
ONE, TWO_, THREE = b"%PDF-1.4 one", b"%PDF-1.4 the second", b"%PDF-1.4 three is the third"


async def edited_outside(campaign: Campaign) -> str:
    """In the second flow alone, which adds the version; then it is the first one's file again."""
    item = campaign.drop("Launch.pdf", ONE)
    await campaign.world.until_quiet()
    campaign.move(f"{APPROVED}/Launch.pdf", to=WORKING)
    await campaign.world.until_quiet()
    campaign.world.onedrive.put_file(campaign.drive, f"{WORKING}/Launch.pdf", TWO_, by=JANE)
    await campaign.world.until_quiet()
    assert len(campaign.asset("Launch")["versions"]) == 2
    campaign.move(f"{WORKING}/Launch.pdf", to=APPROVED)
    await campaign.world.until_quiet()
    return item


async def states(campaign: Campaign, item: str) -> list[LinkState]:
    return [(await campaign.link(item, flow)).state for flow in (FIRST, SECOND)]


async def change_flows(campaign: Campaign, text: str) -> None:
    campaign.world.flows.write_text(text)
    await campaign.world.restart()
    campaign.world.clock.jump(60)
    await campaign.world.until_quiet()


async def test_a_version_added_while_the_first_flow_was_off_is_taken_note_of(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "off", flows=WIDE) as campaign:
        item = campaign.drop("Launch.pdf", ONE)
        await campaign.world.until_quiet()
        await change_flows(campaign, WIDE.replace("- id: first\n", "- id: first\n    mode: off\n"))
        campaign.drop("Launch.pdf", TWO_)
        await campaign.world.until_quiet()

        await change_flows(campaign, WIDE.replace("default: x", "default: print"))

        assert await states(campaign, item) == [LinkState.SETTLED, LinkState.SETTLED]
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
        campaign.drop("Launch.pdf", THREE)
        await campaign.world.until_quiet()
        assert await states(campaign, item) == [LinkState.SETTLED, LinkState.SETTLED]
        assert len(campaign.asset("Launch")["versions"]) == 3
        assert campaign.world.errors == []


async def test_a_version_added_while_the_file_was_elsewhere_is_taken_note_of(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "elsewhere", flows=WIDE) as campaign:
        item = await edited_outside(campaign)
        assert await states(campaign, item) == [LinkState.SETTLED, LinkState.SETTLED]
        assert len(campaign.asset("Launch")["versions"]) == 2

        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()
        campaign.restore(item)
        await campaign.world.until_quiet()

        assert await states(campaign, item) == [LinkState.SETTLED, LinkState.SETTLED]
        assert campaign.asset("Launch")["availability"] == {"available": True}
        assert campaign.world.errors == []


async def test_an_older_version_that_somebody_activated_stays_current(tmp_path: Path) -> None:
    """The second flow has settled it once; that somebody fetched it back is a person's doing all the same."""
    async with campaign_in(None, tmp_path, "activated", flows=WIDE) as campaign:
        item = await edited_outside(campaign)
        await change_flows(campaign, WIDE.replace("- id: second\n", "- id: second\n    mode: off\n"))
        campaign.drop("Launch.pdf", THREE)
        await campaign.world.until_quiet()
        asset = campaign.asset_id("Launch")
        campaign.world.celum.patch_asset(asset, {"currentVersion": campaign.world.celum.asset(asset).versions[1].id})

        campaign.drop("Launch.pdf", b"%PDF-1.4 four")
        await campaign.world.until_quiet()

        link = await campaign.link(item, FIRST)
        assert (link.state, link.reasons[0].rule) == (LinkState.HELD, "versions")
        assert len(campaign.asset("Launch")["versions"]) == 3


async def test_what_only_a_person_can_mend_is_not_tried_every_few_minutes(tmp_path: Path) -> None:
    """Somebody else has added a version: the first flow is held, and the second, which waits for it, with it."""
    async with campaign_in(None, tmp_path, "foreign", flows=WIDE) as campaign:
        item = campaign.drop("Launch.pdf", ONE)
        await campaign.world.until_quiet()
        campaign.world.celum.add_version(campaign.asset_id("Launch"), "Retouched.pdf", b"%PDF-1.4 retouched")
        campaign.drop("Launch.pdf", TWO_)
        await campaign.world.until_quiet()
        assert await states(campaign, item) == [LinkState.HELD, LinkState.HELD]
        before, asked = len(await journal(campaign, item)), list[str]()
        campaign.world.celum.serving.observers.append(lambda exchange: asked.append(exchange.path_and_query))

        began = campaign.world.clock.now()
        for _ in range(12):
            campaign.world.clock.jump(900)
            await campaign.world.until_quiet()

        assert await states(campaign, item) == [LinkState.HELD, LinkState.HELD]
        assert len(await journal(campaign, item)) == before
        looks = sum("/assets/" in path for path in asked)
        hours = (campaign.world.clock.now() - began).total_seconds() / 3600
        assert looks <= 2 * (hours + 1), "a look an hour for each flow, no more"


async def journal(campaign: Campaign, item: str) -> list[object]:
    ledger, store = campaign.world.ledger()
    links = [await campaign.link(item, flow) for flow in (FIRST, SECOND)]
    found: list[object] = [record for link in links for record in await ledger.journal(link.key)]
    await store.close()
    return found
