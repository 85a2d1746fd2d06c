"""Assets in CELUM as they are found and read: by id, by filter, by what identifies them. Nothing here writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from shared.celum import filters, wire
from shared.celum.checksums import canonical, spelled
from shared.celum.client import Client, Json
from shared.celum.definitions import FieldDefinition
from shared.celum.names import normal
from shared.celum.paging import PAGE_SIZE, pages
from shared.celum.polling import Page, Poll, Sight, Window
from shared.celum.values import same
from shared.domain.assets import Asset, FieldContent, Version
from shared.domain.ids import AssetId, CollectionId, FieldId
from shared.errors import Missing, Refused

ALL_FIELDS: tuple[Json, ...] = ({"type": "ALL_ASSET_INFORMATION_FIELDS"},)
ALL_REFERENCES: tuple[Json, ...] = ({"type": "ALL_EXTERNAL_REFERENCES"},)
FILTER_VALUES = 200  # reference 25 "Number of `values` in a filter": begin with this, halve on 400
BY_ID: tuple[Json, ...] = ({"field": "id", "order": "ASC"},)
BY_DATE: tuple[Json, ...] = ({"field": "modification.date", "order": "ASC"}, *BY_ID)
NEWEST_FIRST: tuple[Json, ...] = ({"field": "modification.date", "order": "DESC"},)


def some_fields(fields: Iterable[FieldId]) -> tuple[Json, ...]:
    return ({"type": "ASSET_INFORMATION_FIELDS", "ids": list(fields)},)


class Finder:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.changes: Poll[Asset] = Poll(self._changed, self._newest, client.clock)

    async def asset(self, number: AssetId, *, references: bool = False) -> Asset | None:
        """With its fields. None = missing or not accessible, which one answer never proves to be a deletion (G12)."""
        operation = f"read asset {number}"
        query = [("inclusions", "informationFields")] + ([("inclusions", "externalReferences")] if references else [])
        try:
            answer = await self._client.get(f"assets/{number}", operation=operation, query=query)
        except Missing:
            return None
        return wire.understood(wire.AssetModel, answer, operation).domain()

    async def assets(self, numbers: Iterable[AssetId], *, inclusions: Sequence[Json] = ()) -> dict[AssetId, Asset]:
        """Those of them that searches show, 200 a call; what is absent is to be read singly before it counts as gone.

        A search may lag behind (G90), so this is for looking over many, not for deciding about one.
        """
        found: dict[AssetId, Asset] = {}
        wanted, step = sorted(set(numbers)), FILTER_VALUES
        while wanted:
            sought = filters.ids(wanted[:step])
            try:
                hits = [hit async for hit in self.search(sought, inclusions=inclusions, operation="look assets over")]
            except Refused as problem:
                step = _fewer(step, len(wanted), problem)
                continue
            found |= {hit.id: hit for hit in hits}
            wanted = wanted[step:]
        return found

    async def search(
        self, sought: filters.Filter, *, inclusions: Sequence[Json] = (), operation: str = "search assets"
    ) -> AsyncIterator[Asset]:
        """Every hit once, by id; what shifted between pages comes last. `fields` are None unless included.

        The index may lag behind writes (G90).
        """
        window, last = sought, 0
        while True:
            before = last
            try:
                async for model in pages(partial(self._page, window, inclusions, operation), operation):
                    last = max(last, model.id)
                    yield model.domain()
            except Refused:
                if last == before:
                    raise
                window = filters.all_of(sought, filters.ids_from(last + 1))  # no deeper page is given (G83)
            else:
                return

    async def _page(
        self, sought: filters.Filter, inclusions: Sequence[Json], operation: str, number: int
    ) -> wire.AssetPage:
        body = {"filter": sought, "sorting": list(BY_ID), "pagination": {"page": number, "size": PAGE_SIZE}}
        return await self._ask(body | ({"inclusions": list(inclusions)} if inclusions else {}), operation)

    async def _ask(self, body: Json, operation: str) -> wire.AssetPage:
        answer = await self._client.search("assets/search", body, operation=operation)
        return wire.understood(wire.AssetPage, answer, operation)

    async def _changed(self, window: Window) -> Page[Asset]:
        """Without fields; an asset that was never modified stands at its creation."""
        sought = filters.modified_between(window.since, window.until)
        if window.after is not None:
            sought = filters.all_of(sought, filters.ids_from(window.after + 1))
        sorting = list(BY_DATE if window.after is None else BY_ID)
        body = {"filter": sought, "sorting": sorting, "pagination": {"page": 1, "size": PAGE_SIZE}}
        page = await self._ask(body, "look for changed assets")
        assets = [model.domain() for model in page.content]
        rows = [(Sight(a.modified or a.created or window.since, a.id, a.current_version.id), a) for a in assets]
        return Page(rows, page.has_next)

    async def _newest(self, until: datetime) -> datetime | None:
        sought = filters.modified_between(None, until)
        body = {"filter": sought, "sorting": list(NEWEST_FIRST), "pagination": {"page": 1, "size": 1}}
        found = (await self._ask(body, "look for the newest asset")).content
        return found[0].domain().modified if found else None

    async def find_by_text_field(self, field: FieldId, text: str) -> tuple[Asset, ...]:
        """Assets whose TEXT field holds exactly this text; made for `to.key`."""
        sought = filters.text_field(field, text)
        return await self._with_field(field, sought, lambda content: same(content, text))

    async def find_by_field(self, definition: FieldDefinition, content: FieldContent) -> tuple[Asset, ...]:
        """Assets whose field, of any type, holds exactly this; of a localised text, in these locales."""

        def holds(there: FieldContent | None) -> bool:
            if isinstance(content, Mapping) and isinstance(there, Mapping):
                there = {locale: text for locale, text in there.items() if locale in content}
            return same(there, content)

        return await self._with_field(definition.id, filters.field_holds(definition, content), holds)

    async def _with_field(
        self, field: FieldId, sought: filters.Filter, holds: Callable[[FieldContent | None], bool]
    ) -> tuple[Asset, ...]:
        """Search types are fuzzy, so the hits are compared here; one that came without fields is read singly (G87)."""
        found: list[Asset] = []
        operation = f"look for assets by information field {field}"
        async for hit in self.search(sought, inclusions=some_fields([field]), operation=operation):
            whole = hit if hit.fields is not None else await self.asset(hit.id)
            if whole is not None and whole.fields is not None and holds(whole.fields.get(field)):
                found.append(whole)
        return tuple(found)

    async def find_by_checksum(self, checksums: Iterable[str]) -> tuple[Asset, ...]:
        """Assets whose current version has one of these checksums; hex or base64, whichever CELUM writes."""
        known = {canonical(checksum) for checksum in checksums}
        wanted = [spelling for checksum in sorted(known) for spelling in spelled(checksum)]
        found: dict[AssetId, Asset] = {}
        step = FILTER_VALUES
        while wanted:
            try:
                hits = [hit async for hit in self.search(filters.checksums(wanted[:step]))]
            except Refused as problem:
                step = _fewer(step, len(wanted), problem)
                continue
            wanted = wanted[step:]
            found |= {h.id: h for h in hits if canonical(h.current_version.checksum or "") in known}
        return tuple(found[number] for number in sorted(found))

    async def find_by_name(self, collection: CollectionId, name: str) -> tuple[Asset, ...]:
        """Assets directly in the collection that bear exactly this name."""
        sought = filters.all_of(filters.parents([collection]), filters.name(name))
        operation = f"look for an asset by name in collection {collection}"
        hits = [hit async for hit in self.search(sought, operation=operation)]
        return tuple(hit for hit in hits if normal(hit.name) == normal(name))

    async def example(self, below: CollectionId, asset_type: int) -> AssetId | None:
        """Some asset of the type below the collection: what we may do with it says something of the others."""
        sought = filters.all_of(filters.parents([below], recursive=True), filters.asset_types([asset_type]))
        body = {"filter": sought, "sorting": list(BY_ID), "pagination": {"page": 1, "size": 1}}
        found = (await self._ask(body, f"look for some asset below collection {below}")).content
        return AssetId(found[0].id) if found else None

    async def versions(self, asset: AssetId) -> tuple[Version, ...]:
        """All versions, newest first."""
        operation = f"read the versions of asset {asset}"

        async def ask(number: int) -> wire.VersionPage:
            query = (("page", str(number)), ("size", str(PAGE_SIZE)))
            answer = await self._client.get(f"assets/{asset}/versions", operation=operation, query=query)
            return wire.understood(wire.VersionPage, answer, operation)

        found = [model.domain() async for model in pages(ask, operation)]
        oldest_first = sorted(found, key=lambda v: (v.created.timestamp() if v.created else 0.0, v.id))
        return tuple(reversed(oldest_first))


def _fewer(step: int, left: int, problem: Refused) -> int:
    """Half as many values after a refusal (G84); one alone that is refused is refused for another reason."""
    if min(step, left) == 1:
        raise problem
    return min(step, left) // 2
