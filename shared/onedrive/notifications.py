"""What Microsoft Graph posts to the webhook, read without any SDK: a doorbell that names drives, or a handshake."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ids import DriveId

BODY_BYTES = 1024 * 1024  # 100 notifications are about 60 KiB
TOKEN_CHARACTERS = 4096  # Graph sends a few hundred; the limit keeps us from reflecting anything large
CLIENT_STATE_CHARACTERS = 128  # the most that Graph takes
MAC_CHARACTERS = 22  # 132 bits
ACCEPTED = 202


class Ring(StrEnum):
    """Why the doorbell rang. For everything but CHANGE the scan first renews or re-creates the subscription."""

    CHANGE = "change"
    MISSED = "missed"
    REAUTHORIZE = "reauthorizationRequired"
    REMOVED = "subscriptionRemoved"


_RANK = {ring: rank for rank, ring in enumerate(Ring)}


@dataclass(frozen=True, slots=True)
class Secrets:
    """(key id, secret) pairs; the previous one is accepted until every subscription was re-created, plus 4 hours."""

    current: tuple[str, str]
    previous: tuple[str, str] | None = None

    def get(self, key_id: str) -> str | None:
        pairs = (self.current, self.previous) if self.previous else (self.current,)
        return next((secret for known, secret in pairs if known == key_id), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request; `status` is what to answer (202: worth a line in the log, nothing more)."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Doorbells:
    """Each distinct drive with the most urgent reason; `refused` counts notifications that prove nothing."""

    drives: tuple[tuple[DriveId, Ring], ...] = ()
    refused: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        """What to answer once the queue has taken every drive: 202, 400 or 413."""
        return max((problem.status for problem in self.problems), default=ACCEPTED)


def client_state(secret: str, key_id: str, tenant: str, drive: DriveId) -> str:
    """`1.<drive id>.<key id>.<mac>`: what a subscription carries, so that every notification proves its drive."""
    state = f"1.{drive}.{key_id}.{_mac(secret, tenant, drive)}"
    if len(state) > CLIENT_STATE_CHARACTERS:
        raise ValueError(f"the clientState of drive {drive} is longer than {CLIENT_STATE_CHARACTERS} characters")
    return state


def _mac(secret: str, tenant: str, drive: str) -> str:
    digest = hmac.digest(secret.encode(), f"{tenant.casefold()}{drive}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode()[:MAC_CHARACTERS]


def proven_drive(state: object, *, tenant: str, secrets: Secrets) -> DriveId | None:
    """The drive that a clientState proves; None when it is missing, malformed or signed with another secret."""
    if not isinstance(state, str) or not state.isascii() or len(state) > CLIENT_STATE_CHARACTERS:
        return None
    if not state.startswith("1."):
        return None
    drive, *rest = state[2:].rsplit(".", 2)
    if len(rest) != 2 or not drive:
        return None
    key_id, mac = rest
    secret = secrets.get(key_id)
    if secret is None or not hmac.compare_digest(_mac(secret, tenant, drive).encode(), mac.encode()):
        return None
    return DriveId(drive)


def doorbells(body: bytes, *, tenant: str, secrets: Secrets, content_type: str | None = None) -> Doorbells:
    """Which drives to scan, and why. Pass `content_type` to have it checked; never raises."""
    notifications = _notifications(body, content_type)
    if isinstance(notifications, Problem):
        return Doorbells(problems=(notifications,))
    rings: dict[DriveId, Ring] = {}
    notes: list[Problem] = []
    refused = 0
    for element in notifications:
        drive = _checked(element, tenant, secrets)
        if drive is None:
            refused += 1
            continue
        ring = _ring(element)
        if isinstance(ring, Problem):
            notes.append(ring)
        elif _RANK[ring] >= _RANK[rings.get(drive, Ring.CHANGE)]:
            rings[drive] = ring
    return Doorbells(tuple(rings.items()), refused, tuple(notes))


def _notifications(body: bytes, content_type: str | None) -> list[object] | Problem:
    if len(body) > BODY_BYTES:
        return Problem(413, f"the body is longer than {BODY_BYTES} bytes")
    if content_type is not None and "json" not in content_type.casefold():
        return Problem(400, "the body is not application/json")
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return Problem(400, "the body is not JSON")
    value = envelope.get("value") if isinstance(envelope, dict) else None
    return value if isinstance(value, list) else Problem(400, 'the body holds no list "value"')


def _checked(element: object, tenant: str, secrets: Secrets) -> DriveId | None:
    if not isinstance(element, dict):
        return None
    named = element.get("tenantId")  # may be missing; the mac proves the tenant anyway
    if named is not None and str(named).casefold() != tenant.casefold():
        return None
    return proven_drive(element.get("clientState"), tenant=tenant, secrets=secrets)


def _ring(element: object) -> Ring | Problem:
    event = element.get("lifecycleEvent") if isinstance(element, dict) else None
    if event is None:
        return Ring.CHANGE
    try:
        return Ring(event)
    except ValueError:
        return Problem(ACCEPTED, f"unknown lifecycleEvent {str(event)[:60]!r} was ignored")


def validation_token(query: Mapping[str, str]) -> str | Problem | None:
    """The token to answer as text/plain and nothing else; None when the request is no handshake.

    `query` holds decoded values. SharePoint's own webhooks spell the name in lower case.
    """
    token = query.get("validationToken", query.get("validationtoken"))
    if token is None:
        return None
    if not token:
        return Problem(400, "the validation token is empty")
    if len(token) > TOKEN_CHARACTERS:
        return Problem(400, f"the validation token is longer than {TOKEN_CHARACTERS} characters")
    return token
