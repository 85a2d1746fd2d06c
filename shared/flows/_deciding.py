"""`needs` and `decide`: what is to happen with one file, from what is known about it and nothing else.

Both walk the same stages: selection, the quiet period, the approving values, the approved content, acceptance and
fields, and last the comparison with what settled. `needs` says what the walk stopped for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.decisions import Approval, Decision, Outcome, Reason, Verb
from shared.domain.facts import Facts, Kind, Need
from shared.domain.links import Link, LinkState, accepted_as, is_put_away
from shared.flows._dormant import dormant
from shared.flows._gates import CHANGED, cover, forgets, is_same, judge, traces_approval
from shared.flows._model import IngestFlow, Mode
from shared.flows._reading import Lacks, Reading, as_text
from shared.flows._ready_loading import approves_a_content
from shared.flows._selection import selects
from shared.flows._start import was_there_before
from shared.flows._wishing import facts_hash, wish

LOST = "on_ready_lost"  # the rule that a settled file is under whose approving values no longer hold
UNNAMED_CONTENT_AGAIN = timedelta(minutes=1)  # OneDrive names new bytes within seconds; nobody announces it


def needs(flow: IngestFlow, facts: Facts, link: Link | None) -> frozenset[Need]:
    """What still has to be gathered before `decide` can answer; empty when it can."""
    try:
        _decide(flow, facts, link)
    except Lacks as lacks:
        return lacks.needs
    return frozenset()


def decide(flow: IngestFlow, facts: Facts, link: Link | None, *, generation: int = 0) -> Decision:
    """Asked only when `needs` has nothing left to ask; anything else is a mistake of the caller."""
    try:
        decision = _decide(flow, facts, link)
    except Lacks as lacks:
        raise AssertionError(f"decide was asked without these facts: {lacks}") from lacks
    return replace(decision, generation=generation)


def _decide(flow: IngestFlow, facts: Facts, link: Link | None) -> Decision:
    captures = selects(flow, facts.item)
    if flow.mode is Mode.OFF:
        return _ignored("mode", "the flow is off")
    if captures is None:
        return _not_selected(flow, facts, link)
    reading = Reading(flow, facts, link, captures)
    if (behind := dormant(reading)) is not None:
        return behind
    if link is not None and was_there_before(reading, link):
        return _ignored("start", "the file was there before the flow and has not changed since")
    if facts.item.malware:
        return Decision(Outcome.HOLD, (Reason("from", "OneDrive reports malware in this file"),))
    if facts.item.content is None:
        return Decision(
            Outcome.WAIT,
            (Reason("from", "OneDrive does not say yet what the file holds", outside=True),),
            until=facts.now + UNNAMED_CONTENT_AGAIN / facts.time_scale,
        )
    return _Stages(reading).run()


def _ignored(rule: str, text: str) -> Decision:
    return Decision(Outcome.IGNORE, (Reason(rule, text),))


def _not_selected(flow: IngestFlow, facts: Facts, link: Link | None) -> Decision:
    item = facts.item
    if link is None or link.state in {LinkState.BEFORE, LinkState.CLOSED}:
        return _ignored("from", "the flow does not speak of this file")
    if is_put_away(link, item):
        return _ignored("after", "the flow itself has put the file there")
    if item.path is None and not item.deleted:
        return Decision(Outcome.WAIT, (Reason("from.path", "the path of the file is not known yet", outside=True),))
    text = "the file was deleted" if item.deleted else "the file no longer matches from"
    reasons = (Reason("on_source_deleted", text),)
    if link.settled is not None and flow.on_source_deleted == "hold":
        return Decision(Outcome.HOLD, reasons)
    unavailable = link.settled is not None and flow.on_source_deleted == "unavailable"
    return Decision(Outcome.DO, reasons, Verb.CLOSE, unavailable=unavailable)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the stages so far found out."""

    approval: Approval | None = None
    gate_open: bool | None = None
    reasons: tuple[Reason, ...] = ()
    is_lost: bool = False  # the approving values held once, and the flow takes the asset out of use


class _Stages:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.flow = reading.flow
        self.facts = reading.facts
        self.link = reading.link
        self.settled = reading.link.settled if reading.link else None

    def run(self) -> Decision:
        quiet_until = self._quiet_until()
        if self._is_new() and quiet_until > self.facts.now:
            return self._decision(Outcome.WAIT, (self._still_changing(),), until=quiet_until)
        found = self._gate(quiet_until)
        return found if isinstance(found, Decision) else self._after_the_gate(found)

    # --- the quiet period -------------------------------------------------------------------------------------------

    def _is_new(self) -> bool:
        return self.link is None or self.link.seen_at is None or self.link.content != self.facts.item.content

    def _quiet_until(self) -> datetime:
        seen_at = self.link.seen_at if self.link and not self._is_new() else None
        return (seen_at or self.facts.now) + self.flow.ready.unchanged_for / self.facts.time_scale

    def _still_changing(self) -> Reason:
        return Reason("ready.unchanged_for", "the content changed a moment ago")

    # --- the approving values, and the content that they approved ---------------------------------------------------

    def _gate(self, quiet_until: datetime) -> Decision | _Found:
        is_quiet = quiet_until <= self.facts.now
        gate = judge(self.reading)
        if gate.wrong:
            return self._decision(Outcome.HOLD, gate.wrong, _Found(gate_open=False if gate.closed else None))
        if gate.closed:
            return self._while_closed(gate.closed, None if is_quiet else quiet_until)
        covered = self._coverage()
        if isinstance(covered, Reason) and is_quiet:
            return self._changed_since(covered)
        approval = None if isinstance(covered, Reason) else covered
        found = _Found(approval, gate_open=True if self.flow.ready.conditions else None)
        if not is_quiet:
            return self._decision(Outcome.WAIT, (self._still_changing(),), found, until=quiet_until)
        return found

    def _while_closed(self, closed: tuple[Reason, ...], until: datetime | None) -> Decision | _Found:
        """`until` is the end of a quiet period that still runs."""
        found = _Found(gate_open=False)
        if self.settled is None or until is not None:
            return self._decision(Outcome.WAIT, closed, found, until=until)
        if self.flow.on_ready_lost == "hold":
            return self._decision(Outcome.HOLD, closed, found)
        if self.flow.on_ready_lost == "unavailable":
            kept = "what CELUM has stays" if self.settled.alias else "the asset is out of use"
            return replace(found, reasons=self._lost(kept, closed), is_lost=True)
        if self._signature() == self.settled.signature:  # keep: what stands around the content still follows
            return replace(found, reasons=self._lost("what CELUM has stays", closed))
        return self._decision(Outcome.WAIT, self._lost("the present content is not in CELUM", closed), found)

    def _lost(self, so: str, closed: tuple[Reason, ...]) -> tuple[Reason, ...]:
        approved = traces_approval(self.flow) or approves_a_content(self.flow.ready)
        what = "approval taken back" if approved else "no longer ready"
        return (Reason(LOST, f"{what}: {so}"), *closed)

    def _changed_since(self, why: Reason) -> Decision:
        """Other content than the approved one: a person approves it again, after the bridge took the approval back."""
        found = _Found(gate_open=True)
        if self.flow.changed_after_ready == "reset" and why.rule == CHANGED and not self._is_taken_back():
            decision = self._decision(Outcome.DO, (why,), found)
            return replace(decision, verb=Verb.RESET, columns=dict(self.flow.reset))
        return self._decision(Outcome.HOLD, (why,), found)

    def _is_taken_back(self) -> bool:
        """Where the columns hold what reset writes and the gate is open all the same, only a person can help."""
        return all(
            as_text(self.reading.column(name)).strip() == value.strip() for name, value in self.flow.reset.items()
        )

    def _shown(self, column: str) -> str:
        return as_text(self.reading.as_people_see_it(column, self.reading.column(column))).strip()

    def _coverage(self) -> Approval | Reason | None:
        """Both costly facts are asked for together where both will be needed."""
        if not traces_approval(self.flow):
            return None
        try:
            signature = self._signature()
        except Lacks as lacks:
            if self.settled is None:
                self._also(lacks)
            raise
        return cover(self.reading, signature)

    def _also(self, lacks: Lacks) -> None:
        try:
            cover(self.reading, "")
        except Lacks as more:
            raise Lacks(*lacks.needs, *more.needs) from lacks

    def _signature(self) -> str:
        if self.facts.signature is not None:
            return self.facts.signature
        if self.settled and is_same(self.facts.item.content, self.settled.content):
            return self.settled.signature
        raise Lacks(Need(Kind.SIGNATURE))

    # --- acceptance, fields, and what is already so -----------------------------------------------------------------

    def _after_the_gate(self, found: _Found) -> Decision:
        wanted = wish(self.reading)
        if isinstance(wanted, tuple):
            held = self._decision(Outcome.HOLD, (*found.reasons, *wanted), found)
            return replace(held, unavailable=found.is_lost)
        if found.is_lost and self.settled:  # whatever the file holds now, no bytes move
            wanted, signature = replace(wanted, unavailable=True), self.settled.signature
        else:
            signature = self._signature()
        hashed = facts_hash(wanted)
        decision = replace(
            self._decision(Outcome.DO, found.reasons, found), wish=wanted, signature=signature, facts_hash=hashed
        )
        if self.settled is None:
            return replace(decision, verb=Verb.CREATE)
        if signature != self.settled.signature:
            return self._with_new_content(decision)
        is_closed = self.link is not None and self.link.state is LinkState.CLOSED
        if hashed != self.settled.facts_hash or is_closed:  # restored: the closed link opens again
            return replace(decision, verb=Verb.UPDATE)
        return replace(decision, outcome=Outcome.NOTHING)

    def _with_new_content(self, decision: Decision) -> Decision:
        said = accepted_as(self.link, self.facts.item.content)
        match "add_version" if said == "version" else self.flow.on_existing.new_content:
            case "hold":
                reason = Reason(
                    "on_existing.new_content", "the file holds new content, and its asset is not to be changed"
                )
                return replace(decision, outcome=Outcome.HOLD, reasons=(*decision.reasons, reason), wish=None)
            case "create":
                return replace(decision, verb=Verb.CREATE)
            case _:
                return replace(decision, verb=Verb.ADD_VERSION)

    def _decision(
        self, outcome: Outcome, reasons: tuple[Reason, ...], found: _Found | None = None, until: datetime | None = None
    ) -> Decision:
        found = found or _Found()
        used: Mapping[str, str] = dict(self.reading.used)
        return Decision(
            outcome,
            reasons,
            until=until,
            signature=self.facts.signature,
            approval=found.approval,
            gate_open=found.gate_open,
            forgets=found.gate_open is False and forgets(self.reading),
            used=used,
        )
