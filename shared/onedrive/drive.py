"""OneDrive for everyone who asks: libraries, items, changes, columns, versions, subscriptions and content."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from shared.clock import Clock, SystemClock
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Columns, Item, ItemVersion, Value
from shared.errors import BridgeError, Missing, Refused, System, Throttled, Unavailable
from shared.onedrive.addresses import step, steps
from shared.onedrive.answers import Json
from shared.onedrive.batching import Batching
from shared.onedrive.columns import Column, columns_of, definition_of, values_of, write_body
from shared.onedrive.content import DriveContent, Sources, Ticket, download_url
from shared.onedrive.content_host import ContentHost
from shared.onedrive.delta import LATEST, Delta, DeltaPage
from shared.onedrive.grants import Grants
from shared.onedrive.graph import Graph, Headroom, next_link_of, objects
from shared.onedrive.items import SELECT, has_id, item_of, items_of, moment_of, person_of, text_of
from shared.onedrive.libraries import CACHE_SECONDS, Libraries
from shared.onedrive.placing import Placing
from shared.onedrive.settings import OneDriveSettings
from shared.onedrive.states import MODERATION, can_be_checked_out, has_content_approval, is_checked_in, status_of
from shared.onedrive.subscriptions import Subscription, Subscriptions
from shared.onedrive.uploading import Uploading

TICKETS = 64  # download URLs kept at once; one is some hundred bytes
TICKET_SECONDS = 30  # they last for minutes, but the file may change
CHILDREN_PAGE = 200  # the default of the service
_WITH_FIELDS = "$expand=listItem($expand=fields)"


class OneDrive:
    """Raises the errors of shared.errors; retries nothing (only the bytes of a file go on after a cut)."""

    def __init__(self, settings: OneDriveSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._graph = Graph(settings)
        self._host = ContentHost(settings)
        self._sources = Sources(self._graph, self._host, self._clock)
        self._delta = Delta(self._graph, settings)
        self._libraries = Libraries(self._graph, self._clock)
        self.placing = Placing(self._sources)
        self.uploading = Uploading(self._sources, self.placing)
        self.grants = Grants(self._graph)
        self.batching = Batching(self._graph)
        self._subscriptions = Subscriptions(self._graph, settings)
        self._columns: dict[DriveId, tuple[tuple[Column, ...], datetime]] = {}
        self._tickets: dict[tuple[DriveId, ItemId], tuple[Ticket, datetime]] = {}
        self._reading_columns = asyncio.Lock()
        self._expand_refused = False  # learnt once: items then cost two calls

    async def close(self) -> None:
        await self._host.close()
        await self._graph.close()

    async def drive_of(self, site: str, library: str) -> DriveId:
        """The drive of a library. `site` is "acme.sharepoint.com:/sites/marketing"; NameProblem names what there is."""
        return await self._libraries.drive_of(site, library)

    # --- changes

    def delta_start(self, drive: DriveId) -> str:
        """The link that enumerates everything."""
        return self._delta.start(drive)

    async def delta_latest(self, drive: DriveId) -> DeltaPage:
        """An empty page whose delta link knows of everything that happened until now."""
        return await self.delta(self.delta_start(drive) + LATEST)

    async def delta(self, link: str) -> DeltaPage:
        """The page behind a link. CursorExpired where the link is worthless: 410, or any 400 or 404 for a cursor."""
        return await self._delta.page(link)

    # --- items

    async def item(self, drive: DriveId, item: ItemId) -> tuple[Item, Columns]:
        """The item and its columns, in one call. Missing when it is gone."""
        url, operation = f"/drives/{step(drive)}/items/{step(item)}", f"read item {item}"
        raw, fields = await self._with_fields(url, operation)
        self._keep_ticket(item_of(drive, raw), raw)
        return item_of(drive, raw), columns_of(fields, await self.column_definitions(drive))

    async def items(self, drive: DriveId, items: Sequence[ItemId]) -> dict[ItemId, tuple[Item, Columns]]:
        """Those that could be read in batches, as `item` reads one; it says what is wrong with the others.

        Throttled when any of them was.
        """
        if self._expand_refused:
            return {}
        urls = [f"/drives/{step(drive)}/items/{step(item)}?{_WITH_FIELDS}" for item in items]
        read = await self.batching.read(urls, "read items")
        if throttled := next((one for one in read if isinstance(one, Throttled)), None):
            raise throttled
        answers = zip(items, read, strict=True)
        found = {item: raw for item, raw in answers if not isinstance(raw, BridgeError) and has_id(raw)}
        definitions = await self.column_definitions(drive)
        for raw in found.values():
            self._keep_ticket(item_of(drive, raw), raw)
        return {item: (item_of(drive, raw), columns_of(_fields_in(raw), definitions)) for item, raw in found.items()}

    def _keep_ticket(self, item: Item, raw: Json) -> None:
        """Who looks at a file often reads it next: the URL that came along is kept, in memory, for some seconds."""
        url = download_url(raw)
        if url is None or item.malware or item.is_folder or item.is_package:
            return
        while len(self._tickets) >= TICKETS:
            self._tickets.pop(next(iter(self._tickets)))
        self._tickets[item.drive, item.id] = (Ticket(url, item), self._clock.after(TICKET_SECONDS))

    def _kept_ticket(self, drive: DriveId, item: ItemId) -> Ticket | None:
        """Given out once: whoever it fails asks anew."""
        ticket, until = self._tickets.pop((drive, item), (None, None))
        return ticket if until is not None and until > self._clock.now() else None

    async def _with_fields(self, url: str, operation: str) -> tuple[Json, object]:
        if not self._expand_refused:
            try:
                raw = await self._graph.get(f"{url}?{_WITH_FIELDS}", operation)
            except Refused:
                pass
            else:
                return raw, _fields_in(raw)
        raw = await self._graph.get(url, operation)
        self._expand_refused = True  # only now is it known that the expand was the reason
        try:
            list_item = await self._graph.get(f"{url}/listItem?$expand=fields", operation)
        except (Refused, Missing):
            return raw, None  # the root, or a drive that is no library, has no list items
        return raw, list_item.get("fields")

    async def folder(self, drive: DriveId, item: ItemId) -> Item:
        """Name, parent and path of a folder, for walking up."""
        url = f"/drives/{step(drive)}/items/{step(item)}?$select={SELECT}"
        return item_of(drive, await self._graph.get(url, f"read folder {item}"))

    async def item_at(self, drive: DriveId, path: str) -> Item | None:
        """What stands at a path from the library's root, case-insensitively; None where nothing does."""
        below = steps(path)
        address = f"root:/{below}" if below else "root"
        url = f"/drives/{step(drive)}/{address}?$select={SELECT}"
        try:
            return item_of(drive, await self._graph.get(url, "find an item by its path"))
        except Missing:
            return None

    async def children(self, drive: DriveId, folder: ItemId) -> AsyncIterator[Item]:
        url = f"/drives/{step(drive)}/items/{step(folder)}/children?$top={CHILDREN_PAGE}&$select={SELECT}"
        async for page in self._graph.pages(url, f"list folder {folder}"):
            for item in items_of(drive, page):
                yield item

    async def children_page(self, drive: DriveId, folder: ItemId, page: str | None) -> tuple[list[Item], str | None]:
        """One page of a folder, from its beginning or behind a link, and the link to the next one."""
        first = f"/drives/{step(drive)}/items/{step(folder)}/children?$top={CHILDREN_PAGE}&$select={SELECT}"
        operation = f"list folder {folder}"
        raw = await self._graph.get(page or first, operation)
        link = next_link_of(raw, operation)
        if link is not None and link == page:
            raise Unavailable(System.ONEDRIVE, operation, "the same nextLink again: the listing never ends")
        return items_of(drive, objects(raw.get("value"))), link

    def content(self, drive: DriveId, item: ItemId, *, version: str | None = None) -> DriveContent:
        ticket = self._kept_ticket(drive, item) if version is None else None
        return DriveContent(self._sources, drive, item, version, ticket)

    @property
    def headroom(self) -> Headroom | None:
        """What Graph last said of the units left to us; None while it says nothing, which means plenty."""
        return self._graph.headroom

    # --- columns

    async def versions(self, drive: DriveId, item: ItemId) -> tuple[ItemVersion, ...]:
        """The list item's versions with their columns, newest first. Forbidden where the app may not read them."""
        known = await self.column_definitions(drive)
        url = f"/drives/{step(drive)}/items/{step(item)}/listItem/versions?$expand=fields"
        found: list[ItemVersion] = []
        async for page in self._graph.pages(url, f"read the versions of item {item}"):
            found += [version for raw in page if (version := _version(raw, known)) is not None]
        return tuple(sorted(found, key=_newest_first))

    async def checked_in(self, drive: DriveId, item: ItemId) -> bool:
        """Whether nobody has the file checked out; also true where files cannot be checked out."""
        url = f"/drives/{step(drive)}/items/{step(item)}?$select=id,publication"
        return is_checked_in(await self._graph.get(url, f"read whether item {item} is checked in"))

    async def can_be_checked_out(self, drive: DriveId, item: ItemId) -> bool:
        url = f"/drives/{step(drive)}/items/{step(item)}?$select=id,publication"
        return can_be_checked_out(await self._graph.get(url, f"read whether item {item} can be checked out"))

    async def content_approval(self, drive: DriveId, item: ItemId) -> str:
        """Approved, Denied, Pending, Draft or Scheduled; "" where the library has no content approval."""
        if not has_content_approval(await self.column_definitions(drive)):
            return ""
        url = f"/drives/{step(drive)}/items/{step(item)}/listItem?$expand=fields($select={MODERATION})"
        return status_of((await self._graph.get(url, f"read the approval of item {item}")).get("fields"))

    async def column_definitions(self, drive: DriveId) -> tuple[Column, ...]:
        """Names and types of a library's columns; none where the drive has no list. Kept for ten minutes."""
        async with self._reading_columns:  # one of many at once asks, the others find what it read
            known = self._columns.get(drive)
            if known is None or known[1] <= self._clock.now():
                known = (await self._read_columns(drive), self._clock.after(CACHE_SECONDS))
                self._columns[drive] = known
        return known[0]

    async def _read_columns(self, drive: DriveId) -> tuple[Column, ...]:
        columns: list[Column] = []
        try:
            async for page in self._graph.pages(f"/drives/{step(drive)}/list/columns", "read the columns of a library"):
                columns += [definition_of(raw) for raw in page]
        except (Missing, Refused):
            return ()
        return tuple(columns)

    async def write_columns(
        self, drive: DriveId, item: ItemId, values: Mapping[str, Value], *, zone: tzinfo = UTC
    ) -> None:
        """Set the given columns, by internal or display name; empty text clears. Makes one version of the file.

        A day, in a column that holds one, is a day of `zone`: the site's, or one near it.

        NameProblem or ValueDoesNotFit before anything is sent; Locked while the file is open or checked out.
        """
        if not values:
            return
        body = write_body(values, await self.column_definitions(drive), zone)
        url = f"/drives/{step(drive)}/items/{step(item)}/listItem/fields"
        try:
            await self._graph.call("PATCH", url, f"write columns of item {item}", body=body)
        except Refused:
            self._columns.pop(drive, None)  # perhaps a column was renamed or its choices changed
            raise

    # --- subscriptions

    async def ensure_subscription(self, drive: DriveId, known: str | None, expires: datetime) -> Subscription:
        """Exactly one live subscription that leads to us, until `expires` or as long as Graph allows.

        `known` is the id of the last one. If the answer says `created`, changes may have been missed: read the delta.
        """
        return await self._subscriptions.ensure(drive, known, expires, self._clock.now())

    @property
    def subscriptions(self) -> Subscriptions:
        """Single steps: list, delete, reauthorise, create, renew."""
        return self._subscriptions


def _fields_in(raw: Json) -> object:
    list_item = raw.get("listItem")
    return list_item.get("fields") if isinstance(list_item, dict) else None


def _version(raw: Json, known: tuple[Column, ...]) -> ItemVersion | None:
    modified = moment_of(raw.get("lastModifiedDateTime"))
    number = text_of(raw.get("id"))
    if modified is None or not number:
        return None
    values, _ = values_of(raw.get("fields"), known)
    return ItemVersion(number, modified, person_of(raw.get("lastModifiedBy")), values)


def _newest_first(version: ItemVersion) -> tuple[float, ...]:
    """SharePoint counts "1.0", "2.0" … "10.0"; what is not a number keeps to its time."""
    try:
        return tuple(-float(part) for part in version.id.split("."))
    except ValueError:
        return (-version.modified.timestamp(),)
