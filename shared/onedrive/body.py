"""What one answer of a content host is worth to a reader who stands at a certain byte. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.items import Content
from shared.errors import SourceChanged
from shared.onedrive.answers import Answer, error_of

PAGES = frozenset({"text/html", "application/json", "text/json", "application/problem+json"})
STALE = frozenset({401, 403, 404, 410})  # the URL has expired, whatever the host calls it
_CONTENT_RANGE = re.compile(r"bytes\s+(?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Broken(Exception):
    """This attempt gave nothing usable; a new URL and the same byte may."""


@dataclass(slots=True)
class Known:
    """What has been learnt of the source so far; a later answer must agree."""

    expected: Content | None = None
    mime_type: str | None = None
    item_etag: str | None = None  # as Graph told it
    total: int | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """`skip` bytes come first that were asked for before; `end` follows the last byte of this body, None = unknown."""

    skip: int
    end: int | None
    empty: bool = False  # there is no byte at this position: the reader is done


def error_in(answer: Answer, operation: str) -> Exception:
    """What an answer other than 200, 206 and 416 means for a reader of content."""
    error = error_of(answer, operation)
    if answer.status in STALE and type(error).__name__ != "Malware":
        return Broken(f"the content host answered {answer.status}")
    if answer.status >= 500 and answer.status not in {503, 507, 509}:
        return Broken(f"the content host answered {answer.status}")
    return error


def admit(status: int, headers: Mapping[str, str], position: int, known: Known, *, proven: bool) -> Body:
    """Check an answer of 200, 206 or 416. `proven`: OneDrive's hash says that the content is still the same.

    Raises Broken, or SourceChanged when size or ETag are not those of the earlier answers.
    """
    first, end, total = _bounds(status, headers, position)
    _check_page(headers, total, known)
    _check_encoding(headers, total, known)
    _check_same(headers.get("ETag"), total, known, proven=proven)
    if status == 416:
        return Body(0, position, empty=True)
    return Body(position - first, end)


def _bounds(status: int, headers: Mapping[str, str], position: int) -> tuple[int, int | None, int | None]:
    """First byte, byte after the last, and total of the source; None where the answer does not say."""
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    total = int(found[3]) if found and found[3] != "*" else None
    if status == 416:
        if position == 0 or (total is not None and total > position):
            raise Broken("the content host refused a range that exists")
        return position, position, total
    if status == 200:
        length = headers.get("Content-Length", "")
        whole = int(length) if _LENGTH.fullmatch(length) else None
        return 0, whole, whole
    if found is None or found[1] is None or int(found[1]) != position or int(found[2]) < position:
        raise Broken("the content host sent another range than was asked for")
    return position, int(found[2]) + 1, total


def _check_page(headers: Mapping[str, str], total: int | None, known: Known) -> None:
    """A page of HTML or JSON instead of the file: not of its size, and not of its type.

    Where the file is such a page itself, its hash, which the reader compares, tells them apart, or else its ETag.
    """
    kind = headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if kind not in PAGES or _as_announced(total, known):
        return
    is_hashed = known.expected is not None and known.expected.quick_xor is not None
    is_its_own = known.item_etag is not None and headers.get("ETag") == known.item_etag
    if kind != (known.mime_type or "").casefold() or not (is_hashed or is_its_own):
        raise Broken(f"the content host sent {kind} instead of the file")


def _check_encoding(headers: Mapping[str, str], total: int | None, known: Known) -> None:
    """Bytes that were compressed on the way are not those that are stored (and hashed)."""
    coding = headers.get("Content-Encoding", "identity").casefold()
    if coding not in {"", "identity"} and not _as_announced(total, known):
        raise Broken(f"the content host sent the file in {coding}")


def _as_announced(total: int | None, known: Known) -> bool:
    return total is not None and known.expected is not None and total == known.expected.size


def _check_same(etag: str | None, total: int | None, known: Known, *, proven: bool) -> None:
    if known.total is not None and total is not None and total != known.total:
        raise SourceChanged(f"OneDrive: the file changed while it was read (from {known.total} to {total} bytes)")
    if known.etag and etag and etag != known.etag and not proven:
        raise SourceChanged("OneDrive: the file changed while it was read (its ETag is another)")
    known.total = total if total is not None else known.total
    known.etag = etag or known.etag
