"""Assets in CELUM: found, read, created, given new versions, changed. One facade over the Content API.

Answers are translated in `answers`, shapes in `wire`; names are resolved by `directory`. Errors are those of
`shared.errors`; a write that CELUM refuses while a lock of somebody else stands raises Locked.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime

from shared.celum import wire
from shared.celum.absence import Absence
from shared.celum.absence import explained as why_absent
from shared.celum.asset_changes import AssetChange, CreateAsset, described, differences, patch_body
from shared.celum.client import CelumSettings, Client, Json
from shared.celum.collection_finding import CollectionFinder
from shared.celum.content import Content, Upload
from shared.celum.definitions import Identity
from shared.celum.directory import Directory
from shared.celum.finding import Finder
from shared.celum.relations import Relations
from shared.celum.renditions import Renditions
from shared.celum.wire_definitions import AboutModel, ClientModel, UserModel
from shared.celum.wire_delivery import RightsModel
from shared.clock import Clock
from shared.domain.assets import Asset, Version
from shared.domain.ids import AssetId, CollectionId, VersionId
from shared.errors import (
    Conflict,
    Forbidden,
    Locked,
    Missing,
    NotAuthorised,
    Refused,
    RemoteError,
    SourceChanged,
    System,
    Unavailable,
)


class Celum(Finder):
    """`directory` resolves names, `renditions` hands out bytes, `relations` connects; finding is inherited."""

    def __init__(self, settings: CelumSettings, clock: Clock) -> None:
        client = Client(settings, clock)
        super().__init__(client)
        self.directory = Directory(client)
        self.renditions = Renditions(client, self.directory.cache)
        self.relations = Relations(client, self.directory.cache)
        self.collections = CollectionFinder(client, self.directory)
        self._content = Content(client)
        self._identity: Identity | None = None

    async def close(self) -> None:
        await self._client.close()

    # --- Who and what is there ---

    async def probe(self) -> Identity:
        """Proves the key and names the acting user; NotAuthorised also where the client is not licensed (G6)."""
        operation = "read the version"
        about = wire.understood(AboutModel, await self._client.get("version", operation=operation), operation)
        client = ClientModel()
        client_id = self._client.settings.client_id
        if client_id:
            operation = "read the client's settings"
            answer = await self._client.get(f"clients/{client_id}", operation=operation)
            client = wire.understood(ClientModel, answer, operation)
        if client.licensed is False or client.enabled is False:
            raise NotAuthorised(System.CELUM, "use the API", "the API client is not licensed or not enabled")
        operation = "read who we are"
        user = wire.understood(UserModel, await self._client.get("users/me", operation=operation), operation)
        if user.deactivated:
            raise NotAuthorised(System.CELUM, "use the API", "the user is deactivated")
        version = about.release_version or about.version
        self._identity = Identity(version, user.id, user.username, client.licensed, client.enabled, user.lacks)
        return self._identity

    async def identity(self) -> Identity:
        return self._identity or await self.probe()

    async def absence(
        self, number: AssetId, *, parents: Sequence[CollectionId] = (), until: datetime | None = None
    ) -> Absence:
        """Why an asset cannot be read, given where it was last seen and the known end of its availability.

        Raises where CELUM is not well or does not know us: nothing follows then from what is missing.
        """
        if await self.asset(number) is not None:
            return Absence.THERE
        operation = "read who we are"
        wire.understood(UserModel, await self._client.get("users/me", operation=operation), operation)
        readable = [parent for parent in parents if await self.collections.read(parent) is not None]
        return why_absent(until, parents, readable, self._client.clock.now())

    async def rights(self, asset: AssetId, names: Sequence[str]) -> dict[str, bool | None]:
        """Which of the named effective permissions we have on an asset; None where CELUM does not say."""
        operation = f"ask for our rights on asset {asset}"
        query = [("permissions", name) for name in names]
        answer = await self._client.get(f"assets/{asset}", operation=operation, query=query)
        told = wire.understood(RightsModel, answer, operation).permissions or {}
        return {name: told.get(name) for name in names}

    # --- Bytes ---

    async def begin_upload(self, filename: str, size: int) -> Upload:
        return await self._content.begin_upload(filename, size)

    async def send(self, upload: Upload, size: int, chunks: AsyncIterator[bytes]) -> None:
        await self._content.send(upload, size, chunks)

    async def download(self, asset: AssetId, version: VersionId | None = None) -> AsyncGenerator[bytes]:
        """The original's bytes; of the current version unless one is named. Read it to its end, or close it.

        One that breaks half-way is resumed only where the version is named; otherwise Unavailable: read it again.
        """
        original = await self.renditions.original()
        source = self.renditions.source(asset, original.id, version, same_bytes=version is not None)
        try:
            async with aclosing(source.stream()) as chunks:
                async for chunk in chunks:
                    yield chunk
        except SourceChanged as problem:
            raise Unavailable(System.CELUM, f"download the original of asset {asset}", str(problem)) from problem

    # --- Writing ---

    async def create(self, wanted: CreateAsset) -> Asset:
        """Not idempotent: after Unavailable the asset may exist. Without a handle CELUM would make a placeholder."""
        operation = f"create an asset in collection {wanted.parent}"
        try:
            answer = await self._client.post("assets", wanted.body(), operation=operation)
        except (Missing, Refused):
            self.directory.forget()
            raise
        return wire.understood(wire.AssetModel, answer, operation).domain()

    async def add_version(self, asset: AssetId, filename: str, handle: str) -> Version:
        """Not idempotent. Whether it becomes current is not said: compare ids, and `activate` if need be (G39)."""
        operation = f"add a version to asset {asset}"
        body = {"filename": filename, "uploadHandle": handle}
        try:
            answer = await self._client.post(f"assets/{asset}/versions", body, operation=operation)
        except (Forbidden, Refused, Conflict, Locked) as problem:
            raise await self._lock_or(problem, asset) from problem
        return wire.understood(wire.VersionModel, answer, operation).domain()

    async def activate(self, asset: AssetId, version: VersionId) -> Asset:
        """Make an existing version the current one."""
        return await self._patch(asset, {"currentVersion": version}, f"activate version {version} of asset {asset}")

    async def update(self, asset: AssetId, change: AssetChange) -> Asset:
        """All of the change in one PATCH, compared with what stands there afterwards; what was left out is sent again.

        Whether a PATCH is atomic is not said (G45). After an error read the asset and send only its `differences`.
        Refused with status 200: CELUM accepted the change, but does not show it.
        """
        if change.is_empty:
            return await self._read_back(asset, f"read asset {asset}")
        operation = f"update asset {asset}"
        there, left = await self._apply(asset, change, operation)
        if not left.is_empty:
            there, left = await self._apply(asset, left, operation)
        if not left.is_empty:
            raise Refused(System.CELUM, operation, f"accepted, but not kept: {described(left)}", status=200)
        return there

    async def _apply(self, asset: AssetId, change: AssetChange, operation: str) -> tuple[Asset, AssetChange]:
        """The asset and what of the change it does not show; it is read again where the answer shows too little."""
        there = await self._patch(asset, patch_body(change), operation)
        left = differences(there, change)
        if left.is_empty:
            return there, left
        read = await self.asset(asset, references=bool(change.references_add or change.references_remove))
        if read is None:  # made unavailable, and hidden from us from now on
            return there, left if change.availability is None else AssetChange()
        return read, differences(read, change)

    async def _read_back(self, asset: AssetId, operation: str) -> Asset:
        there = await self.asset(asset)
        if there is None:
            raise Missing(System.CELUM, operation, "missing or not accessible")
        return there

    async def _patch(self, asset: AssetId, body: Json, operation: str) -> Asset:
        try:
            answer = await self._client.patch(f"assets/{asset}", body, operation=operation)
        except (Forbidden, Refused, Conflict, Locked) as problem:
            if isinstance(problem, Refused):
                self.directory.forget()
            raise await self._lock_or(problem, asset) from problem
        return wire.understood(wire.AssetModel, answer, operation).domain()

    async def _lock_or(self, problem: RemoteError, asset: AssetId) -> RemoteError:
        """Reference 25 "Locked asset": a refusal that blames no field, while a lock of another user stands."""
        if isinstance(problem, Refused) and any(fault.field is not None for fault in problem.faults):
            return problem
        there = await self.asset(asset)
        if there is None or there.locked_by is None or there.locked_by == (await self.identity()).user_id:
            return problem
        comment = f": {there.lock_comment}" if there.lock_comment else ""
        told = f"locked by the user {there.locked_by or '(unknown)'}{comment} ({problem.came_back})"
        return Locked(System.CELUM, problem.operation, told, status=problem.status, code=problem.code)
