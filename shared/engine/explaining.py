"""Why a file is where it is: the same decision as always on fresh facts, with every rule that led to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.documents import NoOfficeFile, Protected, UnsafeContent
from shared.domain.decisions import Decision, Outcome, Reason
from shared.domain.facts import Facts
from shared.domain.ids import AssetId, DriveId, ItemId, link_key
from shared.domain.links import Link, LinkState
from shared.engine.context import Context
from shared.engine.facts import complete, read_item
from shared.engine.rules import Rule, advice_on, rules_of
from shared.engine.sharing import owner_of
from shared.engine.stopping import item_of
from shared.flows import IngestFlow, decide, not_selected_because, preview
from shared.ledger.gates import gate_key
from shared.ledger.rows import RefKind, asset_ref


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one file under one flow."""

    flow: IngestFlow
    facts: Facts
    link: Link | None
    decision: Decision
    rules: tuple[Rule, ...]
    would_change: tuple[str, ...]
    stops: str
    alias_of: Link | None = None  # the link of the file that owns the asset


async def explain_path(context: Context, path: str) -> list[Explanation]:
    """The file at a path from a library's root, in every library that a flow names and that has one.

    Where none stands there, those that stood there last: a file that is gone is still spoken of by its path.
    """
    found: list[Explanation] = []
    for drive in await context.drives():
        item = await context.onedrive.item_at(drive, path)
        if item is not None:
            found += await explain_item(context, drive, item.id)
    return found or await _explain_known(context, path)


async def _explain_known(context: Context, path: str) -> list[Explanation]:
    """Reads the links of all flows, so it takes its time in a large ledger."""
    items: dict[tuple[DriveId, ItemId], None] = {}
    async for link in context.ledger.all_links():
        if (link.path or "").casefold() == path.casefold():
            items[link.drive, link.item] = None
    found = [one for drive, item in items for one in await explain_item(context, drive, item)]
    return [one for one in found if one.link is not None]


async def explain_asset(context: Context, asset: AssetId) -> list[Explanation]:
    """The files that an asset came from."""
    keys = await context.ledger.refs(RefKind.ASSET, asset_ref(asset))
    found: list[Explanation] = []
    for drive, item in dict.fromkeys(item_of(key) for key in keys):
        found += await explain_item(context, drive, item)
    return found


async def explain_item(context: Context, drive: DriveId, item: ItemId) -> list[Explanation]:
    facts = await read_item(context, drive, item)
    return [await _explain(context, flow, facts) for flow in await context.flows_of(drive)]


async def _explain(context: Context, flow: IngestFlow, facts: Facts) -> Explanation:
    link = await context.ledger.link(link_key(flow.id, facts.item.drive, facts.item.id))
    try:
        full = await complete(context, flow, facts, link)
        decision = decide(flow, full, link, generation=context.generation)
    except (NoOfficeFile, Protected, UnsafeContent) as problem:
        full, decision = facts, Decision(Outcome.HOLD, (Reason("content", str(problem)),))
    left = not_selected_because(flow, full.item)
    if left and decision.outcome is Outcome.IGNORE and decision.reasons[0].rule == "from":
        decision = replace(decision, reasons=left)
    owner = await _owner(context, link)
    rules = tuple(rules_of(flow, decision, left, preview(flow, full, link), is_alias=owner is not None))
    stops = await context.stops(flow.id)
    advice = (*advice_on(flow, decision, stops), *await _company_behind(context, flow, decision))
    return Explanation(flow, full, link, decision, rules, advice, stops, owner)


async def _owner(context: Context, link: Link | None) -> Link | None:
    """Of the asset that an alias lives by."""
    if link is None or link.settled is None or not link.settled.alias or link.state is LinkState.CLOSED:
        return None
    return await owner_of(context, link.settled.asset, link.key)


async def _company_behind(context: Context, flow: IngestFlow, decision: Decision) -> tuple[str, ...]:
    """How many files lie dormant behind the gate that keeps this one back."""
    need = decision.behind
    gate = await context.ledger.gate(gate_key(flow.id, need.kind, need.of)) if need is not None else None
    if gate is None:
        return ()
    seen = "1 file was seen" if len(gate.seen) == 1 else f"{len(gate.seen)} files were seen"
    return (f"then all that lie behind it are taken up: {seen}",)
