"""What a library says about a file beside its columns: is it checked in, and does its content approval stand?"""

from __future__ import annotations

from collections.abc import Iterable

from shared.onedrive.answers import Json
from shared.onedrive.columns import Column

# Of `publication.level` (reference onedrive-graph, Q5), the other one being "checkout". The facet is given only where
# $select names it, and only "in locations that support such actions": where it is missing nobody can check a file out.
# Any other level is not taken for checked in.
PUBLISHED = "published"

# How Graph shows content approval is not in the reference (Q21 has its states only). Assumed, and all in this module:
# a column of this name, listed among the library's columns only where content approval is on (SharePoint itself says
# "approved" of every file in a library without it); its value a number in the order of SPModerationStatusType, or its
# name. Anything else reads as "", which no gate accepts. Whether an application that may not approve sees a file before
# it is approved at all is unknown too; if not, the gate is never asked, and the file arrives once it is approved.
MODERATION = "_ModerationStatus"
STATUSES = ("Approved", "Denied", "Pending", "Draft", "Scheduled")


def is_checked_in(raw: Json) -> bool:
    facet = raw.get("publication")
    return facet is None or (isinstance(facet, dict) and facet.get("level") == PUBLISHED)


def can_be_checked_out(raw: Json) -> bool:
    return raw.get("publication") is not None


def has_content_approval(columns: Iterable[Column]) -> bool:
    """Columns that may not be read say nothing, which counts as no."""
    return any(column.name == MODERATION for column in columns)


def status_of(fields: object) -> str:
    value = fields.get(MODERATION) if isinstance(fields, dict) else None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if text.isdecimal() and not isinstance(value, bool):
        return STATUSES[int(text)] if int(text) < len(STATUSES) else ""
    return text if text in STATUSES else ""
