"""SharePoint's afterthoughts: what changes in a file after the caller was told that all is well."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import PurePath

from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import APPLICATION, SHAREPOINT_APP, Identity, Item
from local.onedrive_simulator.estate.rewrite import rewrite
from local.onedrive_simulator.estate.tenant import Tenant

OFFICE = frozenset({".docx", ".pptx", ".xlsx"})
PDF_AND_HTML = frozenset({".pdf", ".html", ".htm"})
LATER_SECONDS = 0.01  # between the rewrite and the last change of the eTag


def after_upload(tenant: Tenant, drive: Drive, item: Item) -> None:
    quirks = tenant.quirks
    if rewritable(tenant, drive, item):
        tenant.agenda.add(partial(_rewrite, tenant, drive, item), after=quirks.rewrite_after_seconds)
    if quirks.etag_changes_later == "always":
        tenant.agenda.add(partial(_touch, drive, item), after=quirks.rewrite_after_seconds + LATER_SECONDS)


def after_column_write(tenant: Tenant, drive: Drive, item: Item) -> None:
    if tenant.quirks.rewrites_after_column_write and rewritable(tenant, drive, item):
        tenant.agenda.add(partial(_rewrite, tenant, drive, item), after=tenant.quirks.rewrite_after_seconds)


def rewritable(tenant: Tenant, drive: Drive, item: Item) -> bool:
    quirks, suffix = tenant.quirks, PurePath(item.name).suffix.casefold()
    office = quirks.rewrites_office and suffix in OFFICE
    other = quirks.rewrites_pdf_and_html and suffix in PDF_AND_HTML
    return drive.rewrites and (office or other)


async def _rewrite(tenant: Tenant, drive: Drive, item: Item) -> None:
    """Promote the column values into the file, unless somebody was faster with other content."""
    before, target = item.current, tenant.blobs.free_path()
    if before.content is None or drive.items.get(item.id) is not item:
        return
    values = {name: str(value) for name, value in item.fields.items() if value is not None}
    if not await asyncio.to_thread(rewrite, before.content.path, target, PurePath(item.name).suffix.casefold(), values):
        return
    content = await asyncio.to_thread(tenant.blobs.measure, target)
    if item.current.content is not before.content or drive.items.get(item.id) is not item:
        target.unlink()
        return
    quirks = tenant.quirks
    drive.rewrite_content(item, content, _author(tenant, item), as_version=quirks.rewrite_makes_version)
    if quirks.etag_changes_later == "rewritten":
        tenant.agenda.add(partial(_touch, drive, item), after=LATER_SECONDS)


def _author(tenant: Tenant, item: Item) -> Identity:
    match tenant.quirks.rewrite_by:
        case "application":
            return APPLICATION
        case "SharePoint App":
            return SHAREPOINT_APP
        case _:
            return item.modified_by


async def _touch(drive: Drive, item: Item) -> None:
    if drive.items.get(item.id) is item:
        drive.changed(item)
