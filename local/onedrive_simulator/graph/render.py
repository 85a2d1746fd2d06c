"""Items, list items, versions, drives and sites as Graph shows them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import quote

from local.onedrive_simulator.clock import iso
from local.onedrive_simulator.estate import ids
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item, Moderation, Version
from local.onedrive_simulator.estate.tenant import HOST, DownloadTicket, Site, Tenant

type Json = dict[str, Any]
DOWNLOAD_URL = "@microsoft.graph.downloadUrl"
MODERATION = "_ModerationStatus"
OTHER_HASH = "YRDDGAAAAAAAAAAAAwAAAAAAAAA="  # of "abc"
MODERATIONS: tuple[Moderation, ...] = get_args(Moderation.__value__)
_ALWAYS = ("@odata.etag", "@odata.context", "@odata.type")


def names_in(select: str) -> list[str]:
    return [name.strip() for name in select.split(",") if name.strip()]


def selected(body: Json, select: str) -> Json:
    """Only what $select names (of "a/b" the first part); everything when it is empty."""
    names = {name.split("/")[0].casefold() for name in names_in(select)}
    if not names or "*" in names:
        return body
    return {k: v for k, v in body.items() if k in _ALWAYS or k.casefold() in names}


def wants_url(select: str) -> bool:
    return any(n in {DOWNLOAD_URL, "content.downloadUrl"} for n in names_in(select))


def download_url(tenant: Tenant, drive: Drive, item: Item, version: int | None = None) -> str:
    token = ids.opaque(48)
    expires = tenant.clock.now() + timedelta(seconds=tenant.quirks.download_url_seconds)
    tenant.tickets[token] = DownloadTicket(drive, item, version, expires)
    library = quote(drive.name)
    return f"{tenant.content_url}/_content/{library}/download.aspx?UniqueId={item.guid}&tempauth={token}"


def drive_item(
    tenant: Tenant, drive: Drive, item: Item, *, select: str = "", expand: str = "", url: bool = False
) -> Json:
    """The whole driveItem, cut to `select`. The download URL comes when named there, or with `url` and no select."""
    body: Json = {
        "@odata.etag": item.etag,
        "id": item.id,
        "eTag": item.etag,
        "cTag": item.ctag,
        "name": item.name,
        "size": announced_size(tenant, item) if not item.is_folder else sum(i.size for i in drive.subtree(item)),
        "webUrl": web_url(drive, item),
        "createdDateTime": iso(item.created),
        "lastModifiedDateTime": iso(item.modified),
        "createdBy": item.created_by.as_json(),
        "lastModifiedBy": item.modified_by.as_json(),
        "fileSystemInfo": {
            "createdDateTime": iso(item.disk_created),
            "lastModifiedDateTime": iso(item.disk_modified),
        },
        "parentReference": parent_reference(drive, item, with_path=True),
        **_facets(tenant, drive, item),
        **_publication(tenant, item, select),
    }
    if item.content and (wants_url(select) or (url and not select)):
        body[DOWNLOAD_URL] = download_url(tenant, drive, item)
        select = f"{select},{DOWNLOAD_URL}" if select else ""
    body = selected(body, select)
    return body | expanded(tenant, drive, item, expand)


def announced_size(tenant: Tenant, item: Item) -> int:
    is_wrong = item.name.endswith(tenant.quirks.wrong_size_for)
    return max(item.size + tenant.quirks.wrong_size_by, 0) if is_wrong else item.size


def _facets(tenant: Tenant, drive: Drive, item: Item) -> Json:
    facets: Json = {}
    if item is drive.root:
        facets["root"] = {}
    if item.is_folder:
        facets["folder"] = {"childCount": len(drive.children.get(item.id, {}))}
        return facets
    if item.is_package:
        return {"package": {"type": "oneNote"}}
    facets["file"] = {"mimeType": item.mime_type}
    if item.content and not tenant.quirks.hash_missing:
        is_wrong = tenant.quirks.wrong_hash_too and item.name.endswith(tenant.quirks.wrong_size_for)
        facets["file"]["hashes"] = {"quickXorHash": OTHER_HASH if is_wrong else item.content.quick_xor}
    if item.image:
        facets["image"] = {"width": item.image[0], "height": item.image[1]}
    if item.malware:
        facets["malware"] = {"description": "malware found"}
    return facets


def _publication(tenant: Tenant, item: Item, select: str) -> Json:
    """Never by itself: only where $select names it."""
    if (
        item.is_folder
        or tenant.quirks.publication_missing
        or "publication" not in {name.casefold() for name in names_in(select)}
    ):
        return {}
    level = "checkout" if item.checked_out_by else "published"
    return {"publication": {"level": level, "versionId": item.current.id}}


def expanded(tenant: Tenant, drive: Drive, item: Item, expand: str) -> Json:
    """What $expand adds: the list item, children, permissions; thumbnails are always none."""
    more: Json = {}
    if re.search(r"\blistItem\b", expand) and item.parent_id:
        more["listItem"] = list_item(drive, item, expand=expand if "fields" in expand else "")
    if re.search(r"\bchildren\b", expand):
        more["children"] = [drive_item(tenant, drive, child) for child in drive.children_of(item)]
    if re.search(r"\bthumbnails\b", expand):
        more["thumbnails"] = []
    return more


def parent_reference(drive: Drive, item: Item, *, with_path: bool) -> Json:
    reference: Json = {"driveType": drive.kind, "driveId": drive.id, "siteId": str(drive.site_guid)}
    if item.parent_id:
        reference["id"] = item.parent_id
        parent = drive.items.get(item.parent_id)
        if parent and parent.parent_id:
            reference["name"] = parent.name
        if with_path and parent:
            path = drive.path(parent)
            reference["path"] = f"/drives/{drive.id}/root:{path}"
    return reference


def web_url(drive: Drive, item: Item) -> str:
    return quote(drive.web_url + drive.path(item), safe=":/")


def list_item(drive: Drive, item: Item, *, expand: str = "", select: str = "") -> Json:
    body: Json = {
        "@odata.etag": f'"{item.guid},{item.etag_number}"',
        "id": str(item.number),
        "eTag": f'"{item.guid},{item.etag_number}"',
        "createdDateTime": iso(item.created),
        "lastModifiedDateTime": iso(item.modified),
        "webUrl": web_url(drive, item),
        "createdBy": item.created_by.as_json(),
        "lastModifiedBy": item.modified_by.as_json(),
        "parentReference": {"id": item.parent_id, "siteId": f"{HOST},{drive.site_guid},{drive.web_guid}"},
        "contentType": {
            "id": "0x0120" if item.is_folder else "0x0101",
            "name": "Folder" if item.is_folder else "Document",
        },
        "sharepointIds": {
            "listId": str(drive.list_guid),
            "listItemId": str(item.number),
            "listItemUniqueId": str(item.guid),
        },
    }
    body = selected(body, select)
    if "fields" in expand:
        body["fields"] = fields_of(item, item.current, expand)
    return body


def fields_of(item: Item, version: Version, expand: str = "") -> Json:
    """Column values of one version. Empty columns are absent; multi-choice values are lists."""
    chosen = re.search(r"fields\s*\(\s*\$?select=([^);]*)", expand)
    body: Json = {
        "@odata.etag": f'"{item.guid},{item.etag_number}"',
        "id": str(item.number),
        "FileLeafRef": item.name,
        "ContentType": "Folder" if item.is_folder else "Document",
        "Created": iso(item.created),
        "Modified": iso(version.at),
        "AuthorLookupId": lookup(item.created_by.name),
        "EditorLookupId": lookup(version.by.name),
        "_UIVersionString": version.id,
        "FileSizeDisplay": str(version.content.size if version.content else 0),
        **{name: value for name, value in version.fields.items() if value is not None},
    }
    if item.moderation is not None and version is item.current:
        body[MODERATION] = MODERATIONS.index(item.moderation)
    return selected(body, chosen[1]) if chosen else body


def lookup(name: str) -> str:
    """A stable number for a person, as lookup columns give one."""
    return str(sum(name.encode()) % 900 + 10)


def list_item_version(item: Item, version: Version, expand: str) -> Json:
    body: Json = {
        "id": version.id,
        "lastModifiedDateTime": iso(version.at),
        "lastModifiedBy": version.by.as_json(),
        "published": {"level": "published", "versionId": version.id},
    }
    if "fields" in expand:
        body["fields"] = fields_of(item, version, expand)
    return body


def drive_body(tenant: Tenant, drive: Drive) -> Json:
    used = drive.used()
    site = tenant.site_of(drive)
    owner: Json = {"group": {"id": site.id, "displayName": site.name}} if site else drive.owner.as_json()
    return {
        "id": drive.id,
        "name": drive.name,
        "driveType": drive.kind,
        "webUrl": drive.web_url.replace(" ", "%20"),
        "createdDateTime": iso(drive.created),
        "lastModifiedDateTime": iso(drive.root.changed or drive.created),
        "createdBy": drive.owner.as_json(),
        "owner": owner,
        "quota": {
            "total": drive.quota,
            "used": used,
            "remaining": max(drive.quota - used, 0),
            "deleted": sum(t.item.size for t in drive.gone.values()),
            "state": "normal" if used < drive.quota else "exceeded",
        },
    }


def site_body(site: Site) -> Json:
    return {
        "id": site.id,
        "name": site.name,
        "displayName": site.name.title(),
        "webUrl": f"https://{HOST}{site.path}",
        "siteCollection": {"hostname": HOST},
    }
