"""`accept`: what may not pass is held with the reason, until the file is renamed, replaced or the checks are others."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from shared.domain.links import LinkState
from shared.errors import FlowFileProblem
from shared.flows import load
from tests.engine.test_outages import goes_on
from tests.engine.test_taking_in import new_file
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, campaign_in
from tests.unit.flows.covering import refuses, shows

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


def checking(accept: str) -> str:
    flows = CAMPAIGN_FLOWS.replace("    to:\n", f"    accept: {accept}\n    to:\n", 1)
    assert flows != CAMPAIGN_FLOWS
    return flows


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    return file.getvalue()


@shows("accept.types", "accept.max_size", "accept.name", "accept.min_pixels")
@pytest.mark.parametrize(
    ("accept", "good", "bad", "why"),
    [
        (
            "{types: [.pdf, image]}",
            ("Launch.pdf", b"%PDF launch"),
            ("Film.mp4", b"a film"),
            "the type of Film.mp4 is none of .pdf, image",
        ),
        (
            "{max_size: 20B}",
            ("Launch.pdf", b"%PDF-1.4 twenty byte"),
            ("Film.pdf", b"%PDF-1.4 twenty-one b"),
            "21 bytes are more than the 20 allowed",
        ),
        (
            "{name: '{sku}_{language}_*.{ext}'}",
            ("4711_en_front.pdf", b"%PDF front"),
            ("front.pdf", b"%PDF of no name"),
            'the name "front.pdf" does not follow "{sku}_{language}_*.{ext}"',
        ),
        (
            "{min_pixels: 40}",
            ("Wide.png", picture(40, 3)),
            ("Small.png", picture(39, 30)),
            "39 by 30 pixels: the longer side must have at least 40",
        ),
    ],
    ids=["types", "max_size", "name", "min_pixels"],
)
async def test_what_passes_the_intake_checks_is_taken_and_what_fails_is_held_with_the_reason(
    tmp_path: Path, accept: str, good: tuple[str, bytes], bad: tuple[str, bytes], why: str
) -> None:
    async with campaign_in(None, tmp_path, accept, flows=checking(accept)) as campaign:
        taken, held = [campaign.drop(name, data, **READY) for name, data in (good, bad)]
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert [asset["name"] for asset in campaign.assets()] == [good[0].rpartition(".")[0]]
        assert [(await campaign.link(item)).state for item in (taken, held)] == [LinkState.SETTLED, LinkState.HELD]
        columns = campaign.columns(bad[0])
        assert columns["SyncStatus"] == "Held"
        assert why in str(columns["SyncNote"])


@shows("accept.name", "accept.max_size")
async def test_a_held_file_passes_once_it_is_renamed_or_replaced(tmp_path: Path) -> None:
    async with campaign_in(
        None, tmp_path, "mended", flows=checking("{name: '{sku}_*.pdf', max_size: 20B}")
    ) as campaign:
        campaign.drop("front.pdf", b"%PDF front", **READY)
        campaign.drop("4711_back.pdf", b"%PDF the back of it, too large", **READY)
        await campaign.world.until_quiet()
        assert campaign.assets() == []

        campaign.move(f"{APPROVED}/front.pdf", name="4711_front.pdf")
        campaign.drop("4711_back.pdf", b"%PDF back")
        campaign.approve("4711_back.pdf")
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert {asset["name"] for asset in campaign.assets()} == {"4711_front", "4711_back"}


@shows("accept.types")
async def test_a_check_that_is_taken_away_lets_pass_what_it_held(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "taken away", flows=checking("{types: [image]}")) as campaign:
        item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await campaign.world.until_quiet()
        assert (await campaign.link(item)).state is LinkState.HELD

        await new_file(campaign, CAMPAIGN_FLOWS)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        assert (await campaign.link(item)).state is LinkState.SETTLED


@shows("accept.min_pixels")
async def test_a_picture_whose_size_nobody_can_tell_is_held(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "unknown", flows=checking("{min_pixels: 40}")) as campaign:
        campaign.drop("Torn.png", picture(90, 90)[:12], **READY)
        await campaign.world.until_quiet()

        assert campaign.assets() == []
        assert "the size in pixels is unknown" in str(campaign.columns("Torn.png")["SyncNote"])


@refuses("accept.types", "accept.max_size", "accept.name", "accept.min_pixels")
@pytest.mark.parametrize(
    ("accept", "problem"),
    [
        ("{types: [picture]}", "accept.types"),
        ("{max_size: plenty}", "accept.max_size"),
        ("{name: '{sku}_{sku}.pdf'}", "accept.name"),
        ("{min_pixels: few}", "accept.min_pixels"),
        ("{}", "accept has no effect"),
    ],
)
async def test_a_check_that_is_none_stops_the_flow_and_nothing_passes_unchecked(
    tmp_path: Path, accept: str, problem: str
) -> None:
    with pytest.raises(FlowFileProblem, match=problem):
        load(checking(accept), "flows.yaml")
    async with campaign_in(None, tmp_path, accept, flows=CAMPAIGN_FLOWS) as campaign:
        await new_file(campaign, checking(accept))
        campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await goes_on(campaign, 1)

        assert campaign.assets() == []
