"""`needs` and `decide`: what is to happen with one file, from what is known about it and nothing else.

Both walk the same stages: selection, the quiet period, the approving values, the approved content, acceptance and
fields, and last the comparison with what settled. `needs` says what the walk stopped for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import Approval, Decision, Facts, Kind, Link, LinkState, Need, Outcome, Reason, Verb
from shared.flows._gates import cover, is_same, judge, traces_approval
from shared.flows._model import IngestFlow, Mode
from shared.flows._reading import Lacks, Reading
from shared.flows._selection import selects
from shared.flows._start import was_there_before
from shared.flows._wishing import facts_hash, wish

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
        return _not_selected(facts, link)
    reading = Reading(flow, facts, link, captures)
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


def _not_selected(facts: Facts, link: Link | None) -> Decision:
    item = facts.item
    if link is None or link.state in {LinkState.BEFORE, LinkState.CLOSED}:
        return _ignored("from", "the flow does not speak of this file")
    if item.path is None and not item.deleted:
        return Decision(Outcome.WAIT, (Reason("from.path", "the path of the file is not known yet", outside=True),))
    text = "the file was deleted" if item.deleted else "the file no longer matches from"
    return Decision(Outcome.DO, (Reason("on_source_deleted", text),), Verb.CLOSE)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the stages so far found out."""

    approval: Approval | None = None
    gate_open: bool | None = None
    reasons: tuple[Reason, ...] = ()


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
            found = _Found(gate_open=False, reasons=gate.closed)
            if is_quiet and self.settled and self._signature() == self.settled.signature:
                return found  # on_ready_lost: keep; what stands around the content still follows
            return self._decision(Outcome.WAIT, gate.closed, found, until=None if is_quiet else quiet_until)
        covered = self._coverage()
        if isinstance(covered, Reason) and is_quiet:
            return self._decision(Outcome.HOLD, (covered,), _Found(gate_open=True))
        approval = None if isinstance(covered, Reason) else covered
        found = _Found(approval, gate_open=True if self.flow.ready.conditions else None)
        if not is_quiet:
            return self._decision(Outcome.WAIT, (self._still_changing(),), found, until=quiet_until)
        return found

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
            return self._decision(Outcome.HOLD, (*found.reasons, *wanted), found)
        signature, hashed = self._signature(), facts_hash(wanted)
        decision = replace(
            self._decision(Outcome.DO, found.reasons, found), wish=wanted, signature=signature, facts_hash=hashed
        )
        if self.settled is None:
            return replace(decision, verb=Verb.CREATE)
        if signature != self.settled.signature:
            return replace(decision, verb=Verb.ADD_VERSION)
        is_closed = self.link is not None and self.link.state is LinkState.CLOSED
        if hashed != self.settled.facts_hash or is_closed:  # restored: the closed link opens again
            return replace(decision, verb=Verb.UPDATE)
        return replace(decision, outcome=Outcome.NOTHING)

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
            used=used,
        )
