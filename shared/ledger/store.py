"""What the ledger asks of a store of rows: Table Storage's own terms, nothing more.

Every method is one request where Table Storage allows it. A write that lost against another writer raises
LedgerConflict; everything else that goes wrong raises LedgerUnavailable, so that the function fails and its message is
delivered again. Either may come from a write that did take effect but whose answer got lost: read again, then decide.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.errors import LedgerUnavailable, LedgerUnreadable

__all__ = ["JOURNAL", "LedgerUnavailable", "LedgerUnreadable", "Row", "Store", "Table", "groups", "journal_table"]


class Table(StrEnum):
    DRIVES = "drives"
    FOLDERS = "folders"
    LINKS = "links"
    REFS = "refs"
    DUE = "due"
    ATTENTION = "attention"
    EVIDENCE = "evidence"
    CONTROL = "control"


JOURNAL = "journal"  # one table a month: retention is dropping old ones


def journal_table(at: datetime) -> str:
    return f"{JOURNAL}{at:%Y%m}"


@dataclass(frozen=True, slots=True)
class Row:
    """Keys are any text; `properties` are text of any length. `etag` is None for a row that was not read."""

    partition: str
    key: str
    properties: Mapping[str, str]
    etag: str | None = None


class Store(Protocol):
    async def prepare(self) -> None:
        """Create the tables that do not exist yet. Tables named later are created by the first write to them."""
        ...

    async def close(self) -> None: ...

    async def get(self, table: str, partition: str, key: str) -> Row | None: ...

    async def insert(self, table: str, row: Row) -> str:
        """The new ETag; LedgerConflict when the row exists."""
        ...

    async def replace(self, table: str, row: Row) -> str:
        """The new ETag; LedgerConflict when the row is gone or its ETag is not `row.etag` any more."""
        ...

    async def upsert(self, table: str, row: Row) -> str:
        """The new ETag; whatever stood there is replaced."""
        ...

    async def delete(self, table: str, partition: str, key: str, *, etag: str | None = None) -> None:
        """A missing row is fine; LedgerConflict when `etag` is given and the row has another."""
        ...

    def query(self, table: str, partition: str, *, prefix: str = "", limit: int | None = None) -> AsyncIterator[Row]:
        """The rows of a partition whose key begins with `prefix`, by key."""
        ...

    def query_across(
        self, table: str, *, prefix: str = "", until: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Row]:
        """All rows whose partition begins with `prefix` and is not behind `until`, by partition and key."""
        ...

    async def upsert_all(self, table: str, rows: Sequence[Row]) -> None:
        """Upsert in entity groups: up to 100 rows of a partition at once, all of them or none.

        A row named twice takes its last value.
        """
        ...

    async def merge_all(self, table: str, rows: Sequence[Row]) -> None:
        """Likewise, but properties that a row does not name stay as they are, and missing rows are passed over.

        For short properties: what is left of a longer value would stay behind it.
        """
        ...

    async def tables(self, prefix: str) -> list[str]:
        """The names of the tables that exist, in order."""
        ...

    async def drop_table(self, table: str) -> None:
        """With all its rows; missing is fine."""
        ...


GROUP_ROWS = 100  # Table Storage: entities in one transaction


def groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows parted into what one transaction takes."""
    partitions: dict[str, dict[str, Row]] = {}
    for row in rows:
        partitions.setdefault(row.partition, {})[row.key] = row
    return [
        list(members.values())[start : start + GROUP_ROWS]
        for members in partitions.values()
        for start in range(0, len(members), GROUP_ROWS)
    ]
