"""The rules of a flow in the order in which they are tested, how each came out for a file, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.domain.decisions import Decision, Outcome, Reason
from shared.engine.notes import lost_of
from shared.flows import LOST, IngestFlow, Previewed, Source


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the flow file: its place there, what it found or would write, from which values, how it came out."""

    rule: str
    verdict: Verdict
    value: str = ""
    used: Mapping[str, str] = field(default_factory=dict)


STAGES = (
    ("mode",),
    ("from", "after", "on_source_deleted"),
    ("start",),
    ("ready.folder", "ready.collection"),
    ("ready.unchanged_for",),
    ("ready",),
    ("changed_after_ready",),
    ("content", "accept", "to", "identity", "fields", "availability", "after.move_to", "incomplete", "on_ready_lost"),
)
WRITTEN = ("to.name", "identity", "fields", "availability", "after.move_to")  # by the owner of an asset alone


def _stage(rule: str) -> int:
    """The longest name that fits: ready.folder stands before ready."""
    hits = [(len(name), place) for place, stage in enumerate(STAGES) for name in stage if _is_of(rule, name)]
    return max(hits)[1] if hits else len(STAGES)


def _is_of(rule: str, name: str) -> bool:
    return f"{rule}.".startswith(f"{name}.")


def rules_of(
    flow: IngestFlow,
    decision: Decision,
    left: tuple[Reason, ...],
    previewed: Mapping[str, Previewed],
    *,
    is_alias: bool = False,
) -> Iterator[Rule]:
    """A file that waits, is held or ignored stopped at the first stage with a reason; the later ones saw nothing.

    Approving values that a settled file has lost stop nothing but new content.
    `left` are the parts of `from` that do not speak of the file, whatever is decided about it.
    """
    is_open = decision.outcome in {Outcome.DO, Outcome.NOTHING}
    stops = {} if is_open else {reason.rule: reason.text for reason in decision.reasons}
    stops |= {reason.rule: reason.text for reason in left}
    failed = {**{reason.rule: reason.text for reason in lost_of(decision.reasons)}, **stops}
    reached = min((_stage(rule) for rule in stops), default=len(STAGES))
    for rule in sorted(dict.fromkeys([*_names(flow, previewed), *failed]), key=_stage):
        known = previewed.get(rule, Previewed())
        value = failed.get(rule) or known.value or decision.used.get(rule.removeprefix("ready."), "")
        is_reached = _stage(rule) <= reached and not ("from" in failed and _is_of(rule, "from"))
        verdict = Verdict.PASSED if is_reached else Verdict.NOT_REACHED
        if rule in failed:
            verdict = Verdict.FAILED
        elif is_alias and any(_is_of(rule, name) for name in WRITTEN):
            value, verdict = "an alias writes no fields" if _is_of(rule, "fields") else "", Verdict.NOT_REACHED
        yield Rule(rule, verdict, value, known.used)


def _names(flow: IngestFlow, previewed: Mapping[str, Previewed]) -> Iterator[str]:
    yield from ("mode", "from.path")
    yield from ("from.types",) if flow.types else ()
    yield from ("from.ignore",) if flow.ignore else ()
    yield from ("start",) if flow.start == "new" else ()
    for gate in flow.ready.gates:
        yield from (f"ready.{gate.kind}.{name}" for name, _ in gate.wanted)
    yield "ready.unchanged_for"
    yield from (rule for rule in previewed if _is_of(rule, "ready"))
    yield from ("changed_after_ready",) if flow.ready.conditions else ()
    yield from previewed


# --- what would change it -----------------------------------------------------------------------------------------

ADVICE = {
    "limits": "look at what has changed, then decide: `bridge brake` --go-on or --discard",
    "id": "put the flow back into the flow file, or `bridge retire` it",
    "mode": "switch the flow on in the flow file",
    "from.path": "move the file to where from.path fits, or change from.path",
    "from.types": "save it as one of the types that the flow takes, or change from.types",
    "from.ignore": "rename the file, or change from.ignore",
    "start": "edit the file: what was there before the flow is left alone until it changes",
    "ready.unchanged_for": "wait: nobody may save other content meanwhile",
    "ready.folder": "set the columns of the folder: all files behind it are taken up then",
    "ready.collection": "set the fields of the collection in CELUM: it is looked at once an hour",
    "ready.checked_in": "check the file in",
    "ready.content_approval": "have the file approved in its library",
    "ready": "do what the condition asks for in OneDrive",
    "ready.column": "set the column {name}",
    "ready.office": "set the property {name} in the document",
    "ready.name": "rename the file",
    "changed_after_ready": "approve the present content again",
    "accept": "replace the file by one that is accepted",
    "fields": "fill in or correct what the field comes from",
    "content": "replace the file by one that can be read",
    "identity": "see which asset is meant: `bridge accept` --as link:ASSET, or --as create for another",
    "columns": "correct the name in the flow file, or give the library that column",
    "on_existing": "`bridge accept` --as version, or --as create for another asset",
    "to": "correct the name in the flow file, or make what it names in CELUM",
    "transfer": "remove the cause, then `bridge replay`",
    "decide": "remove the cause, then `bridge replay`",
    "on_source_deleted": "restore the file, or put it back",
    "versions": "compare the two versions in CELUM; `bridge accept` --as version then puts the file's content on top, "
    "--as ignore leaves the asset as it is until the file changes",
    "asset": "in CELUM, bring the asset back or let the bridge see it; or `bridge accept` --as create for another",
}
STOPPED = {
    "barred": "see `bridge status`: the library is not known to be this installation's",
    "paused": "`bridge resume` the flow",
    "braked": "decide about the brake: `bridge brake` --go-on or --discard",
    "frozen": "put the flow back into the flow file, switched on",
    "starting": "wait until the files that were there before the flow are listed",
}


def advice_on(flow: IngestFlow, decision: Decision, stops: str) -> Iterator[str]:
    if stops:
        yield STOPPED.get(stops, stops)
    if decision.outcome in {Outcome.DO, Outcome.NOTHING} and not lost_of(decision.reasons):
        return
    until = f" (until {decision.until:%Y-%m-%d %H:%M:%S} UTC)" if decision.until else ""
    for reason in decision.reasons:
        if reason.rule == LOST:
            continue
        advice = advice_for(reason, flow)
        yield f"{advice}{until}" if advice else reason.text


def advice_for(reason: Reason, flow: IngestFlow | None = None) -> str:
    """Empty where the reason itself says what to do. With the flow it names what a field comes from."""
    hits = [name for name in ADVICE if _is_of(reason.rule, name)]
    if not hits:
        return ""
    hit = max(hits, key=len)
    name = reason.rule.removeprefix(f"{hit}.")
    rule = next((rule for rule in flow.fields if hit == "fields" and rule.label == name), None) if flow else None
    if rule is not None and rule.sources:
        return f"fill in or correct {' or '.join(map(_told, rule.sources))}"
    return ADVICE[hit].format(name=name)


def _told(source: Source) -> str:
    match source.kind:
        case "column":
            return f"the column {source.name}"
        case "office":
            return f"the property {source.name} of the document"
        case _:
            return f"{source}"
