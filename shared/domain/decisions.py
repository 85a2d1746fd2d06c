"""What is to happen with a file, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.domain.facts import Need
from shared.domain.items import Value


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
