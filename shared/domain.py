"""The words of the bridge, as types.

Terminology
-----------
item            a file or folder in a drive (Graph: driveItem); a working file while people edit it
asset           a file plus its rights and metadata in CELUM; the governed master
collection      where assets stand in CELUM; an asset may stand in several
column          a list-item field of a SharePoint library;  field: an information field in CELUM
content         what a file holds, named by its signature; an approval belongs to a content, not to a file
link            the ledger's row of truth about one file under one flow
facts           what was read about a file before something is decided about it
decision        ignore, wait, hold or do, with reasons; made purely from flow, facts and link
transfer        the carrying out of one decision, step by step, with checkpoints
echo            a change signal caused by our own write
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

DriveId = NewType("DriveId", str)
ItemId = NewType("ItemId", str)
FlowId = NewType("FlowId", str)
AssetId = NewType("AssetId", int)
VersionId = NewType("VersionId", int)
CollectionId = NewType("CollectionId", int)
FieldId = NewType("FieldId", int)
LinkKey = NewType("LinkKey", str)  # "<flow>|<drive>|<item>"

type Value = str | tuple[str, ...]  # a column or property as text; several for multi-choice; "" and () are empty


# --- OneDrive ---------------------------------------------------------------------------------------------------

MARKER_NAME = "CELUM bridge - please leave here.txt"  # in the root of each library: whose it is (shared/engine)


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something; `id` is the directory id. An application (ours too) is no person."""

    id: str = ""
    name: str = ""
    email: str = ""
    is_application: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file as OneDrive names them. `quick_xor` is None while OneDrive has not computed it."""

    size: int
    quick_xor: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder as one answer of Graph shows it. Members that the answer left out are None.

    `path` is from the library's root, with a leading slash, names in NFC as OneDrive spells them; None where unknown.
    """

    drive: DriveId
    id: ItemId
    name: str
    parent: ItemId | None
    etag: str | None
    content: Content | None = None  # None for folders, packages and deleted items
    path: str | None = None
    is_folder: bool = False
    is_root: bool = False
    is_package: bool = False
    deleted: bool = False
    malware: bool = False
    ctag: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    created_by: Person | None = None
    modified_by: Person | None = None
    web_url: str | None = None
    mime_type: str | None = None
    pixels: tuple[int, int] | None = None  # width, height of an image

    @property
    def is_marker(self) -> bool:
        """The bridge's own file, or a copy of it: no flow ever speaks of it."""
        return self.name.casefold() == MARKER_NAME.casefold()


@dataclass(frozen=True, slots=True)
class Columns:
    """The list-item fields of a file by internal name, as text (dates ISO 8601 UTC, booleans true/false).

    A person column holds the e-mail address, a lookup or managed-metadata column its label.

    `display` maps display names to internal names; a display name that two columns share maps to both.
    `unreadable` names columns whose value has a shape that is not understood.
    """

    values: Mapping[str, Value]
    display: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)  # internal name → text, choice, dateTime, dateOnly, number …
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One version of a list item, newest first in every list; `id` is also that of the drive item's version."""

    id: str
    modified: datetime
    modified_by: Person | None
    values: Mapping[str, Value]


# --- CELUM ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    id: VersionId
    filename: str
    size: int
    checksum: str | None
    created: datetime | None = None
    created_by: int | None = None
    category: str = ""  # IMAGE, DOCUMENT, VIDEO, AUDIO, TEXT, MODEL3D, UNKNOWN, or PLACEHOLDER for one without a file
    preview: str = ""  # PROCESSING, SUCCEEDED, FAILED; empty where CELUM did not say


@dataclass(frozen=True, slots=True)
class ExternalReference:
    """Where an asset is used, as CELUM knows it: one url for each triple of keys."""

    description: str
    provider: str
    instance: str | None
    url: str

    @property
    def key(self) -> tuple[str, str, str | None]:
        return self.description, self.provider, self.instance


@dataclass(frozen=True, slots=True)
class Availability:
    """`available` for the direct form; otherwise the dated form, UTC instants, either end open when None."""

    available: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class FieldType(StrEnum):
    TEXT = "TEXT"
    TEXT_AREA = "TEXT_AREA"
    LOCALIZED_TEXT = "LOCALIZED_TEXT"
    LOCALIZED_TEXT_AREA = "LOCALIZED_TEXT_AREA"
    NUMBER = "NUMBER"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DROPDOWN = "DROPDOWN"
    COLLECTION_REFERENCE = "COLLECTION_REFERENCE"
    TAG_REFERENCE = "TAG_REFERENCE"


# What a field holds, in CELUM's own terms: text; locale → text; number; bool; instant; option index; ids, sorted.
type FieldContent = str | Mapping[str, str] | int | float | bool | datetime | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as one answer of CELUM shows it; `fields` and `references` are None where it left them out."""

    id: AssetId
    name: str
    type_id: int | None
    current_version: Version
    parents: tuple[CollectionId, ...]
    released: bool
    fields: Mapping[FieldId, FieldContent] | None = None
    availability: Availability | None = None
    validation: Mapping[str, bool] = field(default_factory=dict)
    locked_by: int | None = None
    lock_comment: str | None = None
    created: datetime | None = None
    created_by: int | None = None
    modified: datetime | None = None
    modified_by: int | None = None
    references: tuple[ExternalReference, ...] | None = None


# --- What is decided --------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    IGNORE = "ignore"
    WAIT = "wait"
    HOLD = "hold"
    DO = "do"
    NOTHING = "nothing"  # all gates passed and everything already is as it should be


class Verb(StrEnum):
    CREATE = "create"
    ADD_VERSION = "add_version"
    UPDATE = "update"  # fields, name, collections, availability: no bytes move
    CLOSE = "close"  # the source is gone or left the pattern: the link is closed and shown
    FINISH = "finish"  # all is settled: the file goes where the flow's `after` puts it
    RESET = "reset"  # the approval is taken back in OneDrive (`Decision.columns`), so that a person gives it again


class Kind(StrEnum):
    """A fact that costs a call to gather."""

    COLUMNS = "columns"
    SIGNATURE = "signature"  # of the present content; of an Office package this reads its central directory
    VERSIONS = "versions"  # the list item's versions with their columns
    VERSION_SIGNATURE = "version signature"  # `of` names the version
    OFFICE = "office properties"
    EMBEDDED = "embedded properties"
    PIXELS = "pixels"  # of a picture, from its header: where OneDrive does not tell them
    CHECKED_IN = "checked in"
    CONTENT_APPROVAL = "content approval"
    FOLDER = "folder"  # `of` is its path: the columns of a folder whose gate the file lies behind
    COLLECTION = "collection"  # `of` is its path: the fields of a collection whose gate the file lies behind


@dataclass(frozen=True, slots=True)
class Need:
    kind: Kind
    of: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one file at the time of a decision. What was not gathered yet is None (or not in the map)."""

    now: datetime
    item: Item
    columns: Columns | None = None
    signature: str | None = None
    versions: tuple[ItemVersion, ...] | None = None
    versions_unreadable: bool = False  # asked for, refused (403)
    version_signatures: Mapping[str, str] = field(default_factory=dict)  # version id → signature
    office: Mapping[str, str] | None = None
    embedded: Mapping[str, Value] | None = None
    pixels: tuple[int, int] | None = None  # as the file's header says; (0, 0) where it does not
    checked_in: bool | None = None
    content_approval: str | None = None  # Approved, Denied, Pending, Draft, Scheduled; "" where the library has none
    folders: Mapping[str, Columns | None] = field(default_factory=dict)  # by path; None = there is no such folder
    collections: Mapping[str, Mapping[str, Value] | None] = field(default_factory=dict)  # path → field label → text
    time_scale: float = 1  # every wait is divided by it; 1 outside the local stack


@dataclass(frozen=True, slots=True)
class Reason:
    """Why; `rule` is the place in the flow file (`ready.column.ApprovalStatus`), `text` a sentence for people.

    `outside` is true where the cause lies outside the file, so that no change of the file will announce its end.
    """

    rule: str
    text: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class FieldWish:
    """What a flow wants an information field to hold: text as read, still to be converted to the field's own type.

    Empty (`""` or `()`) means: clear it, if the bridge wrote what stands there. A `kind` of "date" is a calendar day.
    """

    label: str
    value: Value
    authority: str = "onedrive"  # who wins when both sides changed it: onedrive | celum
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything a flow wants to be true in CELUM about one file."""

    collection: str  # path
    asset_type: str
    name: str
    filename: str
    fields: tuple[FieldWish, ...]
    intake: str | None = None  # path
    key_field: str | None = None  # label
    available_since: datetime | None = None
    available_until: datetime | None = None
    create_collections: bool = False
    collection_type: str | None = None  # of a root collection that is missing
    unavailable: bool = False  # the approving values were lost, and the flow takes the asset out of use
    matches: tuple[FieldWish, ...] = ()  # identity by field: an asset whose field holds the value is this file's
    move_to: str | None = None  # where the file goes once all is settled (`after`); never part of the facts
    delete: bool = False  # … or into the recycle bin


@dataclass(frozen=True, slots=True)
class Approval:
    """The content that was approved: its signature, and the version of the list item in which approval was given."""

    signature: str
    version: str | None
    at: datetime
    by: str = ""  # directory id


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen with one file now, and why. `used` holds every value that led here; `facts_hash` names them."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    verb: Verb | None = None
    wish: Wish | None = None
    until: datetime | None = None  # WAIT: when to look again; None = when somebody changes something
    signature: str | None = None
    approval: Approval | None = None  # to be recorded in the link when it differs from what stands there
    gate_open: bool | None = None  # whether the approving values hold now; None = not looked at
    forgets: bool = False  # the gate is closed: the content for which it had opened is no longer the approved one
    behind: Need | None = None  # the closed folder or collection gate behind which the file lies dormant
    columns: Mapping[str, str] = field(default_factory=dict)  # RESET: what to write on the source file
    unavailable: bool = False  # CLOSE: the asset goes out of use as well
    used: Mapping[str, str] = field(default_factory=dict)
    facts_hash: str = ""
    generation: int = 0


# --- What the ledger knows --------------------------------------------------------------------------------------


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
    version_of_item: str | None = None  # the OneDrive version that was read
    name: str = ""
    collection: CollectionId | None = None  # the target …
    added: bool = True  # … and whether the bridge put the asset there; only then it may take it out again
    alias: bool = False  # another file owns the asset: this one adds its collection and writes nothing else
    ctag: str | None = None  # OneDrive's own mark of the content, for the times when it has no hash of it
    since: datetime | None = None  # when the link came to this asset
    read: datetime | None = None  # when the file had last been modified as it was read, on OneDrive's clock
    window: Availability | None = None  # what the flow's dates last said
    off: bool = False  # the bridge took the asset out of use; it alone may put it back …
    stood: Availability | None = None  # … as it was; there already when it is only about to take it
    rewrites: int = 0  # how often SharePoint itself changed the file since
    fields: Mapping[str, FieldContent] = field(default_factory=dict)  # label → what the bridge last wrote
    checksum: str | None = None
    sha256: str | None = None
    verified: str = "checksum"  # checksum | download | size


@dataclass(frozen=True, slots=True)
class Hashed:
    """What a content's bytes hash to (algorithm → digest), known since a transfer has read them."""

    content: Content
    hashes: Mapping[str, str]


class Step(StrEnum):
    """Where an ingest transfer stands: the step that has to be done next."""

    PREPARE = "prepare"
    UPLOAD = "upload"
    IDENTIFY = "identify"
    REGISTER = "register"
    VERIFY = "verify"
    COMPLETE = "complete"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The one transfer of a link. Everything that must survive a kill stands here."""

    id: str
    verb: Verb
    step: Step
    signature: str
    facts_hash: str
    started: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None
    watch_at: datetime | None = None  # where its watch entry stands in `due`
    attempt: int = 0
    again: bool = False
    progress: int = 0  # bytes sent, for people
    handle: str | None = None  # CELUM's upload handle
    hashes: Mapping[str, str] = field(default_factory=dict)  # algorithm → digest of the bytes as read
    size: int | None = None
    content: Content | None = None  # what OneDrive said of the bytes that were read
    adds: bool = False  # the asset did not stand in the target before: its being there is the bridge's doing
    linked: bool = False  # the asset is somebody else's: it was found, and only its collection is ours to add …
    writes: bool = False  # … and, as the flow wants it, its fields
    apart: tuple[AssetId, ...] = ()  # found to be this file's, but of other content: they stay as they are
    verified: str = "checksum"  # checksum | download | size
    registering: datetime | None = None  # set before a create or add-version whose outcome may stay unknown
    probes: int = 0  # how often an unknown outcome was looked for
    base_version: VersionId | None = None  # the asset's version before ours
    asset: AssetId | None = None
    version: VersionId | None = None
    error: str | None = None


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
    run_date: str | None = None  # run.date, frozen when the link first settles
    run_id: str | None = None
    hashed: Hashed | None = None  # of a transfer that was held after it had read the bytes: they need not move again
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


def link_key(flow: FlowId, drive: DriveId, item: ItemId) -> LinkKey:
    return LinkKey(f"{flow}|{drive}|{item}")
