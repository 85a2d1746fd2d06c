"""What a Graph path names, in every documented form: by id, by path, relative, through site, list or user."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item
from local.onedrive_simulator.estate.names import check_path
from local.onedrive_simulator.estate.tenant import HOST, Site, Tenant
from local.onedrive_simulator.graph.call import Place
from local.onedrive_simulator.problems import invalid, missing


@dataclass(slots=True)
class Address:
    kind: str  # tenant, site, drive, item or listItem
    tail: tuple[str, ...]  # the segments after what is named
    place: Place | None = None
    site: Site | None = None


def parse(tenant: Tenant, raw_path: str) -> Address:
    """Read a path after /v1.0. It is decoded once as a whole: an encoded colon or slash of an SDK is one too."""
    try:
        path = unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        raise invalid("The path is not valid UTF-8") from None
    segments = [s for s in path.split("/") if s]
    match segments:
        case ["drives", drive_id, *rest]:
            return _in_drive(tenant.drive(drive_id), rest)
        case ["me", "drive", *rest]:
            return _in_drive(_first_business(tenant), rest)
        case ["users", user, "drive", *rest]:
            return _in_drive(tenant.drive_of_user(user), rest)
        case ["sites", *rest] if rest:
            return _in_site(tenant, rest)
    return Address("tenant", tuple(segments))


def _first_business(tenant: Tenant) -> Drive:
    for drive in tenant.drives.values():
        if drive.kind == "business":
            return drive
    raise missing("User's mysite not found.")


def _in_site(tenant: Tenant, segments: list[str]) -> Address:
    site, rest = _find_site(tenant, segments)
    match rest:
        case ["drive", *more]:
            return _in_drive(tenant.drive(next(iter(site.drive_ids), "")), more, site)
        case ["drives", drive_id, *more]:
            if drive_id not in site.drive_ids:
                raise missing("The drive could not be found.")
            return _in_drive(tenant.drive(drive_id), more, site)
        case ["lists", list_id, *more]:
            return _in_list(_drive_of_list(tenant, site, list_id), more, site)
    return Address("site", tuple(rest), site=site)


def _find_site(tenant: Tenant, segments: list[str]) -> tuple[Site, list[str]]:
    """By id, by host alone (its root site), or "host:/sites/name:" with or without the second colon."""
    first = segments[0]
    if first in tenant.sites:
        return tenant.sites[first], segments[1:]
    if not first.endswith(":") or first.rstrip(":").casefold() != HOST:
        raise missing("Requested site could not be found")
    path, rest = _take_path(segments[1:])
    wanted = "/" + "/".join(path).casefold()
    site = next((s for s in tenant.sites.values() if s.path.casefold() == wanted), None)
    if site is None:
        raise missing("Requested site could not be found")
    return site, rest


def _drive_of_list(tenant: Tenant, site: Site, list_id: str) -> Drive:
    """By the id of the list or by its name."""
    for drive_id in site.drive_ids:
        drive = tenant.drives[drive_id]
        if list_id.casefold() in {str(drive.list_guid), drive.name.casefold()}:
            return drive
    raise missing("The specified list was not found")


def _in_list(drive: Drive, segments: list[str], site: Site) -> Address:
    match segments:
        case ["drive", *more]:
            return _in_drive(drive, more, site)
        case ["items", number, *more]:
            return Address("listItem", tuple(more), Place(drive, drive.by_number(number)), site)
    return Address("list", tuple(segments), Place(drive, drive.root), site)


def _in_drive(drive: Drive, segments: list[str], site: Site | None = None) -> Address:
    match segments:
        case []:
            return Address("drive", (), Place(drive, drive.root), site)
        case ["root" | "root:" as head, *rest]:
            return _below(drive, drive.root, head, rest, site)
        case ["items", head, *rest]:
            return _below(drive, drive.get(head.rstrip(":")), head, rest, site)
    return Address("drive", tuple(segments), Place(drive, drive.root), site)


def _below(drive: Drive, base: Item, head: str, segments: list[str], site: Site | None) -> Address:
    place = Place(drive, base)
    if head.endswith(":"):
        names, segments = _take_path(segments)
        check_path("/".join(names))
        place = _walk(drive, base, names)
    if segments[:1] == ["listItem"]:
        return Address("listItem", tuple(segments[1:]), place, site)
    return Address("item", tuple(segments), place, site)


def _take_path(segments: list[str]) -> tuple[list[str], list[str]]:
    """A relative path reaches to the segment that ends in a colon, or to the end."""
    for index, segment in enumerate(segments):
        if segment.endswith(":"):
            path = [*segments[:index], segment[:-1]]
            return [p for p in path if p], segments[index + 1 :]
    return segments, []


def _walk(drive: Drive, base: Item, names: list[str]) -> Place:
    item: Item | None = base
    parent: Item | None = None
    for name in names:
        parent = item
        item = drive.child(item, name) if item else None
    return Place(drive, item, parent, names[-1] if names else "")
