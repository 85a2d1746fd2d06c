"""Drive items out of raw JSON. Every member may be missing; nothing unknown disturbs."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import unquote

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Content, Item, Person
from shared.errors import System, Unavailable
from shared.onedrive.answers import Json

_log = logging.getLogger(__name__)

LARGEST_SIZE = 2**63 - 1  # what a table takes
NO_DATE = 1  # the year in which deleted items were created, if one believes Graph

# What a listing has to bring; without it a page is three times as long.
SELECT = (
    "id,name,size,eTag,cTag,webUrl,parentReference,createdDateTime,lastModifiedDateTime,createdBy,lastModifiedBy,"
    "file,folder,root,package,remoteItem,deleted,malware,image"
)


def items_of(drive: DriveId, listed: Iterable[Json]) -> list[Item]:
    """Of a page. An item without an id can be neither read nor remembered: it is passed over, and the log says so."""
    listed = list(listed)
    named = [raw for raw in listed if has_id(raw)]
    if len(named) < len(listed):
        _log.warning("drive %s: %d listed items have no id; passed over", drive, len(listed) - len(named))
    return [item_of(drive, raw) for raw in named]


def has_id(raw: Json) -> bool:
    return bool(text_of(raw.get("id")))


def item_of(drive: DriveId, raw: Json) -> Item:
    """`drive` is where the item was asked for; a page is parsed at a few microseconds an item.

    Unavailable for an answer without an id.
    """
    if not has_id(raw):
        raise Unavailable(System.ONEDRIVE, "read an item", "an item without an id")
    parent = _object(raw, "parentReference")
    deleted = raw.get("deleted") is not None
    is_root = "root" in raw
    is_package = "package" in raw or "remoteItem" in raw  # a notebook, a shortcut to another drive: no bytes here
    name, above = text_of(raw.get("name")) or "", text_of(parent.get("id"))
    image = _object(raw, "image")
    return Item(
        drive=drive,
        id=ItemId(raw["id"]),
        name=name,
        parent=ItemId(above) if above and not is_root else None,
        etag=text_of(raw.get("eTag")),
        content=None if deleted or is_package else _content(raw),
        path="/" if is_root else _path(parent, name),
        is_folder=is_root or ("folder" in raw and not is_package),
        is_root=is_root,
        is_package=is_package,
        deleted=deleted,
        malware=raw.get("malware") is not None,
        ctag=text_of(raw.get("cTag")),
        created=moment_of(raw.get("createdDateTime")),
        modified=moment_of(raw.get("lastModifiedDateTime")),
        created_by=person_of(raw.get("createdBy")),
        modified_by=person_of(raw.get("lastModifiedBy")),
        web_url=text_of(raw.get("webUrl")),
        mime_type=text_of(_object(raw, "file").get("mimeType")),
        pixels=_pixels(image),
    )


def _content(raw: Json) -> Content | None:
    size = raw.get("size")
    if "file" not in raw or not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_SIZE:
        return None
    return Content(size, text_of(_object(_object(raw, "file"), "hashes").get("quickXorHash")))


def _path(parent: Json, name: str) -> str | None:
    """From "/drives/b!…/root:/Campaigns/Spring%2026"; None where Graph leaves the path out, as it does in delta."""
    _, colon, folder = str(parent.get("path", "")).partition("root:")
    if not colon or not name:
        return None
    return unicodedata.normalize("NFC", f"{unquote(folder).rstrip('/')}/{name}")


def _pixels(image: Json) -> tuple[int, int] | None:
    width, height = image.get("width"), image.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def person_of(raw: object) -> Person | None:
    """Out of an identity set: a user, or an application where no user acted."""
    if not isinstance(raw, dict):
        return None
    user, application = _object(raw, "user"), _object(raw, "application")
    who = user or application
    if not who:
        return None
    return Person(
        id=text_of(who.get("id")) or "",
        name=text_of(who.get("displayName")) or "",
        email=text_of(who.get("email")) or "",
        is_application=not user,
    )


def moment_of(text: object) -> datetime | None:
    """Z, an offset or neither (then UTC); up to 7 digits of a second; None for nonsense and for the year 1."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.year == NO_DATE:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _object(raw: Json, name: str) -> Json:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str | None:
    return value if isinstance(value, str) else None
