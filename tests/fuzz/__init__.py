"""Whatever comes from outside is read, refused by name, or passed over; nothing else escapes.

Documents are drawn in tests/unit/documents.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
FUZZ = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

ODD = [
    "",
    " ",
    "\0",
    "\ud800",
    "9" * 5000,
    "-1",
    "1e999",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30",
    "²",
    "/drives/b!x/root:/%",
    "%ff%fe",
]
NO_DATES = ["Tue, 24 Nov 2026 17:00:00 +9999999999999999999", "Tue, 24 Nov 20260000000000000 17:00:00 GMT"]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.sampled_from(ODD)
    | st.text(st.characters(codec="utf-8"), max_size=30)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def distorted(value: object) -> st.SearchStrategy[object]:
    """The JSON value with any of its parts replaced by anything, left out, or added to."""
    if isinstance(value, dict):
        members = {key: distorted(part) | json_values for key, part in value.items()}
        whole = st.fixed_dictionaries({}, optional=members)
        more = st.dictionaries(st.text(max_size=12), json_values, max_size=1)
        return st.builds(lambda one, two: {**two, **one}, whole, more)
    if isinstance(value, list):
        return st.lists(st.one_of(*[distorted(part) for part in value], json_values), max_size=len(value) + 2)
    return st.just(value) | json_values
