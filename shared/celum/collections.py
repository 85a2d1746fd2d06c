"""Collections and tags: found by path, by name below a root, made where they are missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from shared.celum import filters, wire, wire_definitions
from shared.celum.cache import Cache
from shared.celum.client import Client
from shared.celum.definitions import Collection, CollectionType, FieldDefinition
from shared.celum.names import bears, nearest, normal, pick
from shared.celum.paging import PAGE_SIZE, pages
from shared.domain.ids import CollectionId
from shared.errors import NameProblem, Refused


class Collections:
    """`languages` names every locale in which a name may stand: CELUM's search looks in one at a time."""

    def __init__(self, client: Client, cache: Cache, languages: Callable[[], Awaitable[tuple[str, ...]]]) -> None:
        self._client = client
        self._cache = cache
        self._languages = languages
        self._creating = asyncio.Lock()

    async def at_path(self, steps: tuple[str, ...]) -> Collection:
        """From a root down; NameProblem where a step has no collection, or several."""
        if not steps:
            raise NameProblem("collection", "")

        async def ask() -> Collection:
            parent = await self.at_path(steps[:-1]) if steps[1:] else None
            return await self._step(parent, steps[-1], "/".join(steps))

        return await self._cache.get(("collection", steps), ask)

    async def by_id(self, number: CollectionId) -> Collection:
        operation = f"read the collection {number}"

        async def ask() -> Collection:
            answer = await self._client.get(f"collections/{number}", operation=operation)
            return await self._domain(wire.understood(wire_definitions.CollectionModel, answer, operation))

        return await self._cache.get(("collection id", number), ask)

    async def ancestry(self, collection: Collection) -> tuple[CollectionId, ...]:
        """The ids from the root down to the collection's parent."""
        if collection.ancestors is not None:
            return collection.ancestors
        line: list[CollectionId] = []
        above = collection.parent
        while above is not None and above not in line:
            line.insert(0, above)
            above = (await self.by_id(above)).parent
        return tuple(line)

    async def types(self) -> tuple[CollectionType, ...]:
        async def ask() -> tuple[CollectionType, ...]:
            operation = "read the collection types"
            answer = await self._client.get("collection-types", operation=operation)
            models = wire.understood_list(wire_definitions.CollectionTypeModel, answer, operation)
            return tuple(model.domain() for model in models)

        return await self._cache.get("collection types", ask)

    async def type(self, name: str) -> CollectionType:
        types = [(one, (one.name, *one.labels.values()), f"{one.name} ({one.id})") for one in await self.types()]
        return pick("collection type", name, types)

    async def permission_defining(self, collection_type: int | None) -> bool | None:
        types = {one.id: one for one in await self.types()}
        return types[collection_type].permission_defining if collection_type in types else None

    # --- Making ---

    async def create(self, steps: tuple[str, ...], *, root_type: str | None) -> Collection:
        found: Collection | None = None
        async with self._creating:
            for index in range(1, len(steps) + 1):
                try:
                    found = await self.at_path(steps[:index])
                except NameProblem as problem:
                    if problem.ambiguous:
                        raise
                    found = await self._make(found, steps[index - 1], "/".join(steps[:index]), root_type)
                    self._cache.remember(("collection", steps[:index]), found)  # the search may not know it yet (G90)
        if found is None:
            raise NameProblem("collection", "")
        return found

    async def _make(self, parent: Collection | None, name: str, whole: str, root_type: str | None) -> Collection:
        """Names are not declared unique (G49), so the name is looked for again once it was made."""
        operation = f'create the collection "{whole}"'
        language, *_ = await self._languages()
        body: dict[str, object] = {"name": {language: name}}
        if parent is not None:
            body["parentId"] = parent.id
        elif root_type is None:
            raise NameProblem("collection", whole, candidates=await self._near(None, name))
        else:
            body["typeId"] = (await self.type(root_type)).id
        try:
            answer = await self._client.post("collections", body, operation=operation)
        except Refused:
            there = await self._named(parent, name)  # a tenant with unique names, and somebody was quicker
            if len(there) == 1:
                return there[0]
            raise
        made = await self._domain(wire.understood(wire_definitions.CollectionModel, answer, operation))
        twins = [one for one in await self._named(parent, name) if one.id != made.id]
        if twins:
            raise NameProblem("collection", whole, candidates=_told([made, *twins]), ambiguous=True)
        return made

    # --- Finding ---

    async def _step(self, parent: Collection | None, name: str, whole: str) -> Collection:
        found = await self._named(parent, name)
        if not found:  # the search may be fuzzy, lag, or know names in fewer languages: look at all there are
            there = [one async for one in self._children(parent)]
            found = [one for one in there if bears(name, one.names.values())] or _but_for_case(name, there)
        if len(found) > 1:
            raise NameProblem("collection", whole, candidates=_told(found), ambiguous=True)
        if not found:
            raise NameProblem("collection", whole, candidates=await self._near(parent, name))
        return found[0]

    async def _near(self, parent: Collection | None, name: str) -> tuple[str, ...]:
        return nearest(name, [other async for one in self._children(parent) for other in one.names.values()])

    async def _named(self, parent: Collection | None, name: str) -> list[Collection]:
        """The collections below `parent` (None: the roots) that bear the name exactly, in any locale."""
        named = filters.collection_name(name, await self._languages())
        sought = named if parent is None else filters.all_collections(filters.collection_parent(parent.id), named)
        operation = f'look for the collection "{name}"'
        wanted = None if parent is None else parent.id
        hits = [hit async for hit in self._search(sought, operation) if hit.parent == wanted]
        return [hit for hit in hits if bears(name, hit.names.values())]

    async def _children(self, parent: Collection | None) -> AsyncIterator[Collection]:
        if parent is None:
            async for root in self._roots():
                yield root
            return
        operation = f"list the collections below {parent.id}"
        async for child in self._search(filters.collection_parent(parent.id), operation):
            yield child

    async def _roots(self) -> AsyncIterator[Collection]:
        """No filter asks for roots: a list without `parentId` LIKELY is that of the roots; others are dropped."""
        operation = "list the root collections"

        async def ask(number: int) -> wire_definitions.CollectionPage:
            query = (("page", str(number)), ("size", str(PAGE_SIZE)), ("sort", "id,ASC"))
            answer = await self._client.get("collections", operation=operation, query=query)
            return wire.understood(wire_definitions.CollectionPage, answer, operation)

        async for model in pages(ask, operation):
            if model.parent_id is None:
                yield await self._domain(model)

    async def _search(self, sought: filters.Filter, operation: str) -> AsyncIterator[Collection]:
        async def ask(number: int) -> wire_definitions.CollectionPage:
            body = {
                "filter": sought,
                "sorting": [{"field": "id", "order": "ASC"}],
                "pagination": {"page": number, "size": PAGE_SIZE},
            }
            answer = await self._client.search("collections/search", body, operation=operation)
            return wire.understood(wire_definitions.CollectionPage, answer, operation)

        async for model in pages(ask, operation):
            yield await self._domain(model)

    async def _domain(self, model: wire_definitions.CollectionModel) -> Collection:
        return model.domain(await self.permission_defining(model.type_id))

    # --- References ---

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId:
        """A name may itself contain a slash, so a path is matched from its end upwards."""
        kind = f'value of "{field.label}"'
        found: dict[CollectionId, Collection] = {}
        for name in dict.fromkeys((normal(label), *segments(label)[-1:])):
            named = filters.collection_name(name, await self._languages())
            async for hit in self._search(named, f'look for the {kind} "{name}"'):
                if bears(name, hit.names.values()) and await self._below(field, hit) and await self._at(hit, label):
                    found[hit.id] = hit
        if len(found) > 1:
            raise NameProblem(kind, label, candidates=_told(list(found.values())), ambiguous=True)
        if not found:
            root = await self.by_id(field.root) if field.root is not None else None
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
        above = [await self.by_id(number) for number in line[-len(steps) :]]
        return all(bears(step, one.names.values()) for step, one in zip(steps, above, strict=True))


def segments(path: str) -> tuple[str, ...]:
    return tuple(step for step in (normal(part) for part in path.split("/")) if step)


def _but_for_case(name: str, there: Iterable[Collection]) -> list[Collection]:
    """The one collection whose name differs in case only, as the names of folders in OneDrive do by themselves."""
    wanted = normal(name).casefold()
    found = [one for one in there if wanted in {normal(other).casefold() for other in one.names.values()}]
    return found if len(found) == 1 else []


def _told(found: list[Collection]) -> tuple[str, ...]:
    return tuple(f"{next(iter(one.names.values()), '')} ({one.id})" for one in sorted(found, key=lambda one: one.id))
