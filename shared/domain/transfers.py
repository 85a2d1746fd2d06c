"""The carrying out of a decision, as it is kept from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.decisions import Verb
from shared.domain.ids import AssetId, VersionId
from shared.domain.items import Content


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
