"""Whether and when an asset may be used: what people set in CELUM stays, and what the bridge took away comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.celum_simulator import Availability
from shared.domain.links import LinkState
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
ANCHOR = "    changed_after_ready: hold\n"
UNTIL = ANCHOR + "    availability: {until: column.RightsUntil}\n"
FIRST, SECOND = "2027-06-30", "2027-08-31"
SENT_FIRST, SENT_SECOND = ({"from": None, "to": f"{day}T21:59:59Z"} for day in (FIRST, SECOND))


@asynccontextmanager
async def with_lines(tmp_path: Path, lines: str, *, with_contracts: bool = True) -> AsyncIterator[Campaign]:
    assert ANCHOR in CAMPAIGN_FLOWS
    flows = CAMPAIGN_FLOWS.replace(ANCHOR, lines)
    async with campaign_in(None, tmp_path, "availability", flows=flows, with_contracts=with_contracts) as campaign:
        yield campaign
        assert campaign.world.errors == []


async def settled(campaign: Campaign, **columns: str) -> str:
    item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **{**READY, **columns})
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.SETTLED
    return item


def person_sets(campaign: Campaign, availability: Availability) -> object:
    campaign.world.celum.change_asset(campaign.asset_id("Launch"), availability=availability)
    return campaign.asset("Launch")["availability"]


async def set_and_settle(campaign: Campaign, column: str, value: str | None) -> None:
    campaign.set("Launch.pdf", column, value)
    await campaign.world.until_quiet()


def there(campaign: Campaign) -> object:
    return campaign.asset("Launch")["availability"]


async def test_what_a_person_takes_out_of_use_stays_so_while_the_dates_stand(tmp_path: Path) -> None:
    async with with_lines(tmp_path, UNTIL) as campaign:
        await settled(campaign, RightsUntil=FIRST)
        assert there(campaign) == SENT_FIRST
        off = person_sets(campaign, Availability(available=False))

        await set_and_settle(campaign, "UsageRights", "print")

        assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
        assert there(campaign) == off


async def test_other_dates_replace_what_a_person_set_and_the_journal_says_it(tmp_path: Path) -> None:
    async with with_lines(tmp_path, UNTIL) as campaign:
        item = await settled(campaign, RightsUntil=FIRST)
        person_sets(campaign, Availability(available=False))

        await set_and_settle(campaign, "RightsUntil", SECOND)

        assert there(campaign) == SENT_SECOND
        ledger, store = campaign.world.ledger()
        journal = [record.entry for record in await ledger.journal((await campaign.link(item)).key)]
        await store.close()
        assert [entry["value"] for entry in journal if entry["what"] == "replaced"] == ["not available"]


async def test_emptied_dates_take_back_what_the_bridge_wrote(tmp_path: Path) -> None:
    async with with_lines(tmp_path, UNTIL) as campaign:
        await settled(campaign, RightsUntil=FIRST)

        await set_and_settle(campaign, "RightsUntil", None)

        assert there(campaign) == {"available": True}


async def test_emptied_dates_leave_what_a_person_set(tmp_path: Path) -> None:
    async with with_lines(tmp_path, UNTIL) as campaign:
        await settled(campaign, RightsUntil=FIRST)
        off = person_sets(campaign, Availability(available=False))

        await set_and_settle(campaign, "RightsUntil", None)

        assert there(campaign) == off


async def test_a_date_far_off_means_never(tmp_path: Path) -> None:
    text = UNTIL.replace("column.RightsUntil", "column.UsageRights")
    async with with_lines(tmp_path, text) as campaign:
        await settled(campaign, UsageRights="9999-12-31")
        assert there(campaign) == {"from": None, "to": "9999-12-31T22:59:59Z"}


@pytest.mark.parametrize("dates", ["", "    availability: {until: column.RightsUntil}\n"])
async def test_an_approval_that_returns_brings_back_the_embargo_that_a_person_had_set(
    tmp_path: Path, dates: str
) -> None:
    lines = ANCHOR + "    on_ready_lost: unavailable\n" + dates
    async with with_lines(tmp_path, lines) as campaign:
        await settled(campaign, RightsUntil=FIRST)
        embargo = person_sets(campaign, Availability(start=campaign.world.clock.after(86400)))

        await set_and_settle(campaign, "ApprovalStatus", "Draft")
        assert there(campaign) == {"available": False}
        await set_and_settle(campaign, "UsageRights", "print")
        assert there(campaign) == {"available": False}
        await set_and_settle(campaign, "ApprovalStatus", "Approved")
        assert there(campaign) == embargo


async def test_dates_that_change_meanwhile_count_when_the_approval_returns(tmp_path: Path) -> None:
    async with with_lines(tmp_path, UNTIL + "    on_ready_lost: unavailable\n") as campaign:
        await settled(campaign, RightsUntil=FIRST)
        await set_and_settle(campaign, "ApprovalStatus", "Draft")
        await set_and_settle(campaign, "RightsUntil", SECOND)
        assert there(campaign) == {"available": False}

        await set_and_settle(campaign, "ApprovalStatus", "Approved")

        assert there(campaign) == SENT_SECOND


async def test_what_a_person_puts_back_into_use_is_theirs(tmp_path: Path) -> None:
    async with with_lines(tmp_path, ANCHOR + "    on_ready_lost: unavailable\n") as campaign:
        await settled(campaign)
        await set_and_settle(campaign, "ApprovalStatus", "Draft")
        dated = person_sets(campaign, Availability(end=campaign.world.clock.after(86400)))

        await set_and_settle(campaign, "UsageRights", "print")
        assert there(campaign) == dated
        await set_and_settle(campaign, "ApprovalStatus", "Approved")
        assert there(campaign) == dated


async def test_a_restored_source_brings_back_what_stood_there(tmp_path: Path) -> None:
    async with with_lines(tmp_path, ANCHOR + "    on_source_deleted: unavailable\n") as campaign:
        item = await settled(campaign)
        embargo = person_sets(campaign, Availability(start=campaign.world.clock.after(86400)))
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()
        assert there(campaign) == {"available": False}

        campaign.restore(item)
        await campaign.world.until_quiet()

        assert there(campaign) == embargo


async def test_G124_what_celum_says_of_it_and_nobody_understands_holds_what_would_be_compared_with_it(
    tmp_path: Path,
) -> None:
    async with with_lines(tmp_path, UNTIL, with_contracts=False) as campaign:
        item = await settled(campaign, RightsUntil=FIRST)
        campaign.world.celum.quirks.availability_json = '{"type": "DATED", "to": "31.08.2027"}'

        await set_and_settle(campaign, "RightsUntil", SECOND)
        link = await campaign.link(item)
        assert link.state is LinkState.HELD
        assert "31.08.2027" in link.reasons[0].text
        assert there(campaign) == SENT_FIRST

        campaign.world.celum.quirks.availability_json = ""
        campaign.world.clock.jump(3600)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert there(campaign) == SENT_SECOND


async def test_G124_it_stops_nothing_where_the_flow_does_not_speak_of_it(tmp_path: Path) -> None:
    async with with_lines(tmp_path, ANCHOR, with_contracts=False) as campaign:
        item = await settled(campaign)
        campaign.world.celum.quirks.availability_json = '"UNAVAILABLE"'

        await set_and_settle(campaign, "UsageRights", "print")

        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
