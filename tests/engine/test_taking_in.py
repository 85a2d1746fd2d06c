"""New, changed and vanished flows: what was there before them, and which flow file counts."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from shared.engine import operating
from shared.ledger.rows import Aside, AttentionKind, Phase, Standing
from shared.messages import Queue, ScanMessage
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, FLOW, Campaign, campaign_in
from tests.kit.wire import Fault, Ill
from tests.unit.flows.covering import shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
SHIPPED = CAMPAIGN_FLOWS
EXISTING = SHIPPED.replace("start: new", "start: existing\n    limits: {first_run: 2}")


@contextlib.asynccontextmanager
async def world(azurite: Azurite, folder: Path, name: str, text: str = SHIPPED) -> AsyncIterator[Campaign]:
    """With a flow file of its own, that a test may change, and a drive that no bridge has seen."""
    async with campaign_in(azurite, folder, name, flows=text, is_known=False) as campaign:
        yield campaign


async def new_file(campaign: Campaign, text: str) -> None:
    """As a package of a later time brings it."""
    later = campaign.world.flows.stat().st_mtime + 60
    campaign.world.flows.write_text(text, "utf-8")
    os.utime(campaign.world.flows, (later, later))
    await campaign.world.restart()


async def standing(campaign: Campaign, flow: str = FLOW) -> Standing:
    ledger, store = campaign.world.ledger()
    try:
        found = await ledger.standing(FlowId(flow))
    finally:
        await store.close()
    assert found is not None
    return found


async def waiting(campaign: Campaign, why: Aside = Aside.FIRST_RUN) -> int:
    ledger, store = campaign.world.ledger()
    try:
        return len(await ledger.asides(why, FLOW))
    finally:
        await store.close()


async def attention(campaign: Campaign) -> dict[str, str]:
    """Of the flows: id → what people read."""
    ledger, store = campaign.world.ledger()
    try:
        found = [one for kind in AttentionKind for one in await ledger.attention(kind)]
    finally:
        await store.close()
    return {one.link: one.reasons[0].text for one in found if "|" not in one.link}


@shows("start")
async def test_C32_files_that_were_there_are_left_alone_and_new_ones_are_taken(
    azurite: Azurite, tmp_path: Path
) -> None:
    async with world(azurite, tmp_path, "left alone") as campaign:
        old = campaign.drop("Old.pdf", b"%PDF old", **READY)
        await campaign.world.until_quiet()
        campaign.drop("New.pdf", b"%PDF new", **READY)
        await campaign.world.until_quiet()

        assert [asset["name"] for asset in campaign.assets()] == ["New"]
        assert (await campaign.link(old)).state is LinkState.BEFORE
        assert (await standing(campaign)).phase is Phase.DONE
        assert campaign.world.errors == []


async def test_a_file_that_arrives_while_the_others_are_listed_is_new(azurite: Azurite, tmp_path: Path) -> None:
    async with world(azurite, tmp_path, "while listing") as campaign:
        campaign.drop("Old.pdf", b"%PDF old", **READY)
        await until_phase(campaign, Phase.LISTING)
        campaign.drop("New.pdf", b"%PDF new", **READY)
        campaign.drop("Old.pdf", b"%PDF old, changed")

        await campaign.world.until_quiet()

        assert [asset["name"] for asset in campaign.assets()] == ["New"]
        columns = campaign.columns("Old.pdf")
        assert columns["SyncStatus"] == "Held", "approved before, changed since"


@shows("start", "limits.first_run")
async def test_existing_files_are_taken_step_by_step_as_a_person_releases_them(
    azurite: Azurite, tmp_path: Path
) -> None:
    async with world(azurite, tmp_path, "existing", EXISTING) as campaign:
        for number in range(3):
            campaign.drop(f"Old {number}.pdf", b"%%PDF %d" % number, **READY)
        await campaign.world.until_quiet()
        assert campaign.assets() == []
        assert await waiting(campaign) == 3
        assert "3 files were there before the flow" in (await attention(campaign))[FLOW]

        await resume(campaign)
        assert len(campaign.assets()) == 2
        await resume(campaign)
        assert len(campaign.assets()) == 3
        assert await attention(campaign) == {}
        assert campaign.world.errors == []


async def test_with_each_release_people_read_how_many_files_still_wait(azurite: Azurite, tmp_path: Path) -> None:
    async with world(azurite, tmp_path, "counting down", EXISTING) as campaign:
        for number in range(5):
            campaign.drop(f"Old {number}.pdf", b"%%PDF %d" % number, **READY)
        await campaign.world.until_quiet()

        told = [await attention(campaign)]
        for _ in range(3):
            await resume(campaign)
            told.append(await attention(campaign))

        assert [rows.get(FLOW, "").partition(" there")[0] for rows in told] == [
            "5 files were",
            "3 files were",
            "1 file was",
            "",
        ]
        assert len(campaign.assets()) == 5


@pytest.mark.parametrize("ill", [Ill.KILLED_BEFORE, Ill.KILLED_AFTER])
async def test_a_release_that_was_cut_off_counts_what_is_left_when_it_is_asked_for_again(
    azurite: Azurite, tmp_path: Path, ill: Ill
) -> None:
    """Wherever it was cut off, no file is forgotten, and the attention never says fewer than wait."""
    async with world(azurite, tmp_path, f"cut off {ill}", EXISTING) as campaign:
        for number in range(2):
            campaign.drop(f"Old {number}.pdf", b"%%PDF %d" % number, **READY)
        await campaign.world.until_quiet()
        instance = await campaign.world.instance()
        instance.wire.calls.clear()
        instance.wire.fault = Fault(0, ill, like=r"table: DELETE .*attention")

        released = operating.resume(instance.bridge.context, FLOW, "a person")
        assert await campaign.world.guarded(instance, released) is None, "the process died"
        assert await waiting(campaign) == 0

        await resume(campaign)
        assert await attention(campaign) == {}
        assert len(campaign.assets()) == 2


async def test_a_changed_flow_lists_again_and_leaves_alone_what_it_newly_speaks_of(
    azurite: Azurite, tmp_path: Path
) -> None:
    async with world(azurite, tmp_path, "changed") as campaign:
        await campaign.world.until_quiet()
        draft = campaign.drop("Plan_draft.pdf", b"%PDF draft", **READY)
        kept = campaign.drop("Kept.pdf", b"%PDF kept", **READY)
        await campaign.world.until_quiet()
        await new_file(campaign, SHIPPED.replace('      ignore: "*_draft.*"\n', ""))
        await campaign.world.until_quiet()

        assert (await campaign.link(draft)).state is LinkState.BEFORE
        assert (await campaign.link(kept)).state is LinkState.SETTLED
        campaign.drop("Next_draft.pdf", b"%PDF next draft", **READY)
        await campaign.world.until_quiet()
        assert {asset["name"] for asset in campaign.assets()} == {"Kept", "Next_draft"}


async def test_a_flow_that_is_gone_is_frozen_until_it_comes_back(azurite: Azurite, tmp_path: Path) -> None:
    async with world(azurite, tmp_path, "gone") as campaign:
        await campaign.world.until_quiet()
        item = campaign.drop("Kept.pdf", b"%PDF kept", **READY)
        await campaign.world.until_quiet()
        await new_file(campaign, SHIPPED.replace("id: campaign-masters", "id: others"))
        await campaign.world.until_quiet()
        assert "gone from the flow file" in (await attention(campaign))[FLOW]

        campaign.delete(f"{APPROVED}/Kept.pdf")
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.SETTLED, "nothing is retracted"
        assert await waiting(campaign, Aside.STOPPED) == 1

        await new_file(campaign, SHIPPED)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.CLOSED
        assert set(await attention(campaign)) == {"others"}


async def test_H67_an_instance_with_an_older_file_leaves_the_work_to_others(campaign: Campaign) -> None:
    ledger, store = campaign.world.ledger()
    await ledger.raise_setting("flow file generation", "9" * 16)
    await store.close()
    await campaign.world.restart()
    campaign.drop("New.pdf", b"%PDF new", **READY)
    await campaign.world.onedrive.settle()
    (message,) = campaign.world.queue

    bridge = (await campaign.world.instance()).bridge
    await bridge.scan(ScanMessage.parse(message.text))
    again = campaign.world.queue[-1]

    assert (again.queue, campaign.assets()) == (Queue.SCAN, [])
    assert (again.visible - campaign.world.clock.now()).total_seconds() == pytest.approx(30, abs=5)


async def until_phase(campaign: Campaign, phase: Phase) -> None:
    """One delivery or tick at a time."""
    async with asyncio.timeout(60):
        while (await standing_or_none(campaign)) is not phase:
            await campaign.world.step()


async def standing_or_none(campaign: Campaign) -> Phase | None:
    ledger, store = campaign.world.ledger()
    try:
        found = await ledger.standing(FLOW)
    finally:
        await store.close()
    return found.phase if found else None


async def resume(campaign: Campaign) -> None:
    await operating.resume((await campaign.world.instance()).bridge.context, FLOW, "a person")
    await campaign.world.until_quiet()
