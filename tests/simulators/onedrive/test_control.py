from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp

from local.onedrive_simulator import OneDriveSimulator, Quirks
from local.onedrive_simulator.seed import seed
from tests.simulators.onedrive.client import Answer, Graph

ROOT = Path(__file__).parents[3]


async def control(graph: Graph, method: str, name: str, body: dict[str, Any] | None = None) -> Answer:
    return await graph.raw(method, graph.base.replace("/v1.0", f"/_control/{name}"), json=body)


async def test_every_quirk_is_a_switch_over_http(sim: OneDriveSimulator, graph: Graph) -> None:
    assert (await control(graph, "GET", "quirks")).json.keys() == Quirks().as_json().keys()

    changed = await control(graph, "PATCH", "quirks", {"range_ignored": True, "units_per_minute": 5})

    assert (changed.json["range_ignored"], sim.quirks.units_per_minute) == (True, 5)
    assert (await control(graph, "PATCH", "quirks", {"range_ignored": 3})).status == 400
    assert "no quirk" in (await control(graph, "PATCH", "quirks", {"nonsense": True})).raw.decode()


async def test_faults_and_counts_over_http(graph: Graph) -> None:
    fault = {"match": "GET /v1.0/drives", "status": 503, "headers": {"Retry-After": "5"}, "body": "{}"}
    await control(graph, "POST", "faults", fault)

    first = await graph.on_drive("GET", "", headers={"User-Agent": "NONISV|Acme|App/1.0"})
    second = await graph.on_drive("GET", "")
    seen = (await control(graph, "GET", "requests")).json

    assert (first.status, second.status) == (503, 200)
    assert seen["operations"] == {"GET drive": 1}
    assert "NONISV|Acme|App/1.0" in seen["userAgents"]
    assert [r["rule"] for r in seen["refusals"]] == ["Retry-After"], "the second call came too early"


async def test_a_client_that_waits_is_not_recorded(sim: OneDriveSimulator, graph: Graph) -> None:
    await control(graph, "POST", "faults", {"match": "GET /v1.0", "status": 429, "headers": {"Retry-After": "30"}})
    await graph.on_drive("GET", "")
    await control(graph, "POST", "clock", {"advance": 30})

    assert (await graph.on_drive("GET", "")).status == 200
    assert sim.tenant.refusals == []


async def test_units_are_counted_announced_and_refused(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.update({"throttle": True, "units_per_minute": 10, "retry_after_seconds": 7})

    answers = [await graph.on_drive("GET", "/root/children") for _ in range(6)]

    assert [a.status for a in answers] == [200] * 5 + [429]
    assert "RateLimit-Remaining" not in answers[2].headers
    assert (answers[4].headers["RateLimit-Limit"], answers[4].headers["RateLimit-Remaining"]) == ("10", "0")
    assert (answers[5].headers["Retry-After"], answers[5].code) == ("7", "activityLimitReached")
    sim.clock.advance(61)
    assert (await graph.on_drive("GET", "/root/children")).status == 200


async def test_the_hands_of_a_person_over_http(sim: OneDriveSimulator, graph: Graph) -> None:
    where = {"drive": graph.drive}
    made = (await control(graph, "POST", "files", where | {"path": "/F/a.txt", "text": "hello"})).json["id"]
    await control(graph, "POST", "columns", where | {"at": made, "name": "Title", "value": "T"})
    await control(graph, "POST", "move", where | {"at": made, "name": "b.txt"})
    await control(graph, "POST", "delete", where | {"at": made})
    await control(graph, "POST", "restore", where | {"id": made})

    shot = (await control(graph, "GET", "snapshot")).json["/sites/marketing/Documents"]
    assert shot["/F/b.txt"]["columns"] == {"Title": "T"}
    assert shot == sim.snapshot()["/sites/marketing/Documents"]
    assert (await control(graph, "GET", "overview")).json["drives"][0]["items"][1]["path"] == "/F/b.txt"
    assert (await control(graph, "POST", "delete", where | {"at": "/nothing"})).status == 404


async def test_reset_leaves_an_empty_tenant_or_the_example(sim: OneDriveSimulator, graph: Graph) -> None:
    sim.quirks.throttle = True
    sim.put_file(graph.drive, "/a.txt", b"x")

    await control(graph, "POST", "reset", {"seed": "acme"})

    assert sim.quirks == Quirks()
    tree = sim.snapshot()
    assert set(tree) == {"/sites/marketing/Documents", "/sites/bridge/Withdrawn", "/sites/regions/Documents"}
    assert "/Campaigns/Spring-26/Approved" in tree["/sites/marketing/Documents"]


async def test_the_page_is_html(sim: OneDriveSimulator, graph: Graph) -> None:
    seed(sim, "acme")
    page = await graph.raw("GET", f"{sim.base_url}/")

    assert page.headers["Content-Type"].startswith("text/html")
    assert b'control("GET", "overview")' in page.raw


async def test_the_command_line_prints_where_it_listens(tmp_path: Path) -> None:
    arguments = ["-m", "local.onedrive_simulator", "--port", "0", "--data", str(tmp_path), "--seed", "acme"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    assert line.startswith("listening on http://127.0.0.1:")
    async with aiohttp.ClientSession() as http:
        url = f"{line.removeprefix('listening on ')}/v1.0/sites/acme.sharepoint.com:/sites/marketing"
        async with http.get(url, headers={"Authorization": "Bearer x"}) as answer:
            assert answer.status == 200
    process.terminate()
    rest, _ = await process.communicate()
    assert (process.returncode, rest) == (0, b"")
