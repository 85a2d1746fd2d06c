"""What travels through the queues: ids and reasons, never data. Versioned, so that releases may run side by side."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.ids import DriveId, FlowId, ItemId, LinkKey
from shared.errors import BridgeError

IDS_PER_DECIDE = 32  # as many as one delta page usually concerns; a message stays far below 64 KiB


class Queue(StrEnum):
    SCAN = "bridge-scan"
    DECIDE = "bridge-decide"
    TRANSFER = "bridge-transfer"


class MessageNotUnderstood(BridgeError):
    """A body that no release up to this one has written; it stays for a newer one, or ends in the poison queue."""


class Message(BaseModel):
    """Unknown members of a newer release are ignored; a higher `v` is not understood and put aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    attempt: int = 0
    enqueued_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    traceparent: str | None = None

    @classmethod
    def parse(cls, body: bytes | str) -> Self:
        """Raises MessageNotUnderstood, naming what is wrong, for anything that is not such a message."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise MessageNotUnderstood(f"{cls.__name__}: {place}: {first['msg']}") from problem


class ScanReason(StrEnum):
    CHANGE = "change"
    SUBSCRIPTION = "subscription"  # its subscription is missing or past half its life
    SWEEP = "sweep"  # not scanned for a day, or its subscription is unhealthy
    LIFECYCLE = "lifecycle"  # Graph says that something is wrong with the subscription
    FOLDER_MOVED = "folder moved"  # the files in such folders are to be looked at
    BACKFILL = "backfill"  # the files of a new or changed flow are to be listed
    GATE_OPENED = "gate opened"  # the files that lay dormant behind a gate are to be decided


# These may be dropped when another scan of the same drive is already promised; the others say something of their own.
DROPPABLE = frozenset({ScanReason.CHANGE, ScanReason.SUBSCRIPTION, ScanReason.SWEEP})


class ScanMessage(Message):
    kind: Literal["scan"] = "scan"
    drive: DriveId
    reason: ScanReason = ScanReason.CHANGE
    flow: FlowId | None = None  # BACKFILL: whose files are to be listed
    gate: LinkKey | None = None  # GATE_OPENED: which


class DecideMessage(Message):
    kind: Literal["decide"] = "decide"
    drive: DriveId
    items: tuple[ItemId, ...]
    generation: int = 0


class TransferMessage(Message):
    kind: Literal["transfer"] = "transfer"
    link: LinkKey
    transfer: str
