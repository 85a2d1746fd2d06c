"""The flow file of the app against both live systems."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from shared.console.shapes import Checked, Finding
from shared.engine.checking import check
from shared.engine.context import Context
from shared.errors import Problem


async def checked(context: Context, _: Mapping[str, str]) -> Checked:
    found = await check(context)
    file = await asyncio.to_thread(Path(context.settings.flows_file).read_bytes)
    return Checked(
        flow_file=hashlib.sha256(file).hexdigest(),
        problems=_findings(found.errors),
        warnings=_findings(found.warnings),
        away={system.value: why for system, why in found.away.items()},
    )


def _findings(problems: tuple[Problem, ...]) -> tuple[Finding, ...]:
    return tuple(Finding(**asdict(problem)) for problem in problems)
