from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from local.onedrive_simulator import OneDriveSimulator
from local.onedrive_simulator.graph.call import _TABLE
from local.serving import Exchange
from tests.simulators.onedrive.client import Graph

CONTRACT = Path(__file__).parents[2] / "contract" / "graph.openapi.yaml"
TITLE = {"Title": "Spring", "Languages": ["de"], "Languages@odata.type": "Collection(Edm.String)"}


def contract() -> dict[str, Any]:
    read, _ = read_from_filename(str(CONTRACT))
    spec: dict[str, Any] = json.loads(json.dumps(read))
    return spec


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
    """Templates with more fixed text first, so that /root/delta is not taken for an item."""
    for path in sorted(spec["paths"], key=lambda p: (-len(re.sub(r"\{[^}]*\}", "", p)), p)):
        pattern = re.escape(path)
        pattern = pattern.replace(re.escape("{path}"), "[^:]+").removesuffix(":")
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/:]+", pattern)
        for method, found in spec["paths"][path].items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield method.upper(), re.compile(f"{pattern}:?"), path, found


def complaints(spec: dict[str, Any], exchange: Exchange) -> Iterator[str]:
    path = exchange.path_and_query.split("?")[0].removeprefix("/v1.0")
    line = f"{exchange.method} {path} → {exchange.status}"
    found = next((o for m, p, _, o in operations(spec) if m == exchange.method and p.fullmatch(path)), None)
    if found is None:
        yield f"{line}: not in the contract"
        return
    response = found["responses"].get(str(exchange.status)) or found["responses"]["default"]
    while "$ref" in response:
        response = spec["components"]["responses"][response["$ref"].rpartition("/")[2]]
    for name, header in response.get("headers", {}).items():
        if header.get("required") and name.lower() not in exchange.response_headers:
            yield f"{line}: header {name} is missing"
    bodies = [(exchange.response_body, response)]
    if exchange.status < 400:
        bodies.append((exchange.request_body, found.get("requestBody", {})))
    for body, holder in bodies:
        schema = holder.get("content", {}).get("application/json", {}).get("schema")
        if body and schema:
            rooted = {**schema, "components": spec["components"]}
            for error in Draft202012Validator(rooted).iter_errors(json.loads(body)):
                yield f"{line}: {error.json_path} {error.message[:200]}"


def test_the_contract_is_valid_openapi_and_every_operation_is_marked() -> None:
    spec = contract()

    validate(spec)
    unmarked = [(m, p) for m, _, p, o in operations(spec) if o.get("x-mark") not in {"confirmed", "likely", "unknown"}]
    assert unmarked == []


PLACES = {  # where the operations of a kind stand in the contract
    "drive": ("/drives/{}",),
    "item": ("/drives/{}/items/{}", "/drives/{}/root", "/drives/{}/items/{}:/{}"),
    "list": ("/sites/{}/lists/{}",),
    "listItem": ("/drives/{}/items/{}/listItem", "/sites/{}/lists/{}/items/{}"),
    "site": ("/sites/{}",),
    "tenant": ("",),
}
SPELLINGS = {"GET /drives/{}/delta"}  # of an address that stands in the contract otherwise


def test_every_operation_of_the_simulator_stands_in_the_contract() -> None:
    known = {f"{method} {re.sub(r'\{[^}]*\}', '{}', path)}" for method, _, path, _ in operations(contract())}
    unknown = []
    for (method, kind), templates in _TABLE.items():
        for template, _ in templates:
            tail = "".join(f"/{segment.removeprefix('microsoft.graph.')}" for segment in template)
            names = {f"{method} {place}{tail}" for place in PLACES[kind]}
            if not names & (known | SPELLINGS):
                unknown.append(min(names))
    assert unknown == []


async def test_what_the_simulator_says_stands_in_the_contract(sim: OneDriveSimulator, graph: Graph, site: str) -> None:
    seen: list[Exchange] = []
    sim.serving.observers.append(seen.append)
    folder = await graph.folder("F")
    item = await graph.put("/F/a.txt", b"one")
    one = f"/items/{item['id']}"
    await graph.on_drive("PATCH", f"{one}/listItem/fields", json=TITLE)
    await graph.put("/F/a.txt", b"two")
    await graph.delta()
    for address in (one, "/root", "/root/children", f"/items/{folder['id']}/children?$expand=listItem($expand=fields)"):
        await graph.on_drive("GET", address)
    for address in ("listItem?$expand=fields", "listItem/versions?$expand=fields", "versions", "permissions"):
        await graph.on_drive("GET", f"{one}/{address}")
    await graph.on_drive("GET", f"{one}/versions/1.0/content")
    await graph.on_drive("POST", f"{one}/versions/1.0/restoreVersion")
    await graph.on_drive("POST", f"{one}/invite", json={"recipients": [{"email": "a@acme.example"}], "roles": ["read"]})
    await graph.on_drive("POST", f"{one}/createLink", json={"type": "view"})
    await graph.on_drive("POST", f"{one}/copy", json={"name": "copy.txt"})
    await graph.on_drive("PATCH", one, json={"name": "b.txt"})
    for address in ("", "/drives", "/lists/Documents/columns"):
        await graph.call("GET", f"/sites/{site}{address}")
    await graph.call("GET", "/sites/acme.sharepoint.com:/sites/marketing")
    url = (await graph.session("/F/c.bin", item={"fileSize": 3})).json["uploadUrl"]
    await graph.raw("GET", url)
    await graph.fragment(url, b"abc", 0, 3)
    await graph.on_drive("DELETE", one)
    await graph.delta()
    await graph.on_drive("GET", one)
    sim.force_resync(graph.drive)
    await graph.call("GET", "/subscriptions")

    assert len(seen) > 25
    assert [c for exchange in seen for c in complaints(contract(), exchange)] == []


async def test_the_contract_notices_an_answer_that_the_real_service_does_not_give(
    sim: OneDriveSimulator, graph: Graph
) -> None:
    seen: list[Exchange] = []
    sim.serving.observers.append(seen.append)
    sim.quirks.delta_with_ctag = True
    await graph.delta()
    await graph.on_drive("PATCH", "/root:/nothing", json={"name": 3})
    await graph.on_drive("GET", "/unheard-of")

    found = [c for exchange in seen for c in complaints(contract(), exchange)]
    assert len(found) == 2, found
    assert "cTag" in found[0]
    assert "not in the contract" in found[1]
