"""Bytes that CELUM will not take are not sent to it again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.serving import Fault
from shared.domain.links import LinkState
from shared.engine import accepting
from shared.engine.transfers import ATTEMPTS
from tests.kit.campaign import Campaign, campaign_in

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
PAGE = "<html><h1>{} of the proxy</h1></html>"
HOUR = 3600
FOR_EVER = 1_000_000


async def hours_pass(campaign: Campaign, hours: int = ATTEMPTS) -> None:
    for _ in range(hours):
        await campaign.world.until_quiet()
        campaign.world.clock.jump(HOUR)
    await campaign.world.until_quiet()


def refuse(campaign: Campaign, status: int, body: str) -> Fault:
    kind = "text/html" if body.startswith("<") else "application/json"
    fault = Fault("^POST /upload/", times=FOR_EVER, status=status, headers={"Content-Type": kind}, body=body)
    campaign.world.celum.faults.append(fault)
    return fault


@pytest.mark.parametrize(
    ("status", "body", "bodies"),
    [
        (413, '{"code": "tooLarge", "message": "at most 5 bytes"}', 1),
        (413, PAGE.format("at most 5 bytes"), 1),
        (400, '{"code": "x", "message": "this file type cannot be handled"}', 2),  # once with the key, once without
        (409, PAGE.format("conflict"), 1),
        (423, PAGE.format("locked"), 1),
        (403, PAGE.format("forbidden"), 2),
    ],
)
async def test_G27_bytes_that_are_refused_are_sent_once_and_held(
    tmp_path: Path, status: int, body: str, bodies: int
) -> None:
    async with campaign_in(None, tmp_path, f"refused {status}", with_contracts=False) as campaign:
        fault = refuse(campaign, status, body)
        item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await hours_pass(campaign)
        campaign.set("Launch.pdf", "Title", "no other content")
        await hours_pass(campaign, 1)

        link = await campaign.link(item)
        assert link.state is LinkState.HELD
        assert campaign.columns("Launch.pdf")["SyncStatus"] == "Held"
        assert FOR_EVER - fault.times == bodies
        (reason,) = link.reasons
        assert f"could not send {len(b'%PDF launch')} bytes" in reason.text
        if status == 413:
            assert "too large" in reason.text
            assert "at most 5 bytes" in reason.text


async def test_G27_refused_bytes_are_tried_again_when_a_person_says_so_or_the_content_changes(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "tried again") as campaign:
        campaign.world.celum.quirks.max_upload = 12
        uploads: list[str] = []
        campaign.world.celum.serving.observers.append(
            lambda seen: uploads.append(seen.path_and_query) if seen.path_and_query.startswith("/upload/") else None
        )
        item = campaign.drop("Launch.pdf", b"%PDF that is too large", **READY)
        await hours_pass(campaign, 2)
        assert (await campaign.link(item)).state is LinkState.HELD
        assert len(uploads) == 1

        context = (await campaign.world.instance()).bridge.context
        await accepting.replay(context, (await campaign.link(item)).key, "a person")
        await hours_pass(campaign, 1)
        assert len(uploads) == 2

        campaign.drop("Launch.pdf", b"%PDF smaller")
        campaign.approve("Launch.pdf")
        await hours_pass(campaign, 1)
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert len(uploads) == 3
        assert campaign.world.errors == []


async def test_G30_bytes_of_which_celum_makes_no_asset_are_sent_ever_more_seldom(tmp_path: Path) -> None:
    async with campaign_in(None, tmp_path, "no asset", with_contracts=False) as campaign:
        uploads: list[str] = []
        campaign.world.celum.serving.observers.append(
            lambda seen: uploads.append(seen.path_and_query) if seen.path_and_query.startswith("/upload/") else None
        )
        body = '{"code": "x", "message": "no asset of it"}'
        campaign.world.celum.faults.append(Fault("^POST .*/v1/assets$", times=FOR_EVER, status=400, body=body))
        item = campaign.drop("Launch.pdf", b"%PDF launch", **READY)
        await hours_pass(campaign, 14)
        assert len(uploads) == 4  # at once, and after one, three and seven hours
        link = await campaign.link(item)
        assert link.state is LinkState.HELD
        assert "no asset of it" in link.reasons[0].text

        campaign.set("Launch.pdf", "UsageRights", "print")
        await hours_pass(campaign, 0)
        assert len(uploads) == 5  # it may be for what was said of the file

        campaign.world.celum.faults.clear()
        await hours_pass(campaign, 2)
        assert (await campaign.link(item)).state is LinkState.SETTLED
        assert len(uploads) == 6
