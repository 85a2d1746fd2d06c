"""The store on Azure Table Storage. The SDK is imported with the first store, never with this module."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from shared.errors import LedgerConflict
from shared.ledger.entities import to_entity, to_row
from shared.ledger.keys import prefix_range, stored
from shared.ledger.store import LedgerUnavailable, Row, Table, groups

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import HttpResponseError
    from azure.data.tables.aio import TableClient, TableServiceClient

_WIRE: dict[str, Any] = {
    "retry_total": 3,  # inside one call; beyond that the message is delivered again
    "retry_backoff_factor": 0.1,  # seconds: 0, 0.2, 0.4
    "retry_backoff_max": 2,  # seconds: nothing sleeps for long inside a function
    "connection_timeout": 5,  # seconds
    "read_timeout": 20,  # seconds; Table Storage itself gives up on a query after 5 and on a write after 30
}
# A repeated insert or group whose first answer got lost ends as a conflict, and conflicts are read again anyway.
_REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE", "POST"})
_LOST = frozenset({404, 412})  # a conditional write met no row, or another ETag
PAGE_ROWS = 1000  # the most that Table Storage puts on a page


class TableStore:
    def __init__(self, service: TableServiceClient, prefix: str = "") -> None:
        self._service = service
        self._prefix = prefix
        self._clients: dict[str, TableClient] = {}

    @classmethod
    def from_connection_string(cls, connection_string: str, prefix: str = "") -> Self:
        from azure.data.tables.aio import TableServiceClient  # noqa: PLC0415  see the module's docstring

        return cls(TableServiceClient.from_connection_string(connection_string, **_WIRE), prefix)

    @classmethod
    def from_endpoint(cls, url: str, credential: AsyncTokenCredential, prefix: str = "") -> Self:
        """The caller closes the credential."""
        from azure.data.tables.aio import TableServiceClient  # noqa: PLC0415  see the module's docstring

        return cls(TableServiceClient(url, credential=credential, **_WIRE), prefix)

    async def prepare(self) -> None:
        await asyncio.gather(*(self._create(table) for table in Table))

    async def close(self) -> None:
        await self._service.close()

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        with _translated("read", table, partition, key):
            try:
                entity = await self._client(table).get_entity(stored(partition), stored(key))
            except _not_found():
                return None
        return to_row(entity, str(entity.metadata["etag"]))

    async def insert(self, table: str, row: Row) -> str:
        entity = to_entity(row)
        with _translated("insert", table, row.partition, row.key):
            answer = await self._creating(
                table,
                lambda client: client.create_entity(
                    entity, retry_on_methods=_REPEATABLE, response_preference="return-no-content"
                ),
            )
        return str(answer["etag"])

    async def replace(self, table: str, row: Row) -> str:
        from azure.core import MatchConditions  # noqa: PLC0415  see the module's docstring

        with _translated("replace", table, row.partition, row.key):
            answer = await self._client(table).update_entity(
                to_entity(row), mode="replace", etag=row.etag, match_condition=MatchConditions.IfNotModified
            )
        return str(answer["etag"])

    async def upsert(self, table: str, row: Row) -> str:
        entity = to_entity(row)
        with _translated("write", table, row.partition, row.key):
            answer = await self._creating(table, lambda client: client.upsert_entity(entity, mode="replace"))
        return str(answer["etag"])

    async def delete(self, table: str, partition: str, key: str, *, etag: str | None = None) -> None:
        from azure.core import MatchConditions  # noqa: PLC0415  see the module's docstring

        condition = MatchConditions.IfNotModified if etag else MatchConditions.Unconditionally
        with _translated("delete", table, partition, key):
            await self._client(table).delete_entity(
                stored(partition), stored(key), etag=etag, match_condition=condition
            )

    async def query(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None
    ) -> AsyncIterator[Row]:
        wanted = f"PartitionKey eq '{stored(partition)}'"
        if prefix:
            first, behind = prefix_range(prefix)
            wanted += f" and RowKey ge '{first}' and RowKey lt '{behind}'"
        async for row in self._found(table, wanted, limit, lambda row: row.key.startswith(prefix)):
            yield row

    async def query_across(
        self, table: str, *, prefix: str = "", until: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Row]:
        first, behind = prefix_range(prefix)
        bounds = [f"PartitionKey ge '{first}' and PartitionKey lt '{behind}'"] if prefix else []
        bounds += [f"PartitionKey le '{stored(until)}'"] if until is not None else []
        wanted = " and ".join(bounds)
        async for row in self._found(table, wanted, limit, lambda row: row.partition.startswith(prefix)):
            yield row

    async def upsert_all(self, table: str, rows: Sequence[Row]) -> None:
        await asyncio.gather(*(self._upsert_group(table, group) for group in groups(rows)))

    async def merge_all(self, table: str, rows: Sequence[Row]) -> None:
        await asyncio.gather(*(self._merge_group(table, group) for group in groups(rows)))

    async def tables(self, prefix: str) -> list[str]:
        first, behind = self._prefix + prefix, self._prefix + prefix + "~"
        with _translated("list the tables", prefix):
            found = self._service.query_tables(f"TableName ge '{first}' and TableName lt '{behind}'")
            return sorted([table.name.removeprefix(self._prefix) async for table in found])

    async def drop_table(self, table: str) -> None:
        with _translated("drop", table), suppress(_not_found()):
            await self._service.delete_table(self._prefix + table)

    async def _found(
        self, table: str, wanted: str, limit: int | None, fits: Callable[[Row], bool]
    ) -> AsyncIterator[Row]:
        left = limit
        page = min(PAGE_ROWS, limit) if limit else PAGE_ROWS
        with _translated("query", table):
            try:
                async for entity in self._client(table).query_entities(wanted, results_per_page=page):
                    row = to_row(entity, str(entity.metadata["etag"]))
                    if not fits(row):
                        continue
                    yield row
                    if left is not None and (left := left - 1) <= 0:
                        return
            except _not_found():
                return

    async def _upsert_group(self, table: str, group: list[Row]) -> None:
        operations = [("upsert", to_entity(row), {"mode": "replace"}) for row in group]
        with _translated("write", table, group[0].partition):
            await self._creating(
                table, lambda client: client.submit_transaction(operations, retry_on_methods=_REPEATABLE)
            )

    async def _merge_group(self, table: str, group: list[Row]) -> None:
        operations = [("update", to_entity(row), {"mode": "merge"}) for row in group]
        with _translated("change", table, group[0].partition):
            try:
                await self._client(table).submit_transaction(operations, retry_on_methods=_REPEATABLE)
            except _http_error() as error:
                if error.status_code != 404:
                    raise
                if len(group) > 1:  # one missing row fails them all
                    await asyncio.gather(*(self._merge_group(table, [row]) for row in group))

    def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            self._clients[table] = self._service.get_table_client(self._prefix + table)
        return self._clients[table]

    async def _creating[T](self, table: str, write: Callable[[TableClient], Awaitable[T]]) -> T:
        """A write that brings the table into being when it is the first one, as in a new month of the journal."""
        try:
            return await write(self._client(table))
        except _http_error() as error:
            if _code(error) != "TableNotFound":
                raise
        await self._create(table)
        return await write(self._client(table))

    async def _create(self, table: str) -> None:
        with _translated("create", table):
            await self._service.create_table_if_not_exists(self._prefix + table)


@contextmanager
def _translated(action: str, table: str, *keys: str) -> Iterator[None]:
    """The one place where errors of the SDK become ours."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415  see the module's docstring

    what = f"ledger: could not {action} {' · '.join((table, *keys))}"
    try:
        yield
    except _http_error() as error:
        if error.status_code in _LOST or _code(error) == "EntityAlreadyExists":
            raise LedgerConflict(f"{what}: it was changed meanwhile") from error
        raise LedgerUnavailable(f"{what}: storage answered {error.status_code} {_code(error)}") from error
    except (AzureError, OSError) as error:
        raise LedgerUnavailable(f"{what}: {type(error).__name__} {error}") from error


def _code(error: HttpResponseError) -> str:
    answer: Any = error.response
    named = answer.headers.get("x-ms-error-code") if answer is not None else None
    code = getattr(error, "error_code", None) or ""  # an enum, or text after a failed transaction
    return str(named or getattr(code, "value", code))


def _http_error() -> type[HttpResponseError]:
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415  see the module's docstring

    return HttpResponseError


def _not_found() -> type[HttpResponseError]:
    from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  see the module's docstring

    return ResourceNotFoundError
