"""What the ledger knows about a file under a flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.assets import Availability, FieldContent
from shared.domain.decisions import Approval, Reason
from shared.domain.ids import AssetId, CollectionId, DriveId, FlowId, ItemId, LinkKey, VersionId
from shared.domain.items import Content, Item
from shared.domain.transfers import Transfer


class LinkState(StrEnum):
    BEFORE = "before"  # was there before the flow; left alone until it changes
    SEEN = "seen"  # first sight written; a quiet period runs or a gate is not open yet
    HELD = "held"
    SETTLED = "settled"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Settled:
    """What was true when the link last settled, and what the bridge last wrote (the base of three-way updates)."""

    content: Content
    signature: str
    facts_hash: str
    asset: AssetId
    version: VersionId
    at: datetime
    name: str = ""
    collection: CollectionId | None = None  # the target …
    added: bool = True  # … and whether the bridge put the asset there; only then it may take it out again
    alias: bool = False  # another file owns the asset: this one adds its collection and writes nothing else
    ctag: str | None = None  # OneDrive's own mark of the content, for the times when it has no hash of it
    since: datetime | None = None  # when the link came to this asset
    taken: datetime | None = None  # when it came to this content; what is written around it leaves that as it is
    read: datetime | None = None  # when the file had last been modified as it was read, on OneDrive's clock
    window: Availability | None = None  # what the flow's dates last said
    off: bool = False  # the bridge took the asset out of use; it alone may put it back …
    stood: Availability | None = None  # … as it was; there already when it is only about to take it
    rewrites: int = 0  # how often SharePoint itself changed the file since
    fields: Mapping[str, FieldContent] = field(default_factory=dict)  # label → what the bridge last wrote
    checksum: str | None = None
    sha256: str | None = None
    verified: str = "checksum"  # checksum | download | size
    left_out: str = ""  # the content is a person's decision not to bring: who made it, in words


@dataclass(frozen=True, slots=True)
class Hashed:
    """What a content's bytes hash to (algorithm → digest), known since a transfer has read them."""

    content: Content
    hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefusedContent:
    """A content that CELUM will not take: its bytes are not sent again under the same flow file (`generation`).

    Where it took them and would make no asset or version of them, only until then, and with these facts.
    """

    signature: str
    generation: int
    why: str
    facts_hash: str = ""
    until: datetime | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Touch:
    """When a file was last changed, and by whom in words: by people, or in its content."""

    modified: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A person's word on one content, `version` or `create`; it is over once that has settled."""

    how: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class Link:
    """The row of truth about one file under one flow."""

    key: LinkKey
    flow: FlowId
    drive: DriveId
    item: ItemId
    state: LinkState
    content: Content | None = None  # the present content as first seen …
    seen_at: datetime | None = None  # … and when the ledger first saw it
    gate_closed_for: Content | None = None  # the content on which the approving values were last seen not to hold
    approval: Approval | None = None
    settled: Settled | None = None
    transfer: Transfer | None = None
    reasons: tuple[Reason, ...] = ()
    receipt: str | None = None  # eTag at which a fresh read showed exactly what we settled and wrote
    touched: Touch | None = None  # kept only under a flow that reads it: the item itself names our column writes
    run_date: str | None = None  # run.date, frozen when the link first settles
    run_id: str | None = None
    hashed: Hashed | None = None  # of a transfer that was held after it had read the bytes: they need not move again
    refused: RefusedContent | None = None  # the last content whose bytes CELUM refused; a person's word forgets it
    added: tuple[VersionId, ...] = ()  # versions that transfers added which closed before they settled
    finished: str | None = None  # where the flow's own `after` put the file: its path, or DELETED; then, RETURNED
    closed_at: datetime | None = None
    accepted: Accepted | None = None  # what a person wants done with the present content, whatever `on_existing` says
    leaving: Settled | None = None  # of an alias that got content of its own: the asset it still has to leave
    due_at: datetime | None = None  # where its own due entry stands
    observed: bool = False  # decided while the flow only observed, and not carried out yet
    path: str | None = None  # last known, for people
    generation: int = 0
    etag: str | None = None  # of the row; None = not stored yet


def accepted_as(link: Link | None, content: Content | None) -> str:
    """How a person wants the content taken; empty: as the flow says."""
    known = link.accepted if link is not None else None
    return known.how if known is not None and known.content == content else ""


DELETED = "deleted"  # in `Link.finished`
RETURNED = "returned"  # likewise: people brought the file back, and what becomes of it then is their doing


def is_put_away(link: Link, item: Item) -> bool:
    """Of a file that the flow does not select: whether its own `after` is why, wherever people took it from there."""
    if link.finished in {None, RETURNED}:
        return False
    if link.transfer is None:
        return True
    return link.finished == (DELETED if item.deleted else item.path)  # promised only: somebody may be quicker


def came_back(link: Link, item: Item) -> bool:
    """Of a file that the flow selects: whether people fetched it from where the flow's own `after` had put it."""
    return link.finished not in {None, RETURNED, item.path} and link.transfer is None and not item.deleted
