"""Relations between assets: typed and directed, such as adaptation → master. Names of types are resolved."""

from __future__ import annotations

from shared.celum import wire
from shared.celum.cache import Cache
from shared.celum.client import Client
from shared.celum.definitions import Relation, RelationType
from shared.celum.names import pick
from shared.celum.paging import PAGE_SIZE, pages
from shared.celum.wire_definitions import RelationTypeModel
from shared.celum.wire_delivery import RelationModel, RelationPage
from shared.domain.ids import AssetId
from shared.errors import Missing


class Relations:
    def __init__(self, client: Client, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    async def type(self, name: str) -> RelationType:
        """By technical name or by label in any locale."""

        async def ask() -> tuple[RelationType, ...]:
            operation = "read the relation types"
            answer = await self._client.get("relation-types", operation=operation)
            return tuple(model.domain() for model in wire.understood_list(RelationTypeModel, answer, operation))

        listed = await self._cache.get("relation types", ask)
        entries = [(one, (one.name, *one.labels.values()), f"{one.name} ({one.id})") for one in listed]
        return pick("relation type", name, entries)

    async def of(self, asset: AssetId, kind: RelationType | None = None) -> tuple[Relation, ...]:
        """Those in which the asset is either side; the server's own filter is not relied on."""
        operation = f"read the relations of asset {asset}"

        async def ask(number: int) -> RelationPage:
            query = [("assetId", str(asset)), ("page", str(number)), ("size", str(PAGE_SIZE))]
            query += [("typeId", str(kind.id))] if kind is not None else []
            answer = await self._client.get("relations", operation=operation, query=query)
            return wire.understood(RelationPage, answer, operation)

        found = [model.domain() async for model in pages(ask, operation)]
        return tuple(
            one
            for one in sorted(found, key=lambda one: one.id)
            if asset in {one.source, one.target} and (kind is None or one.type in {kind.id, None})
        )

    async def relate(self, kind: RelationType, source: AssetId, target: AssetId) -> Relation:
        """The relation from `source` to `target`, made where it is missing: also the probe after a lost answer.

        Not pinned to versions, so that a new version does not make it OUTDATED.
        """
        there = [one for one in await self.of(source, kind) if (one.source, one.target) == (source, target)]
        if there:
            return there[0]
        operation = f"relate asset {source} to asset {target} as {kind.name}"
        body = {"relationTypeId": kind.id, "sourceAssetId": source, "targetAssetId": target}
        answer = await self._client.post("relations", body, operation=operation)
        return wire.understood(RelationModel, answer, operation).domain()

    async def remove(self, relation: Relation) -> None:
        """What is gone already is gone."""
        try:
            await self._client.delete(f"relations/{relation.id}", operation=f"remove the relation {relation.id}")
        except Missing:
            return
