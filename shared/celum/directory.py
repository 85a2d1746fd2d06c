"""Names to ids: asset types, information fields, options, collections, tags, languages. Cached for ten minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from shared.celum import filters, wire
from shared.celum.client import Client
from shared.celum.definitions import AssetType, Collection, CollectionType, FieldDefinition
from shared.celum.names import bears, nearest, normal, pick
from shared.celum.paging import PAGE_SIZE, pages
from shared.domain import CollectionId
from shared.errors import NameProblem

CACHE_SECONDS = 600
CACHE_ENTRIES = 5000  # then everything is forgotten: a flow may name a collection for each file
DEFAULT_LANGUAGE = "en"  # CELUM's own default for COLLECTION_NAME; used where `clients/{id}` does not name one
ORIGINAL_FORMAT = 1  # reference 14.1: the original's id in every source that names one; used if no format says so


class Directory:
    """`forget` drops everything: after COLLECTION_* events, and after any refusal that names an entity."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[object, tuple[datetime, object]] = {}
        self._locks: dict[object, asyncio.Lock] = {}
        self._creating = asyncio.Lock()

    def forget(self) -> None:
        self._known.clear()

    # --- Asset types, fields, options ---

    async def asset_type(self, name: str) -> AssetType:
        """With its fields; by technical name or by label in any locale."""

        async def ask() -> tuple[AssetType, ...]:
            answer = await self._client.get("asset-types", operation="read the asset types")
            return tuple(m.domain() for m in wire.understood_list(wire.AssetTypeModel, answer, "read the asset types"))

        listed = await self._cached("asset types", ask)
        found = pick("asset type", name, [(t, (t.name, *t.labels.values()), f"{t.name} ({t.id})") for t in listed])
        return await self.asset_type_by_id(found.id)

    async def asset_type_by_id(self, number: int) -> AssetType:
        operation = f"read the asset type {number}"

        async def ask() -> AssetType:
            answer = await self._client.get(f"asset-types/{number}", operation=operation)
            return wire.understood(wire.AssetTypeModel, answer, operation).domain()

        return await self._cached(("asset type", number), ask)

    async def field(self, asset_type: AssetType, label: str) -> FieldDefinition:
        """By technical name or by label in any locale."""
        entries = [(f, (f.name, *f.labels.values()), f"{f.label} ({f.id})") for f in asset_type.fields]
        return pick("information field", label, entries)

    async def option(self, field: FieldDefinition, label: str) -> int:
        """The index of a dropdown's option by its label in any locale."""
        names: dict[int, list[str]] = {}
        for options in field.options.values():
            for option in options:
                names.setdefault(option.index, []).append(option.label)
        entries = [(index, labels, f"{labels[0]} ({index})") for index, labels in names.items()]
        return pick(f'option of "{field.label}"', label, entries)

    # --- Languages and formats ---

    async def system_language(self) -> str:
        return (await self.languages())[0]

    async def languages(self) -> tuple[str, ...]:
        """The system language first, then every other one that CELUM is known to speak."""

        async def ask() -> tuple[str, ...]:
            settings = self._client.settings
            spoken: list[str] = [settings.language] if settings.language else []
            if settings.client_id:
                operation = "read the client's settings"
                answer = await self._client.get(f"clients/{settings.client_id}", operation=operation)
                languages = wire.understood(wire.ClientModel, answer, operation).languages
                spoken += [languages.system or "", *languages.information_fields] if languages else []
            spoken += [DEFAULT_LANGUAGE]
            spoken += [locale for kind in await self._collection_types() for locale in kind.labels]
            return tuple(dict.fromkeys(locale for locale in spoken if locale))

        return await self._cached("languages", ask)

    async def original_format(self) -> int:
        """The id of the download format that hands out the original."""

        async def ask() -> int:
            operation = "read the download formats"
            answer = await self._client.get("download-formats", operation=operation)
            formats = wire.understood_list(wire.FormatModel, answer, operation)
            marked = [one.id for one in formats if one.original] or [one.id for one in formats if one.key == "original"]
            return marked[0] if marked else ORIGINAL_FORMAT

        return await self._cached("original format", ask)

    # --- Collections ---

    async def permission_defining(self, collection_type: int | None) -> bool | None:
        """Whether assets may be created directly in collections of this type; None for an unknown type."""
        types = {one.id: one for one in await self._collection_types()}
        return types[collection_type].permission_defining if collection_type in types else None

    async def collection(self, path: str) -> Collection:
        """The collection at a path such as "Marketing/Spring", from a root down; NameProblem if none or several."""
        return await self._at_path(segments(path))

    async def _at_path(self, steps: tuple[str, ...]) -> Collection:
        if not steps:
            raise NameProblem("collection", "")

        async def ask() -> Collection:
            parent = await self._at_path(steps[:-1]) if steps[1:] else None
            return await self._step(parent, steps[-1], "/".join(steps))

        return await self._cached(("collection", steps), ask)

    async def collection_by_id(self, number: CollectionId) -> Collection:
        operation = f"read the collection {number}"

        async def ask() -> Collection:
            answer = await self._client.get(f"collections/{number}", operation=operation)
            return await self._domain(wire.understood(wire.CollectionModel, answer, operation))

        return await self._cached(("collection id", number), ask)

    async def ancestry(self, collection: Collection) -> tuple[CollectionId, ...]:
        """The ids from the root down to the collection's parent."""
        if collection.ancestors is not None:
            return collection.ancestors
        line: list[CollectionId] = []
        above = collection.parent
        while above is not None and above not in line:
            line.insert(0, above)
            above = (await self.collection_by_id(above)).parent
        return tuple(line)

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId:
        """A collection or tag that a field may point to: below its root, by name, or by path from that root."""
        return await self._cached(("reference", field.id, normal(label)), lambda: self._reference(field, label))

    async def create_collection(self, path: str, *, root_type: str | None = None) -> Collection:
        """The collection at a path, made where it is missing; names go into the system language.

        One at a time in this process. Names are not declared unique (G49), so each one is looked for again after it
        was made: a twin made by somebody else at the same time is an ambiguous NameProblem. `root_type` is the
        collection type of a root that is missing.
        """
        steps = segments(path)
        found: Collection | None = None
        async with self._creating:
            for index in range(1, len(steps) + 1):
                try:
                    found = await self._at_path(steps[:index])
                except NameProblem as problem:
                    if problem.ambiguous:
                        raise
                    found = await self._make(found, steps[index - 1], "/".join(steps[:index]), root_type)
                    self._remember(("collection", steps[:index]), found)  # the search may not know it yet (G90)
        if found is None:
            raise NameProblem("collection", path)
        return found

    async def _make(self, parent: Collection | None, name: str, whole: str, root_type: str | None) -> Collection:
        operation = f'create the collection "{whole}"'
        body: dict[str, object] = {"name": {await self.system_language(): name}}
        if parent is not None:
            body["parentId"] = parent.id
        else:
            types = [(t, (t.name, *t.labels.values()), f"{t.name} ({t.id})") for t in await self._collection_types()]
            if root_type is None:
                raise NameProblem("collection", whole, candidates=await self._near(None, name))
            body["typeId"] = pick("collection type", root_type, types).id
        answer = await self._client.post("collections", body, operation=operation)
        made = await self._domain(wire.understood(wire.CollectionModel, answer, operation))
        twins = [one for one in await self._named(parent, name) if one.id != made.id]
        if twins:
            raise NameProblem("collection", whole, candidates=_told([made, *twins]), ambiguous=True)
        return made

    async def _step(self, parent: Collection | None, name: str, whole: str) -> Collection:
        found = await self._named(parent, name)
        if not found:  # the search may be fuzzy, lag, or know names in fewer languages: look at all there are
            found = [one async for one in self._children(parent) if bears(name, one.names.values())]
        if len(found) > 1:
            raise NameProblem("collection", whole, candidates=_told(found), ambiguous=True)
        if not found:
            raise NameProblem("collection", whole, candidates=await self._near(parent, name))
        return found[0]

    async def _near(self, parent: Collection | None, name: str) -> tuple[str, ...]:
        return nearest(name, [other async for one in self._children(parent) for other in one.names.values()])

    async def _named(self, parent: Collection | None, name: str) -> list[Collection]:
        """The collections below `parent` (None: the roots) that bear the name exactly, in any locale."""
        named = filters.collection_name(name, await self.languages())
        sought = named if parent is None else filters.all_collections(filters.collection_parent(parent.id), named)
        operation = f'look for the collection "{name}"'
        wanted = None if parent is None else parent.id
        hits = [hit async for hit in self._search(sought, operation) if hit.parent == wanted]
        return [hit for hit in hits if bears(name, hit.names.values())]

    async def _children(self, parent: Collection | None) -> AsyncIterator[Collection]:
        if parent is not None:
            operation = f"list the collections below {parent.id}"
            async for child in self._search(filters.collection_parent(parent.id), operation):
                yield child
            return
        async for root in self._roots():
            yield root

    async def _roots(self) -> AsyncIterator[Collection]:
        """No filter asks for roots: a list without `parentId` LIKELY is that of the roots; others are dropped."""
        operation = "list the root collections"

        async def ask(number: int) -> wire.CollectionPage:
            query = (("page", str(number)), ("size", str(PAGE_SIZE)), ("sort", "id,ASC"))
            answer = await self._client.get("collections", operation=operation, query=query)
            return wire.understood(wire.CollectionPage, answer, operation)

        async for model in pages(ask, operation):
            if model.parent_id is None:
                yield await self._domain(model)

    async def _search(self, sought: filters.Filter, operation: str) -> AsyncIterator[Collection]:
        async def ask(number: int) -> wire.CollectionPage:
            body = {
                "filter": sought,
                "sorting": [{"field": "id", "order": "ASC"}],
                "pagination": {"page": number, "size": PAGE_SIZE},
            }
            answer = await self._client.search("collections/search", body, operation=operation)
            return wire.understood(wire.CollectionPage, answer, operation)

        async for model in pages(ask, operation):
            yield await self._domain(model)

    async def _reference(self, field: FieldDefinition, label: str) -> CollectionId:
        """A name may itself contain a slash, so a path is matched from its end upwards."""
        kind = f'value of "{field.label}"'
        wanted = normal(label)
        last = segments(label)[-1:] or (wanted,)
        found: dict[CollectionId, Collection] = {}
        for name in dict.fromkeys((wanted, *last)):
            named = filters.collection_name(name, await self.languages())
            async for hit in self._search(named, f'look for the {kind} "{name}"'):
                if bears(name, hit.names.values()) and await self._below(field, hit) and await self._at(hit, label):
                    found[hit.id] = hit
        if len(found) > 1:
            raise NameProblem(kind, label, candidates=_told(list(found.values())), ambiguous=True)
        if not found:
            root = await self.collection_by_id(field.root) if field.root is not None else None
            raise NameProblem(kind, label, candidates=await self._near(root, label))
        return next(iter(found))

    async def _below(self, field: FieldDefinition, collection: Collection) -> bool:
        if field.root is None:
            return True
        if collection.id == field.root:
            return field.root_selectable
        return field.root in await self.ancestry(collection)

    async def _at(self, collection: Collection, label: str) -> bool:
        """Whether the label is the collection's own name, or a path that ends in it."""
        if bears(label, collection.names.values()):
            return True
        line = [*await self.ancestry(collection), collection.id]
        steps = segments(label)
        if len(steps) > len(line):
            return False
        above = [await self.collection_by_id(number) for number in line[-len(steps) :]]
        return all(bears(step, one.names.values()) for step, one in zip(steps, above, strict=True))

    async def _domain(self, model: wire.CollectionModel) -> Collection:
        return model.domain(await self.permission_defining(model.type_id))

    async def _collection_types(self) -> tuple[CollectionType, ...]:
        async def ask() -> tuple[CollectionType, ...]:
            operation = "read the collection types"
            answer = await self._client.get("collection-types", operation=operation)
            return tuple(m.domain() for m in wire.understood_list(wire.CollectionTypeModel, answer, operation))

        return await self._cached("collection types", ask)

    async def _cached[T](self, key: object, ask: Callable[[], Awaitable[T]]) -> T:
        """What was answered in the last ten minutes; failures are not kept. Equal questions at once are asked once."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is not None and self._client.clock.now() < known[0]:
                value: T = known[1]  # type: ignore[assignment]  # a key belongs to one kind of answer
                return value
            fresh = await ask()
            self._remember(key, fresh)
            return fresh

    def _remember(self, key: object, value: object) -> None:
        if len(self._known) >= CACHE_ENTRIES:
            self._known.clear()
            self._locks.clear()
        self._known[key] = (self._client.clock.after(CACHE_SECONDS), value)


def segments(path: str) -> tuple[str, ...]:
    return tuple(step for step in (normal(part) for part in path.split("/")) if step)


def _told(found: list[Collection]) -> tuple[str, ...]:
    return tuple(f"{next(iter(one.names.values()), '')} ({one.id})" for one in sorted(found, key=lambda one: one.id))
