from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.azurite import Azurite
from local.celum_simulator.stage import Availability
from shared.domain.links import LinkState
from tests.engine.test_api import get
from tests.engine.test_explaining import explained
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in
from tests.kit.wire import Fault, Ill
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SAMPLES = Path(__file__).parents[1] / "samples"


@asynccontextmanager
async def campaign_with(azurite: Azurite, folder: Path, name: str, line: str, instead: str) -> AsyncIterator[Campaign]:
    """The shipped flow with one line more, or in place of another."""
    shipped = CAMPAIGN_FLOWS
    assert instead in shipped
    flows = shipped.replace(instead, line)
    async with campaign_in(azurite, folder, name, flows=flows) as campaign:
        yield campaign


HOLD = "    changed_after_ready: hold\n"


@shows("changed_after_ready", "changed_after_ready.reset")
async def test_an_edit_after_approval_takes_the_approval_back(azurite: Azurite, tmp_path: Path) -> None:
    line = "    changed_after_ready: {reset: {ApprovalStatus: Draft}}\n"
    async with campaign_with(azurite, tmp_path, "reset", line, HOLD) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        campaign.drop("Launch.pdf", b"%PDF-1.4 second")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.columns("Launch.pdf")["ApprovalStatus"] == "Draft"
        assert len(campaign.asset("Launch")["versions"]) == 1

        campaign.set("Launch.pdf", "ApprovalStatus", "Approved")
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert len(campaign.asset("Launch")["versions"]) == 2
        assert (await campaign.link(item)).state is LinkState.SETTLED


@shows("on_ready_lost")
async def test_an_approval_taken_back_takes_the_asset_out_of_use(azurite: Azurite, tmp_path: Path) -> None:
    line = HOLD + "    on_ready_lost: unavailable\n"
    async with campaign_with(azurite, tmp_path, "ready lost", line, HOLD) as campaign:
        campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["availability"] == {"available": False}

        campaign.set("Launch.pdf", "ApprovalStatus", "Approved")
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert campaign.asset("Launch")["availability"] == {"available": True}


@shows("on_source_deleted")
async def test_a_deleted_source_takes_the_asset_out_of_use_until_it_is_restored(
    azurite: Azurite, tmp_path: Path
) -> None:
    line = HOLD + "    on_source_deleted: unavailable\n"
    async with campaign_with(azurite, tmp_path, "source deleted", line, HOLD) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()
        assert campaign.asset("Launch")["availability"] == {"available": False}

        campaign.restore(item)
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert campaign.asset("Launch")["availability"] == {"available": True}


async def test_a_close_that_was_cut_off_between_journal_and_row_is_told_once(azurite: Azurite, tmp_path: Path) -> None:
    """The row was written before, with what had stood in CELUM; the repeat leaves it as it is."""
    line = HOLD + "    on_source_deleted: unavailable\n"
    async with campaign_with(azurite, tmp_path, "told once", line, HOLD) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        embargo = Availability(start=datetime(2099, 1, 1, tzinfo=UTC))  # something that has to be remembered
        campaign.world.celum.change_asset(campaign.asset_id("Launch"), availability=embargo)
        wire = (await campaign.world.instance()).wire
        wire.calls.clear()
        wire.fault = Fault(1, Ill.KILLED_BEFORE, like="table: PUT .*links")
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()

        assert wire.struck
        assert (await campaign.link(item)).state is LinkState.CLOSED
        ledger, store = campaign.world.ledger()
        try:
            told = [record.entry["what"] for record in await ledger.journal((await campaign.link(item)).key)]
        finally:
            await store.close()
        assert told.count("closed") == 1


@shows("on_source_deleted")
async def test_a_deleted_source_is_held_until_it_is_restored(azurite: Azurite, tmp_path: Path) -> None:
    line = HOLD + "    on_source_deleted: hold\n"
    async with campaign_with(azurite, tmp_path, "source held", line, HOLD) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
        await campaign.world.until_quiet()
        campaign.delete(f"{APPROVED}/Launch.pdf")
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.HELD

        campaign.restore(item)
        await campaign.world.until_quiet()
        assert campaign.world.errors == []
        assert (await campaign.link(item)).state is LinkState.SETTLED


@shows("source embedded.<property>")
@pytest.mark.parametrize("sample", ["exiftool.jpg", "exiftool.png", "exiftool.pdf"])
async def test_embedded_properties_fill_fields(azurite: Azurite, tmp_path: Path, sample: str) -> None:
    title = "Title: {from: [column.Title, office.title, file.stem], locale: en}"
    embedded = "Title: {from: embedded.title, locale: en}"
    async with campaign_with(azurite, tmp_path, f"embedded {sample}", embedded, title) as campaign:
        campaign.drop(sample, (SAMPLES / sample).read_bytes(), **READY)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert campaign.assets()[0]["fields"]["Title"]["en"]


async def test_an_approval_taken_back_is_shown_until_it_is_given_again(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
    await campaign.world.until_quiet()
    campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
    await campaign.world.until_quiet()

    why = 'approval taken back: what CELUM has stays; ApprovalStatus is "Draft", not "Approved"'
    row, *others = (await get(campaign, "attention"))["rows"]
    assert others == []
    assert (row["kind"], row["path"]) == ("waiting", f"{APPROVED}/Launch.pdf")
    assert "; ".join(reason["text"] for reason in row["reasons"]) == why
    assert shown(campaign) == ("In CELUM", why)
    assert (await campaign.link(item)).receipt is not None  # our own write was recognised
    file, rules = await explained(campaign, f"{APPROVED}/Launch.pdf")
    assert (file["outcome"], rules["ready.column.ApprovalStatus"]["verdict"]) == ("nothing", "failed")
    assert rules["fields.Market"]["verdict"] == "passed"
    assert len(file["would_change"]) == 1

    campaign.drop("Launch.pdf", b"%PDF-1.4 not approved")
    await campaign.world.until_quiet()
    why = 'approval taken back: the present content is not in CELUM; ApprovalStatus is "Draft", not "Approved"'
    row, *others = (await get(campaign, "attention"))["rows"]
    assert others == []
    assert "; ".join(reason["text"] for reason in row["reasons"]) == why
    assert shown(campaign) == ("Waiting", why)

    campaign.set("Launch.pdf", "ApprovalStatus", "Approved")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert (await get(campaign, "attention"))["rows"] == []
    assert shown(campaign) == ("In CELUM", "")


async def test_an_approval_taken_back_with_other_values_is_shown_as_well(campaign: Campaign) -> None:
    campaign.drop("Launch.pdf", b"%PDF-1.4 launch", **READY)
    await campaign.world.until_quiet()
    campaign.set("Launch.pdf", "UsageRights", "print")
    campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
    await campaign.world.until_quiet()
    assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
    assert [row["kind"] for row in (await get(campaign, "attention"))["rows"]] == ["waiting"]
    assert shown(campaign)[1].startswith("approval taken back: ")

    campaign.set("Launch.pdf", "ApprovalStatus", "Approved")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert (await get(campaign, "attention"))["rows"] == []
    assert shown(campaign) == ("In CELUM", "")


def shown(campaign: Campaign) -> tuple[str, str]:
    columns = campaign.columns("Launch.pdf")
    return str(columns["SyncStatus"]), str(columns.get("SyncNote") or "")
