"""Columns that a flow writes and its library does not have: told once for the flow, not with every file."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.decisions import Reason
from shared.domain.items import Columns
from shared.engine.context import Context, flow_key, log
from shared.flows import IngestFlow, Unfit, internal_name
from shared.ledger.rows import AttentionKind

TOLD_AGAIN_SECONDS = 600  # what another instance has written down meanwhile is put right after that


def wrong_columns(flow: IngestFlow, columns: Columns | None) -> Mapping[str, Reason]:
    """Of those that the flow writes, as it names them: unknown, of two columns, or the same as one before."""
    if columns is None:
        return {}
    wrong: dict[str, Reason] = {}
    seen: dict[str, str] = {}
    for name in flow.columns:
        try:
            internal = internal_name(columns, name).casefold()
        except Unfit as unfit:
            wrong[name] = Reason(f"columns.{name}", f"{unfit.reason.text}; nothing is written there")
            continue
        if internal in seen:
            text = f'"{name}" is the column that "{seen[internal]}" names as well; only that is written'
            wrong[name] = Reason(f"columns.{name}", text)
        seen.setdefault(internal, name)
    return wrong


async def tell_wrong_columns(context: Context, flow: IngestFlow, columns: Columns | None) -> None:
    """In the list that people look at, until the library or the flow file is mended."""
    if columns is None or not flow.columns:
        return
    reasons, now = tuple(wrong_columns(flow, columns).values()), context.clock.now()
    told = context.columns_told.get(flow.id)
    if told is not None and told[0] == reasons and told[1] > now:
        return
    if reasons:
        log.warning("flow %s: %s", flow.id, "; ".join(reason.text for reason in reasons))
        await context.ledger.put_attention(
            AttentionKind.FAILED, flow_key(flow.id), flow=flow.id, path=None, reasons=reasons, since=now
        )
    else:
        await context.ledger.drop_attention(flow_key(flow.id), AttentionKind.FAILED)
    context.columns_told[flow.id] = (reasons, context.clock.after(TOLD_AGAIN_SECONDS))
