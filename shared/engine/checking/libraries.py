"""The libraries of the flow file: are they there, and may the app do in them what the flows want?"""

from __future__ import annotations

from shared.domain.ids import DriveId
from shared.engine.checking.columns import check_columns
from shared.engine.checking.examples import check_examples
from shared.engine.checking.findings import About, Words
from shared.engine.checking.folders import check_folders
from shared.engine.checking.granted import WRITING, is_of_one_site, roles_of
from shared.engine.checking.live import Live, all_of
from shared.engine.clients import onedrive_settings
from shared.errors import Forbidden, Missing, NameProblem, Refused
from shared.flows import VALUE, OneDriveConnection
from shared.ledger.rows import MarkState, SubscriptionState

GRANT = "Grant it Sites.ReadWrite.All, or Sites.Selected and the role write on this site."


async def check_libraries(checking: Live) -> None:
    used = [checking.file.connections[name] for name in dict.fromkeys(flow.onedrive for flow in checking.file.flows)]
    await all_of(_library(checking, one) for one in used if isinstance(one, OneDriveConnection))


async def _library(checking: Live, connection: OneDriveConnection) -> None:
    about, words = checking.findings.of_file(), ("connections", connection.name)
    drive = await _drive(checking, about, connection)
    if drive is None:
        return
    checking.drives[connection.name] = drive
    await _right_to_write(checking, about, words, drive)
    await _subscription(checking, about, words, drive)
    try:
        columns = await checking.onedrive.column_definitions(drive)
    except Forbidden as problem:
        about.wrong(words, f"connections.{connection.name}: the app may not read its columns ({problem}).", GRANT)
        columns = ()
    if columns:
        checking.columns[connection.name] = columns
    for flow in checking.flows_of(connection.name):
        of_flow = checking.findings.of_flow(flow)
        if columns:
            check_columns(of_flow, flow, columns)
        await check_folders(checking, of_flow, flow, drive)
        await check_examples(checking, of_flow, flow, drive)


async def _drive(checking: Live, about: About, connection: OneDriveConnection) -> DriveId | None:
    """The drive, once its root could be read."""
    where = f"connections.{connection.name}"
    words: Words = ("connections", connection.name, "drive_id" if connection.drive_id else "site", VALUE)
    try:
        drive = DriveId(connection.drive_id or "") or await checking.onedrive.drive_of(
            connection.site or "", connection.library or ""
        )
        if await checking.onedrive.item_at(drive, "/") is not None:
            return drive
    except NameProblem as problem:
        about.named(("connections", connection.name, problem.kind, VALUE), where, problem)
    except Forbidden as problem:
        about.wrong(words, f"{where}: the app may not read there ({problem}).", GRANT)
    except (Missing, Refused) as problem:
        about.wrong(words, f"{where}: it cannot be read ({problem}).")
    else:
        about.wrong(words, f"{where}: there is no such library, or the app may not see it.")
    return None


# --- what reading cannot try, but what was tried before tells --------------------------------------------------------


async def _right_to_write(checking: Live, about: About, words: Words, drive: DriveId) -> None:
    """By the marker file, which the first scan writes; before that, by what the app's own token says."""
    where = f"connections.{words[1]}"
    mark = await checking.context.ledger.mark(drive)
    if mark is not None and mark.text:
        about.wrong(words, f"{where}: {mark.text}.", GRANT if mark.state is MarkState.UNWRITTEN else None)
        return
    roles = await roles_of(onedrive_settings(checking.context.settings))
    if roles is not None and not roles & WRITING and not is_of_one_site(roles):
        said = ", ".join(sorted(roles)) or "nothing"
        text = f"the app may read, but write neither columns nor its marker: it was granted {said}"
        about.wrong(words, f"{where}: {text}.", GRANT)
    elif mark is None and not (roles or frozenset()) & WRITING:
        text = "whether the app may write its marker and columns is not known before the first scan"
        about.worth(words, f"{where}: {text}.", "Look at `bridge status` then.")


async def _subscription(checking: Live, about: About, words: Words, drive: DriveId) -> None:
    """Whether Sites.Selected is enough for one is said nowhere (reference onedrive-graph 1.6)."""
    if await checking.context.ledger.last_scan(drive) is None:
        return
    row = await checking.context.ledger.subscription(drive)
    if row is None or row.state is not SubscriptionState.LIVE:
        text = "no subscription tells of changes there, so they are noticed by the daily sweep alone"
        about.worth(words, f"connections.{words[1]}: {text}.", "The log says why Graph refused it.")
