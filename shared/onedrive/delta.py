"""The changes of a drive, page by page: which links are followed, and what of a page counts as a change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin

from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Item
from shared.errors import CursorExpired, Missing, Refused, System, Unavailable
from shared.onedrive.addresses import step
from shared.onedrive.answers import Json
from shared.onedrive.graph import Graph, objects
from shared.onedrive.hosts import check_origin
from shared.onedrive.items import SELECT, has_id, item_of, items_of, text_of
from shared.onedrive.settings import OneDriveSettings

PAGE = 1_000  # items; no official number, another client of long standing asks for the same

# Without the first, what the app may not see any more never comes; the last one marks it, and needs the other two. The
# second lists what lies below a folder that the app may not see (reference, "Delta", Prefer headers).
PREFER = {"Prefer": "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges"}
_SHARED_CHANGED = "@microsoft.graph.sharedChanged"  # the item is on the page because permissions changed

_LATEST_OR_WHOLE = f"$top={PAGE}&$select={SELECT}"
LATEST = "&token=latest"  # from now on
_DRIVE = re.compile(r"/drives(?:/([^/]+)|\('([^']+)'\))/")
_OPERATION = "read the changes of a drive"


@dataclass(frozen=True, slots=True)
class DeltaPage:
    """One page of changes; exactly one of the two links is set. The links are opaque, long, and not to be logged.

    `unseen` left the view of the app, whose permissions changed. Nobody deleted it, so it is not among the items.
    """

    items: tuple[Item, ...]
    next_link: str | None
    delta_link: str | None
    unseen: tuple[ItemId, ...] = ()


class Delta:
    def __init__(self, graph: Graph, settings: OneDriveSettings) -> None:
        self._graph = graph
        self._settings = settings

    def start(self, drive: DriveId) -> str:
        return f"{self._settings.root}/drives/{step(drive)}/root/delta?{_LATEST_OR_WHOLE}"

    async def page(self, link: str) -> DeltaPage:
        """CursorExpired where the link is worthless: 410, or any 400 or 404 for a cursor."""
        try:
            raw = await self._graph.call("GET", link, _OPERATION, headers=PREFER)
        except CursorExpired as expired:
            if expired.location is None:
                raise
            location = _joined(link, expired.location)
            check_origin(location, self._settings.base_url)
            raise CursorExpired(location) from expired
        except (Refused, Missing) as problem:
            if link.endswith((_LATEST_OR_WHOLE, LATEST)) or problem.status not in {400, 404, 410}:
                raise
            raise CursorExpired(None) from problem
        return page_of(link, raw, self._settings.base_url)


def page_of(link: str, raw: Json, base_url: str) -> DeltaPage:
    """What the page behind a link says. Unavailable where it is none, HostNotAllowed where it leads elsewhere."""
    links = [raw.get("@odata.nextLink"), raw.get("@odata.deltaLink")]
    next_link, delta_link = (found if isinstance(found, str) and found else None for found in links)
    if (next_link is None) == (delta_link is None) or not isinstance(raw.get("value"), list):
        raise Unavailable(System.ONEDRIVE, _OPERATION, "a page without its items, or without exactly one link")
    check_origin(next_link or delta_link or "", base_url)
    drive = _drive_in(link)
    told = objects(raw["value"])
    unseen = tuple(ItemId(one["id"]) for one in told if _left_our_view(one) and has_id(one))
    seen = [one for one in told if not _left_our_view(one)]
    items = items_of(drive, seen) if drive else [item_of(_drive_of(one), one) for one in seen if has_id(one)]
    return DeltaPage(tuple(items), next_link, delta_link, unseen)


def _joined(link: str, location: str) -> str:
    """A Location may be told without the server it is on."""
    try:
        return urljoin(link, location)
    except ValueError:
        return location  # which the look at its host refuses


def _left_our_view(raw: Json) -> bool:
    return raw.get("deleted") is not None and str(raw.get(_SHARED_CHANGED, "")).casefold() == "true"


def _drive_in(link: str) -> DriveId:
    """The drive whose changes a link reads; "" where Graph chose to write it otherwise, then the items say it."""
    found = _DRIVE.search(link)
    return DriveId(unquote(found[1] or found[2]) if found else "")


def _drive_of(raw: Json) -> DriveId:
    parent = raw.get("parentReference")
    return DriveId((text_of(parent.get("driveId")) if isinstance(parent, dict) else None) or "")
