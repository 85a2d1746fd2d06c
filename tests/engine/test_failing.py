"""Work that cannot be done now, or ever: it is tried as long as is promised, ends visibly, and stops nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from local.serving import Exchange, Fault
from shared.domain.decisions import Reason
from shared.domain.ids import DriveId, VersionId
from shared.domain.links import LinkState
from shared.engine import accepting
from shared.engine.facts import read_item
from shared.engine.transfers import ATTEMPTS, LONGEST_RETRY_SECONDS
from shared.engine.writeback import wanted_columns
from shared.ledger.rows import DueKind, ScanLease
from shared.messages import ScanMessage
from tests.kit.campaign import CAMPAIGN_FLOWS, FLOW, Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
FOR_EVER = 1_000_000


async def uploads(campaign: Campaign) -> int:
    return sum("POST /upload/" in call for call in (await campaign.world.instance()).wire.calls)


async def started(campaign: Campaign, item: str) -> int:
    """How many transfers of the file ever began."""
    ledger, store = campaign.world.ledger()
    try:
        records = await ledger.journal((await campaign.link(item)).key)
    finally:
        await store.close()
    return sum(record.entry["what"] == "started" for record in records)


async def until_it_fails(campaign: Campaign, item: str) -> None:
    campaign.world.celum.faults.append(Fault("^POST /upload/", times=FOR_EVER, status=500))
    for _ in range(ATTEMPTS):
        await campaign.world.until_quiet()
        if (await campaign.link(item)).state is LinkState.FAILED:
            return
        campaign.world.clock.jump(LONGEST_RETRY_SECONDS)
    raise AssertionError(f"still {(await campaign.link(item)).state}")


async def test_what_failed_for_good_is_shown_and_waits_for_a_person(campaign: Campaign) -> None:
    """The column that says so is a change of the file too, and must not begin it anew."""
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await until_it_fails(campaign, item)
    assert await uploads(campaign) == ATTEMPTS

    await campaign.world.until_quiet()
    assert await uploads(campaign) == ATTEMPTS
    link = await campaign.link(item)
    assert link.state is LinkState.FAILED
    assert link.transfer is None
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "Failed"

    campaign.world.celum.faults.clear()
    await accepting.replay((await campaign.world.instance()).bridge.context, link.key, "a person")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert campaign.columns("Launch.pdf")["SyncStatus"] == "In CELUM"


# --- an answer that got lost --------------------------------------------------------------------------------------


async def test_a_version_whose_answer_got_lost_is_known_as_ours_also_when_the_transfer_closes(
    campaign: Campaign,
) -> None:
    """Else the next content would be held, because somebody else's version seemed to be current."""
    item = campaign.drop("Launch.pdf", b"%PDF first", **READY)
    await campaign.world.until_quiet()
    campaign.world.celum.faults.append(Fault("^POST .*/versions$", kind="lost"))
    campaign.drop("Launch.pdf", b"%PDF second")
    campaign.approve("Launch.pdf")
    while len(campaign.asset("Launch")["versions"]) < 2:
        assert await campaign.world.step()
    campaign.set("Launch.pdf", "ApprovalStatus", "Draft")
    await campaign.world.until_quiet()
    link = await campaign.link(item)
    assert link.settled is not None
    assert (link.transfer, link.settled.version) == (None, VersionId(1))
    assert VersionId(2) in link.added

    campaign.drop("Launch.pdf", b"%PDF third")
    campaign.approve("Launch.pdf")
    await campaign.world.until_quiet()
    assert campaign.world.errors == []
    assert len(campaign.asset("Launch")["versions"]) == 3
    assert (await campaign.link(item)).state is LinkState.SETTLED


async def test_what_is_said_of_a_file_while_its_transfer_waits_is_what_arrives(campaign: Campaign) -> None:
    """The bytes are the same: they are not sent again."""
    campaign.world.celum.faults.append(Fault("^POST .*/v1/assets$", status=500))

    def change(exchange: Exchange) -> None:
        if exchange.path_and_query.startswith("/upload/"):
            campaign.set("Launch.pdf", "UsageRights", "print")

    campaign.world.celum.serving.observers.append(change)
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    await campaign.world.until_quiet()

    assert campaign.world.errors == []
    assert campaign.asset("Launch")["fields"]["Usage rights"] == "print"
    assert await uploads(campaign) == 1
    assert await started(campaign, item) == 1, "it settled as what it was not, and another transfer had to mend it"


# --- a system that does not answer --------------------------------------------------------------------------------


async def test_a_file_that_onedrive_does_not_answer_for_keeps_no_other_waiting(campaign: Campaign) -> None:
    names = ("1.pdf", "2.pdf", "3.pdf")
    items = [campaign.drop(name, name.encode(), **READY) for name in names]
    campaign.world.onedrive.serving.faults.append(Fault(f"^GET .*/items/{items[0]}", times=FOR_EVER, status=500))
    for _ in range(60):
        if len(campaign.assets()) == 2 or not await campaign.world.step():
            break
    assert sorted(asset["name"] for asset in campaign.assets()) == ["2", "3"]

    campaign.world.onedrive.serving.faults.clear()
    await campaign.world.until_quiet()
    assert len(campaign.assets()) == 3
    assert campaign.world.errors == []


async def test_a_scan_that_failed_leaves_the_drive_to_the_next_at_once(campaign: Campaign) -> None:
    campaign.world.onedrive.serving.faults.append(Fault("^GET .*/delta", times=FOR_EVER, status=500))
    drive = DriveId(campaign.drive)
    bridge = (await campaign.world.instance()).bridge
    await bridge.scan(ScanMessage(drive=drive))

    (again,) = [ScanMessage.parse(waiting.text) for waiting in campaign.world.queue]
    lease = await bridge.context.ledger.ring(drive, "the next", campaign.world.clock.after(60))

    assert again.drive == drive
    assert isinstance(lease, ScanLease)
    assert not lease.dirty


@pytest.mark.parametrize("status", [None, 403, 404])
async def test_a_site_that_is_gone_or_forbidden_stops_no_flow_of_another(tmp_path: Path, status: int | None) -> None:
    there = "  marketing: {onedrive:"
    flows = CAMPAIGN_FLOWS
    gone = flows.replace(there, there.replace("marketing", "gone")).split("connections:\n")[1].splitlines()[0]
    text = flows.replace("connections:\n", f"connections:\n{gone.replace('sites/marketing', 'sites/gone')}\n")
    text += """
  - id: a-dead-one
    from: {onedrive: gone, path: "/**"}
    to: {celum: dam, collection: /Marketing/Office, asset_type: Campaign asset}
"""

    def refuse(campaign: Campaign) -> None:
        if status is not None:
            campaign.world.onedrive.serving.faults.append(Fault("^GET .*sites/gone", times=FOR_EVER, status=status))

    async with campaign_in(None, tmp_path, "gone", flows=text, prepare=refuse) as campaign:
        campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert [asset["name"] for asset in campaign.assets()] == ["Launch"]


async def test_the_watch_over_a_transfer_that_waits_stands_behind_its_time(campaign: Campaign) -> None:
    """Else it would be sent again and again while CELUM asks to be left alone."""
    item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
    campaign.world.celum.quirks.throttle_next, campaign.world.celum.quirks.retry_after = 1, "3600"
    await campaign.world.until_quiet()
    transfer = (await campaign.link(item)).transfer
    assert transfer is not None
    ledger, store = campaign.world.ledger()
    entries = {entry.kind: entry.at for entry in await ledger.due(campaign.world.clock.after(2 * 3600), 10)}
    await store.close()

    assert entries[DueKind.TRANSFER] > campaign.world.clock.now() + timedelta(minutes=30)
    assert entries[DueKind.WATCH] == transfer.watch_at
    assert entries[DueKind.WATCH] > entries[DueKind.TRANSFER]
    campaign.world.clock.jump(3600)
    await campaign.world.until_quiet()
    assert len(campaign.assets()) == 1


async def test_a_note_longer_than_a_column_of_sharepoint_is_cut(campaign: Campaign) -> None:
    item = campaign.drop("Launch.pdf", b"%PDF launch")
    await campaign.world.until_quiet()
    context = (await campaign.world.instance()).bridge.context
    (flow,) = [flow for flow in context.flows if flow.id == FLOW]
    link = await campaign.link(item)
    facts = await read_item(context, link.drive, link.item)

    for length, shown in ((255, "ü" * 255), (256, "ü" * 254 + "…")):
        told = replace(link, reasons=(Reason("accept", "ü" * length),))
        assert (await wanted_columns(context, flow, facts, told))["SyncNote"] == shown
