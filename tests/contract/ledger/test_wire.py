"""What only the store on tables can meet: answers that are late, wrong or lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from local.azurite import ACCOUNT, KEY, Azurite
from shared.errors import BridgeError, LedgerConflict
from shared.ledger import LedgerUnavailable, TableStore
from shared.ledger.store import Row, Table
from tests.contract.ledger.conftest import fresh_prefix

ROW = Row("p", "k", {"a": "1"})


@dataclass
class Wire:
    """Stands before Azurite and does to the next requests what `faults` says: a status, or "lose" the answer."""

    target: str
    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.method)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return web.Response(status=fault)
        async with (
            ClientSession(auto_decompress=False, skip_auto_headers=["Content-Type"]) as session,
            session.request(
                request.method,
                URL(self.target + request.raw_path, encoded=True),
                headers=request.headers,
                data=await request.read(),
            ) as answer,
        ):
            body = await answer.read()
        if fault == "lose":
            assert request.transport is not None
            request.transport.abort()
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "transfer-encoding"}
        return web.Response(status=answer.status, headers=headers, body=body)


@pytest.fixture
async def wire(azurite: Azurite) -> Wire:
    return Wire(f"http://127.0.0.1:{azurite.ports['table']}")


@pytest.fixture
async def store(wire: Wire) -> AsyncIterator[TableStore]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", wire.handle)
    async with TestServer(app) as server:
        endpoint = f"TableEndpoint=http://127.0.0.1:{server.port}/{ACCOUNT}"
        opened = TableStore.from_connection_string(
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoint}", fresh_prefix()
        )
        await opened.insert(Table.DRIVES, Row("there", "there", {}))
        wire.requests.clear()
        yield opened
        await opened.close()


async def test_a_method_is_one_request(store: TableStore, wire: Wire) -> None:
    etag = await store.insert(Table.DRIVES, ROW)
    await store.replace(Table.DRIVES, Row("p", "k", {"a": "2"}, etag))
    await store.get(Table.DRIVES, "p", "k")
    [row async for row in store.query(Table.DRIVES, "p", limit=1)]
    await store.upsert(Table.DRIVES, ROW)
    await store.delete(Table.DRIVES, "p", "k")

    assert wire.requests == ["POST", "PUT", "GET", "GET", "PUT", "DELETE"]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_F10_H35_a_short_hiccup_is_ridden_out(store: TableStore, wire: Wire, status: int) -> None:
    wire.faults[:] = [status]
    await store.upsert(Table.DRIVES, ROW)
    wire.faults[:] = [status]
    assert await store.get(Table.DRIVES, "p", "k") is not None


@pytest.mark.parametrize("fault", [503, "lose"])
async def test_F10_storage_that_stays_away_fails_the_function_with_a_named_error(
    store: TableStore, wire: Wire, fault: int | str
) -> None:
    wire.faults[:] = [fault] * 20
    with pytest.raises(LedgerUnavailable, match="ledger: could not read drives · p · k") as raised:
        await store.get(Table.DRIVES, "p", "k")

    assert isinstance(raised.value, BridgeError)
    assert 4 <= len(wire.requests) <= 8  # the HTTP client repeats a read of its own accord when a connection breaks


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_not_repeated(store: TableStore, wire: Wire, status: int) -> None:
    wire.faults[:] = [status]
    with pytest.raises(LedgerUnavailable, match=str(status)):
        await store.upsert(Table.DRIVES, ROW)
    assert len(wire.requests) == 1


async def test_F10_H35_a_write_whose_answer_was_lost_reads_as_a_conflict_and_stands(
    store: TableStore, wire: Wire
) -> None:
    wire.faults[:] = ["lose"]
    with pytest.raises(LedgerConflict):
        await store.insert(Table.DRIVES, ROW)
    row = await store.get(Table.DRIVES, "p", "k")
    assert row is not None

    wire.faults[:] = ["lose"]
    with pytest.raises(LedgerConflict):
        await store.replace(Table.DRIVES, Row("p", "k", {"a": "2"}, row.etag))
    row = await store.get(Table.DRIVES, "p", "k")
    assert row is not None
    assert row.properties == {"a": "2"}


async def test_groups_and_hints_whose_answer_was_lost_are_simply_written_again(store: TableStore, wire: Wire) -> None:
    rows = [Row("p", str(number), {"a": "1"}) for number in range(3)]
    wire.faults[:] = ["lose"]
    await store.upsert_all(Table.DRIVES, rows)
    wire.faults[:] = ["lose"]
    await store.upsert(Table.DRIVES, rows[0])
    wire.faults[:] = ["lose"]
    await store.delete(Table.DRIVES, "p", "1")

    assert [row.key async for row in store.query(Table.DRIVES, "p")] == ["0", "2"]


async def test_a_throttled_group_is_ridden_out_or_named(store: TableStore, wire: Wire) -> None:
    wire.faults[:] = [503]
    await store.upsert_all(Table.DRIVES, [ROW])
    wire.faults[:] = [503] * 4
    with pytest.raises(LedgerUnavailable):
        await store.merge_all(Table.DRIVES, [ROW])


async def test_nobody_listening_is_a_named_error() -> None:
    closed = "TableEndpoint=http://127.0.0.1:1/" + ACCOUNT  # port 1: nothing listens there
    store = TableStore.from_connection_string(f"AccountName={ACCOUNT};AccountKey={KEY};{closed}")
    with pytest.raises(LedgerUnavailable):
        await store.get(Table.DRIVES, "p", "k")
    await store.close()


def test_importing_the_ledger_loads_no_sdk() -> None:
    script = (
        "import sys, shared.ledger; print([name for name in sys.modules if name.split('.')[0] in {'azure', 'aiohttp'}])"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == "[]"
