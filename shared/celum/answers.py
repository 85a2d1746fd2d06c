"""Every answer of CELUM that is not 2xx becomes an error of the bridge here, and nowhere else.

status                                   becomes
429, 503                                 Throttled, with Retry-After in seconds where it can be read
401                                      NotAuthorised
403, 400 with `entity`; 404, 410         Missing ("missing or not accessible"; never a proof of deletion)
403                                      Forbidden
423                                      Locked; the facade adds 400, 403 and 409 while it sees a lock stand
412                                      Conflict
413, whatever its body                   Refused: what stands before CELUM has limits of its own
other 4xx                                Refused, with all faults
5xx, 3xx, 408, HTML instead of JSON      Unavailable: the outcome is unknown
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from shared.errors import (
    Conflict,
    Fault,
    Forbidden,
    Locked,
    Missing,
    NotAuthorised,
    Refused,
    RemoteError,
    System,
    Throttled,
    Unavailable,
)

# What the specification leaves open, each after its row of reference 25.
THROTTLING = frozenset({429, 503})  # "Rate limit": only 503 is declared
MISSING = frozenset({404, 410})  # "Missing id": none of these is declared …
MISSING_WITH_ENTITY = frozenset({400, 403})  # … and these mean it when they name an `entity`
LOCKED = 423  # "Locked asset": the other candidates (400, 403, 409) mean it while a lock stands: `Celum._lock_or`
NO_RIGHT = 403  # "Missing permission": as a 400 with a fault it is a refusal that names the right
SPENT_HANDLE = "handle"  # "Handle lifetime", "Handle single use": the noun in a refusal that blames the handle …
AS_A_VERB = frozenset(
    {"not", "cannot", "can", "could", "t", "to", "will", "does", "did"}
)  # … which it is not after these
TOO_LARGE = 413  # "Maximum upload size": also from a proxy, with a page of its own
UNKNOWN_OUTCOME = 408  # a time-out of the server's, like every 5xx and 3xx
PRECONDITION = 412  # "Optimistic locking": none is known of; a proxy before CELUM may have some

SHOWN = 300  # characters of a message that are shown to people
LONGEST_PAUSE = 86_400.0  # seconds; a larger Retry-After is taken for this


@dataclass(frozen=True, slots=True)
class Problem:
    """The error body of reference section 5, as far as it was there."""

    code: str = ""
    message: str = ""
    faults: tuple[Fault, ...] = ()
    entity: str | None = None
    is_html: bool = False


def translated(
    operation: str, status: int, headers: Mapping[str, str], body: bytes, *, now: datetime, acting_as: bool = False
) -> RemoteError:
    """The error for an answer; `acting_as` is whether it was asked on behalf of another user (impersonation)."""
    problem = read_problem(headers.get("Content-Type", ""), body)
    came_back = _told(status, problem)
    if status in THROTTLING:
        wait = retry_after(headers.get("Retry-After"), headers.get("Date"), now=now)
        return Throttled(System.CELUM, operation, came_back, status=status, retry_after=wait)
    if status == 401:
        return NotAuthorised(System.CELUM, operation, came_back, status=status, code=problem.code)
    if status >= 500 or status < 400 or status == UNKNOWN_OUTCOME or (problem.is_html and status != TOO_LARGE):
        return Unavailable(System.CELUM, operation, came_back, status=status, code=problem.code)
    named = problem.entity is not None and not _names_a_field(problem)
    if status in MISSING or (status in MISSING_WITH_ENTITY and named):
        about = f"{came_back} (missing or not accessible: {problem.entity or 'no entity was named'})"
        return Missing(System.CELUM, operation, about, status=status, code=problem.code)
    if status == NO_RIGHT:
        hint = "; the key's user may not act as the configured user, or that user lacks the right" if acting_as else ""
        return Forbidden(System.CELUM, operation, came_back + hint, status=status, code=problem.code)
    if status == LOCKED:
        return Locked(System.CELUM, operation, came_back, status=status, code=problem.code)
    if status == PRECONDITION:
        return Conflict(System.CELUM, operation, came_back, status=status, code=problem.code)
    return Refused(
        System.CELUM,
        operation,
        came_back,
        status=status,
        code=problem.code,
        faults=problem.faults,
        entity=problem.entity,
    )


def _names_a_field(problem: Problem) -> bool:
    """The entity is then what a field's value points to (G47), not what was asked for."""
    return any(fault.field is not None for fault in problem.faults)


def read_problem(content_type: str, body: bytes) -> Problem:
    text = body.decode("utf-8", "replace").strip()
    if "html" in content_type.lower() or text[:1] == "<":
        return Problem(message=shortened(re.sub(r"<[^>]*>", " ", text)), is_html=True)
    try:
        data = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return Problem(message=shortened(text))
    if not isinstance(data, dict):
        return Problem(message=shortened(text))
    listed = data.get("faults")
    faults = tuple(_fault(entry) for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else ()
    entity = data.get("entity")
    return Problem(
        code=_text(data.get("code")),
        message=shortened(_text(data.get("message"))),
        faults=faults,
        entity=shortened(_text(entity)) or None,
    )


def _fault(entry: Mapping[str, object]) -> Fault:
    """Any type of fault, also one that nobody has documented yet (G11)."""
    number = _text(entry.get("informationFieldId"))
    message = shortened(_text(entry.get("message"))) or _text(entry.get("code")) or _text(entry.get("type"))
    return Fault(
        message=message,
        code=_text(entry.get("code")),
        field=int(number) if re.fullmatch(r"[0-9]{1,18}", number) else None,
        argument=_text(entry.get("argument")) or None,
        locale=_text(entry.get("locale")) or None,
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _told(status: int, problem: Problem) -> str:
    parts = [problem.message or problem.code] if problem.message or problem.code else []
    parts += [_told_fault(fault) for fault in problem.faults]
    return f"HTTP {status}" + (f": {'; '.join(parts)}" if parts else "")


def _told_fault(fault: Fault) -> str:
    place = f"information field {fault.field}" if fault.field is not None else fault.argument or ""
    locale = f" ({fault.locale})" if fault.locale else ""
    return f"{place}{locale}: {fault.message}" if place else fault.message


def shortened(text: str) -> str:
    """One line without URLs, which may carry their own authorisation."""
    line = " ".join(re.sub(r"https?://\S+", "(a URL)", text).split())
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def retry_after(header: str | None, date: str | None, *, now: datetime) -> float | None:
    """Seconds; an HTTP date is measured against the server's own clock where it tells it. None = not said (G7, G8)."""
    text = (header or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return min(float(text), LONGEST_PAUSE)
    moment = _http_date(text)
    if moment is None:
        return None
    return min(max(0.0, (moment - (_http_date(date or "") or now)).total_seconds()), LONGEST_PAUSE)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None


def mentions_handle(problem: RemoteError) -> bool:
    """Whether a refused create or add-version blames the upload handle: ask for a new one and send again (G23)."""
    arguments = [fault.argument or "" for fault in problem.faults] if isinstance(problem, Refused) else []
    return any(_names_handle(text) for text in (*arguments, problem.code, problem.came_back))


def _names_handle(text: str) -> bool:
    """As a word of its own, also in HANDLE_EXPIRED or uploadHandle; not handled, Handlebars, cannot handle."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)]
    return any(
        word == SPENT_HANDLE and before not in AS_A_VERB for before, word in zip(["", *words], words, strict=False)
    )
