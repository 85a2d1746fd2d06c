"""The folders that a flow names: below which its files lie, and whose columns are a gate."""

from __future__ import annotations

from shared.domain.ids import DriveId
from shared.engine.checking.findings import About, Words, hint
from shared.engine.checking.live import Live
from shared.engine.checking.uses import fixed_beginning
from shared.errors import Forbidden
from shared.flows import VALUE, GateKind, IngestFlow


async def check_folders(checking: Live, about: About, flow: IngestFlow, drive: DriveId) -> None:
    """A folder may well be made later, so one that is missing is no error."""
    paths: dict[str, Words] = {flow.pattern.fixed_prefix: ("from", "path", VALUE)}
    for gate in flow.ready.gates:
        if gate.kind is GateKind.FOLDER:
            paths.setdefault(fixed_beginning(gate.path)[0], ("ready", "folder", "path", VALUE))
    for path, words in paths.items():
        await _folder(checking, about, words, drive, path)


async def _folder(checking: Live, about: About, words: Words, drive: DriveId, path: str) -> None:
    what = ".".join(words[:-1])
    try:
        found = await checking.onedrive.item_at(drive, path)
        if found is None:
            siblings = await _siblings(checking, drive, path)
            text = f'{what}: there is no folder "{path}" in the library yet.'
            about.worth(words, text, hint(path.rpartition("/")[2], siblings))
        elif not found.is_folder:
            about.wrong(words, f'{what}: "{path}" is a file.')
    except Forbidden as problem:
        about.wrong(words, f'{what}: the app may not read "{path}" ({problem}).')


async def _siblings(checking: Live, drive: DriveId, path: str) -> list[str]:
    """The folders that stand where the missing one should; none where the one above is missing, too."""
    above = await checking.onedrive.item_at(drive, path.rpartition("/")[0])
    if above is None or not above.is_folder:
        return []
    items, _ = await checking.onedrive.children_page(drive, above.id, None)
    return [item.name for item in items if item.is_folder]
