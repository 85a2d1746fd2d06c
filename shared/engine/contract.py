"""Whether CELUM still has what the flows name, and lets the bridge use it, looked at every hour.

A flow is paused with the reason, so that a change does not hold file after file, and goes on by itself once all is as
it names it again; a person's pause stays.
"""

from __future__ import annotations

from dataclasses import replace

from shared.engine.checking.asset_types import check_asset_types
from shared.engine.checking.findings import Findings
from shared.engine.checking.live import AWAY, Live, live
from shared.engine.context import Context, log
from shared.engine.waiting import pause
from shared.errors import FlowFileProblem, NotAuthorised, Problem, RemoteError, System, Throttled
from shared.flows import IngestFlow
from shared.ledger.rows import Standing

VERSION_SETTING = "celum version"
BY_THE_CHECK = "the hourly check of CELUM: "  # in `Standing.paused_by`


async def keep_contract(context: Context) -> None:
    """Reads from CELUM only. One that does not answer now is asked an hour later."""
    file = context.flow_file
    if isinstance(file, FlowFileProblem) or await context.paused_until(System.CELUM) is not None:
        return
    try:
        async with live(context, file) as checking:
            await _note_version(context, (await checking.celum.probe()).version)
            for flow in context.flows:
                await _judge(context, flow, await _mistakes(checking, flow))
    except RemoteError as problem:
        log.warning("what the flows name in CELUM could not be checked: %s", problem)
        if isinstance(problem, Throttled | NotAuthorised):
            await pause(context, problem)
        elif not isinstance(problem, AWAY):
            log.error("%s", problem)


async def _note_version(context: Context, version: str) -> None:
    before = await context.ledger.setting(VERSION_SETTING)
    if before == version:
        return
    if before is not None:
        log.warning("CELUM is of the version %s now, and was of %s; what the flows name is checked", version, before)
    await context.ledger.put_setting(VERSION_SETTING, version)


async def _mistakes(checking: Live, flow: IngestFlow) -> tuple[Problem, ...]:
    alone = replace(
        checking, file=replace(checking.file, flows=(flow,)), findings=Findings(checking.file.places), resolved={}
    )
    await check_asset_types(alone)
    for worth in alone.findings.warnings:
        log.info("%s", worth.text)
    return tuple(sorted(alone.findings.errors, key=lambda problem: problem.text))


async def _judge(context: Context, flow: IngestFlow, mistakes: tuple[Problem, ...]) -> None:
    standing = (await context.standings(fresh=True)).get(flow.id)
    paused_by = standing.paused_by if standing is not None else ""
    if mistakes and not paused_by:
        why = BY_THE_CHECK + " ".join(mistake.text for mistake in mistakes)
        log.error("the flow %s is paused by %s", flow.id, why)
        context.celum.directory.forget()
        await context.journal_flow(flow.id, "paused", who=why)
        await context.change_standing(flow.id, lambda present: replace(present, paused_by=present.paused_by or why))
    elif not mistakes and paused_by.startswith(BY_THE_CHECK):
        await context.journal_flow(flow.id, "resumed", who=BY_THE_CHECK + "all it names is there again")
        context.celum.directory.forget()
        await context.change_standing(flow.id, _released)


def _released(standing: Standing) -> Standing:
    """Unless a person has paused it meanwhile."""
    return replace(standing, paused_by="") if standing.paused_by.startswith(BY_THE_CHECK) else standing
