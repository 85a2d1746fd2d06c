"""Collections with what their fields hold: found by filter, read by id, watched for changes. Never from the cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from shared.celum import filters, wire
from shared.celum.client import Client, Json
from shared.celum.definitions import Collection
from shared.celum.directory import Directory
from shared.celum.finding import BY_DATE, BY_ID, NEWEST_FIRST
from shared.celum.paging import PAGE_SIZE, pages
from shared.celum.polling import Page, Poll, Sight, Window
from shared.celum.wire_definitions import CollectionModel, CollectionPage
from shared.celum.wire_delivery import RightsModel
from shared.domain.ids import CollectionId
from shared.errors import Missing

ALL_COLLECTION_FIELDS: tuple[Json, ...] = ({"type": "ALL_COLLECTION_INFORMATION_FIELDS"},)


class CollectionFinder:
    def __init__(self, client: Client, directory: Directory) -> None:
        self._client = client
        self._directory = directory
        self.changes: Poll[Collection] = Poll(self._changed, self._newest, client.clock)

    async def read(self, number: CollectionId) -> Collection | None:
        """With its fields. None = missing or not accessible, which one answer never proves to be a deletion (G12)."""
        operation = f"read the collection {number}"
        query = (("inclusions", "informationFields"),)
        try:
            answer = await self._client.get(f"collections/{number}", operation=operation, query=query)
        except Missing:
            return None
        return await self._domain(wire.understood(CollectionModel, answer, operation))

    async def search(
        self, sought: filters.Filter, *, inclusions: Sequence[Json] = ALL_COLLECTION_FIELDS
    ) -> AsyncIterator[Collection]:
        """Every hit once, by id; the index may lag behind writes (G90)."""
        operation = "search collections"

        async def ask(number: int) -> CollectionPage:
            body = {"filter": sought, "sorting": list(BY_ID), "pagination": {"page": number, "size": PAGE_SIZE}}
            return await self._ask(body | ({"inclusions": list(inclusions)} if inclusions else {}), operation)

        async for model in pages(ask, operation):
            yield await self._domain(model)

    async def rights(self, number: CollectionId, names: Sequence[str]) -> dict[str, bool | None]:
        """Which of the named permissions we have on a collection; None where CELUM does not say."""
        operation = f"ask for our rights on the collection {number}"
        query = [("permissions", name) for name in names]
        answer = await self._client.get(f"collections/{number}", operation=operation, query=query)
        told = wire.understood(RightsModel, answer, operation).permissions or {}
        return {name: told.get(name) for name in names}

    async def _changed(self, window: Window) -> Page[Collection]:
        sought = filters.collections_modified_between(window.since, window.until)
        if window.after is not None:
            sought = filters.all_collections(sought, filters.collection_ids_from(window.after + 1))
        sorting = list(BY_DATE if window.after is None else BY_ID)
        body = {"filter": sought, "sorting": sorting, "pagination": {"page": 1, "size": PAGE_SIZE}}
        page = await self._ask(body, "look for changed collections")
        found = [await self._domain(model) for model in page.content]
        return Page([(Sight(one.modified or window.since, one.id), one) for one in found], page.has_next)

    async def _newest(self, until: datetime) -> datetime | None:
        sought = filters.collections_modified_between(None, until)
        body = {"filter": sought, "sorting": list(NEWEST_FIRST), "pagination": {"page": 1, "size": 1}}
        found = (await self._ask(body, "look for the newest collection")).content
        return (await self._domain(found[0])).modified if found else None

    async def _ask(self, body: Json, operation: str) -> CollectionPage:
        answer = await self._client.search("collections/search", body, operation=operation)
        return wire.understood(CollectionPage, answer, operation)

    async def _domain(self, model: CollectionModel) -> Collection:
        return model.domain(await self._directory.permission_defining(model.type_id))
