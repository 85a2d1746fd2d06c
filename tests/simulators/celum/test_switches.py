import pytest

from local.celum_simulator import CelumSimulator
from tests.simulators.celum.client import Client, Json


async def test_a_switch_takes_only_what_it_knows(api: Client, sim: CelumSimulator) -> None:
    async with api.session.patch(f"{sim.base_url}/_control/quirks", json={"range_fault": "nonsense"}) as got:
        assert (got.status, (await got.json())["faults"][0]["argument"]) == (400, "range_fault")
    async with api.session.patch(f"{sim.base_url}/_control/quirks", json={"bump_on": ["name"]}) as got:
        assert got.status == 200
    assert sim.quirks.bump_on == ("name",)


async def test_a_rate_limit_says_when_the_minute_is_over(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.rate_limit = 2
    for _ in range(2):
        await api.ok("GET", "/version")
    refused = await api.ask("GET", "/version")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    assert sim.impatient == 0
    await api.ask("GET", "/version")
    assert sim.impatient == 1
    sim.clock.advance(60)
    await api.ok("GET", "/version")


async def test_a_lock_may_run_out_and_may_bind_its_owner_too(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    path = f"/assets/{asset['id']}"
    sim.quirks.change({"lock_exempts_owner": False, "lock_ttl": 600})
    await api.ok("PATCH", path, json={"lock": {"op": "SET", "comment": "mine"}})
    await api.refused("PATCH", path, json={"name": "b"}, status=403)
    sim.clock.advance(601)
    assert "lock" not in await api.ok("GET", path)
    await api.ok("PATCH", path, json={"name": "b"})


@pytest.mark.parametrize(
    ("fault", "status", "span"),
    [("wrong_start", 206, "bytes 3-9/10"), ("wrong_total", 206, "bytes 4-9/11"), ("refused", 416, "bytes */10")],
)
async def test_an_answer_to_a_range_can_be_odd(
    api: Client, sim: CelumSimulator, fault: str, status: int, span: str
) -> None:
    asset = await api.created("a.bin", b"0123456789")
    sim.quirks.change({"range_fault": fault})
    link = await api.ok("GET", f"/assets/{asset['id']}/download?downloadFormatId=1")
    async with api.session.get(link["url"], headers={"Range": "bytes=4-"}) as got:
        assert (got.status, got.headers["Content-Range"]) == (status, span)


async def test_a_format_may_not_be_offered_or_fail(api: Client, sim: CelumSimulator) -> None:
    asset = await api.created("a.txt", b"a")
    path = f"/assets/{asset['id']}/download?downloadFormatId="
    sim.quirks.change({"unsupported_formats": ["TEXT:thmb"], "failing_formats": ["prvw"]})
    assert (await api.refused("GET", path + "2"))["faults"][0]["argument"] == "downloadFormatId"
    assert (await api.refused("GET", path + "3"))["code"] == "conversionFailed"
    await api.ok("GET", path + "4")


async def test_a_client_that_is_not_enabled_may_only_read_so(api: Client, sim: CelumSimulator) -> None:
    sim.quirks.enabled = False
    assert (await api.ok("GET", "/clients/onedrive-bridge"))["enabled"] is False
    await api.refused("GET", "/users/me", status=403)


async def pair(api: Client) -> tuple[Json, Json]:
    return await api.created("a.txt", b"a"), await api.created("b.txt", b"b")


async def test_a_relation_carries_fields_and_is_outdated_when_a_pinned_side_moves_on(
    api: Client, sim: CelumSimulator
) -> None:
    source, target = await pair(api)
    body = {
        "relationTypeId": sim.add_relation_type("Translation"),
        "sourceAssetId": source["id"],
        "targetAssetId": target["id"],
        "targetAssetVersionId": target["currentVersion"]["id"],
        "informationFieldValues": [api.value("Campaign", "Spring")],
    }
    made = await api.ok("POST", "/relations", json=body)
    assert made["status"] == "SYNCED"
    path = f"/relations/{made['id']}"
    change = {"informationFieldValues": [api.value("Campaign", {"op": "SET", "value": "Autumn"})]}
    changed = await api.ok("PATCH", path, json=change)
    assert changed["informationFieldValueSets"][0]["informationFieldValues"][0]["value"] == "Autumn"
    assert "informationFieldValueSets" not in await api.ok("GET", path)
    version = {"filename": "b.txt", "uploadHandle": await api.uploaded("b.txt", b"b2")}
    await api.ok("POST", f"/assets/{target['id']}/versions", json=version)
    assert (await api.ok("GET", path))["status"] == "OUTDATED"
    for query, count in (("direction=SOURCE_TO_TARGET", 1), ("direction=TARGET_TO_SOURCE", 0), ("versionId=1", 1)):
        found = await api.ok("GET", f"/relations?assetId={source['id']}&{query}")
        assert found["totalElements"] == count, query
    sim.delete_asset(target["id"])
    assert (await api.ok("GET", path))["status"] == "BROKEN"


async def test_a_relation_needs_a_type_and_two_assets_that_can_be_seen(api: Client) -> None:
    source, target = await pair(api)
    body = {"relationTypeId": 1, "sourceAssetId": source["id"], "targetAssetId": target["id"]}
    for wrong in ({"relationTypeId": 99}, {"targetAssetId": 99999}, {"sourceAssetVersionId": 7}, {"direction": "x"}):
        await api.refused("POST", "/relations", json=body | wrong)
    assert (await api.ok("GET", "/relations"))["totalElements"] == 0


async def test_a_preview_is_told_when_it_is_ready_and_not_before(api: Client, sim: CelumSimulator) -> None:
    await api.created("a.txt", b"a")
    assert "PREVIEW_CONVERSION" not in [event["type"] for event in sim.outbox.sent]
    sim.clock.advance(sim.quirks.preview_delay)
    await api.ok("GET", "/version")
    assert sim.outbox.sent[-1]["previewConversionStatus"] == "FINISHED"
