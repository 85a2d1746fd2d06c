"""Everything one CELUM tenant knows, in memory; bytes lie in a folder."""

from __future__ import annotations

import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from local.celum_simulator.clock import Clock
from local.celum_simulator.model import (
    Asset,
    AssetType,
    Collection,
    CollectionType,
    Format,
    InformationField,
    Job,
    Link,
    Relation,
    Upload,
    User,
)
from local.celum_simulator.quirks import Quirks
from local.celum_simulator.refusals import Json

FORMATS = (
    Format(1, "original", "Original", None),
    Format(2, "thmb", "Thumbnail", 250),
    Format(3, "prvw", "Preview", 1024),
    Format(4, "largeprvw", "Large preview", 3000),
)
LANGUAGES = ("en", "de")

type Event = tuple[str, int, datetime, Json]


class Table[T: (Asset, Collection)]:
    """Rows that are always fresh by id, and an index for lists and searches that may lag behind."""

    def __init__(self, clock: Clock, quirks: Quirks) -> None:
        self._clock = clock
        self._quirks = quirks
        self._rows: dict[int, T] = {}
        self._index: dict[int, T] = {}
        self._late: deque[tuple[datetime, int, T | None]] = deque()

    def get(self, row_id: int) -> T | None:
        return self._rows.get(row_id)

    def __getitem__(self, row_id: int) -> T:
        return self._rows[row_id]

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._rows.values()))

    def put(self, row: T) -> T:
        self._rows[row.id] = row
        self._write(row.id, row)
        return row

    def drop(self, row_id: int) -> None:
        self._rows.pop(row_id, None)
        self._write(row_id, None)

    def _write(self, row_id: int, row: T | None) -> None:
        lag = self._quirks.index_lag
        if lag > 0 or self._late:
            self._late.append((self._clock.now() + timedelta(seconds=min(lag, 1e8)), row_id, row))
        else:
            self._apply(row_id, row)

    def _apply(self, row_id: int, row: T | None) -> None:
        if row is None:
            self._index.pop(row_id, None)
        else:
            self._index[row_id] = row

    def catch_up(self, until: datetime | None = None) -> None:
        """Let the index see what was written; all of it, or what is due at `until`."""
        while self._late and (until is None or self._late[0][0] <= until):
            _, row_id, row = self._late.popleft()
            self._apply(row_id, row)

    def searchable(self) -> list[T]:
        self.catch_up(self._clock.now())
        return sorted(self._index.values(), key=lambda row: row.id)


class Tenant:
    def __init__(self, folder: Path, quirks: Quirks | None = None) -> None:
        self.folder = folder
        self.quirks = quirks or Quirks()
        self.clock = Clock()
        self.base_url = ""
        self._ids = itertools.count(101)
        self.users: dict[int, User] = {}
        self.keys: dict[str, int] = {}
        self.fields: dict[int, InformationField] = {}
        self.asset_types: dict[int, AssetType] = {}
        self.collection_types: dict[int, CollectionType] = {}
        self.collections: Table[Collection] = Table(self.clock, self.quirks)
        self.assets: Table[Asset] = Table(self.clock, self.quirks)
        self.deleted: dict[int, Asset] = {}
        self.relations: dict[int, Relation] = {}
        self.uploads: dict[str, Upload] = {}
        self.links: dict[str, Link] = {}
        self.jobs: dict[str, Job] = {}
        self.formats = {f.id: f for f in FORMATS}
        self.relation_types = {1: "Adaptation"}
        self.listeners: list[Callable[[Event], None]] = []
        self._coming: list[tuple[datetime, Event]] = []

    def next_id(self) -> int:
        return next(self._ids)

    def new_file(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / secrets.token_hex(12)

    def host(self, choice: str) -> str:
        """The address under which bytes travel; the other name of this machine stands for a foreign host."""
        return self.base_url.replace("127.0.0.1", "localhost") if choice == "other" else self.base_url

    def emit(self, kind: str, user: User, members: Json) -> None:
        if user.id in self.keys.values() and not self.quirks.events_for_own_writes:
            return
        for listener in self.listeners:
            listener((kind, user.id, self.clock.now(), members))

    def emit_at(self, moment: datetime, kind: str, user: User, members: Json) -> None:
        """An event of something that happens by itself, such as the end of a conversion."""
        self._coming.append((moment, (kind, user.id, moment, members)))
        self.let_happen()

    def let_happen(self) -> None:
        """Tell what has happened by itself until now; called before whatever may notice it."""
        now = self.clock.now()
        due = sorted((entry for entry in self._coming if entry[0] <= now), key=lambda entry: entry[0])
        self._coming = [entry for entry in self._coming if entry[0] > now]
        for _, event in due:
            for listener in self.listeners:
                listener(event)

    def catch_up(self) -> None:
        self.collections.catch_up()
        self.assets.catch_up()
