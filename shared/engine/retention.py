"""What the ledger need not remember for ever."""

from __future__ import annotations

from shared.engine.context import Context, log
from shared.errors import FlowFileProblem


async def drop_old_journal(context: Context) -> None:
    """Whole months that are over for longer than `limits.keep_journal`; an unreadable flow file drops nothing."""
    if isinstance(context.flow_file, FlowFileProblem):
        return
    for table in await context.ledger.drop_journal(context.clock.now() - context.flow_file.limits.keep_journal):
        log.info("%s is dropped: it is older than limits.keep_journal", table)
