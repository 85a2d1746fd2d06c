"""The simulator as a server, and the hands of a test on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from local.onedrive_simulator.bytes_host import BytesHost, as_response
from local.onedrive_simulator.clock import Clock
from local.onedrive_simulator.control import Control
from local.onedrive_simulator.estate.columns import accept
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import APPLICATION, Column, Identity, Item, Moderation, Value
from local.onedrive_simulator.estate.snapshot import snapshot
from local.onedrive_simulator.estate.tenant import Tenant
from local.onedrive_simulator.forging import forge
from local.onedrive_simulator.graph.dispatch import Dispatcher
from local.onedrive_simulator.graph.items import Copying
from local.onedrive_simulator.notify import Notifier
from local.onedrive_simulator.page import page
from local.onedrive_simulator.problems import missing
from local.onedrive_simulator.quirks import Quirks
from local.onedrive_simulator.sharepoint import after_column_write, after_upload
from local.serving import Serving

type Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OneDriveSimulator:
    """`async with OneDriveSimulator(folder).running() as sim:`; everything is also reachable over HTTP at /_control.

    Items are named by their path ("/Campaigns/a.jpg") or their id wherever a helper takes `at`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.tenant = Tenant(folder)
        self.serving = Serving()
        self.notifier = Notifier(self.tenant)
        self._dispatcher = Dispatcher(self.tenant)
        self._bytes = BytesHost(self.tenant, self._dispatcher.throttle)
        self._control = Control(self)

    # serving

    @asynccontextmanager
    async def running(self, *, port: int = 0) -> AsyncIterator[Self]:
        app = web.Application(middlewares=[self._watch], client_max_size=0)
        app.router.add_route("*", r"/{rest:[\s\S]*}", self._answer)  # an encoded line break is a character, too
        await self.serving.start(app, port=port)
        self.tenant.base_url = self.serving.base_url
        self.tenant.agenda.start()
        await self.notifier.start()
        try:
            yield self
        finally:
            await self.tenant.agenda.stop()
            await self.notifier.stop()
            await self.serving.stop()
            self.tenant.blobs.close()

    @property
    def base_url(self) -> str:
        return self.serving.base_url

    @property
    def quirks(self) -> Quirks:
        return self.tenant.quirks

    @property
    def clock(self) -> Clock:
        return self.tenant.clock

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = request.rel_url.raw_path
        segments = [s for s in raw.split("/") if s]
        match segments:
            case []:
                return page()
            case ["v1.0", *_]:
                return await self._graph(request, "/" + raw.lstrip("/").removeprefix("v1.0").lstrip("/"))
            case ["_content" | "_upload" | "_monitor" as area, *rest]:
                return await self._bytes.handle(request, area, rest)
            case ["_control", *rest]:
                return await self._control.handle(request, rest)
        return web.Response(status=404, text="Graph is at /v1.0, the switches at /_control, the page at /")

    async def _graph(self, request: web.Request, path: str) -> web.StreamResponse:
        async def chunks() -> AsyncIterator[bytes]:
            if request.content_type == "application/json":
                yield await request.read()  # observers want to see it afterwards
            async for chunk in request.content.iter_any():
                yield chunk

        return as_response(await self._dispatcher.run(request.method, path, request.query, request.headers, chunks))

    @web.middleware
    async def _watch(self, request: web.Request, handler: Next) -> web.StreamResponse:
        """Outside of the faults, so that a 429 by fault counts as one."""
        if not request.path.lstrip("/").startswith("v1.0"):
            return await handler(request)
        token, line = request.headers.get("Authorization", ""), f"{request.method} {request.path}"
        self.tenant.user_agents[request.headers.get("User-Agent", "")] += 1
        self._dispatcher.throttle.arrived(token, line)
        response = await handler(request)
        self._dispatcher.throttle.told(token, response.status, response.headers.get("Retry-After", ""))
        return response

    # what a tenant holds

    def add_site(self, name: str, *, zone: str = "UTC") -> str:
        """The site /sites/{name}; its id."""
        return self.tenant.add_site(name, zone=zone).id

    def add_drive(
        self, name: str, *, site: str | None = None, columns: Sequence[Column] = (), owner: Identity | None = None
    ) -> str:
        """A library of the site with this id, or without one the OneDrive of its owner; the drive's id."""
        found = self.tenant.sites[site] if site else None
        drive = self.tenant.add_drive(name, site=found, columns=list(columns), owner=owner)
        drive.on_change = self.notifier.changed
        return drive.id

    def drive(self, drive_id: str) -> Drive:
        return self.tenant.drive(drive_id)

    def item(self, drive_id: str, at: str) -> Item:
        drive = self.drive(drive_id)
        found = drive.items.get(at) or drive.find(at)
        if found is None:
            raise missing(f"There is no item {at!r} in the drive {drive.name!r}")
        return found

    # what people do

    def make_folder(self, drive_id: str, path: str, *, by: Identity = APPLICATION) -> str:
        """The folder and those above it, as far as they are missing; its id."""
        drive = self.drive(drive_id)
        folder = drive.root
        for name in path.strip("/").split("/") if path.strip("/") else []:
            folder, _ = drive.create_folder(folder, name, by, "replace")
        return folder.id

    def put_file(self, drive_id: str, path: str, data: bytes, *, by: Identity = APPLICATION) -> str:
        """Create or replace a file, as an upload would: SharePoint's rewriting follows. Its id."""
        folder, _, name = path.rpartition("/")
        parent = self.drive(drive_id).get(self.make_folder(drive_id, folder, by=by))
        item, _ = self.drive(drive_id).put_content(parent, name, self.tenant.blobs.store(data), by)
        after_upload(self.tenant, self.drive(drive_id), item)
        return item.id

    def read_file(self, drive_id: str, at: str) -> bytes:
        content = self.item(drive_id, at).content
        return content.path.read_bytes() if content else b""

    def set_column(self, drive_id: str, at: str, name: str, value: Value, *, by: Identity = APPLICATION) -> None:
        drive, item = self.drive(drive_id), self.item(drive_id, at)
        body: dict[str, Any] = {name: value, f"{name}@odata.type": "Collection(Edm.String)"}
        drive.set_fields(item, accept(drive.columns, body, drive.zone), by)
        after_column_write(self.tenant, drive, item)

    def move(
        self, drive_id: str, at: str, *, to: str | None = None, name: str | None = None, by: Identity = APPLICATION
    ) -> None:
        """Into the folder `to`, under the name `name`, or both."""
        parent = self.item(drive_id, to) if to is not None else None
        self.drive(drive_id).relocate(self.item(drive_id, at), parent=parent, name=name, by=by)

    def move_to_drive(
        self, drive_id: str, at: str, to_drive: str, *, folder: str = "/", by: Identity = APPLICATION
    ) -> str:
        """What people do in the browser: the file or folder is gone here and stands there, under another id."""
        item, target = self.item(drive_id, at), self.drive(to_drive)
        moved = Copying(self.drive(drive_id), target, by).tree(item, self.item(to_drive, folder), item.name)
        self.drive(drive_id).delete(item, by)
        return moved.id

    def change_id(self, drive_id: str, at: str) -> str:
        """As if the server had lost the old one (Q12): same name, place and bytes, another id."""
        drive, item = self.drive(drive_id), self.item(drive_id, at)
        parent = drive.items[item.parent_id]
        drive.delete(item, item.modified_by)
        return Copying(drive, drive, item.modified_by).tree(item, parent, item.name).id

    def remove_drive(self, drive_id: str) -> None:
        """The library or its site was deleted: everything about it answers 404, its subscriptions say nothing more."""
        drive = self.tenant.drives.pop(drive_id)
        for site in self.tenant.sites.values():
            site.drive_ids = [one for one in site.drive_ids if one != drive_id]
        for subscription in [s for s in self.tenant.subscriptions.values() if s.drive is drive]:
            del self.tenant.subscriptions[subscription.id]

    def add_to_directory(self, name: str, email: str, *, group: bool = False) -> str:
        """A person or group who can be granted access; the directory id."""
        found = Identity(name, email, is_group=group)
        self.tenant.directory |= {email.casefold(): found, found.id: found}
        return found.id

    def delete(self, drive_id: str, at: str, *, by: Identity = APPLICATION) -> str:
        item = self.item(drive_id, at)
        self.drive(drive_id).delete(item, by)
        return item.id

    def restore(self, drive_id: str, item_id: str) -> None:
        """Out of the recycle bin."""
        self.drive(drive_id).restore(item_id)

    def lock(self, drive_id: str, at: str, *, locked: bool = True) -> None:
        """As if somebody had the file open: writes answer 423."""
        self.item(drive_id, at).locked = locked

    def check_out(self, drive_id: str, at: str, *, by: Identity) -> None:
        drive, item = self.drive(drive_id), self.item(drive_id, at)
        drive.check_unlocked(item, by)
        item.checked_out_by = by
        drive.changed(item)

    def check_in(self, drive_id: str, at: str, *, by: Identity) -> None:
        drive, item = self.drive(drive_id), self.item(drive_id, at)
        drive.check_unlocked(item, by)
        item.checked_out_by, item.never_checked_in = None, False
        drive.changed(item)

    def require_approval(self, drive_id: str) -> None:
        """Content approval of the whole library; from here on every edit asks for it anew."""
        self.drive(drive_id).require_approval()

    def moderate(self, drive_id: str, at: str, status: Moderation) -> None:
        """What an approver says about the present state of a file."""
        self.drive(drive_id).moderate(self.item(drive_id, at), status)

    def hide(self, drive_id: str, at: str, *, hidden: bool = True) -> None:
        """Take the app's right to see an item, or give it back; people still see it."""
        item = self.item(drive_id, at)
        item.hidden = hidden
        self.drive(drive_id).changed(item)
        item.permissions_at = item.sequence

    def make_notebook(self, drive_id: str, path: str) -> str:
        """A package: neither file nor folder."""
        made = self.put_file(drive_id, path, b"")
        self.item(drive_id, made).is_package = True
        return made

    def force_resync(self, drive_id: str, variant: str = "resyncChangesApplyDifferences") -> None:
        """All delta links handed out so far answer 410."""
        drive = self.drive(drive_id)
        drive.generation += 1
        drive.resync = variant

    def lifecycle(self, subscription_id: str, event: str) -> None:
        self.notifier.lifecycle(self.tenant.subscriptions[subscription_id], event)

    async def forge(self, subscription_id: str, kind: str) -> int:
        """Post a forged or broken notification to the address of a subscription; the status it answered."""
        return await forge(self.tenant, self.tenant.subscriptions[subscription_id], kind)

    async def settle(self) -> None:
        """Wait for background work that is due now and for notifications under way."""
        await self.tenant.agenda.settle()
        await self.notifier.settle()

    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.tenant)

    def reset(self) -> None:
        """An empty tenant with the default quirks; faults and counts are gone."""
        self.tenant.clear()
        self._dispatcher.throttle.clear()
        self.serving.faults.clear()
        self.serving.moves.clear()
