"""What only ever grows: evidence for auditors, the journal for `explain`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from shared.domain.ids import AssetId, LinkKey
from shared.ledger.keys import instant, instant_text, newest_first
from shared.ledger.part import Part
from shared.ledger.rows import Record
from shared.ledger.store import JOURNAL, Row, Table, journal_table


class Records(Part):
    async def add_evidence(self, asset: AssetId, entry: Mapping[str, str], once: str | None = None) -> None:
        """Upsert. `once` names the event, whose repetition after a kill is the same row; others each have one."""
        await self._store.upsert(Table.EVIDENCE, self._row(str(asset), entry, once))

    async def evidence(self, asset: AssetId, limit: int | None = None) -> tuple[Record, ...]:
        """Newest first. A plain read."""
        return tuple((await self._read(Table.EVIDENCE, str(asset)))[:limit])

    async def add_journal(self, link: LinkKey, entry: Mapping[str, str], once: str | None = None) -> None:
        """Likewise, in the table of this month: only what is repeated in the next one stands there twice."""
        await self._store.upsert(journal_table(self._clock.now()), self._row(link, entry, once))

    async def journal(self, link: LinkKey, limit: int | None = None) -> tuple[Record, ...]:
        """Newest first, month by month. A plain read."""
        found: list[Record] = []
        for table in reversed(await self._store.tables(JOURNAL)):
            left = None if limit is None else limit - len(found)
            if left is not None and left <= 0:
                break
            found += (await self._read(table, link))[:left]
        return tuple(found)

    async def drop_journal(self, before: datetime) -> list[str]:
        """Drop the tables of the months that were over before the month of that instant. Their names."""
        old = [table for table in await self._store.tables(JOURNAL) if table < journal_table(before)]
        for table in old:
            await self._store.drop_table(table)
        return old

    async def _read(self, table: str, partition: str) -> list[Record]:
        records = [_record(row) async for row in self._store.query(table, partition)]
        return sorted(records, key=lambda record: record.at, reverse=True)

    def _row(self, partition: str, entry: Mapping[str, str], once: str | None) -> Row:
        now = self._clock.now()
        properties = {"at": instant_text(now), "entry": json.dumps(dict(entry), ensure_ascii=False)}
        name = f"{newest_first(now)}-{secrets.token_hex(8)}" if once is None else sha256(once.encode()).hexdigest()
        return Row(partition, name, properties)


def _record(row: Row) -> Record:
    return Record(instant(row.properties["at"]), json.loads(row.properties["entry"]))
