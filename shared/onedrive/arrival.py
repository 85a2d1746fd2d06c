"""Whether a file that stands where one was uploaded is the one whose last answer was lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.items import Item
from shared.errors import Conflict
from shared.onedrive.placing import IfTaken
from shared.onedrive.upload_session import Target, UploadSessions
from shared.onedrive.verifying import Verdict

CLOCKS_DIFFER = timedelta(minutes=10)  # ours and the server's, at the most


async def candidates(sessions: UploadSessions, target: Target) -> list[Item]:
    """What stands at the target; of one that may have been renamed, every file that its name may have become."""
    if target.if_taken is not IfTaken.RENAME:
        item = await sessions.look(target)
        return [] if item is None else [item]
    stem, dot, ending = target.name.rpartition(".")
    begins, ends = (stem if dot else target.name).casefold(), (dot + ending if dot else "").casefold()
    listed = [item async for item in sessions.beside(target)]
    names = [(item.name.casefold(), item) for item in listed]
    return [item for name, item in names if name.startswith(begins) and name.endswith(ends)]


def is_ours(item: Item, seen: Verdict, target: Target, begun: datetime) -> bool:
    """Other bytes of a rewritten file prove nothing by themselves: it must be newer than the session."""
    if seen in {Verdict.SAME, Verdict.DIFFERENT}:
        return seen is Verdict.SAME
    if target.if_match is not None:
        return item.etag != target.if_match
    since = begun - CLOCKS_DIFFER
    match target.if_taken:
        case IfTaken.FAIL:
            return True
        case IfTaken.REPLACE:
            return item.modified is not None and item.modified >= since
        case IfTaken.RENAME:
            return item.created is not None and item.created >= since


async def was_no_clash(clash: Conflict, sessions: UploadSessions, target: Target) -> bool:
    """Large uploads are refused as `resourceModified` though nobody modified anything (odapi#1707)."""
    if clash.code.casefold() != "resourcemodified":
        return False
    there = await sessions.look(target)
    if target.if_match is not None:
        return there is not None and there.etag == target.if_match
    return there is None or target.if_taken is not IfTaken.FAIL
