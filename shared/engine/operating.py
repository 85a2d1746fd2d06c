"""What people do to flows as a whole. Each action is written down with who did it, before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.domain.decisions import Reason
from shared.domain.ids import FlowId
from shared.domain.links import LinkState
from shared.engine.baseline import release_first_run
from shared.engine.brake import Surprise
from shared.engine.context import Context, flow_key
from shared.engine.gates import forget_gate
from shared.engine.stopping import AT_ONCE, flow_of, release
from shared.errors import BridgeError, FlowFileProblem
from shared.flows import IngestFlow
from shared.ledger.rows import Aside, AttentionKind, Standing, Surge


class CannotBeDone(BridgeError):
    """What was asked for does not fit how things stand; the text says what does."""


class NotKnown(BridgeError):
    """There is no such flow, file or link."""


def flow_named(context: Context, flow: FlowId) -> IngestFlow:
    """Of the flow file, also where it is switched off."""
    file = context.flow_file
    if isinstance(file, FlowFileProblem):
        raise CannotBeDone(f"the flow file of the app is invalid: {file}")
    found = file.flow(flow)
    if found is None:
        raise NotKnown(f'there is no flow "{flow}"; the file has {", ".join(one.id for one in file.flows)}')
    return found


async def pause(context: Context, flow: FlowId, who: str) -> Standing:
    """Nothing of it is decided or carried on; changes are still noticed."""
    flow_named(context, flow)
    await context.journal_flow(flow, "paused", who=who)
    return await context.change_standing(flow, lambda standing: replace(standing, paused_by=standing.paused_by or who))


async def resume(context: Context, flow: FlowId, who: str) -> int:
    """Let it run, and take the next step of the files that were there before it; how many those are."""
    found = flow_named(context, flow)
    standing = await context.ledger.standing(flow)
    if standing is not None and standing.braked:
        raise CannotBeDone(f"the brake is on: decide first, with `bridge brake {flow}` --go-on or --discard")
    await context.journal_flow(flow, "resumed", who=who)
    standing = await context.change_standing(flow, lambda present: replace(present, paused_by=""))
    released = 0 if standing.stops else await release_first_run(context, found)
    await release(context, flow)
    return released


async def go_on(context: Context, flow: FlowId, who: str) -> Standing:
    """What the brake held is carried out; counting begins anew."""
    return await _release_brake(context, flow, who, "brake released", lambda present: replace(present, braked=""))


async def discard(context: Context, flow: FlowId, who: str) -> Standing:
    """The files that are gone keep their assets and lose their links; the new contents are not taken."""
    now = context.clock.now()

    def discarded(present: Standing) -> Standing:
        since = present.surge.since or now - timedelta(hours=1)
        return replace(present, braked="", discard_from=since, discard_to=now, discarded_by=who)

    standing = await context.ledger.standing(flow)
    if standing is not None and standing.braked:
        await _close_the_gone(context, flow, who)
    return await _release_brake(context, flow, who, "surprises discarded", discarded)


async def retire(context: Context, flow: FlowId, who: str) -> Standing:
    """Of a flow that is gone from the file: its assets are kept, whatever waited for it is forgotten."""
    file = context.flow_file
    if isinstance(file, FlowFileProblem) or file.flow(flow) is not None:
        raise CannotBeDone(f'the flow "{flow}" stands in the flow file: take it out and deploy, then retire it')
    known = await context.ledger.standing(flow)
    if known is None:
        raise NotKnown(f'the bridge never knew a flow "{flow}"')
    await context.journal_flow(flow, "retired", who=who, assets="kept")
    retired = await context.change_standing(
        flow, lambda present: replace(present, retired=True, braked="", paused_by="")
    )
    await context.ledger.drop_attention(flow_key(flow))
    for gate in await context.ledger.gates(flow):
        await forget_gate(context, gate)
    for kind in AttentionKind:
        for row in await context.ledger.attention(kind):
            if flow_of(row.link) == flow:
                await context.ledger.drop_attention(row.link)
    return retired


async def _release_brake(
    context: Context, flow: FlowId, who: str, what: str, change: Callable[[Standing], Standing]
) -> Standing:
    """The journal first; the attention last, so that a brake that is still on is always shown."""
    flow_named(context, flow)
    standing = await context.ledger.standing(flow)
    if standing is None or not standing.braked:
        raise CannotBeDone(f'the brake of the flow "{flow}" is not on')
    await context.journal_flow(flow, what, who=who, why=standing.braked)

    def begun_anew(present: Standing) -> Standing:
        return replace(change(present), surge=Surge(open=present.surge.open))

    fresh = await context.change_standing(flow, begun_anew)
    await context.ledger.drop_attention(flow_key(flow), AttentionKind.HELD)
    await release(context, flow)
    return fresh


async def _close_the_gone(context: Context, flow: FlowId, who: str) -> None:
    """Killed in the middle, the brake is still on, and a person asks once more."""
    reason = Reason("limits", f"the file is gone; its asset was kept at the brake by {who}")
    while gone := [e for e in await context.ledger.asides(Aside.STOPPED, flow, AT_ONCE) if e.note == Surprise.DELETED]:
        for entry in gone:
            link = await context.ledger.link(entry.link)
            if link is not None and link.state is not LinkState.CLOSED:
                closed = replace(link, state=LinkState.CLOSED, reasons=(reason,), transfer=None, due_at=None)
                await context.journal(closed, "closed", more={"who": who, "why": reason.text})
                await context.ledger.put_link(closed)
            await context.ledger.drop_aside(Aside.STOPPED, flow, entry)
