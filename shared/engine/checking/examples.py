"""What only a file of the library tells: may its versions, its check-out and its approval be read?"""

from __future__ import annotations

from shared.domain.ids import DriveId
from shared.domain.items import Item
from shared.engine.checking.findings import About
from shared.engine.checking.live import Live
from shared.errors import Forbidden
from shared.flows import CheckedIn, ContentApprovalIs, IngestFlow, leaves_of, traced_by_versions
from shared.onedrive.states import has_content_approval

DEEPEST = 4  # folders, one in the other, that are opened to come upon a file


async def check_examples(checking: Live, about: About, flow: IngestFlow, drive: DriveId) -> None:
    leaves = tuple(leaves_of(flow.ready.conditions))
    checks_in = any(isinstance(leaf, CheckedIn) for leaf in leaves)
    approves = any(isinstance(leaf, ContentApprovalIs) for leaf in leaves)
    if approves and not has_content_approval(checking.columns.get(flow.onedrive, ())):
        text = "the library has no content approval that the app can see, so the gate never opens."
        about.wrong(("ready", "content_approval"), f"ready.content_approval: {text}", "Switch it on in the library.")
        approves = False
    if not (checks_in or approves or traced_by_versions(flow)):
        return
    folder = await checking.onedrive.item_at(drive, flow.pattern.fixed_prefix)
    if folder is None:
        return  # told where folders are checked
    file = await _some_file(checking, folder)
    if file is None:
        text = "there is no file yet with which to try whether versions and states can be read."
        about.worth(("from", "path"), f"from.path: {text}")
        return
    if traced_by_versions(flow):
        await _versions(checking, about, file)
    if checks_in:
        await _check_out(checking, about, file)
    if approves:
        await _approval(checking, about, file)


async def _some_file(checking: Live, folder: Item) -> Item | None:
    """The first that is met below the flow's folder; one page a folder."""
    below: Item | None = folder
    for _ in range(DEEPEST):
        if below is None or not below.is_folder:
            return None
        items, _more = await checking.onedrive.children_page(below.drive, below.id, None)
        file = next((item for item in items if item.content is not None and not item.is_marker), None)
        if file is not None:
            return file
        below = next((item for item in items if item.is_folder), None)
    return None


async def _versions(checking: Live, about: About, file: Item) -> None:
    try:
        await checking.onedrive.versions(file.drive, file.id)
    except Forbidden:
        text = (
            "the app may not read the versions of list items (403), so nobody can tell which content was approved: "
            "a file edited after its approval is held until people set the column back, wait for the status column, "
            "and approve again."
        )
        about.worth(("ready", "column"), f"ready: {text}")


async def _check_out(checking: Live, about: About, file: Item) -> None:
    try:
        can_be = await checking.onedrive.can_be_checked_out(file.drive, file.id)
    except Forbidden as problem:
        about.wrong(("ready", "checked_in"), f"ready.checked_in: the app may not read it ({problem}).")
        return
    if not can_be:
        text = "files of this library cannot be checked out, so each counts as checked in at once."
        about.worth(("ready", "checked_in"), f"ready.checked_in: {text}")


async def _approval(checking: Live, about: About, file: Item) -> None:
    try:
        await checking.onedrive.content_approval(file.drive, file.id)
    except Forbidden as problem:
        text = f"the app may not read the approval of a file, so the gate never opens ({problem})."
        about.wrong(("ready", "content_approval"), f"ready.content_approval: {text}")
