from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice

from shared.errors import LedgerConflict
from shared.ledger.keys import prefix_range, stored
from shared.ledger.store import Row, Table, groups


@dataclass(slots=True)
class _Sorted[T]:
    """A dict whose keys can be walked in order from anywhere."""

    items: dict[str, T] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def put(self, key: str, value: T) -> None:
        if key not in self.items:
            insort(self.order, key)
        self.items[key] = value

    def drop(self, key: str) -> None:
        del self.items[key]
        del self.order[bisect_left(self.order, key)]

    def between(self, first: str, behind: str) -> list[str]:
        return self.order[bisect_left(self.order, first) : bisect_left(self.order, behind)]


type _Partition = _Sorted[Row]


class MemoryStore:
    """Rows in this process: for tests, and for measuring the engine without the cost of storage."""

    def __init__(self) -> None:
        self._tables: dict[str, _Sorted[_Partition]] = {}
        self._etags = count(1)

    async def prepare(self) -> None:
        for table in Table:
            self._tables.setdefault(table, _Sorted())

    async def close(self) -> None:
        pass

    async def get(self, table: str, partition: str, key: str) -> Row | None:
        return self._find(table, partition, key)

    async def insert(self, table: str, row: Row) -> str:
        if self._find(table, row.partition, row.key) is not None:
            raise LedgerConflict(f"ledger: {table} already has the row {row.partition} · {row.key}")
        return self._put(table, row)

    async def replace(self, table: str, row: Row) -> str:
        present = self._find(table, row.partition, row.key)
        if present is None or present.etag != row.etag:
            raise LedgerConflict(f"ledger: the row {row.partition} · {row.key} of {table} was changed meanwhile")
        return self._put(table, row)

    async def upsert(self, table: str, row: Row) -> str:
        return self._put(table, row)

    async def delete(self, table: str, partition: str, key: str, *, etag: str | None = None) -> None:
        present = self._find(table, partition, key)
        if present is None:
            return
        if etag is not None and present.etag != etag:
            raise LedgerConflict(f"ledger: the row {partition} · {key} of {table} was changed meanwhile")
        partitions = self._tables[table]
        rows = partitions.items[stored(partition)]
        rows.drop(stored(key))
        if not rows.order:
            partitions.drop(stored(partition))

    async def query(
        self, table: str, partition: str, *, prefix: str = "", limit: int | None = None
    ) -> AsyncIterator[Row]:
        rows = self._partitions(table).items.get(stored(partition), _Sorted())
        found = (rows.items.get(key) for key in rows.between(*prefix_range(prefix)))
        for row in islice((row for row in found if row is not None and row.key.startswith(prefix)), limit):
            yield row

    async def query_across(
        self, table: str, *, prefix: str = "", until: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Row]:
        partitions = self._partitions(table)
        names = partitions.between(*prefix_range(prefix))
        if until is not None:
            names = names[: bisect_right(names, stored(until))]
        found = (
            row
            for name in names
            if name in partitions.items
            for key in tuple(partitions.items[name].order)
            if (row := partitions.items[name].items.get(key)) is not None and row.partition.startswith(prefix)
        )
        for row in islice(found, limit):
            yield row

    async def upsert_all(self, table: str, rows: Sequence[Row]) -> None:
        for group in groups(rows):
            for row in group:
                self._put(table, row)

    async def merge_all(self, table: str, rows: Sequence[Row]) -> None:
        for group in groups(rows):
            for row in group:
                if (present := self._find(table, row.partition, row.key)) is not None:
                    self._put(table, replace(row, properties={**present.properties, **row.properties}))

    async def tables(self, prefix: str) -> list[str]:
        return sorted(name for name in self._tables if name.startswith(prefix))

    async def drop_table(self, table: str) -> None:
        self._tables.pop(table, None)

    def _partitions(self, table: str) -> _Sorted[_Partition]:
        return self._tables.get(table) or _Sorted()

    def _find(self, table: str, partition: str, key: str) -> Row | None:
        rows = self._partitions(table).items.get(stored(partition))
        return rows.items.get(stored(key)) if rows is not None else None

    def _put(self, table: str, row: Row) -> str:
        etag = str(next(self._etags))
        partitions = self._tables.setdefault(table, _Sorted())
        name = stored(row.partition)
        if name not in partitions.items:
            partitions.put(name, _Sorted())
        properties: Mapping[str, str] = dict(row.properties)
        partitions.items[name].put(stored(row.key), replace(row, properties=properties, etag=etag))
        return etag
