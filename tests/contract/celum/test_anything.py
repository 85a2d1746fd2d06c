"""Whatever a client sends, the simulator answers within the contract: never a 5xx, never a shape that is not declared.

Drawn from the contract itself. FUZZ_EXAMPLES asks for more than the few of a usual run.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from yarl import URL

from local.celum_simulator import CelumSimulator, seeds
from tests.contract.celum.test_document import operations
from tests.contract.document import Document
from tests.contract.drawing import Draw, Drawing, Pool
from tests.contract.validation import Contract

DOCUMENT = Document.from_file(Path(__file__).parents[1] / "celum.openapi.yaml")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
OPERATIONS = sorted(operations(DOCUMENT))


class Asker:
    """A simulator and a client in one event loop, which runs only while something is asked."""

    def __init__(self, folder: Path) -> None:
        self.sim = CelumSimulator(folder)
        self.contract = Contract(DOCUMENT)
        self.pool = Pool()
        self._loop = asyncio.Runner()
        self._stack = self.sim.running()
        self._loop.run(self._stack.__aenter__())
        self.sim.serving.observers.append(self.contract.observe)
        self._session = self._loop.run(self._opened())

    async def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    def begin(self) -> None:
        """A fresh tenant with a little of everything."""
        sim = self.sim
        sim.replace_tenant()
        seeds.plant(sim, "acme")
        first = sim.add_asset("a.txt", b"a hero", parents=["/Marketing/Office"], type="Campaign asset")
        sim.add_version(first, "b.txt", b"a better hero")
        sim.add_asset("b.txt", b"b", parents=["/Marketing/Office"], fields=None)
        handles = [upload.handle for upload in sim.tenant.uploads.values()] or ["none"]
        tenant = sim.tenant
        ids = [first, *tenant.fields, *tenant.asset_types, *tenant.collection_types, *tenant.formats]
        ids += [row.id for row in tenant.assets] + [row.id for row in tenant.collections] + [*tenant.relation_types]
        typed = {field.id: field.type for field in tenant.fields.values()}
        self.pool = Pool(
            ids,
            {
                "informationFieldId": list(typed),
                "uploadHandle": handles,
                "field": ["id", "name", "modification.date", "informationField.106"],
            },
        )
        self.contract.violations.clear()

    def ask(self, method: str, path: str, query: list[tuple[str, str]], body: bytes | None) -> int:
        return self._loop.run(self._ask(method, path, query, body))

    async def _ask(self, method: str, path: str, query: list[tuple[str, str]], body: bytes | None) -> int:
        url = f"{self.sim.api_url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"X-API-KEY": seeds.ACME_KEY, "Content-Type": "application/json"}
        async with self._session.request(method, URL(url, encoded=True), headers=headers, data=body) as got:
            await got.read()
            return got.status

    def close(self) -> None:
        self._loop.run(self._session.close())
        self._loop.run(self._stack.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    opened = Asker(tmp_path_factory.mktemp("anything"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_any_request_is_answered_within_the_contract(method: str, path: str, asker: Asker) -> None:
    asker.begin()
    pointer = f"/paths/{path.replace('/', '~1')}"

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        drawing = Drawing(DOCUMENT, asker.pool, data.draw)
        where, query = parameters(drawing, pointer, method, path, data.draw)
        body = sent(drawing, f"{pointer}/{method.lower()}", data.draw)

        asker.contract.violations.clear()
        status = asker.ask(method, where, query, body)

        assert status < 500, f"{status} for {method} {where} {query} {body!r}"
        asker.contract.check()

    holds()


def parameters(drawing: Drawing, pointer: str, method: str, path: str, draw: Draw) -> tuple[str, list[tuple[str, str]]]:
    query: list[tuple[str, str]] = []
    lists = (f"{pointer}/parameters", f"{pointer}/{method.lower()}/parameters")
    for one in (f"{at}/{i}" for at in lists for i in range(len(listed(at)))):
        where = DOCUMENT.follow(one)
        node = DOCUMENT.at(where)
        if node["in"] == "header" or (node["in"] == "query" and not node.get("required") and not draw(st.booleans())):
            continue
        value = drawing.value(f"{where}/schema")
        if not draw(st.integers(0, 9)):
            value = draw(st.sampled_from(("x", "-1", "9" * 25, "1 ", "²", "null")))
        if node["in"] == "path":
            path = path.replace(f"{{{node['name']}}}", quote(text(value) or "x", safe=""))
        else:
            query += [(node["name"], text(entry)) for entry in (value if isinstance(value, list) else [value])]
    return path, query


def listed(pointer: str) -> list[Any]:
    try:
        found: list[Any] = DOCUMENT.at(pointer)
    except KeyError:
        return []
    return found


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def sent(drawing: Drawing, operation: str, draw: Draw) -> bytes | None:
    if "requestBody" not in DOCUMENT.at(operation):
        return None
    value = drawing.value(f"{operation}/requestBody/content/application~1json/schema")
    if draw(st.booleans()):
        value = drawing.spoiled(value)
    if not draw(st.integers(0, 30)):
        return draw(st.sampled_from((b"", b"{", b"null", b"[" * 2000, b'{"a": NaN}', b"\xff\xfe", b"1" * 5000)))
    return json.dumps(value).encode()
