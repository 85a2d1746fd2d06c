"""Why a file is where it is: the same decision as always on fresh facts, with every rule that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.documents import Protected, UnsafeContent
from shared.domain import AssetId, Decision, DriveId, Facts, ItemId, Link, Outcome, Reason, link_key
from shared.engine.context import Context
from shared.engine.facts import complete, read_item
from shared.engine.stopping import item_of
from shared.flows import IngestFlow, decide
from shared.ledger.gates import gate_key
from shared.ledger.rows import RefKind, asset_ref


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the flow file: its place there, what it found, and how it came out."""

    rule: str
    verdict: Verdict
    value: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one file under one flow."""

    flow: IngestFlow
    facts: Facts
    link: Link | None
    decision: Decision
    rules: tuple[Rule, ...]
    would_change: tuple[str, ...]
    stops: str


async def explain_path(context: Context, path: str) -> list[Explanation]:
    """The file at a path from a library's root, in every library that a flow names and that has one."""
    found: list[Explanation] = []
    for drive in await context.drives():
        item = await context.onedrive.item_at(drive, path)
        if item is not None:
            found += await explain_item(context, drive, item.id)
    return found


async def explain_asset(context: Context, asset: AssetId) -> list[Explanation]:
    """The files that an asset came from."""
    keys = await context.ledger.refs(RefKind.ASSET, asset_ref(asset))
    found: list[Explanation] = []
    for drive, item in dict.fromkeys(item_of(key) for key in keys):
        found += await explain_item(context, drive, item)
    return found


async def explain_item(context: Context, drive: DriveId, item: ItemId) -> list[Explanation]:
    facts = await read_item(context, drive, item)
    return [await _explain(context, flow, facts) for flow in await context.flows_of(drive)]


async def _explain(context: Context, flow: IngestFlow, facts: Facts) -> Explanation:
    link = await context.ledger.link(link_key(flow.id, facts.item.drive, facts.item.id))
    try:
        full = await complete(context, flow, facts, link)
        decision = decide(flow, full, link, generation=context.generation)
    except (Protected, UnsafeContent) as problem:
        full, decision = facts, Decision(Outcome.HOLD, (Reason("content", str(problem)),))
    rules = tuple(_rules(flow, decision))
    stops = await context.stops(flow.id)
    advice = (*_advice(decision, stops), *await _company_behind(context, flow, decision))
    return Explanation(flow, full, link, decision, rules, advice, stops)


async def _company_behind(context: Context, flow: IngestFlow, decision: Decision) -> tuple[str, ...]:
    """How many files lie dormant behind the gate that keeps this one back."""
    need = decision.behind
    gate = await context.ledger.gate(gate_key(flow.id, need.kind, need.of)) if need is not None else None
    return () if gate is None else (f"then all that lie behind it are taken up: {len(gate.seen)} files were seen",)


# --- the rules of a flow, in the order in which they are tested ---------------------------------------------------

STAGES = (
    ("mode",),
    ("from", "after"),
    ("start",),
    ("ready.folder", "ready.collection"),
    ("ready.unchanged_for",),
    ("ready",),
    ("changed_after_ready",),
    ("content", "accept", "fields", "availability", "to", "incomplete", "on_ready_lost"),
)


def _stage(rule: str) -> int:
    """The longest name that fits: ready.folder stands before ready."""
    hits = [
        (len(name), place) for place, stage in enumerate(STAGES) for name in stage if f"{rule}.".startswith(f"{name}.")
    ]
    return max(hits)[1] if hits else len(STAGES)


def _rules(flow: IngestFlow, decision: Decision) -> Iterator[Rule]:
    """A file that waits, is held or ignored stopped at the first stage with a reason; the later ones saw nothing."""
    is_open = decision.outcome in {Outcome.DO, Outcome.NOTHING}
    failed = {} if is_open else {reason.rule: reason.text for reason in decision.reasons}
    reached = min((_stage(rule) for rule in failed), default=len(STAGES))
    names = list(dict.fromkeys([*_names(flow), *failed]))
    for rule in sorted(names, key=_stage):
        value = failed.get(rule) or decision.used.get(rule.removeprefix("ready."), "")
        if rule in failed:
            yield Rule(rule, Verdict.FAILED, value)
        else:
            yield Rule(rule, Verdict.PASSED if _stage(rule) <= reached else Verdict.NOT_REACHED, value)


WORDS = {
    "ColumnIs": "column",
    "OfficeIs": "office",
    "NameIs": "name",
    "CheckedIn": "checked_in",
    "ContentApprovalIs": "content_approval",
    "AnyOf": "any",
    "Not": "not",
}


def _names(flow: IngestFlow) -> Iterator[str]:
    yield from ("mode", "from.path")
    yield from ("from.types",) if flow.types else ()
    yield from ("from.ignore",) if flow.ignore else ()
    yield from ("start",) if flow.start == "new" else ()
    for gate in flow.ready.gates:
        yield from (f"ready.{gate.kind}.{name}" for name, _ in gate.wanted)
    yield "ready.unchanged_for"
    for condition in flow.ready.conditions:
        name = getattr(condition, "column", None) or getattr(condition, "property", None)
        word = WORDS[type(condition).__name__]
        yield f"ready.{word}.{name}" if name else f"ready.{word}"
    yield from ("changed_after_ready",) if flow.ready.conditions else ()
    for name in ("types", "max_size", "name", "min_pixels"):
        yield from (f"accept.{name}",) if getattr(flow.accept, name) else ()
    yield from (f"fields.{rule.label}" for rule in flow.fields)
    yield from ("availability",) if flow.availability else ()


# --- what would change it -----------------------------------------------------------------------------------------

ADVICE = {
    "mode": "switch the flow on in the flow file",
    "from": "move or rename the file so that the pattern of the flow fits, or change the flow",
    "start": "edit the file: what was there before the flow is left alone until it changes",
    "ready.unchanged_for": "wait: nobody may save other content meanwhile",
    "ready.folder": "set the columns of the folder: all files behind it are taken up then",
    "ready.collection": "set the fields of the collection in CELUM: it is looked at once an hour",
    "ready.checked_in": "check the file in",
    "ready.content_approval": "have the file approved in its library",
    "ready": "do what the condition asks for in OneDrive",
    "changed_after_ready": "approve the present content again",
    "accept": "replace the file by one that is accepted",
    "fields": "fill in or correct what the field comes from",
    "content": "replace the file by one that can be read",
    "on_source_deleted": "restore the file, or put it back",
}
STOPPED = {
    "barred": "see `bridge status`: the library is not known to be this installation's",
    "paused": "`bridge resume` the flow",
    "braked": "decide about the brake: `bridge brake` --go-on or --discard",
    "frozen": "put the flow back into the flow file, switched on",
    "starting": "wait until the files that were there before the flow are listed",
}


def _advice(decision: Decision, stops: str) -> Iterator[str]:
    if stops:
        yield STOPPED.get(stops, stops)
    if decision.outcome in {Outcome.DO, Outcome.NOTHING}:
        return
    for reason in decision.reasons:
        hits = [name for name in ADVICE if f"{reason.rule}.".startswith(f"{name}.")]
        until = f" (until {decision.until:%Y-%m-%d %H:%M:%S} UTC)" if decision.until else ""
        yield f"{ADVICE[max(hits, key=len)]}{until}" if hits else reason.text
