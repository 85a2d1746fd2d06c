"""Which flow file counts: the newest one that any instance has, and what it changes about each flow."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

from shared.domain.decisions import Reason
from shared.domain.ids import FlowId
from shared.engine.context import Context, flow_key, log
from shared.errors import FlowFileProblem, Forbidden, Missing, NameProblem
from shared.flows import FlowFile, IngestFlow, normalised
from shared.ledger.rows import AttentionKind, DueEntry, DueKind, Phase, Standing, Surge

LATEST = "flow file generation"
LATEST_CACHE_SECONDS = 30  # as long as a message of a newer flow file waits for an instance that has it
_DIGITS = 16  # the stamp in milliseconds, so that text order is time order
_NO_MATTER = frozenset({"about", "limits"})  # what changes nothing about which files a flow takes and how


async def is_older(context: Context) -> bool:
    """Whether another instance has a newer flow file than this one, which then leaves all work to it."""
    known = context.latest_generation
    if known is None or known[1] <= context.clock.now():
        latest = await context.ledger.setting(LATEST) or "0"
        context.latest_generation = known = (int(latest), context.clock.after(LATEST_CACHE_SECONDS))
    return known[0] > context.generation


async def adopt(context: Context) -> None:
    """Take in what this process's flow file says, once, unless another has a newer one. May be repeated."""
    if context.is_adopted or isinstance(context.flow_file, FlowFileProblem):
        return
    stamp = f"{context.generation:0{_DIGITS}d}"
    latest = await context.ledger.raise_setting(LATEST, stamp)
    context.latest_generation = (int(latest), context.clock.after(LATEST_CACHE_SECONDS))
    if latest > stamp:
        return
    known = await context.standings(fresh=True)
    complete = True
    for flow in context.flows:
        complete &= await _take_in(context, context.flow_file, flow, known.get(flow.id))
    for standing in known.values():
        if standing.flow not in {flow.id for flow in context.flows}:
            await _freeze(context, context.flow_file, standing)
    context.is_adopted = complete


def definition_of(file: FlowFile, flow: IngestFlow) -> str:
    """Names what a flow says, its connections and tables included."""
    said = dict(normalised(file, flow))
    flows = said["flows"]
    assert isinstance(flows, list)  # noqa: S101  the shape of `normalised`
    said["flows"] = [{key: value for key, value in dict(one).items() if key not in _NO_MATTER} for one in flows]
    del said["limits"], said["name"]
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


async def _take_in(context: Context, file: FlowFile, flow: IngestFlow, known: Standing | None) -> bool:
    """A new, changed or returning flow begins with a listing of its files. The watch over that stands before it."""
    definition = definition_of(file, flow)

    def is_known(standing: Standing) -> bool:
        return standing.definition == definition and not standing.frozen and not standing.retired

    if known is not None and is_known(known):
        return True
    try:
        drive = await context.drive_of(flow)
    except (NameProblem, Forbidden, Missing) as problem:
        log.error("flow %s cannot begin: %s", flow.id, problem)
        return False
    await context.ledger.add_due(DueEntry(context.clock.now(), flow_key(flow.id), DueKind.FLOW))

    def begin(standing: Standing) -> Standing:
        if is_known(standing):
            return standing
        fresh = Standing(flow.id, paused_by=standing.paused_by, braked=standing.braked)
        if standing.drive == drive:
            fresh = replace(fresh, since=standing.since, covered=standing.covered)
        return replace(fresh, drive=drive, definition=definition, generation=context.generation)

    await context.change_standing(flow.id, begin)
    await context.ledger.drop_attention(flow_key(flow.id), AttentionKind.WAITING, AttentionKind.FAILED)
    what = "returned" if known is not None and known.frozen else "changed" if known is not None else "new"
    await context.journal_flow(flow.id, f"flow {what}", generation=str(context.generation), definition=definition)
    log.info("flow %s is %s: its files are listed before anything is decided", flow.id, what)
    return True


async def _freeze(context: Context, file: FlowFile, standing: Standing) -> None:
    """Nothing runs and nothing is retracted; a person retires it, or the flow comes back."""
    if standing.frozen or standing.retired:
        return
    is_off = file.flow(standing.flow) is not None
    why = "is switched off" if is_off else "is gone from the flow file: put it back, or `bridge retire` it"
    await put_flow_attention(context, AttentionKind.WAITING, standing.flow, Reason("mode" if is_off else "id", why))
    await context.change_standing(
        standing.flow, lambda present: replace(present, frozen=True, phase=Phase.NEW, surge=Surge())
    )
    await context.journal_flow(standing.flow, "frozen", generation=str(context.generation), why=why)
    log.warning("flow %s %s; it is frozen", standing.flow, why)


async def put_flow_attention(context: Context, kind: AttentionKind, flow: FlowId, reason: Reason) -> None:
    """Show something about the whole flow to people."""
    now = context.clock.now()
    await context.ledger.put_attention(kind, flow_key(flow), flow=flow, path=None, reasons=(reason,), since=now)
