"""Check-out and check-in: while a file is checked out nobody else can write it."""

from __future__ import annotations

from local.onedrive_simulator.graph.call import Call, Reply, operation
from local.onedrive_simulator.problems import GraphProblem, invalid


@operation("POST", "item", "checkout")
async def check_out(call: Call) -> Reply:
    call.drive.check_unlocked(call.item, call.by)
    if call.item.is_folder:
        raise invalid("A folder cannot be checked out")
    call.item.checked_out_by = call.by
    call.drive.changed(call.item)
    return Reply(204)


@operation("POST", "item", "checkin")
async def check_in(call: Call) -> Reply:
    """Required columns that are still empty make it fail."""
    call.drive.check_unlocked(call.item, call.by)
    await call.json()
    empty = [c.name for c in call.drive.columns.values() if c.required and call.item.fields.get(c.name) is None]
    if empty:
        raise GraphProblem(400, "invalidRequest", f"Required columns have no value: {', '.join(empty)}")
    item = call.item
    item.never_checked_in, item.checked_out_by = False, None
    call.drive.changed(item)
    return Reply(204)


@operation("POST", "item", "discardCheckout")
async def discard(call: Call) -> Reply:
    call.drive.check_unlocked(call.item, call.by)
    call.item.checked_out_by = None
    call.drive.changed(call.item)
    return Reply(204)
