"""Where a flow decides otherwise than a case of `flows.test.yaml` expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from shared.domain.decisions import Decision, Wish
from shared.domain.items import Value
from shared.flows._case import ON_CHANGE, Case, Difference, Expect
from shared.flows._case_facts import facts_of, link_of, wish_then
from shared.flows._deciding import decide
from shared.flows._reading import as_text
from shared.flows._units import duration_text

type Effect = Callable[[Case, Decision, Wish | None], Decision]  # the wish as it was when the file settled


def _no_effect(_: Case, decision: Decision, __: Wish | None) -> Decision:
    return decision


def differences(case: Case, effect: Effect = _no_effect) -> tuple[Difference, ...]:
    """Where the flow decides otherwise than the case expects; none is success.

    `effect` says what the decision comes to where an asset stands in CELUM already.
    """
    link = link_of(case)
    if isinstance(link, Difference):
        return (link,)
    decision = effect(case, decide(case.flow, facts_of(case, link), link), wish_then(case, link))
    return tuple(_compare(case.expect, decision, case.given.now))


def _compare(expect: Expect, decision: Decision, now: datetime) -> Iterator[Difference]:
    wish = decision.wish
    yield from _differs("outcome", expect.outcome, decision.outcome.value)
    yield from _differs("verb", expect.verb, decision.verb.value if decision.verb else None)
    reasons = [reason.text for reason in decision.reasons]
    for text in expect.why:
        if not any(text in reason for reason in reasons):
            yield Difference("why", f'a reason with "{text}"', _listed(reasons))
    if expect.look_again is not None:
        yield from _differs(
            "look_again", expect.look_again, duration_text(decision.until - now) if decision.until else ON_CHANGE
        )
    yield from _differs("collection", expect.collection, wish.collection if wish else None)
    yield from _differs("name", expect.name, wish.name if wish else None)
    values = {field.label: field.value for field in wish.fields} if wish else None
    for label, value in expect.fields.items():
        found = values.get(label, "") if values is not None else None
        if found != value:
            yield Difference(f"fields.{label}", _shown(value), _shown(found))
    since, until = (wish.available_since, wish.available_until) if wish else (None, None)
    yield from _differs_in_time("available_from", expect.available_from, since)
    yield from _differs_in_time("available_until", expect.available_until, until)
    if expect.unavailable is not None:
        got = decision.unavailable or (wish is not None and wish.unavailable)
        yield from _differs("unavailable", str(expect.unavailable).lower(), str(got).lower())
    for column, text in expect.columns.items():
        yield from _differs(f"columns.{column}", text, decision.columns.get(column))
    yield from _differs("move_to", expect.move_to, wish.move_to if wish else None)


def _differs(what: str, expected: str | None, got: str | None) -> Iterator[Difference]:
    if expected is not None and expected != got:
        yield Difference(what, expected, got if got is not None else "nothing")


def _differs_in_time(what: str, expected: datetime | None, got: datetime | None) -> Iterator[Difference]:
    if expected is not None and expected != got:
        shown = got.astimezone(expected.tzinfo).isoformat() if got else "nothing"
        yield Difference(what, expected.isoformat(), shown)


def _listed(reasons: list[str]) -> str:
    return "; ".join(f'"{reason}"' for reason in reasons) or "no reason"


def _shown(value: Value | None) -> str:
    if value is None:
        return "nothing, because nothing would be written"
    return f'"{as_text(value)}"' if isinstance(value, str) else f"the list [{', '.join(value)}]"
