"""A case: a file as a person describes it, and what the flow is expected to decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.items import Value
from shared.domain.links import LinkState
from shared.flows._model import IngestFlow
from shared.flows._nodes import Place

SIZE = 1_000_000
LONG_AGO = timedelta(days=30)
ON_CHANGE = "on change"
PRESENT = "present content"
OTHER = "other content"


@dataclass(frozen=True, slots=True)
class GivenAsset:
    """What stands in CELUM already; None is as the flow itself would have it."""

    holds_present: bool = True
    name: str | None = None
    collections: tuple[str, ...] | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    is_available: bool = True
    has_key: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """One moment of one file. What is not said is as unremarkable as it can be."""

    path: str
    now: datetime
    size: int = SIZE
    pixels: tuple[int, int] | None = None
    unchanged_for: timedelta = LONG_AGO
    column: Mapping[str, Value] = field(default_factory=dict)
    office: Mapping[str, str] = field(default_factory=dict)
    embedded: Mapping[str, Value] = field(default_factory=dict)
    checked_in: bool = True
    content_approval: str = ""
    folder: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)  # path → columns
    collection: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)  # path → fields
    created_by: str = ""
    modified_by: str = ""
    deleted: bool = False
    malware: bool = False
    approved_content: str = "present"  # present | other | unknown
    content: str = PRESENT
    asset: GivenAsset | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows: that the file settled, was closed, or was there before the flow, and as what."""

    state: LinkState
    then: Given
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """What a case names is compared, everything else is not."""

    outcome: str | None = None
    verb: str | None = None
    why: tuple[str, ...] = ()
    look_again: str | None = None  # a duration, or ON_CHANGE
    collection: str | None = None
    name: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    available_from: datetime | None = None
    available_until: datetime | None = None
    unavailable: bool | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    move_to: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    at: Place
    flow: IngestFlow
    given: Given
    known: Known | None
    expect: Expect


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    expected: str
    got: str
