"""What people look at, read from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from shared.console.shapes import (
    AttentionList,
    AttentionRow,
    ClosedGate,
    DriveStatus,
    Explained,
    ExplainedFile,
    FlowStatus,
    Found,
    FoundFile,
    RuleOutcome,
    Status,
    Why,
)
from shared.domain.ids import AssetId, DriveId, FlowId
from shared.domain.links import Link
from shared.engine.context import Context
from shared.engine.explaining import Explanation, explain_asset, explain_path
from shared.engine.libraries import troubles
from shared.engine.notes import left_out_of
from shared.engine.operating import NotKnown
from shared.engine.rules import advice_for
from shared.errors import FlowFileProblem, System
from shared.ledger.gates import GateState
from shared.ledger.rows import Aside, Attention, AttentionKind, Standing

MOST = 1000  # rows that are counted; behind it "many" is all that helps
FOUND_AT_MOST = 50
SHOWN_AT_MOST = 20  # of what is held or has failed; `attention` has all of it
NOWHERE = "where its library is cannot be asked for now; the log says why"

type State = Literal["running", "starting", "paused", "braked", "barred", "frozen", "retired"]


async def status(context: Context, _: Mapping[str, str]) -> Status:
    file, ledger = context.flow_file, context.ledger
    rows = {kind: await ledger.attention(kind, MOST) for kind in AttentionKind}
    worst = [*rows[AttentionKind.FAILED], *rows[AttentionKind.HELD]]
    pauses = {system: await ledger.not_before(system) for system in System}
    now = context.clock.now()
    return Status(
        at=now,
        flow_file_generation=context.generation,
        flow_file_problems=tuple(map(str, file.problems)) if isinstance(file, FlowFileProblem) else (),
        flows=await _flows(context),
        drives=await _drives(context),
        held=len(rows[AttentionKind.HELD]),
        failed=len(rows[AttentionKind.FAILED]),
        waiting=len(rows[AttentionKind.WAITING]),
        due=len(await ledger.due(now, MOST)),
        look_at=tuple(_attention(context, row) for row in worst[:SHOWN_AT_MOST]),
        paused_systems={system.value: at for system, at in pauses.items() if at is not None and at > now},
    )


async def _flows(context: Context) -> tuple[FlowStatus, ...]:
    standings = await context.standings(fresh=True)
    known = () if isinstance(context.flow_file, FlowFileProblem) else context.flow_file.flows
    names = list(dict.fromkeys([*(flow.id for flow in known), *standings]))
    return tuple([await _flow(context, name, standings.get(name) or Standing(name)) for name in names])


async def _flow(context: Context, name: FlowId, standing: Standing) -> FlowStatus:
    file = context.flow_file
    flow = None if isinstance(file, FlowFileProblem) else file.flow(name)
    stops = standing.stops or (await context.stops(name))
    why = {
        "barred": standing.barred,
        "braked": standing.braked,
        "paused": f"by {standing.paused_by}",
        "starting": f"{standing.phase}",
    }
    nowhere = flow is not None and await context.known_drive_of(flow) is None
    return FlowStatus(
        id=name,
        about=flow.about if flow else "",
        mode=flow.mode.value if flow else "gone",
        start=flow.start.value if flow else "",
        state=cast("State", stops or "running"),
        why=why.get(stops, NOWHERE if nowhere else ""),
        files_listed=standing.listed,
        first_run_waiting=len(await context.ledger.asides(Aside.FIRST_RUN, name, MOST)),
        set_aside=len(await context.ledger.asides(Aside.STOPPED, name, MOST)),
        closed_gates=tuple([_closed_gate(gate) for gate in await context.ledger.gates(name)]),
        deleted_this_hour=standing.surge.deleted,
        new_versions_this_hour=standing.surge.versions,
    )


def _closed_gate(gate: GateState) -> ClosedGate:
    return ClosedGate(
        gate="folder" if gate.kind == "folder" else "collection",
        path=gate.path,
        files=len(gate.seen),
        opening=gate.is_opening,
        since=gate.since,
        reasons=Why.of(gate.reasons),
    )


async def _drives(context: Context) -> tuple[DriveStatus, ...]:
    connections: dict[DriveId, list[str]] = {}
    for flow in context.flows:
        drive = await context.known_drive_of(flow)
        if drive is not None:
            connections.setdefault(drive, []).append(flow.onedrive)
    found: list[DriveStatus] = []
    for drive, names in connections.items():
        row, mark = await context.ledger.subscription(drive), await context.ledger.mark(drive)
        found.append(
            DriveStatus(
                id=drive,
                connections=tuple(dict.fromkeys(names)),
                last_scan=await context.ledger.last_scan(drive),
                subscription=row.state.value if row else "none",
                subscription_expires=row.expires if row else None,
                marker=mark.state.value if mark else "none",
                marker_problem=mark.text if mark else "",
                problems=tuple(await troubles(context, [drive])),
            )
        )
    return tuple(found)


async def find(context: Context, query: Mapping[str, str]) -> Found:
    """By a part of the name, in any case. Reads the links of all flows, so it takes its time in a large ledger."""
    wanted = query["name"].casefold()
    found: list[FoundFile] = []
    async for link in context.ledger.all_links():
        if wanted in (link.path or "").casefold():
            if len(found) == FOUND_AT_MOST:
                return Found(files=tuple(found), complete=False)
            found.append(_file(link))
    return Found(files=tuple(found), complete=True)


def _file(link: Link) -> FoundFile:
    return FoundFile(
        link=link.key,
        flow=link.flow,
        path=link.path,
        state=link.state.value,
        asset=link.settled.asset if link.settled else None,
        transfer=link.transfer.step.value if link.transfer else None,
        reasons=Why.of(link.reasons),
    )


async def explain(context: Context, query: Mapping[str, str]) -> Explained:
    if "path" in query:
        found = await explain_path(context, query["path"])
    else:
        found = await explain_asset(context, AssetId(int(query["asset"])))
    if not found:
        raise NotKnown("nothing was found there: no library of any flow has such a file, or no file became that asset")
    return Explained(files=tuple(_explained(one) for one in found))


def _explained(one: Explanation) -> ExplainedFile:
    item, decision, link = one.facts.item, one.decision, one.link
    return ExplainedFile(
        link=link.key if link else "",
        flow=one.flow.id,
        path=item.path or (link.path if link else None),
        state=link.state.value if link else "unknown",
        asset=link.settled.asset if link and link.settled else None,
        transfer=link.transfer.step.value if link and link.transfer else None,
        reasons=Why.of((*decision.reasons, *(left_out_of(link) if link else ()))),
        outcome=decision.outcome.value,
        verb=decision.verb.value if decision.verb else None,
        until=decision.until,
        flow_stops=one.stops,
        rules=tuple(
            RuleOutcome(rule=r.rule, verdict=r.verdict.value, value=r.value, used=dict(r.used)) for r in one.rules
        ),
        used=dict(decision.used),
        alias_of=(one.alias_of.path or one.alias_of.item) if one.alias_of else None,
        would_change=one.would_change,
    )


async def attention(context: Context, query: Mapping[str, str]) -> AttentionList:
    kinds = [AttentionKind(query["kind"])] if "kind" in query else list(AttentionKind)
    rows = [row for kind in kinds for row in await context.ledger.attention(kind, MOST)]
    flow = query.get("flow")
    return AttentionList(rows=tuple(_attention(context, row) for row in rows if flow in {None, row.flow}))


def _attention(context: Context, row: Attention) -> AttentionRow:
    flow = next((flow for flow in context.flows if flow.id == row.flow), None)
    to_do = (advice_for(reason, flow) for reason in row.reasons)
    return AttentionRow(
        kind=row.kind.value,
        link=row.link,
        flow=row.flow,
        path=row.path,
        since=row.since,
        reasons=Why.of(row.reasons),
        what_to_do=tuple(dict.fromkeys(filter(None, to_do))),
    )
