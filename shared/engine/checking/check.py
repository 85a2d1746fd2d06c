"""The live check from beginning to end: both systems at once, then what each says of the other's values."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from shared.engine.checking.asset_types import check_asset_types
from shared.engine.checking.collections import check_collections
from shared.engine.checking.findings import in_order
from shared.engine.checking.libraries import check_libraries
from shared.engine.checking.live import AWAY, Live, live
from shared.engine.checking.rights import check_rights
from shared.engine.checking.values import check_values
from shared.engine.context import Context
from shared.engine.waiting import pause
from shared.errors import FlowFileProblem, NotAuthorised, Problem, RemoteError, System, Throttled

SECONDS = 40  # for each of the two rounds: the platform cuts an HTTP answer off after 230


@dataclass(frozen=True, slots=True)
class Checked:
    """`away`: why a system could not be asked, or not to the end."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    away: Mapping[System, str] = field(default_factory=dict)


async def check(context: Context) -> Checked:
    """Reads, and changes nothing in either system. One that is away does not keep the other from being checked."""
    file = context.flow_file
    if isinstance(file, FlowFileProblem):
        return Checked(file.problems)
    async with live(context, file) as checking:
        onedrive, celum = await asyncio.gather(
            _ask(checking, System.ONEDRIVE, check_libraries), _ask(checking, System.CELUM, _check_celum)
        )
        celum = celum or await _ask(checking, System.CELUM, check_values)
        away = {system: why for system, why in ((System.ONEDRIVE, onedrive), (System.CELUM, celum)) if why}
        for system, why in away.items():
            words = ("connections", "onedrive" if system is System.ONEDRIVE else "celum")
            checking.findings.of_file().wrong(words, f"{system} could not be checked, or not to the end: {why}.")
    return Checked(in_order(checking.findings.errors), in_order(checking.findings.warnings), away)


async def _check_celum(checking: Live) -> None:
    await checking.celum.probe()
    await check_asset_types(checking)
    await check_collections(checking)
    await check_rights(checking)


async def _ask(checking: Live, system: System, questions: Callable[[Live], Awaitable[None]]) -> str:
    """Why the system could not be asked all of it; empty if it was. What it asks for when it is busy, it gets."""
    until = await checking.context.paused_until(system)
    if until is not None:
        return f"it is left alone until {until:%Y-%m-%d %H:%M:%S} UTC, as it asked"
    try:
        async with asyncio.timeout(SECONDS):
            await questions(checking)
    except TimeoutError:
        return f"it has not answered everything within {SECONDS} seconds"
    except RemoteError as problem:
        if not isinstance(problem, AWAY):
            raise
        if isinstance(problem, Throttled | NotAuthorised):
            await pause(checking.context, problem)
        return str(problem)
    return ""
