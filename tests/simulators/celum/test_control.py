import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp

from local.celum_simulator import CelumSimulator, seeds
from tests.simulators.celum.client import Client


async def control(api: Client, method: str, name: str, body: Any = None) -> Any:
    async with api.session.request(method, f"{api.sim.base_url}/_control/{name}", json=body) as got:
        assert got.status == 200, await got.text()
        return await got.json()


async def test_switches_faults_clock_and_counts_are_set_over_http(api: Client, sim: CelumSimulator) -> None:
    assert (await control(api, "PATCH", "quirks", {"checksum": "md5", "bump_on": ["name"]}))["checksum"] == "md5"
    assert sim.quirks.bump_on == ("name",)
    async with api.session.patch(f"{sim.base_url}/_control/quirks", json={"chekcsum": "md5"}) as got:
        assert got.status == 400

    fault = {"match": "GET .*/version", "status": 503, "headers": {"Retry-After": "1"}}
    await control(api, "POST", "faults", fault)
    assert (await api.ask("GET", "/version")).status == 503
    await api.ok("GET", "/version")

    now = await control(api, "POST", "clock", {"set": "2030-01-01T00:00:00Z", "advance": 60})
    assert now["now"].startswith("2030-01-01T00:01:00")

    counted = await control(api, "GET", "requests")
    assert counted["operations"] == {"GET /version": 2}


async def test_a_reset_forgets_everything_and_may_seed_again(api: Client, sim: CelumSimulator) -> None:
    await api.created("a.txt", b"a")
    sim.quirks.checksum = "none"
    await control(api, "POST", "reset", {"seed": "acme"})
    assert sim.assets() == []
    assert sim.quirks.json()["checksum"] == "sha1"
    assert (await api.ok("GET", "/users/me"))["username"] == "onedrive-bridge"


async def test_throttling_counts_who_does_not_wait(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.throttle_next, sim.quirks.retry_after = 1, "30"
    first = await api.ask("GET", "/users/me")
    assert first.status == 503
    assert first.headers["Retry-After"] == "30"
    assert (await api.ask("GET", "/users/me")).status == 503
    assert sim.impatient == 1
    sim.clock.advance(31)
    assert (await api.ask("GET", "/users/me")).status == 200


async def test_answers_may_carry_members_that_nobody_knows(api: Client, sim: CelumSimulator) -> None:
    sim.serving.observers.clear()
    sim.quirks.extra_members = True
    assert "laterMember" in await api.ok("GET", "/users/me")


async def test_dates_come_in_the_tenants_style(api: Client, sim: CelumSimulator) -> None:
    sim.serving.observers.clear()
    asset = await api.created("a.txt", b"a")
    assert asset["creation"]["date"].endswith("Z")
    sim.quirks.date_style = "epoch_ms"
    assert isinstance((await api.ok("GET", f"/assets/{asset['id']}"))["creation"]["date"], int)


async def test_a_tenant_without_a_licence_says_so(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.licensed = False
    assert (await api.ok("GET", "/clients/onedrive-bridge"))["licensed"] is False
    await api.refused("GET", "/users/me", status=403)


async def test_two_equal_histories_have_equal_snapshots(sim: CelumSimulator, tmp_path: Path) -> None:
    other = CelumSimulator(tmp_path / "other")
    seeds.plant(other, "acme")
    other.add_user("somebody else")
    for one in (sim, other):
        one.add_asset(
            "a.txt",
            b"a",
            parents=["/Marketing/Office", "/Markets/DACH"],
            type="Office document",
            fields={"Market": "Norway", "Product line": ["/Product lines/Roadrunner"]},
        )
    assert sim.snapshot() == other.snapshot()
    assert sim.snapshot()["assets"][0]["fields"] == {"Market": "Norway", "Product line": ["/Product lines/Roadrunner"]}
    other.lock_asset(other.assets()[0].id, "held")
    assert sim.snapshot() != other.snapshot()


async def test_every_listed_operation_answers(sim: CelumSimulator, api: Client) -> None:
    sim.serving.observers.clear()  # more than the contract covers
    a, b = [(await api.created(f"{name}.txt", name.encode()))["id"] for name in ("a", "b")]
    for path in ("/users", "/user-groups", "/roles", "/relation-types", "/compound-types", "/collection-types"):
        await api.ok("GET", path)
    body = {"relationTypeId": 1, "sourceAssetId": a, "targetAssetId": b, "targetAssetVersionId": 1}
    relation = await api.ok("POST", "/relations", json=body)
    listed = await api.ok("GET", f"/relations?assetId={a}&direction=SOURCE_TO_TARGET")
    assert [row["status"] for row in listed["content"]] == ["SYNCED"]
    sim.add_version(b, "b.txt", b"new")
    assert (await api.ok("GET", f"/relations/{relation['id']}"))["status"] == "OUTDATED"
    await api.ok("DELETE", f"/assets/{b}")
    assert (await api.ok("GET", f"/relations/{relation['id']}"))["status"] == "BROKEN"
    await api.ok("DELETE", f"/relations/{relation['id']}")


async def test_the_command_prints_where_it_listens_and_nothing_else(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "local.celum_simulator", "--port", "0", "--data", str(tmp_path), "--seed", "acme"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    assert line.startswith("listening on http://127.0.0.1:")
    base = line.removeprefix("listening on ")
    async with aiohttp.ClientSession(headers={"X-API-KEY": seeds.ACME_KEY}) as session:
        async with session.get(f"{base}/content-api/v1/users/me") as got:
            assert got.status == 200
        async with session.get(f"{base}/") as page:
            assert "CELUM" in await page.text()
    process.send_signal(signal.SIGTERM)
    assert await process.stdout.read() == b""
    assert await process.wait() == 0
