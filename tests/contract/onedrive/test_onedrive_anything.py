"""Whatever a client sends, the simulator answers within the contract: never a 5xx, never a shape that is not declared.

Schemathesis draws the requests from the contract, those that keep to it and those that do not; ids that exist are put
in for some of the drawn ones. FUZZ_EXAMPLES asks for more than the few of a usual run.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from yarl import URL

from local.onedrive_simulator import Column, OneDriveSimulator
from local.serving import Exchange
from tests.contract.document import Document
from tests.contract.validation import Contract

DOCUMENT = Document.from_file(Path(__file__).parents[1] / "graph.openapi.yaml")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT.root)
OPERATIONS = {one.label: one for result in SCHEMA.get_all_operations() if (one := result.ok())}  # type: ignore[union-attr]  # an error says so in ok()
NOBODY = "http://127.0.0.1:9/"  # nothing listens there: only loopback is ever called
OFTEN = st.sampled_from([True, True, True, False])
COLUMNS = (Column("Title"), Column("Status", "choice", ("Draft", "Approved")), Column("Rating", "number"))


class Asker:
    """A simulator and a client in one event loop, which runs only while something is asked."""

    def __init__(self, folder: Path) -> None:
        self.sim = OneDriveSimulator(folder)
        self.contract = Contract(DOCUMENT)
        self.known: dict[str, list[str]] = {}
        self._loop = asyncio.Runner()
        self._stack = self.sim.running()
        self._loop.run(self._stack.__aenter__())
        self.sim.serving.observers.append(self._observe)
        self._session = self._loop.run(self._opened())

    async def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    def _observe(self, exchange: Exchange) -> None:
        self.contract.observe(exchange)

    def begin(self) -> None:
        """A fresh tenant with a little of everything."""
        sim = self.sim
        sim.reset()
        site = sim.add_site("marketing")
        drive = sim.add_drive("Documents", site=site, columns=COLUMNS)
        person = sim.add_drive("Documents", site=None)
        folder = sim.make_folder(drive, "/F")
        item = sim.put_file(drive, "/F/a.txt", b"a")
        sim.put_file(drive, "/F/a.txt", b"b")
        owner = sim.tenant.drives[person].owner.email
        self.known = {
            "drive-id": [drive],
            "item-id": [item, folder, "root"],
            "path": ["F/a.txt", "F", "new.txt", "a.txt"],
            "site-id": [site],
            "host": ["acme.sharepoint.com"],
            "list-id": ["Documents"],
            "list-item-id": ["1", "2"],
            "user-id": [owner],
            "version-id": ["1.0", "2.0"],
            "delta-token": ["latest", "none"],
        }

    def ask(self, case: Case[Any], where: str) -> int:
        return self._loop.run(self._ask(case, where))

    async def _ask(self, case: Case[Any], where: str) -> int:
        query = urlencode({name: text(value) for name, value in (case.query or {}).items()})
        base = self.sim.base_url if where.startswith("/_") else f"{self.sim.base_url}/v1.0"
        headers = {name: value for name, value in (case.headers or {}).items() if is_header(name, value)}
        body = None if isinstance(case.body, schemathesis.core.NotSet) else encoded(case.body)
        if body is not None:
            headers["Content-Type"] = case.media_type or "application/json"
        url = URL(f"{base}{where}" + (f"?{query}" if query else ""), encoded=True)
        if not where.startswith("/_"):
            headers["Authorization"] = "Bearer token"
        async with self._session.request(case.method, url, headers=headers, data=body, allow_redirects=False) as got:
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


@pytest.mark.parametrize("label", OPERATIONS)
def test_any_request_is_answered_within_the_contract(label: str, asker: Asker) -> None:
    asker.begin()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=drawn(OPERATIONS[label]), data=st.data())
    def holds(case: Case[Any], data: st.DataObject) -> None:
        where = str(case.path)
        for name, value in (case.path_parameters or {}).items():
            known = asker.known.get(name, [])
            existing = data.draw(OFTEN)
            put_in = quote(data.draw(st.sampled_from(known)), safe="/") if known and existing else str(value)
            where = where.replace(f"{{{name}}}", put_in)
        asker.contract.violations.clear()

        status = asker.ask(case, where)

        assert status < 500, f"{status} for {case.method} {where} {case.query} {case.body!r}"
        wrong = [str(one) for one in asker.contract.violations if one.place.startswith("response")]
        assert not wrong, (wrong, where)

    holds()


def drawn(operation: APIOperation[Any, Any, Any, Any]) -> st.SearchStrategy[Case[Any]]:
    """Two of three keep to the contract."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    try:
        odd = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    except schemathesis.errors.SchemathesisError:
        return good
    return st.one_of(good, good, odd)


def is_header(name: str, value: Any) -> bool:
    return name not in {"Content-Length", "Host"} and isinstance(value, str) and value.isprintable() and value.isascii()


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return json.dumps(harmless(body)).encode("utf-8", "surrogatepass")


def harmless(value: Any) -> Any:
    """The same without an address that leads out of this machine."""
    match value:
        case str() if "://" in value:
            return NOBODY
        case Mapping():
            return {name: harmless(one) for name, one in value.items()}
        case list():
            return [harmless(one) for one in value]
    return value
