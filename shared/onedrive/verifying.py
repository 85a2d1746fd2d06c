"""Is what stands in OneDrive what was sent? Pure."""

from __future__ import annotations

from enum import StrEnum

from shared.domain.items import Content, Item

# SharePoint promotes properties into these and stores other bytes than were sent; it cannot be switched off.
REWRITTEN_TYPES = frozenset(
    {"docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "xlsb", "pptx", "pptm", "potx", "ppsx", "vsdx"}
    | {"doc", "xls", "ppt", "pdf", "html", "htm", "aspx"}
)


class Verdict(StrEnum):
    SAME = "same"
    REWRITTEN = "rewritten"  # by SharePoint: record the server's hash, and never delete the source for it
    UNPROVEN = "unproven"  # the size fits and OneDrive has no hash yet: look again later
    DIFFERENT = "different"


def verdict(item: Item, sent: Content) -> Verdict:
    """Compare the item that an upload made with the bytes that went out."""
    there = item.content
    if there is None or (there.quick_xor is None and there.size == sent.size):
        return Verdict.UNPROVEN
    if there == sent:
        return Verdict.SAME
    by_a_person = item.modified_by is not None and not item.modified_by.is_application
    if there.size and may_be_rewritten(item.name) and not by_a_person:
        return Verdict.REWRITTEN
    return Verdict.DIFFERENT


def may_be_rewritten(name: str) -> bool:
    return name.rpartition(".")[2].casefold() in REWRITTEN_TYPES
