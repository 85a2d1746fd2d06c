"""Assets in CELUM: found, read, created, given new versions, changed. One facade over the Content API.

Answers are translated in `answers`, shapes in `wire`; names are resolved by `directory`. Errors are those of
`shared.errors`; a write that CELUM refuses while a lock of somebody else stands raises Locked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial

from shared.celum import filters, wire
from shared.celum.asset_changes import AssetChange, CreateAsset, described, differences, patch_body
from shared.celum.checksums import canonical, spelled
from shared.celum.client import CelumSettings, Client, Json
from shared.celum.content import Content, Upload
from shared.celum.definitions import FieldDefinition, Identity
from shared.celum.directory import Directory
from shared.celum.names import normal
from shared.celum.paging import PAGE_SIZE, pages
from shared.celum.values import same
from shared.celum.wire_definitions import AboutModel, ClientModel, UserModel
from shared.clock import Clock
from shared.domain import Asset, AssetId, CollectionId, FieldContent, FieldId, Version, VersionId
from shared.errors import Conflict, Forbidden, Locked, Missing, NotAuthorised, Refused, RemoteError, System

ALL_FIELDS: tuple[Json, ...] = ({"type": "ALL_ASSET_INFORMATION_FIELDS"},)
FILTER_VALUES = 200  # reference 25 "Number of `values` in a filter": begin with this, halve on 400


def some_fields(fields: Iterable[FieldId]) -> tuple[Json, ...]:
    return ({"type": "ASSET_INFORMATION_FIELDS", "ids": list(fields)},)


class Celum:
    def __init__(self, settings: CelumSettings, clock: Clock) -> None:
        self._client = Client(settings, clock)
        self.directory = Directory(self._client)
        self._content = Content(self._client, self.directory)
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
        self._identity = Identity(version, user.id, user.username, client.licensed, client.enabled)
        return self._identity

    async def identity(self) -> Identity:
        return self._identity or await self.probe()

    # --- Reading ---

    async def asset(self, number: AssetId) -> Asset | None:
        """With its fields. None = missing or not accessible, which one answer never proves to be a deletion (G12)."""
        operation = f"read asset {number}"
        query = (("inclusions", "informationFields"),)
        try:
            answer = await self._client.get(f"assets/{number}", operation=operation, query=query)
        except Missing:
            return None
        return wire.understood(wire.AssetModel, answer, operation).domain()

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
        body: dict[str, object] = {
            "filter": sought,
            "sorting": [{"field": "id", "order": "ASC"}],
            "pagination": {"page": number, "size": PAGE_SIZE},
        }
        if inclusions:
            body["inclusions"] = list(inclusions)
        answer = await self._client.search("assets/search", body, operation=operation)
        return wire.understood(wire.AssetPage, answer, operation)

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
            except Refused:
                if step == 1 or len(wanted) == 1:
                    raise
                step = max(1, min(step, len(wanted)) // 2)  # too many values for this tenant (G84)
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

    # --- Bytes ---

    async def begin_upload(self, filename: str, size: int) -> Upload:
        return await self._content.begin_upload(filename, size)

    async def send(self, upload: Upload, size: int, chunks: AsyncIterator[bytes]) -> None:
        await self._content.send(upload, size, chunks)

    def download(self, asset: AssetId, version: VersionId | None = None) -> AsyncIterator[bytes]:
        return self._content.download(asset, version)

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
        read = await self.asset(asset)
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
