"""OneDrive → CELUM, step by step: prepare, upload, identify, register, verify, complete, settle.

A checkpoint follows every effect that is dear to repeat; a run that was killed goes on at its last one. Steps that are
cheap to repeat, and find done what they did, write none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from shared.domain.assets import Asset
from shared.domain.decisions import Verb
from shared.domain.transfers import Step
from shared.engine.facts import complete as complete_facts
from shared.engine.facts import read_item
from shared.engine.finishing import finish
from shared.engine.identifying import identify, take_leases
from shared.engine.leaving import left_collection
from shared.engine.notes import lost_of
from shared.engine.plan import Plan, change_of, make_plan
from shared.engine.registering import learn_outcome, register
from shared.engine.run import NotThisOne, Run
from shared.engine.settling import settle
from shared.engine.sharing import first_of, inherits
from shared.engine.uploading import upload
from shared.engine.verifying import present, verify
from shared.flows import decide


async def ingest(run: Run) -> None:
    """Carry the transfer to its end. Every run, also one resumed hours later, begins with fresh facts."""
    if run.transfer.verb is Verb.FINISH:
        await finish(run)
        return
    plan = await prepare(run)
    if run.transfer.step is Step.PREPARE:
        run.step = Step.COMPLETE if plan.verb is Verb.UPDATE else Step.UPLOAD
    while run.link.transfer is not None:
        if run.transfer.again and run.step in VISIBLE:
            await run.checkpoint(again=False)
            plan = await prepare(run)
        await STEPS[run.step](run, plan)


async def prepare(run: Run) -> Plan:
    """Fresh facts, the same decision; anything else closes the transfer. Names are resolved, values converted."""
    context, link = run.context, run.link
    facts = await read_item(context, link.drive, link.item)
    reading = complete_facts(context, run.flow, facts, link)  # may hash whole old versions
    run.facts = facts = await run.while_it_takes(reading, lambda: run.transfer.progress)
    decision = decide(run.flow, facts, link, generation=context.generation)
    transfer = run.transfer
    if decision.wish is None or (decision.verb, decision.signature) != (transfer.verb, transfer.signature):
        await learn_outcome(run)
        raise NotThisOne(f"now {decision.outcome}: {'; '.join(reason.text for reason in decision.reasons)}")
    if decision.facts_hash != transfer.facts_hash:  # the same bytes, to be described otherwise: nothing is lost by it
        run.step = Step.COMPLETE if run.step is Step.SETTLE else run.step
        await run.checkpoint(facts_hash=decision.facts_hash)
    return await make_plan(run, decision.wish, lost_of(decision.reasons))


async def verify_alone(run: Run, plan: Plan) -> None:
    """A run that begins here, since another was killed, takes up what that one held."""
    if plan.verb is Verb.CREATE:
        await take_leases(run, plan)
    await verify(run, plan)


async def complete(run: Run, plan: Plan) -> None:
    """Everything that makes the asset what the flow wants, in one PATCH: fields, name, availability, collections."""
    context = run.context
    asset = await present(run, plan)
    if plan.target.id not in asset.parents and not run.owns_asset and not run.transfer.adds:
        await run.checkpoint(adds=True)
    leaves = await left_collection(context, run.link, plan.target.id)
    inherited = run.transfer.linked and await inherits(context, asset.id, run.link)
    change, replaced = change_of(plan, asset, run.transfer, leaves=leaves, inherited=inherited)
    if await first_of(context, run.link) is not None:
        change = dataclasses.replace(change, name=None)  # an earlier flow has the say over it
    await _note_what_stood(run, plan, asset)
    for label, text in replaced.items():
        more = {"field": label, "value": text, "asset": str(asset.id)}
        await context.journal(run.link, "replaced", more=more, of=label)
    if not change.is_empty:
        run.asset = await context.celum.update(asset.id, change)
    run.step = Step.SETTLE


async def _note_what_stood(run: Run, plan: Plan, asset: Asset) -> None:
    """Before an asset goes out of use, for nothing in CELUM tells it afterwards. Until it settles, nobody is sure."""
    settled, stood = run.link.settled, plan.use(asset).stood
    if not run.transfer.linked and settled is not None and stood not in {None, settled.stood}:
        noted = dataclasses.replace(settled, stood=stood, facts_hash="")
        await run.change_link(lambda link: dataclasses.replace(link, settled=noted))


VISIBLE = frozenset({Step.REGISTER, Step.COMPLETE, Step.SETTLE})
STEPS: dict[Step, Callable[[Run, Plan], Awaitable[None]]] = {
    Step.UPLOAD: upload,
    Step.IDENTIFY: identify,
    Step.REGISTER: register,
    Step.VERIFY: verify_alone,
    Step.COMPLETE: complete,
    Step.SETTLE: settle,
}
