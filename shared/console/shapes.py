"""What goes in and out of the API, as its document describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.decisions import Reason


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Why(Shape):
    """A rule of the flow file and a sentence for people."""

    rule: str
    text: str

    @classmethod
    def of(cls, reasons: tuple[Reason, ...]) -> tuple[Why, ...]:
        return tuple(cls(rule=reason.rule, text=reason.text) for reason in reasons)


class ClosedGate(Shape):
    """A folder or collection behind which the files of a flow lie dormant."""

    gate: Literal["folder", "collection"]
    path: str
    files: int = Field(description="seen behind it since it was found closed; at most 2000 are counted")
    opening: bool = Field(description="it was found open, and what lies behind it is being taken up")
    since: datetime
    reasons: tuple[Why, ...]


class FlowStatus(Shape):
    id: str
    about: str
    mode: str
    start: str
    state: Literal["running", "starting", "paused", "braked", "barred", "frozen", "retired"]
    why: str
    files_listed: int
    first_run_waiting: int = Field(description="files that `resume` releases step by step; at most 1000 are counted")
    set_aside: int = Field(description="decisions that wait for the flow to run; at most 1000 are counted")
    closed_gates: tuple[ClosedGate, ...] = ()
    deleted_this_hour: int
    new_versions_this_hour: int


class DriveStatus(Shape):
    id: str
    connections: tuple[str, ...]
    last_scan: datetime | None
    subscription: str
    subscription_expires: datetime | None
    marker: Literal["none", "ours", "unwritten", "foreign", "lost", "unreadable"] = Field(
        description="whose the library is by the marker file in its root; none: not looked at yet"
    )
    marker_problem: str = Field(description="what is wrong with it and what to do; empty if nothing")
    problems: tuple[str, ...] = Field(default=(), description="what else is wrong with the library as a whole")


class AttentionRow(Shape):
    kind: Literal["held", "failed", "waiting"]
    link: str = Field(description="the id of a flow where the whole flow is meant")
    flow: str
    path: str | None
    since: datetime
    reasons: tuple[Why, ...]
    what_to_do: tuple[str, ...] = Field(description="empty where the reasons say it")


class Status(Shape):
    at: datetime
    flow_file_generation: int
    flow_file_problems: tuple[str, ...]
    flows: tuple[FlowStatus, ...]
    drives: tuple[DriveStatus, ...]
    held: int = Field(description="at most 1000 are counted, here and below")
    failed: int
    waiting: int
    due: int
    look_at: tuple[AttentionRow, ...] = Field(description="the first of them: what has failed, then what is held")
    paused_systems: dict[str, datetime]


class FoundFile(Shape):
    link: str
    flow: str
    path: str | None
    state: str
    asset: int | None
    transfer: str | None
    reasons: tuple[Why, ...]


class Found(Shape):
    files: tuple[FoundFile, ...]
    complete: bool = Field(description="false: there are more, name it more precisely")


class RuleOutcome(Shape):
    rule: str
    verdict: Literal["passed", "failed", "not reached"]
    value: str = Field(description="what it found or would write, or what is wrong")
    used: dict[str, str] = Field(description="the values that it read")


class ExplainedFile(FoundFile):
    outcome: str
    verb: str | None
    until: datetime | None
    flow_stops: str
    rules: tuple[RuleOutcome, ...]
    used: dict[str, str]
    alias_of: str | None = Field(description="the path of the file that owns the asset; this one writes nothing to it")
    would_change: tuple[str, ...]


class Explained(Shape):
    files: tuple[ExplainedFile, ...]


class AttentionList(Shape):
    rows: tuple[AttentionRow, ...]


class Health(Shape):
    status: Literal["ok", "attention", "stale"]
    at: datetime | None = None
    problems: tuple[str, ...] = Field(default=(), description="only for callers who may read")


class Finding(Shape):
    """One mistake or remark at its place in the flow file, as `bridge check` tells it."""

    file: str
    line: int
    column: int
    text: str
    suggestion: str | None


class Checked(Shape):
    flow_file: str = Field(description="SHA-256 of the file that the app runs, to be compared with another one")
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = Field(description="it works, but not as people may think; or nobody can tell")
    away: dict[str, str] = Field(description="systems that could not be checked to the end, and why")


class Problem(Shape):
    error: str


class Done(Shape):
    done: str


class OneFlow(Shape):
    flow: str | None = Field(default=None, description="all flows where it is left out")


class BrakeDecision(Shape):
    flow: str
    decision: Literal["go on", "discard"]


class Retirement(Shape):
    flow: str
    assets: Literal["keep"]


class Acceptance(Shape):
    link: str
    how: Literal["ignore", "version", "create", "link"]
    asset: int | None = Field(default=None, description="with `link` only: the asset that is this file's")
    why: str = Field(min_length=1, max_length=1000)


class Replay(Shape):
    target: str = Field(min_length=1, description="a link, or a flow for all that is held or failed of it")
