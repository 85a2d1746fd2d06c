"""Pages and sorting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.celum_simulator.reading import Body
from local.celum_simulator.refusals import Json, bad_argument
from local.celum_simulator.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    page: int
    size: int
    sorts: tuple[Sort, ...] = ()


def of_body(tenant: Tenant, body: Body) -> Wanted:
    page: int | None = None
    size: int | None = None
    if body.has("pagination"):
        given = body.body("pagination")
        given.only("page", "size")
        page, size = given.integer_or_none("page"), given.integer_or_none("size")
    sorts = []
    for entry in body.bodies("sorting", optional=True):
        entry.only("field", "order")
        order = entry.choice("order", ("ASC", "DESC"), default="ASC")
        sorts.append(Sort(entry.text("field"), order == "DESC"))
    return checked(tenant, page, size, tuple(sorts))


def of_query(tenant: Tenant, page: int | None, size: int | None, sort: list[str]) -> Wanted:
    sorts = []
    for text in sort:
        name, _, order = text.partition(",")
        if order not in {"", "ASC", "DESC"}:
            raise bad_argument("sort", "is field,ASC or field,DESC")
        sorts.append(Sort(name, order == "DESC"))
    return checked(tenant, page, size, tuple(sorts))


def checked(tenant: Tenant, page: int | None, size: int | None, sorts: tuple[Sort, ...]) -> Wanted:
    quirks = tenant.quirks
    page = 1 if page is None else page
    size = quirks.default_page_size if size is None else size
    if page < 1:
        raise bad_argument("page", "must be 1 or more")
    if size < 1 or (size > quirks.max_page_size and quirks.oversize_page == "refuse"):
        raise bad_argument("size", f"must be between 1 and {quirks.max_page_size}")
    size = min(size, quirks.max_page_size)
    if quirks.deep_page_limit is not None and page * size > quirks.deep_page_limit:
        raise bad_argument("page", f"only the first {quirks.deep_page_limit} results can be paged through")
    return Wanted(page, size, sorts)


type Key[T] = Callable[[T], str | int | float | datetime | None]


def ordered[T](rows: list[T], sorts: tuple[Sort, ...], key_of: Callable[[str], Key[T] | None]) -> list[T]:
    """Sorted by the last criterion first; rows without a value come last."""
    for sort in reversed(sorts):
        key = key_of(sort.field)
        if key is None:
            raise bad_argument("sorting.field", f"cannot sort by {sort.field}")
        full = [row for row in rows if key(row) is not None]
        empty = [row for row in rows if key(row) is None]
        rows = sorted(full, key=key, reverse=sort.descending) + empty  # type: ignore[arg-type]  # one field, one kind
    return rows


def _moved(tenant: Tenant, page: int) -> int:
    """How far rows moved since the first page: one up after a delete, one down after an insert."""
    return 0 if page == 1 else {"none": 0, "skip": 1, "repeat": -1}[tenant.quirks.shifting_pages]


def page[T](tenant: Tenant, rows: list[T], wanted: Wanted, write: Callable[[T], Json]) -> Json:
    start, total = (wanted.page - 1) * wanted.size, len(rows)
    moved = _moved(tenant, wanted.page)
    start, total = start + moved, total - moved
    shown = rows[max(start, 0) : start + wanted.size]
    out: Json = {"totalElements": total, "hasNext": start + wanted.size < len(rows)}
    if moved and not out["hasNext"]:
        tenant.quirks.shifting_pages = "none"
    if shown or tenant.quirks.empty_content == "list":
        out["content"] = [write(row) for row in shown]
    return out
