"""Whether and when an asset may be used: dates are three-way like a field, and out of use is put back as it was. Pure.

What people set in CELUM stays until the source's own dates change. What the bridge replaces as it takes an asset out of
use stands in `Settled.stood`, written before CELUM is asked. It comes back only where CELUM still has what the bridge
set.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.celum import same_availability as same
from shared.domain.assets import Availability
from shared.domain.links import Settled

IN_USE = Availability(available=True)  # what every asset begins with
OUT_OF_USE = Availability(available=False)


@dataclass(frozen=True, slots=True)
class Use:
    """`write` is what to send, None where it stands; `stood` is what comes back later, None where nothing is to."""

    write: Availability | None = None
    stood: Availability | None = None
    replaced: str = ""  # a person's value that goes


@dataclass(frozen=True, slots=True)
class UseWish:
    """`window` counts only where the flow `has_dates`; None in it means that the source is empty."""

    window: Availability | None = None
    has_dates: bool = False
    is_out: bool = False


def use_of(base: Settled | None, present: Availability | None, wish: UseWish) -> Use:
    """`base` is what was last settled, `present` what stands in CELUM."""
    was_taken = base is not None and (base.off or base.stood is not None)
    is_still_out = was_taken and same(present, OUT_OF_USE)
    under = ((base and base.stood) or IN_USE) if is_still_out else present
    value, replaced = _dated(base.window if base else None, wish.window, under) if wish.has_dates else (under, "")
    if not wish.is_out:
        return Use(_missing(value, present), None, replaced)
    put_back = base is not None and base.off and not is_still_out  # by a person, whose word that is now
    return Use(_missing(value if put_back else OUT_OF_USE, present), value or IN_USE, replaced)


def _missing(value: Availability | None, present: Availability | None) -> Availability | None:
    return None if same(present, value) else value


def _dated(
    before: Availability | None, wanted: Availability | None, under: Availability | None
) -> tuple[Availability | None, str]:
    """What is to stand there, and a person's value that goes for it."""
    if same(before, wanted) or same(under, wanted):
        return under, ""
    is_ours = same(under, before or IN_USE)
    if wanted is None:  # an emptied source clears only what the bridge wrote
        return (IN_USE if is_ours else under), ""
    return wanted, "" if is_ours or under is None else described(under)


def described(availability: Availability) -> str:
    if availability.available is not None:
        return "available" if availability.available else "not available"
    words = (("from", availability.since), ("until", availability.until))
    return " ".join(f"{word} {moment.isoformat()}" for word, moment in words if moment) or "available"
