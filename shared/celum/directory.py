"""Names to ids: asset types, information fields, options, collections, tags, languages. Cached for ten minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.celum import wire, wire_definitions
from shared.celum.cache import Cache
from shared.celum.client import Client
from shared.celum.collection_values import CollectionWithFields, read_texts
from shared.celum.collections import Collections, segments
from shared.celum.definitions import AssetType, Collection, CollectionType, FieldDefinition
from shared.celum.names import normal, pick
from shared.domain.ids import CollectionId
from shared.domain.items import Value
from shared.errors import Forbidden, Missing, NameProblem

DEFAULT_LANGUAGE = "en"  # CELUM's own default for COLLECTION_NAME; used where `clients/{id}` does not name one


class Directory:
    def __init__(self, client: Client) -> None:
        self._client = client
        self.cache = Cache(client.clock)
        self._collections = Collections(client, self.cache, self.languages)

    def forget(self) -> None:
        """After COLLECTION_* events, and after any refusal that names an entity."""
        self.cache.forget()

    # --- Asset types, fields, options ---

    async def asset_type(self, name: str) -> AssetType:
        """With its fields; by technical name or by label in any locale."""

        async def ask() -> tuple[AssetType, ...]:
            operation = "read the asset types"
            answer = await self._client.get("asset-types", operation=operation)
            models = wire.understood_list(wire_definitions.AssetTypeModel, answer, operation)
            return tuple(model.domain() for model in models)

        listed = await self.cache.get("asset types", ask)
        found = pick(
            "asset type", name, [(one, (one.name, *one.labels.values()), f"{one.name} ({one.id})") for one in listed]
        )
        return await self.asset_type_by_id(found.id)

    async def asset_type_by_id(self, number: int) -> AssetType:
        operation = f"read the asset type {number}"

        async def ask() -> AssetType:
            answer = await self._client.get(f"asset-types/{number}", operation=operation)
            return wire.understood(wire_definitions.AssetTypeModel, answer, operation).domain()

        return await self.cache.get(("asset type", number), ask)

    async def field(self, asset_type: AssetType, label: str) -> FieldDefinition:
        """By technical name or by label in any locale."""
        entries = [(one, (one.name, *one.labels.values()), f"{one.label} ({one.id})") for one in asset_type.fields]
        return pick("information field", label, entries)

    async def option(self, field: FieldDefinition, label: str) -> int:
        """The index of a dropdown's option by its label in any locale."""
        names: dict[int, list[str]] = {}
        for options in field.options.values():
            for option in options:
                names.setdefault(option.index, []).append(option.label)
        entries = [(index, labels, f"{labels[0]} ({index})") for index, labels in names.items()]
        return pick(f'option of "{field.label}"', label, entries)

    # --- Languages ---

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
                languages = wire.understood(wire_definitions.ClientModel, answer, operation).languages
                spoken += [languages.system or "", *languages.information_fields] if languages else []
            spoken += [DEFAULT_LANGUAGE]
            spoken += [locale for kind in await self._collections.types() for locale in kind.labels]
            return tuple(dict.fromkeys(locale for locale in spoken if locale))

        return await self.cache.get("languages", ask)

    # --- People ---

    async def user_name(self, number: int) -> str:
        """How people know a user: by name, else by user name; the number itself where it cannot be read."""
        operation = f"read the user {number}"

        async def ask() -> str:
            try:
                answer = await self._client.get(f"users/{number}", operation=operation)
            except (Missing, Forbidden):
                return str(number)
            user = wire.understood(wire_definitions.UserModel, answer, operation)
            return " ".join(part for part in (user.firstname, user.lastname) if part) or user.username or str(number)

        return await self.cache.get(("user", number), ask)

    # --- Collections ---

    async def collection(self, path: str) -> Collection:
        """The collection at a path such as "Marketing/Spring", from a root down; NameProblem if none or several."""
        return await self._collections.at_path(segments(path))

    async def collection_values(self, path: str) -> tuple[CollectionId, Mapping[str, Value]] | None:
        """What the fields of the collection at a path say now, as text by label; None where there is no such one.

        NameProblem where there are several. The place is remembered, the values are not.
        """
        for is_fresh in (False, True):
            try:
                found = await self.collection(path)
                return found.id, await self._values(found.id)
            except NameProblem as problem:
                if problem.ambiguous:
                    raise
                return None
            except Missing:
                if is_fresh:
                    return None
                self.forget()  # what was remembered is gone; perhaps another one stands at the path now
        return None

    async def _values(self, number: CollectionId) -> Mapping[str, Value]:
        operation = f"read the fields of collection {number}"
        query = (("inclusions", "informationFields"),)
        answer = await self._client.get(f"collections/{number}", operation=operation, query=query)
        return await read_texts(wire.understood(CollectionWithFields, answer, operation), self._names_of)

    async def _names_of(self, number: CollectionId) -> Iterable[str]:
        """Of a collection or tag that a field refers to; none of one that is not to be seen."""
        try:
            return (await self.collection_by_id(number)).names.values()
        except (Missing, Forbidden):
            return ()

    async def collection_by_id(self, number: CollectionId) -> Collection:
        return await self._collections.by_id(number)

    async def ancestry(self, collection: Collection) -> tuple[CollectionId, ...]:
        """The ids from the root down to the collection's parent."""
        return await self._collections.ancestry(collection)

    async def collection_type(self, name: str) -> CollectionType:
        """By technical name or by label in any locale."""
        return await self._collections.type(name)

    async def permission_defining(self, collection_type: int | None) -> bool | None:
        """Whether assets may be created directly in collections of this type; None for an unknown type."""
        return await self._collections.permission_defining(collection_type)

    async def create_collection(self, path: str, *, root_type: str | None = None) -> Collection:
        """The collection at a path, made where it is missing; names go into the system language.

        One at a time in this process, and looked for again once it was made: a twin made by somebody else at the same
        time is an ambiguous NameProblem. `root_type` is the collection type of a root that is missing.
        """
        return await self._collections.create(segments(path), root_type=root_type)

    async def reference(self, field: FieldDefinition, label: str) -> CollectionId:
        """A collection or tag that a field may point to: below its root, by name or by the end of its path."""
        key = ("reference", field.id, normal(label))
        return await self.cache.get(key, lambda: self._collections.reference(field, label))
