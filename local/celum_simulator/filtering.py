"""What all search filters share: predicates, ranges, and how words match."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.celum_simulator.model import User
from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import bad_argument
from local.celum_simulator.tenant import Tenant

OPERATORS = ("and", "or")
SEARCH_TYPES = ("phrase", "terms", "termsStartingWith", "termsEndingWith")

type Predicate[R] = Callable[[R], bool]


@dataclass(frozen=True, slots=True)
class Searching:
    tenant: Tenant
    user: User


type Builder[R] = Callable[[Searching, Body], Predicate[R]]


def search_type(searching: Searching, body: Body) -> str:
    return body.choice("searchType", SEARCH_TYPES, default=searching.tenant.quirks.default_search_type)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def text_matches(text: str, wanted: str, kind: str, *, every: bool = True) -> bool:
    """Words, not characters: a phrase matches anywhere in the text, so an equal name is the caller's to check."""
    have, want = _words(text), _words(wanted)
    if not want:
        return False
    if kind == "phrase":
        return any(have[i : i + len(want)] == want for i in range(len(have)))
    fits: Callable[[str, str], bool] = {
        "terms": lambda word, term: word == term,
        "termsStartingWith": str.startswith,
        "termsEndingWith": str.endswith,
    }[kind]
    return (all if every else any)(any(fits(word, term) for word in have) for term in want)


def ids(searching: Searching, body: Body, name: str) -> list[int]:
    values = body.integers(name)
    limit = searching.tenant.quirks.max_filter_values
    if not values:
        raise bad_argument(body.at(name), "must not be empty")
    if limit is not None and len(values) > limit:
        raise bad_argument(body.at(name), f"takes at most {limit} values")
    return values


def at_least_one(body: Body) -> None:
    if not body.has("from") and not body.has("to"):
        raise bad_argument(body.at("from"), "either 'from' or 'to' must be set")


def texts(searching: Searching, body: Body, name: str) -> list[str]:
    values = body.texts(name)
    limit = searching.tenant.quirks.max_filter_values
    if limit is not None and len(values) > limit:
        raise bad_argument(body.at(name), f"takes at most {limit} values")
    return values


def id_range[R](of: Callable[[R], int]) -> Builder[R]:
    def build(_: Searching, body: Body) -> Predicate[R]:
        body.only("type", "from", "to")
        at_least_one(body)
        low, high = body.integer_or_none("from"), body.integer_or_none("to")
        return lambda row: (low is None or of(row) >= low) and (high is None or of(row) <= high)

    return build


def date_range[R](of: Callable[[R], datetime]) -> Builder[R]:
    def build(searching: Searching, body: Body) -> Predicate[R]:
        body.only("type", "from", "to")
        at_least_one(body)
        low, high = body.instant_or_none("from"), body.instant_or_none("to")
        if searching.tenant.quirks.range_ends == "exclusive":
            return lambda row: (low is None or of(row) > low) and (high is None or of(row) < high)
        return lambda row: (low is None or of(row) >= low) and (high is None or of(row) <= high)

    return build


def date_equality[R](of: Callable[[R], datetime]) -> Builder[R]:
    def build(_: Searching, body: Body) -> Predicate[R]:
        body.only("type", "value")
        wanted = body.instant("value")
        return lambda row: of(row) == wanted

    return build
