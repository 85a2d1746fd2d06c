"""How an existing asset is recognised, and what becomes of it: `identity` and `on_existing`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from local.celum_simulator.stage import Availability, Given
from local.serving import Exchange
from shared.domain.links import LinkState
from shared.engine import accepting
from shared.ledger.rows import AttentionKind
from tests.kit.campaign import CAMPAIGN_FLOWS, Campaign, campaign_in
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SPRING, OFFICE = "/Marketing/Campaigns/Spring-26", "/Marketing/Office"
LOGO, OTHER = b"%PDF-1.4 the logo", b"%PDF-1.4 another logo"
SHIPPED = CAMPAIGN_FLOWS
HERE = "    changed_after_ready: hold\n"
RELEASED = {"Usage rights": "print", "Campaign": "Old"}


@asynccontextmanager
async def campaign_with(folder: Path, *lines: str, ready: str = "") -> AsyncIterator[Campaign]:
    """The shipped flow with these lines more."""
    flows = SHIPPED.replace(HERE, HERE + "".join(f"    {line}\n" for line in lines))
    async with campaign_in(None, folder, "identity", flows=ready or flows) as campaign:
        yield campaign


def old_logo(
    campaign: Campaign,
    data: bytes = LOGO,
    *,
    parent: str = SPRING,
    name: str = "Logo",
    fields: Mapping[str, Given] = RELEASED,
) -> int:
    """As somebody put it into CELUM without the bridge."""
    return campaign.world.celum.add_asset(
        "old.pdf", data, parents=[parent], name=name, type="Campaign asset", fields=fields
    )


async def drop_logo(campaign: Campaign, name: str = "Logo.pdf", data: bytes = LOGO) -> str:
    item = campaign.drop(name, data, **READY)
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    return item


async def held_because(campaign: Campaign, item: str) -> str:
    link = await campaign.link(item)
    assert link.state is LinkState.HELD, link
    ledger, store = campaign.world.ledger()
    try:
        assert link.key in {row.link for row in await ledger.attention(AttentionKind.HELD)}
    finally:
        await store.close()
    return "; ".join(reason.text for reason in link.reasons)


def versions(campaign: Campaign, asset: int) -> int:
    return len(campaign.world.celum.asset(asset).versions)


# --- name -----------------------------------------------------------------------------------------------------------


@shows("identity", "on_existing.new_content")
async def test_an_asset_of_the_same_name_in_the_collection_gets_the_files_content(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, name]") as campaign:
        there = old_logo(campaign, OTHER)
        item = await drop_logo(campaign)

        asset = campaign.asset("Logo")
        assert versions(campaign, there) == 2
        assert asset["fields"]["Usage rights"] == "worldwide"
        link = await campaign.link(item)
        assert link.settled is not None
        assert (link.state, link.settled.asset) == (LinkState.SETTLED, there)


async def test_an_asset_of_another_name_or_in_another_collection_is_none_of_ours(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, name]") as campaign:
        others = [old_logo(campaign, OTHER, name="Logo blue"), old_logo(campaign, OTHER, parent=OFFICE)]
        await drop_logo(campaign)

        assert [versions(campaign, other) for other in others] == [1, 1]
        assert len(campaign.assets()) == 3


@shows("identity")
async def test_several_assets_of_one_name_are_held_and_listed(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, name]") as campaign:
        one, two = old_logo(campaign, OTHER), old_logo(campaign, OTHER)
        why = await held_because(campaign, await drop_logo(campaign))

        assert f'2 assets are named "Logo" in {SPRING}: {one}, {two}' in why
        assert len(campaign.assets()) == 2


async def test_two_files_of_one_name_do_not_overwrite_each_other_also_while_the_index_lags(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, name]") as campaign:
        campaign.world.celum.quirks.index_lag = 300
        first = campaign.drop("one/Logo.pdf", LOGO, **READY)
        await campaign.world.until_quiet()
        second = campaign.drop("two/Logo.pdf", OTHER, **READY)
        await campaign.world.until_quiet()

        assert (await campaign.link(first)).state is LinkState.SETTLED
        assert "that of another file" in await held_because(campaign, second)
        assert len(campaign.assets()) == 1


# --- by field -------------------------------------------------------------------------------------------------------


@shows("identity")
async def test_an_asset_whose_field_holds_the_files_value_is_recognised(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, {Usage rules: file.stem}]") as campaign:
        there = old_logo(campaign, OTHER, name="The old logo")
        campaign.world.celum.change_asset(there, fields={"Usage rules": "Logo"})
        await drop_logo(campaign)

        assert versions(campaign, there) == 2
        assert len(campaign.assets()) == 1
        assert campaign.assets()[0]["name"] == "The old logo", "a name that people gave stays"


async def test_a_field_that_holds_more_than_the_value_is_no_hit(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "identity: [link, {Usage rules: file.stem}]") as campaign:
        there = old_logo(campaign, OTHER, name="The old logo")
        campaign.world.celum.change_asset(there, fields={"Usage rules": "Logo and claim"})
        await drop_logo(campaign)

        assert versions(campaign, there) == 1
        assert len(campaign.assets()) == 2


@shows("identity")
async def test_the_first_way_that_finds_something_wins(tmp_path: Path) -> None:
    ways = "identity: [link, {Usage rules: file.stem}, checksum]"
    async with campaign_with(tmp_path, ways) as campaign:
        named, alike = old_logo(campaign, OTHER, name="By field"), old_logo(campaign, LOGO, name="By checksum")
        campaign.world.celum.change_asset(named, fields={"Usage rules": "Logo"})
        await drop_logo(campaign)
        assert (versions(campaign, named), versions(campaign, alike)) == (2, 1)


async def test_checksum_first_wins_over_a_field(tmp_path: Path) -> None:
    ways = "identity: [link, checksum, {Usage rules: file.stem}]"
    async with campaign_with(tmp_path, ways) as campaign:
        named, alike = old_logo(campaign, OTHER, name="By field"), old_logo(campaign, LOGO, name="By checksum")
        campaign.world.celum.change_asset(named, fields={"Usage rules": "Logo"})
        item = await drop_logo(campaign)
        assert versions(campaign, named) == 1
        settled = (await campaign.link(item)).settled
        assert settled is not None
        assert settled.asset == alike


# --- linking must not widen rights ----------------------------------------------------------------------------------


async def test_an_asset_that_is_unavailable_is_not_linked_until_it_is_available(tmp_path: Path) -> None:
    async with campaign_with(tmp_path) as campaign:
        there = old_logo(campaign)
        ends = campaign.world.celum.clock.now() - timedelta(days=1)
        campaign.world.celum.change_asset(there, availability=Availability(end=ends))
        campaign.world.celum.quirks.hide_expired = False
        item = await drop_logo(campaign)
        assert "not available now" in await held_because(campaign, item)

        campaign.world.celum.change_asset(there, availability=Availability(available=True))
        campaign.world.clock.jump(3600)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert len(campaign.assets()) == 1


async def test_an_asset_that_is_not_released_is_not_linked(tmp_path: Path) -> None:
    async with campaign_with(tmp_path) as campaign:
        old_logo(campaign, fields={"Campaign": "Old"})
        assert "is not released" in await held_because(campaign, await drop_logo(campaign))


async def test_an_asset_wholly_outside_the_root_of_the_target_is_not_linked(tmp_path: Path) -> None:
    async with campaign_with(tmp_path) as campaign:
        there = old_logo(campaign, parent="/Review/Incoming")
        item = await drop_logo(campaign)
        assert "lies wholly outside the root" in await held_because(campaign, item)

        campaign.world.celum.change_asset(there, add_to=[OFFICE])
        campaign.world.clock.jump(3600)
        await campaign.world.until_quiet()
        assert campaign.asset("Logo")["parents"] == [SPRING, OFFICE, "/Review/Incoming"]


# --- same content ---------------------------------------------------------------------------------------------------


@shows("on_existing.same_content")
async def test_linking_writes_no_field_and_takes_the_present_values_as_base(tmp_path: Path) -> None:
    async with campaign_with(tmp_path) as campaign:
        old_logo(campaign, name="The logo", parent=OFFICE)
        await drop_logo(campaign)
        asset = campaign.asset("The logo")
        assert asset["parents"] == [SPRING, OFFICE]
        assert asset["fields"]["Usage rights"] == "print"

        campaign.set("Logo.pdf", "Market", "DE")
        await campaign.world.until_quiet()
        fields = campaign.asset("The logo")["fields"]
        assert (fields["Usage rights"], fields["Market"]) == ("print", "Germany")


@shows("on_existing.same_content")
async def test_update_fields_writes_them_and_journals_what_they_replace(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {same_content: update_fields}") as campaign:
        old_logo(campaign, name="The logo", parent=OFFICE)
        item = await drop_logo(campaign)

        asset = campaign.asset("The logo")
        assert asset["parents"] == [SPRING, OFFICE]
        assert asset["fields"]["Usage rights"] == "worldwide"
        assert len(asset["versions"]) == 1
        replaced = {entry["field"]: entry["value"] for entry in await journal(campaign, item, "replaced")}
        assert replaced == RELEASED


async def test_the_fields_of_another_files_asset_are_not_written(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {same_content: update_fields}") as campaign:
        await drop_logo(campaign)
        campaign.drop("Copy.pdf", LOGO, **{**READY, "UsageRights": "web"})
        await campaign.world.until_quiet()

        assert campaign.asset("Logo")["fields"]["Usage rights"] == "worldwide"


@shows("on_existing.same_content")
async def test_same_content_can_be_held_and_is_not_sent_again_to_find_that_out(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {same_content: hold}") as campaign:
        there = old_logo(campaign)
        item = await drop_logo(campaign)
        assert f"asset {there} has the content of this file already" in await held_because(campaign, item)
        assert await hours_of_waiting(campaign) == 0

        campaign.world.celum.delete_asset(there)
        assert await hours_of_waiting(campaign) == 1, "nobody has it any more, so it has to be sent"
        assert (await campaign.link(item)).state is LinkState.SETTLED


async def accept(campaign: Campaign, item: str, how: str) -> None:
    """What a person says of what is held, and what comes of it."""
    bridge = (await campaign.world.instance()).bridge
    link = await campaign.link(item)
    assert link.state is LinkState.HELD
    await accepting.accept(bridge.context, link.key, how, "jane", "seen")
    await campaign.world.until_quiet()
    link = await campaign.link(item)
    assert campaign.world.errors == []
    assert (link.state, link.accepted) == (LinkState.SETTLED, None), link.reasons


@pytest.mark.parametrize("count", [1, 2])
async def test_what_holds_the_same_content_is_left_alone_where_a_person_wants_another_asset(
    tmp_path: Path, count: int
) -> None:
    async with campaign_with(tmp_path, "on_existing: {same_content: hold}") as campaign:
        for number in range(count):
            old_logo(campaign, name=f"Old {number}")
        item = await drop_logo(campaign)
        await accept(campaign, item, "create")

        assert len(campaign.assets()) == count + 1
        assert campaign.asset("Logo")["fields"]["Bridge key"] == f"{campaign.drive}|{item}"


async def test_what_a_person_accepts_as_a_version_is_no_longer_held(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {new_content: hold}") as campaign:
        item = await drop_logo(campaign)
        campaign.drop("Logo.pdf", OTHER)
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()
        await accept(campaign, item, "version")
        assert len(campaign.asset("Logo")["versions"]) == 2

        campaign.drop("Logo.pdf", b"%PDF-1.4 a third logo")
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()
        assert "its asset is not to be changed" in await held_because(campaign, item), "it was said of the other only"


async def test_new_content_that_is_held_becomes_an_asset_of_its_own_where_a_person_says_so(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {new_content: hold}") as campaign:
        item = await drop_logo(campaign)
        campaign.drop("Logo.pdf", OTHER)
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()
        await accept(campaign, item, "create")

        assert [len(asset["versions"]) for asset in campaign.assets()] == [1, 1]
        keyed = [asset["fields"].get("Bridge key") for asset in campaign.assets()]
        assert set(keyed) == {None, f"{campaign.drive}|{item}"}, "the former asset gives its key up"


async def test_an_asset_found_by_name_gets_a_version_where_a_person_says_so(tmp_path: Path) -> None:
    lines = ("identity: [link, name]", "on_existing: {new_content: hold}")
    async with campaign_with(tmp_path, *lines) as campaign:
        there = old_logo(campaign, OTHER)
        item = await drop_logo(campaign)
        await accept(campaign, item, "version")
        assert versions(campaign, there) == 2
        assert len(campaign.assets()) == 1


async def test_several_assets_of_the_same_bytes_are_not_asked_for_by_uploading_every_hour(tmp_path: Path) -> None:
    async with campaign_with(tmp_path) as campaign:
        one, two = old_logo(campaign), old_logo(campaign, name="Logo 2")
        item = await drop_logo(campaign)
        assert f"2 assets hold the same bytes: {one}, {two}" in await held_because(campaign, item)
        assert await hours_of_waiting(campaign) == 0

        campaign.world.celum.delete_asset(two)
        assert await hours_of_waiting(campaign) == 0
        settled = (await campaign.link(item)).settled
        assert settled is not None
        assert settled.asset == one


# --- new content ----------------------------------------------------------------------------------------------------


@shows("on_existing.new_content")
async def test_new_content_becomes_an_asset_of_its_own_and_the_former_one_stays(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {new_content: create}") as campaign:
        item = await drop_logo(campaign)
        for data in (OTHER, b"%PDF-1.4 a third logo"):
            campaign.drop("Logo.pdf", data)
            campaign.approve("Logo.pdf")
            await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assets = sorted(campaign.world.celum.assets(), key=lambda asset: asset.id)
        assert [len(asset.versions) for asset in assets] == [1, 1, 1]
        assert [asset["parents"] for asset in campaign.assets()] == [[SPRING]] * 3
        keyed = [asset["fields"].get("Bridge key") for asset in campaign.assets()]
        assert sorted(key is None for key in keyed) == [False, True, True]
        settled = (await campaign.link(item)).settled
        assert settled is not None
        assert settled.asset == assets[-1].id
        stays = [entry["asset"] for entry in await journal(campaign, item, "former asset stays")]
        assert set(stays) == {str(asset.id) for asset in assets[:2]}


async def test_found_by_name_with_other_content_a_second_asset_is_made(tmp_path: Path) -> None:
    lines = ("identity: [link, name, checksum]", "on_existing: {new_content: create}")
    async with campaign_with(tmp_path, *lines) as campaign:
        there = old_logo(campaign, OTHER)
        await drop_logo(campaign)
        assert versions(campaign, there) == 1
        assert len(campaign.assets()) == 2


async def test_found_by_name_with_other_content_it_is_held_without_another_upload(tmp_path: Path) -> None:
    lines = ("identity: [link, name]", "on_existing: {new_content: hold}")
    async with campaign_with(tmp_path, *lines) as campaign:
        there = old_logo(campaign, OTHER)
        item = await drop_logo(campaign)
        assert f"asset {there} was found by name and holds other content" in await held_because(campaign, item)
        assert await hours_of_waiting(campaign) == 0
        assert versions(campaign, there) == 1


@shows("on_existing.new_content")
async def test_new_content_of_a_linked_file_is_held(tmp_path: Path) -> None:
    async with campaign_with(tmp_path, "on_existing: {new_content: hold}") as campaign:
        item = await drop_logo(campaign)
        campaign.drop("Logo.pdf", OTHER)
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()
        assert "its asset is not to be changed" in await held_because(campaign, item)
        assert len(campaign.asset("Logo")["versions"]) == 1


# --- collections that are missing -----------------------------------------------------------------------------------


@shows("to.create_collections", "to.collection_type")
async def test_a_missing_root_collection_is_made_of_its_type(tmp_path: Path) -> None:
    target = "collection: /Marketing/Campaigns/{campaign}"
    made = "collection: /Archive/{campaign}\n      create_collections: true\n      collection_type: Folder"
    async with campaign_with(tmp_path, ready=SHIPPED.replace(target, made)) as campaign:
        await drop_logo(campaign)
        assert campaign.asset("Logo")["parents"] == ["/Archive/Spring-26"]


async def test_without_its_type_a_missing_root_collection_is_held(tmp_path: Path) -> None:
    target = "collection: /Marketing/Campaigns/{campaign}"
    made = "collection: /Archive/{campaign}\n      create_collections: true"
    async with campaign_with(tmp_path, ready=SHIPPED.replace(target, made)) as campaign:
        assert 'there is no collection "Archive"' in await held_because(campaign, await drop_logo(campaign))


async def hours_of_waiting(campaign: Campaign) -> int:
    """How often bytes were sent to CELUM during two of the hourly looks."""
    sent: list[str] = []

    def note(exchange: Exchange) -> None:
        if "/upload/" in exchange.path_and_query:
            sent.append(exchange.path_and_query)

    campaign.world.celum.serving.observers.append(note)
    for _ in range(2):
        campaign.world.clock.jump(3600)
        await campaign.world.until_quiet()
    campaign.world.celum.serving.observers.remove(note)
    assert campaign.world.errors == []
    return len(sent)


async def journal(campaign: Campaign, item: str, what: str) -> list[dict[str, str]]:
    ledger, store = campaign.world.ledger()
    try:
        found = [dict(record.entry) for record in await ledger.journal((await campaign.link(item)).key)]
    finally:
        await store.close()
    return [entry for entry in found if entry["what"] == what]
