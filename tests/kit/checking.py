"""A live check of a changed flow file in a changed world, and where its findings stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.engine.checking import Checked, check
from shared.errors import Problem
from tests.kit.campaign import CAMPAIGN_FLOWS, Campaign, campaign_in


@dataclass(slots=True)
class LiveCheck:
    campaign: Campaign
    text: str

    async def run(self) -> Checked:
        return await check((await self.campaign.world.instance()).bridge.context)

    def at(self, problem: Problem) -> str:
        """What stands in the flow file from the place of a finding on."""
        return self.text.splitlines()[problem.line - 1][problem.column - 1 :]


@asynccontextmanager
async def live_check(
    folder: Path,
    *changes: tuple[str, str],
    flows: str = CAMPAIGN_FLOWS,
    prepare: Callable[[Campaign], None] = lambda _: None,
    is_known: bool = True,
) -> AsyncIterator[LiveCheck]:
    """`changes` are texts of the flow file and what stands there instead; Draft.pdf lies in the library."""
    for old, new in changes:
        assert old in flows, f"the flow file does not hold {old}"
        flows = flows.replace(old, new, 1)

    def prepared(campaign: Campaign) -> None:
        campaign.drop("Draft.pdf", b"%PDF draft", ApprovalStatus="Draft")
        prepare(campaign)

    async with campaign_in(None, folder, "checking", flows=flows, prepare=prepared, is_known=is_known) as campaign:
        yield LiveCheck(campaign, flows)
