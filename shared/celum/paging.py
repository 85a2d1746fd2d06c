"""Pages that are no snapshot: 1-based, until `hasNext` is false, each entry once (reference 4; G80 to G83)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from shared.errors import System, Unavailable

PAGE_SIZE = 200  # LIKELY the most that CELUM gives (reference 4); it may give fewer, so only `hasNext` counts
EMPTY_PAGES = 3  # so many empty pages that promise more in a row end the patience with a server
PASSES = 2  # a list that moved while it was read is read once more

_log = logging.getLogger(__name__)


class Numbered(Protocol):
    @property
    def id(self) -> int: ...


class Page[T](Protocol):
    @property
    def content(self) -> Sequence[T]: ...

    @property
    def has_next(self) -> bool: ...

    @property
    def total_elements(self) -> int | None: ...


async def pages[T: Numbered](ask: Callable[[int], Awaitable[Page[T]]], operation: str) -> AsyncIterator[T]:
    """Every entry once, in the order of the pages; a second pass follows if the total did not fit what was read."""
    seen: set[int] = set()
    for attempt in range(PASSES):
        totals: set[int] = set()
        read = 0
        async for page in _one_pass(ask, operation):
            read += len(page.content)
            totals |= set() if page.total_elements is None else {page.total_elements}
            for entry in page.content:
                if entry.id not in seen:
                    seen.add(entry.id)
                    yield entry
        if not totals or (len(totals) == 1 and max(totals) <= len(seen) and read == len(seen)):
            return
        if attempt == PASSES - 1 and max(totals) > len(seen):
            _log.warning("CELUM announced %d entries and gave %d: %s", max(totals), len(seen), operation)


async def _one_pass[T: Numbered](ask: Callable[[int], Awaitable[Page[T]]], operation: str) -> AsyncIterator[Page[T]]:
    number, empty, more = 1, 0, True
    while more:
        page = await ask(number)
        empty = 0 if page.content else empty + 1
        if empty == EMPTY_PAGES and page.has_next:
            raise Unavailable(System.CELUM, operation, f"{EMPTY_PAGES} empty pages in a row that promise more")
        yield page
        number, more = number + 1, page.has_next
