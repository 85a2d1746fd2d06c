"""What people see of a running bridge, and do to it, through the API."""

from __future__ import annotations

import json
from typing import Any

from shared.console import Answer, Request, answer
from shared.console.health import health
from shared.domain.links import LinkState
from tests.kit.campaign import APPROVED, FLOW, Campaign, word

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
HELD = {"Market": "NO", "ApprovalStatus": "Approved"}


async def get(campaign: Campaign, view: str, **query: str) -> Any:
    found = await asked(campaign, Request("GET", view, query, {}))
    assert found.status == 200, found.body
    return json.loads(found.body.model_dump_json())


async def post(campaign: Campaign, path: str, **body: object) -> Answer:
    headers = {"Content-Type": "application/json"}
    return await asked(campaign, Request("POST", path, {}, headers, json.dumps(body).encode()))


async def asked(campaign: Campaign, request: Request) -> Answer:
    return await answer((await campaign.world.instance()).bridge.context, request)


async def journal(campaign: Campaign, key: str) -> list[dict[str, str]]:
    ledger, store = campaign.world.ledger()
    try:
        return [dict(record.entry) for record in await ledger.journal(key)]  # type: ignore[arg-type]  # plain text
    finally:
        await store.close()


async def test_status_shows_flows_libraries_and_what_is_held(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **HELD)
    await campaign.world.until_quiet()

    status = await get(campaign, "status")

    (flow,) = status["flows"]
    assert (flow["id"], flow["state"], flow["mode"]) == (FLOW, "running", "on")
    assert (status["held"], status["failed"]) == (1, 0)
    assert status["drives"][0]["subscription"] == "live"
    (row,) = (await get(campaign, "attention", kind="held"))["rows"]
    assert row["path"] == f"{APPROVED}/Photo.pdf"
    assert status["look_at"] == [row]
    assert row["what_to_do"] == ["fill in or correct the column UsageRights"]
    assert (await health((await campaign.world.instance()).bridge.context)).status == "ok"


async def test_a_file_is_found_by_a_part_of_its_name(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()

    (file,) = (await get(campaign, "find", name="pHoTo"))["files"]

    assert (file["state"], file["path"]) == ("settled", f"{APPROVED}/Photo.pdf")
    assert (await get(campaign, "find", name="nowhere"))["files"] == []


async def test_explain_shows_each_rule_and_what_would_change_the_outcome(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **(HELD | {"ApprovalStatus": "Draft"}))
    await campaign.world.until_quiet()

    (file,) = (await get(campaign, "explain", path=f"{APPROVED}/Photo.pdf"))["files"]

    assert file["outcome"] == "wait"
    rules = {rule["rule"]: rule for rule in file["rules"]}
    assert rules["from.path"]["verdict"] == "passed"
    assert rules["ready.column.ApprovalStatus"] == {
        "rule": "ready.column.ApprovalStatus",
        "verdict": "failed",
        "value": 'ApprovalStatus is "Draft", not "Approved"',
        "used": {"column.ApprovalStatus": "Draft"},
    }
    assert rules["fields.Usage rights"]["verdict"] == "not reached"
    assert file["used"]["column.ApprovalStatus"] == "Draft"
    assert file["would_change"] == ["set the column ApprovalStatus"]


async def test_explain_finds_the_file_of_an_asset(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()

    (file,) = (await get(campaign, "explain", asset=str(campaign.asset_id("Photo"))))["files"]

    assert (file["path"], file["outcome"]) == (f"{APPROVED}/Photo.pdf", "nothing")


async def test_a_paused_flow_notices_changes_and_takes_them_up_when_resumed(campaign: Campaign) -> None:
    assert (await post(campaign, "pause", flow=FLOW)).status == 200
    campaign.drop("Photo.pdf", b"%PDF photo", **READY)
    await campaign.world.until_quiet()
    assert campaign.assets() == []
    assert (await get(campaign, "status"))["flows"][0]["state"] == "paused"

    assert (await post(campaign, "resume")).status == 200
    await campaign.world.until_quiet()

    assert campaign.asset("Photo")
    said = [(entry["what"], entry["who"]) for entry in await journal(campaign, FLOW) if "who" in entry]
    assert said == [("resumed", "local key"), ("paused", "local key")]


async def test_an_accepted_version_needs_no_second_approval_in_onedrive(campaign: Campaign) -> None:
    item = campaign.drop("Brief.docx", word("first"), **READY)
    await campaign.world.until_quiet()
    campaign.drop("Brief.docx", word("second"))
    await campaign.world.until_quiet()
    key = (await campaign.link(item)).key
    assert (await campaign.link(item)).state is LinkState.HELD

    assert (await post(campaign, "accept", link=key, how="version", why="seen by legal")).status == 200
    await campaign.world.until_quiet()

    assert len(campaign.asset("Brief")["versions"]) == 2
    accepted = next(entry for entry in await journal(campaign, key) if entry["what"] == "accepted as version")
    assert (accepted["who"], accepted["reason"]) == ("local key", "seen by legal")


async def test_an_ignored_file_stays_out_until_its_content_changes(campaign: Campaign) -> None:
    item = campaign.drop("Photo.pdf", b"%PDF photo", **HELD)
    await campaign.world.until_quiet()
    key = (await campaign.link(item)).key

    assert (await post(campaign, "accept", link=key, how="ignore", why="a test print")).status == 200
    await campaign.world.until_quiet()
    assert (await campaign.link(item)).state is LinkState.BEFORE
    assert (await get(campaign, "attention"))["rows"] == []

    campaign.drop("Photo.pdf", b"%PDF photo, the real one")
    campaign.set("Photo.pdf", "UsageRights", "print")
    campaign.approve("Photo.pdf")
    await campaign.world.until_quiet()
    assert campaign.asset("Photo")


async def test_H90_a_replay_decides_anew(campaign: Campaign) -> None:
    campaign.drop("Photo.pdf", b"%PDF photo", **HELD)
    await campaign.world.until_quiet()
    found = await post(campaign, "replay", target=FLOW)
    assert json.loads(found.body.model_dump_json()) == {"done": "1 file is decided anew"}
    assert campaign.world.queue[-1].queue == "bridge-decide"


async def test_what_a_caller_does_wrong_is_said_in_one_sentence(campaign: Campaign) -> None:
    form = Request("POST", "pause", {}, {"Content-Type": "application/x-www-form-urlencoded"}, b"flow=x")
    wrong = {
        404: [Request("GET", "nothing", {}, {}), Request("GET", "explain", {"path": "/no/such"}, {})],
        400: [Request("GET", "find", {}, {}), Request("GET", "explain", {"asset": "x"}, {})],
        405: [Request("POST", "status", {}, {}), Request("GET", "pause", {}, {})],
        415: [form],
    }
    for status, requests in wrong.items():
        for request in requests:
            found = await asked(campaign, request)
            assert (found.status, bool(found.body.error)) == (status, True), request  # type: ignore[attr-defined]
    assert (await post(campaign, "pause", flow="nobody")).status == 404
    assert (await post(campaign, "brake", flow=FLOW, decision="go on")).status == 409
    assert (await post(campaign, "retire", flow=FLOW, assets="keep")).status == 409
    assert (await post(campaign, "accept", link="x", how="magic", why="x")).status == 400
