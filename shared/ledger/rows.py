"""What the ledger hands out and takes in, beside Link. `etag` is None until the row was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.decisions import Reason
from shared.domain.ids import AssetId, DriveId, FlowId, ItemId, LinkKey
from shared.domain.items import Content


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the changes of a drive were read; `next_link` while a page is followed by another."""

    drive: DriveId
    delta_link: str | None = None
    next_link: str | None = None
    generation: int = 0
    etag: str | None = None


class SubscriptionState(StrEnum):
    CREATING = "creating"  # written before the call, so that one whose answer got lost is recognised as ours
    LIVE = "live"
    LOST = "lost"  # Graph removed it or does not know it any more


@dataclass(frozen=True, slots=True)
class Subscription:
    drive: DriveId
    id: str
    expires: datetime | None
    state: SubscriptionState
    notification_url: str
    key_id: str  # of the secret behind its clientState
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class ScanLease:
    """The right to scan a drive. `dirty` and `etag` are as last seen: a doorbell may have rung since."""

    drive: DriveId
    owner: str
    until: datetime
    dirty: bool = False
    last_scan: datetime | None = None  # when one last came to the end of the changes
    unended: int = 0  # scans in a row since then that were ended as UNENDED …
    stuck: int = 0  # … and as STUCK …
    unread_since: datetime | None = None  # … the first of them then
    etag: str | None = None


class ScanEnd(StrEnum):
    """How a scan ends."""

    READ = "read"  # every change up to now
    BROKEN_OFF = "broken off"
    UNENDED = "unended"  # as many pages as one scan reads, and more follow
    STUCK = "stuck"  # OneDrive leads round in circles


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else scans until `until`; that there is more to do is noted, and was already when `was_dirty`."""

    until: datetime
    was_dirty: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """`moved` marks a folder whose message about its descendants may not have been sent yet.

    `stood` are the paths from which it was moved, the latest last: files in it that nobody has looked at since may be
    known there. `gone` is one that was deleted: known no more, but recognised when it comes out of the recycle bin.
    """

    drive: DriveId
    id: ItemId
    name: str
    parent: ItemId | None
    moved: bool = False
    gone: bool = False
    stood: tuple[str, ...] = ()


class RefKind(StrEnum):
    ITEM = "item"
    ASSET = "asset"
    HASH = "hash"
    GATE = "gate"


def item_ref(drive: DriveId, item: ItemId) -> str:
    return f"{drive}|{item}"


def asset_ref(asset: AssetId) -> str:
    return str(asset)


def hash_ref(content: Content) -> str | None:
    """None while OneDrive has not computed the hash."""
    return f"{content.size}|{content.quick_xor}" if content.quick_xor else None


class DueKind(StrEnum):
    DECIDE = "decide"
    TRANSFER = "transfer"  # waits for a slot or a retry
    WATCH = "watch"  # over a running transfer
    FLOW = "flow"  # over a flow whose files are being listed; `link` is the flow's id
    GATE = "gate"  # over a closed gate, or one behind which files are being listed; `link` is the gate's key


@dataclass(frozen=True, slots=True)
class DueEntry:
    """One entry for each (at, link, kind); entries sort by time."""

    at: datetime
    link: LinkKey
    kind: DueKind
    note: str = ""


class AttentionKind(StrEnum):
    HELD = "held"
    FAILED = "failed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Attention:
    kind: AttentionKind
    link: LinkKey
    flow: FlowId
    path: str | None
    reasons: tuple[Reason, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the evidence or the journal."""

    at: datetime
    entry: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lease:
    """On whatever its name says, for one owner."""

    name: str
    owner: str
    until: datetime
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to run one transfer."""

    index: int
    holder: str
    until: datetime
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """This deployment of the bridge, as long as its ledger lives."""

    id: str
    since: datetime


class MarkState(StrEnum):
    """What the marker file of a drive says of it."""

    OURS = "ours"
    UNWRITTEN = "unwritten"  # it cannot be written: work goes on, and a second installation is not noticed
    FOREIGN = "foreign"
    LOST = "lost"  # written at our address, but under a ledger that is not this one
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Mark:
    """The marker of a drive as it was read last; `text` is what people have to know and to do, empty if nothing."""

    drive: DriveId
    state: MarkState
    text: str = ""
    owner: str = ""  # installation id, address and age of who wrote it, as far as it says
    address: str = ""
    since: datetime | None = None


class Aside(StrEnum):
    """Why an entry of `due` is set aside."""

    STOPPED = "stopped"  # its flow stands still
    FIRST_RUN = "first run"  # was there before a flow with `start: existing`: a person releases it, step by step


class Phase(StrEnum):
    """How far a new or changed flow has been taken in; nothing of it is decided before the last."""

    NEW = "new"  # waits for a scan to reach its end: what that reports was there before
    LISTING = "listing"
    CLOSING = "closing"  # listed; the next whole scan reports what changed meanwhile
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Surge:
    """What the brake has counted of one flow in one hour. `open` names the readings that have not reached their end."""

    hour: str = ""
    since: datetime | None = None
    deleted: int = 0
    versions: int = 0
    page: str = ""  # counted last …
    marks: tuple[str, ...] = ()  # … with these sights, so that a page that is read again counts once
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a flow stands: how far it is taken in, what stops it, and what the brake has counted."""

    flow: FlowId
    drive: DriveId | None = None
    definition: str = ""  # hash of what the flow file said when it was taken in
    covered: str = ""  # which files it spoke of when it was taken in to the end: what came since was not there before
    generation: int = 0
    phase: Phase = Phase.NEW
    since: datetime | None = None  # when it was taken in first
    walked: str = ""  # the listed page counted last
    listed: int = 0  # files found by the listing
    paused_by: str = ""
    braked: str = ""  # why
    barred: str = ""  # why: its library is not known to be this installation's
    frozen: bool = False  # gone from the flow file, or switched off
    retired: bool = False
    surge: Surge = field(default_factory=Surge)
    discard_from: datetime | None = None  # surprises first seen from here …
    discard_to: datetime | None = None  # … until here a person has discarded …
    discarded_by: str = ""  # … who
    etag: str | None = None

    @property
    def stops(self) -> str:
        """Why nothing of the flow is decided or carried on now; empty while it runs."""
        if self.retired or self.frozen:
            return "retired" if self.retired else "frozen"
        if self.barred:
            return "barred"
        if self.braked:
            return "braked"
        if self.paused_by:
            return "paused"
        return "" if self.phase is Phase.DONE else "starting"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that is to be listed, from its next page on."""

    folder: ItemId
    path: str
    page: str | None = None  # link to the next page; None = from its beginning
    etag: str | None = None
