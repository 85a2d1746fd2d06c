"""A loaded flow file: frozen, checked, every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.domain.ids import FlowId
from shared.flows._paths import NamePattern, PathPattern
from shared.flows._places import Places
from shared.flows._sources import Source, Template
from shared.flows._units import Span


class Mode(StrEnum):
    ON = "on"
    OBSERVE = "observe"  # decides and journals, never acts
    OFF = "off"


class Start(StrEnum):
    NEW = "new"  # what was there before the flow is left alone until it changes
    EXISTING = "existing"


@dataclass(frozen=True, slots=True)
class OneDriveConnection:
    """A document library: by `site` ("host:/sites/path") and `library` name, or by `drive_id`."""

    name: str
    site: str | None = None
    library: str | None = None
    drive_id: str | None = None


@dataclass(frozen=True, slots=True)
class CelumConnection:
    name: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one deployment, or one flow, may do before a person is asked."""

    parallel: int = 4
    deletes_per_hour: int = 20
    new_versions_per_hour: int = 500
    first_run: int = 100
    keep_journal: timedelta = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    entries: Mapping[str, str]


# --- ready --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnIs:
    column: str
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficeIs:
    property: str
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameIs:
    pattern: NamePattern


@dataclass(frozen=True, slots=True)
class CheckedIn:
    pass


@dataclass(frozen=True, slots=True)
class ContentApprovalIs:
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


type Condition = ColumnIs | OfficeIs | NameIs | CheckedIn | ContentApprovalIs | AnyOf | Not


class GateKind(StrEnum):
    FOLDER = "folder"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Gate:
    """A folder's columns or a collection's fields; while they say no, the files behind it are dormant."""

    kind: GateKind
    path: Template  # of captures
    wanted: tuple[tuple[str, tuple[str, ...]], ...]  # column or field → accepted values


@dataclass(frozen=True, slots=True)
class Ready:
    """`conditions` are the approving values, cheapest first; `gates` stand elsewhere, one for all files behind them."""

    unchanged_for: timedelta = timedelta(minutes=2)
    conditions: tuple[Condition, ...] = ()
    gates: tuple[Gate, ...] = ()


# --- accept, to, fields -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accept:
    types: tuple[str, ...] = ()
    max_size: int | None = None
    name: NamePattern | None = None
    min_pixels: int | None = None  # of the longer side


@dataclass(frozen=True, slots=True)
class Target:
    """Where assets go. `name` holds sources, of which the first that is not empty wins, or one template."""

    collection: Template
    asset_type: str
    intake: str | None = None
    name: tuple[Source, ...] | Template = (Source("file", "stem"),)
    key: str | None = None
    create_collections: bool = False
    collection_type: str | None = None


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """Identity by field: the asset whose field `label` holds what `source` says."""

    label: str
    source: Source


@dataclass(frozen=True, slots=True)
class FieldRule:
    label: str
    sources: tuple[Source, ...] = ()
    table: Table | None = None
    split: str | None = None
    default: str | None = None
    required: bool = False
    locale: str | None = None
    authority: str = "onedrive"
    is_date: bool = False
    add: Span | None = None


@dataclass(frozen=True, slots=True)
class AvailabilityRule:
    since: Source | None = None
    until: Source | None = None


@dataclass(frozen=True, slots=True)
class OnExisting:
    same_content: str = "link"  # link | update_fields | hold
    new_content: str = "add_version"  # add_version | create | hold


@dataclass(frozen=True, slots=True)
class IngestFlow:
    """One file below `pattern` becomes one asset."""

    id: FlowId
    about: str
    time_zone: ZoneInfo
    onedrive: str  # name of the connection
    celum: str
    pattern: PathPattern
    to: Target
    mode: Mode = Mode.ON
    start: Start = Start.NEW
    types: tuple[str, ...] = ()  # categories, and extensions with their dot; none means all
    ignore: tuple[NamePattern, ...] = ()
    ready: Ready = field(default_factory=Ready)
    changed_after_ready: str = "hold"  # hold | accept | reset
    reset: Mapping[str, str] = field(default_factory=dict)  # column → the value that takes the approval back
    accept: Accept = field(default_factory=Accept)
    identity: tuple[str | FieldMatch, ...] = ("link", "key", "checksum")
    on_existing: OnExisting = field(default_factory=OnExisting)
    fields: tuple[FieldRule, ...] = ()
    availability: AvailabilityRule | None = None
    incomplete: str = "hold"
    columns: Mapping[str, Source] = field(default_factory=dict)
    after: str = "keep"  # keep | delete | move_to
    move_to: Template | None = None
    on_ready_lost: str = "keep"  # keep | unavailable | hold
    on_source_deleted: str = "keep"  # keep | unavailable | hold
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class FlowFile:
    name: str
    time_zone: ZoneInfo
    connections: Mapping[str, OneDriveConnection | CelumConnection]
    tables: Mapping[str, Table]
    limits: Limits
    flows: tuple[IngestFlow, ...]
    places: Places = field(default=Places(), compare=False, repr=False)

    def flow(self, flow_id: str) -> IngestFlow | None:
        return next((flow for flow in self.flows if flow.id == flow_id), None)
