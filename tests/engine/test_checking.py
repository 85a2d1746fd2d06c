"""`bridge check --live` as a whole: it only reads, survives a system that is away, and tells no secret."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from local.serving import Exchange
from shared.console import Request, answer
from shared.engine.bridge import read_flow_file
from shared.engine.checking import check
from shared.errors import System
from tests.kit.campaign import SHIPPED
from tests.kit.checking import LiveCheck, live_check

MANY = 40  # requests for two flows; a file with a hundred of them still ends in time
WRONG = ("column.UsageRights", "column.UsageRight"), ("asset_type: Campaign asset", "asset_type: Campain asset")


async def asked(live: LiveCheck) -> Any:
    context = (await live.campaign.world.instance()).bridge.context
    found = await answer(context, Request("GET", "check", {}, {}))
    assert found.status == 200
    return json.loads(found.body.model_dump_json())


async def test_it_reads_a_few_things_and_writes_nothing(tmp_path: Path) -> None:
    async with live_check(tmp_path, flows=SHIPPED) as live:
        world, calls = live.campaign.world, Counter[str]()

        def count(exchange: Exchange) -> None:
            is_search = exchange.method == "POST" and exchange.path_and_query.endswith("/search")
            calls["search" if is_search else exchange.method] += 1

        for system in (world.onedrive, world.celum):
            system.serving.observers.append(count)
        before = world.celum.snapshot(), world.onedrive.snapshot()
        await live.run()
        assert (world.celum.snapshot(), world.onedrive.snapshot()) == before
    assert set(calls) == {"GET", "search"}
    assert sum(calls.values()) <= MANY


async def test_all_of_both_systems_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    async with live_check(tmp_path, *WRONG) as live:
        found = await live.run()
        places = [live.at(problem) for problem in found.errors]
    assert [place.partition(" ")[0] for place in places] == ["Campain", "column.UsageRight,"]


async def test_the_api_answers_in_the_shape_of_the_local_check(tmp_path: Path) -> None:
    async with live_check(tmp_path, WRONG[0]) as live:
        found = await asked(live)
        (problem,) = found["problems"]
        assert live.text.splitlines()[problem["line"] - 1][problem["column"] - 1 :].startswith("column.UsageRight,")
    assert set(problem) == {"file", "line", "column", "text", "suggestion"}
    assert (found["warnings"], found["away"]) == ([], {})


async def test_what_is_mended_is_fine_at_once(tmp_path: Path) -> None:
    async with live_check(tmp_path, ("asset_type: Campaign asset", "asset_type: Poster")) as live:
        assert len((await live.run()).errors) == 1
        live.campaign.world.celum.add_asset_type(
            "Poster", ["Bridge key", "Campaign", "Title", "Market", "Usage rights", "Rights until"]
        )
        assert (await live.run()).errors == ()


async def test_without_celum_onedrive_is_checked_all_the_same(tmp_path: Path) -> None:
    async with live_check(tmp_path, *WRONG) as live:
        live.campaign.world.celum.revoke("acme-local-key")
        found = await live.run()
        again = await live.run()
    assert set(found.away) == {System.CELUM}
    assert ["CELUM could not be checked" in problem.text for problem in found.errors] == [False, True] or [
        "CELUM could not be checked" in problem.text for problem in found.errors
    ] == [True, False]
    assert "it is left alone until" in again.away[System.CELUM]


async def test_without_onedrive_celum_is_checked_all_the_same(tmp_path: Path) -> None:
    async with live_check(tmp_path, *WRONG) as live:
        live.campaign.world.onedrive.quirks.revoked_tokens = ("*",)
        found = await live.run()
    assert set(found.away) == {System.ONEDRIVE}
    told = [problem.text for problem in found.errors]
    assert len(told) == 2
    assert any('there is no asset type "Campain asset"' in text for text in told)


async def test_no_secret_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with live_check(tmp_path, *WRONG) as live:
        live.campaign.world.celum.revoke("acme-local-key")
        live.campaign.world.onedrive.quirks.revoked_tokens = ("*",)
        told = json.dumps(await asked(live)) + caplog.text
    assert [secret for secret in ("acme-local-key", "a secret of the tests", "Bearer") if secret in told] == []


async def test_an_invalid_file_is_told_without_asking_anybody(tmp_path: Path) -> None:
    async with live_check(tmp_path) as live:
        context = (await live.campaign.world.instance()).bridge.context
        live.campaign.world.flows.write_text(live.text.replace("asset_type:", "asset_typ:"), "utf-8")
        context.flow_file = read_flow_file(context.settings)
        calls: list[Exchange] = []
        for system in (live.campaign.world.onedrive, live.campaign.world.celum):
            system.serving.observers.append(calls.append)
        found = await check(context)
    assert [problem.suggestion for problem in found.errors] == ['Did you mean "asset_type"?']
    assert calls == []
