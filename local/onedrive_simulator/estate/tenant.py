"""Everything one Microsoft 365 tenant holds, in memory; bytes on disk."""

from __future__ import annotations

import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from local.onedrive_simulator.clock import Agenda, Clock
from local.onedrive_simulator.estate.blobs import Blobs, Draft
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Column, Conflict, Identity, Item
from local.onedrive_simulator.problems import missing
from local.onedrive_simulator.quirks import Quirks

HOST = "acme.sharepoint.com"
COMPANY = ("@acme.example", "@guest.acme.example")
OWNER = Identity("Olivia Owner", "olivia@acme.example")


@dataclass(slots=True)
class Site:
    name: str
    path: str  # "/sites/marketing"
    id: str
    zone: ZoneInfo
    drive_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Subscription:
    id: str
    drive: Drive
    resource: str
    notification_url: str
    lifecycle_url: str
    client_state: str
    expires: datetime
    created: datetime
    tls: str = "v1_2"


@dataclass(slots=True)
class UploadSession:
    id: str
    drive: Drive
    parent: Item
    name: str
    target: Item | None  # of a session that replaces an item by its id
    conflict: Conflict
    by: Identity
    draft: Draft
    created: datetime
    expires: datetime
    if_match: str = ""
    defer: bool = False
    total: int = -1  # unknown until the first fragment
    times: tuple[datetime | None, datetime | None] = (None, None)


@dataclass(slots=True)
class DownloadTicket:
    drive: Drive
    item: Item
    version: int | None  # None: the version that is current when the bytes are asked for
    expires: datetime


@dataclass(slots=True)
class Monitor:
    status: Literal["inProgress", "completed", "failed"]
    item_id: str = ""
    problem: str = ""


class Tenant:
    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.agenda = Agenda(self.clock)
        self.quirks = Quirks()
        self.blobs = Blobs(folder)
        self.base_url = ""  # of the API; set when it is served
        self.id = str(uuid.uuid4())
        self.sites: dict[str, Site] = {}
        self.drives: dict[str, Drive] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.sessions: dict[str, UploadSession] = {}
        self.tickets: dict[str, DownloadTicket] = {}
        self.monitors: dict[str, Monitor] = {}
        self.directory: dict[str, Identity] = {}  # by address and by id: who was told to be there
        self.mails: list[dict[str, str]] = []  # invitations that went out
        self.new_links: deque[datetime] = deque()  # moments of new sharing links
        self.requests: Counter[str] = Counter()
        self.user_agents: Counter[str] = Counter()
        self.refusals: list[dict[str, Any]] = []  # what a client did against the rules

    @property
    def content_url(self) -> str:
        """The other host, where bytes come and go without a bearer token."""
        return self.base_url.replace("127.0.0.1", "localhost")

    def add_site(self, name: str, *, zone: str = "UTC") -> Site:
        site = Site(name, f"/sites/{name}", f"{HOST},{uuid.uuid4()},{uuid.uuid4()}", ZoneInfo(zone))
        self.sites[site.id] = site
        return site

    def add_drive(self, name: str, *, site: Site | None, columns: list[Column], owner: Identity | None) -> Drive:
        """A library of the site, or without one the OneDrive of its owner."""
        drive = Drive(name, owner=owner or OWNER, clock=self.clock, quirks=self.quirks)
        drive.columns = {c.name: c for c in columns}
        if site:
            drive.zone = site.zone
            drive.web_url = f"https://{HOST}{site.path}/{name}"
            site.drive_ids.append(drive.id)
        else:
            drive.kind = "business"
            drive.web_url = f"https://acme-my.sharepoint.com/personal/{drive.owner.email.replace('@', '_')}/{name}"
        self.drives[drive.id] = drive
        return drive

    def drive(self, drive_id: str) -> Drive:
        try:
            return self.drives[drive_id]
        except KeyError:
            raise missing("The drive could not be found.") from None

    def knows(self, who: str) -> Identity | None:
        """A person or group of the directory, by address or id; addresses of the company and its guests are known."""
        told, strangers = self.directory.get(who.casefold()), self.quirks.unknown_people
        if told or "@" not in who:
            return told
        if who in strangers or "*" in strangers or not who.endswith(COMPANY):
            return None
        return Identity(who.partition("@")[0], who)

    def site_of(self, drive: Drive) -> Site | None:
        return next((s for s in self.sites.values() if drive.id in s.drive_ids), None)

    def drive_of_user(self, user: str) -> Drive:
        for drive in self.drives.values():
            if drive.kind == "business" and user.casefold() in {drive.owner.email.casefold(), drive.owner.id}:
                return drive
        raise missing("User's mysite not found.")

    def clear(self) -> None:
        self.agenda.clear()
        for kept in (self.sites, self.drives, self.subscriptions, self.sessions, self.tickets, self.monitors):
            kept.clear()
        self.directory.clear()
        self.mails.clear()
        self.new_links.clear()
        self.requests.clear()
        self.user_agents.clear()
        self.refusals.clear()
        self.blobs.clear()
        self.quirks.update(Quirks().as_json())
