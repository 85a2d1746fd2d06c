"""CELUM's events, read without trust: an event is a hint that names an id, and only that is taken from it.

Every call that reaches the address may be forged, repeated, late or newer than this release; nothing here raises. The
caller queues the ids and reads the entities anew (reference 20.4).
"""

from __future__ import annotations

import hmac
import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.celum.values import instant
from shared.domain.ids import AssetId, CollectionId, VersionId

# Reference 25 "Event body larger than the receiver's limit": no entity is that long; what is refused the poll finds.
EVENT_BYTES = 1024 * 1024
EVENTS_AT_ONCE = 100  # whether deliveries are batched is not said (20.1): an array of events is read too, up to here
LARGEST_ID = 2**63 - 1  # ids are int64

_log = logging.getLogger(__name__)


class EventKind(StrEnum):
    """The complete enum of reference 20.2."""

    ASSET_CREATED = "ASSET_CREATED"
    ASSET_UPDATED = "ASSET_UPDATED"
    ASSET_DELETED = "ASSET_DELETED"
    ASSET_RELEASED = "ASSET_RELEASED"
    ASSET_ADDED = "ASSET_ADDED"  # to a collection: nothing was created
    ASSET_REMOVED = "ASSET_REMOVED"  # from a collection: nothing was deleted
    ASSET_VERSION_ADDED = "ASSET_VERSION_ADDED"
    ASSET_VERSION_ACTIVATED = "ASSET_VERSION_ACTIVATED"
    ASSET_VERSION_DELETED = "ASSET_VERSION_DELETED"  # does not say which: list the versions
    PREVIEW_CONVERSION = "PREVIEW_CONVERSION"
    COLLECTION_CREATED = "COLLECTION_CREATED"
    COLLECTION_UPDATED = "COLLECTION_UPDATED"
    COLLECTION_MOVED = "COLLECTION_MOVED"
    COLLECTION_DELETED = "COLLECTION_DELETED"
    RELATION_CREATED = "RELATION_CREATED"
    RELATION_DELETED = "RELATION_DELETED"
    EXTERNAL_REFERENCE_ADDED = "EXTERNAL_REFERENCE_ADDED"
    EXTERNAL_REFERENCE_DELETED = "EXTERNAL_REFERENCE_DELETED"

    @property
    def is_deletion(self) -> bool:
        """Of the entity itself. Even so it is only a reason to look (G105)."""
        return self in {EventKind.ASSET_DELETED, EventKind.COLLECTION_DELETED}


@dataclass(frozen=True, slots=True)
class Event:
    """`assets`: whose state may have changed; of a relation, both sides. `collections`: likewise, and from and to."""

    kind: EventKind
    assets: tuple[AssetId, ...] = ()
    collections: tuple[CollectionId, ...] = ()
    version: VersionId | None = None
    user: int | None = None
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """`refused` says why nothing of a body was taken, `status` what to answer; `passed_over` counts what was odd."""

    events: tuple[Event, ...] = ()
    passed_over: int = 0
    refused: str | None = None
    status: int = 202

    @property
    def assets(self) -> tuple[AssetId, ...]:
        return tuple(dict.fromkeys(asset for event in self.events for asset in event.assets))

    @property
    def collections(self) -> tuple[CollectionId, ...]:
        return tuple(dict.fromkeys(collection for event in self.events for collection in event.collections))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves that a call is CELUM's: reference 20.1 names no signature, so it is one secret that both sides know.

    Several while it is rotated. None at all accepts nobody.
    """

    accepted: Collection[str] = field(default=(), repr=False)

    def proves(self, given: str | None) -> bool:
        sent = (given or "").encode("utf-8", "replace")
        return any(hmac.compare_digest(sent, secret.encode()) for secret in self.accepted if secret)


def hear(body: bytes, given_secret: str | None, secrets: Secrets) -> Heard:
    """What may be taken from a call to the events' address. Never raises."""
    if not secrets.proves(given_secret):
        return Heard(refused="the secret is missing or wrong", status=401)
    if len(body) > EVENT_BYTES:
        return Heard(refused=f"more than {EVENT_BYTES} bytes", status=413)
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return Heard(refused="no JSON", status=400)
    entries = told if isinstance(told, list) else [told]
    if len(entries) > EVENTS_AT_ONCE:
        return Heard(refused=f"more than {EVENTS_AT_ONCE} events", status=413)
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        return Heard(refused="no event", status=400)
    events = tuple(event for event in map(_event, entries) if event is not None)
    return Heard(events, passed_over=len(entries) - len(events))


def _event(told: Mapping[str, object]) -> Event | None:
    """None for an unknown type (a later release of CELUM's), or one that names nothing that could be read (G104)."""
    try:
        kind = EventKind(str(told.get("type")))
    except ValueError:
        shown = re.sub(r"[^A-Z_]", "?", str(told.get("type"))[:40])
        _log.info("an event of CELUM of the type %s, which is not known", shown)
        return None
    assets, collections = _assets(kind, told), _collections(kind, told)
    if not assets and not collections:
        _log.info("an event of CELUM of the type %s that names nothing", kind)
        return None
    return Event(
        kind=kind,
        assets=tuple(AssetId(number) for number in assets),
        collections=tuple(CollectionId(number) for number in collections),
        version=_version(told),
        user=_id(told.get("userId")),
        date=instant(told.get("date")),
    )


def _assets(kind: EventKind, told: Mapping[str, object]) -> list[int]:
    """From whichever member names it: `entity`, `asset` or `assetId`."""
    if kind.startswith("COLLECTION_"):
        return []
    if kind.startswith("RELATION_"):
        relation = _object(told.get("entity"))
        return _known(_id(_object(relation.get(side)).get("id")) for side in ("sourceAsset", "targetAsset"))
    named = (_object(told.get(member)).get("id") for member in ("entity", "asset", "entityBeforeUpdate", "assetBefore"))
    return _known(_id(value) for value in (told.get("assetId"), *named))[:1]


def _collections(kind: EventKind, told: Mapping[str, object]) -> list[int]:
    moved = (_id(told.get(member)) for member in ("fromCollectionId", "toCollectionId"))
    if not kind.startswith("COLLECTION_"):
        return _known(moved) if kind in {EventKind.ASSET_ADDED, EventKind.ASSET_REMOVED} else []
    named = (_object(told.get(member)).get("id") for member in ("entity", "entityBeforeUpdate"))
    itself = _known(_id(value) for value in named)[:1]
    return _known((*itself, *moved)) if itself else []


def _version(told: Mapping[str, object]) -> VersionId | None:
    current = _object(_object(told.get("asset") or told.get("entity")).get("currentVersion"))
    named = _known(_id(value) for value in (told.get("versionId"), told.get("newVersionId"), current.get("id")))
    return VersionId(named[0]) if named else None


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _known(values: Iterable[int | None]) -> list[int]:
    return list(dict.fromkeys(value for value in values if value is not None))


def _id(value: object) -> int | None:
    """A number, or a text of digits; whatever else is no id."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,19}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 1 <= value <= LARGEST_ID else None
