"""Names of the flow file against names of the live system: exact, trimmed, in any locale, never guessed."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Sequence

from shared.errors import NameProblem

SHOWN = 8  # candidates in a message


def normal(name: str) -> str:
    """Trimmed and NFC: one system may compose what the other decomposes."""
    return unicodedata.normalize("NFC", name).strip()


def pick[T](kind: str, wanted: str, entries: Sequence[tuple[T, Collection[str], str]]) -> T:
    """The one entry (value, its names, how it is told to people) that bears the name; NameProblem otherwise."""
    found = [(value, told) for value, names, told in entries if bears(wanted, names)]
    if len(found) == 1:
        return found[0][0]
    if found:
        raise NameProblem(kind, wanted, candidates=tuple(told for _, told in found)[:SHOWN], ambiguous=True)
    raise NameProblem(kind, wanted, candidates=nearest(wanted, [name for _, names, _ in entries for name in names]))


def bears(wanted: str, names: Collection[str]) -> bool:
    return normal(wanted) in {normal(name) for name in names}


def nearest(wanted: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names most like it; all of them where they are few."""
    known = list(dict.fromkeys(name for name in map(normal, names) if name))
    folded = {name.casefold(): name for name in known}  # labels come after technical names, and win
    close = difflib.get_close_matches(normal(wanted).casefold(), list(folded), n=SHOWN, cutoff=0.6)
    return tuple(folded[name] for name in close) or tuple(sorted(known)[:SHOWN])
