"""What Graph and its content hosts answer, translated into the errors of the bridge: the one place that does so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from shared.errors import (
    BridgeError,
    Conflict,
    CursorExpired,
    Forbidden,
    ItemChanged,
    Locked,
    Malware,
    Missing,
    NameTaken,
    NotAuthorised,
    Refused,
    System,
    Throttled,
    Unavailable,
)

type Json = dict[str, Any]

LONGEST_PAUSE = 86_400.0  # seconds; a larger Retry-After is taken for this
SHOWN_CHARACTERS = 300  # of a server's own words
_RESYNC = frozenset({"resyncrequired", "resyncchangesapplydifferences", "resyncchangesuploaddifferences"})
_MALWARE = frozenset({"malwaredetected", "virusdetected", "virusinfected"})
_LOCKED = frozenset({"resourcelocked", "lockmismatch", "resourcecheckedout"})
_BUSY = frozenset({"activitylimitreached", "toomanyrequests"})
_TRY_LATER = frozenset({"cannotsnapshottree"})
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_of(answer: Answer, operation: str) -> Json:
    """The object in a good answer ({} for an empty body); raises what any other answer means."""
    if not 200 <= answer.status < 300:
        raise error_of(answer, operation)
    if not answer.body:
        return {}
    try:
        parsed = _loaded(answer.body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        kind = answer.headers.get("content-type", "no content type")
        raise Unavailable(
            System.ONEDRIVE, operation, f"a body that is not a JSON object ({kind})", status=answer.status
        )
    return parsed


def _loaded(body: bytes) -> Any:  # noqa: ANN401 (JSON)
    """Halves of a surrogate pair, which no table or message takes, are replaced: a name may end in one."""
    parsed: Any = json.loads(body.decode("utf-8-sig", "replace"))
    if _SURROGATE.search(body):
        parsed = json.loads(json.dumps(parsed, ensure_ascii=False).encode("utf-8", "replace"))
    return parsed


def error_of(answer: Answer, operation: str) -> BridgeError:
    """What an answer outside 2xx means."""
    codes, message = _reported(answer.body)
    known = {code.casefold() for code in codes}
    code = codes[0] if codes else ""
    came_back = " ".join(part for part in (str(answer.status), code, message) if part)
    status = answer.status
    if status == 410 and (known & _RESYNC or "location" in answer.headers):
        return CursorExpired(answer.headers.get("location"))
    if "x-virus-infected" in answer.headers or known & _MALWARE:
        return Malware(f"OneDrive: could not {operation}: the file is marked as malware")
    if status in {429, 503, 509} or (status < 500 and known & _BUSY):
        pause = retry_after(answer.headers)
        return Throttled(System.ONEDRIVE, operation, came_back, status=status, retry_after=pause)
    if status == 507:
        return Refused(System.ONEDRIVE, operation, came_back, status=status, code=code)
    kind = _kind(status, known)
    if kind is Refused:
        return Refused(System.ONEDRIVE, operation, came_back, status=status, code=code)
    return kind(System.ONEDRIVE, operation, came_back, status=status, code=code)


type _Plain = type[Unavailable | NotAuthorised | Forbidden | Missing | Conflict | Locked | Refused]


def _kind(status: int, codes: set[str]) -> _Plain:
    if codes & _TRY_LATER or status >= 500 or status == 408 or status < 400:
        return Unavailable
    if codes & _LOCKED:
        return Locked
    match status:
        case 401:
            return NotAuthorised
        case 403:
            return Forbidden
        case 404 | 410:
            return Missing
        case 409:
            return NameTaken if "namealreadyexists" in codes else Conflict
        case 412:
            return ItemChanged
        case 423:
            return Locked
        case _:
            return Refused


def codes_of(answer: Answer) -> frozenset[str]:
    """Every code of Graph's error object, case-folded."""
    return frozenset(code.casefold() for code in _reported(answer.body)[0])


def _reported(body: bytes) -> tuple[tuple[str, ...], str]:
    """Every code of Graph's error object, outermost first, and its message; nothing when the body is something else."""
    try:
        error = _loaded(body)["error"]
        message = error.get("message")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return (), ""
    text = message if isinstance(message, str) else ""
    return tuple(_codes(error)), text[:SHOWN_CHARACTERS]


def _codes(error: object) -> Iterator[str]:
    for _ in range(10):  # inner errors nest two or three deep
        if not isinstance(error, dict):
            return
        if isinstance(code := error.get("code"), str):
            yield code
        error = error.get("innerError", error.get("innererror"))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds: the larger of Retry-After (seconds or an HTTP date) and RateLimit-Reset; None if neither is usable."""
    pauses = [_pause(headers.get("retry-after", ""), headers), _pause(headers.get("ratelimit-reset", ""), headers)]
    return max((pause for pause in pauses if pause is not None), default=None)


def _pause(text: str, headers: Mapping[str, str]) -> float | None:
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        return min(float(text), LONGEST_PAUSE)
    moment = _http_date(text)
    if moment is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)  # the server's own clock wrote both
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_PAUSE)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
