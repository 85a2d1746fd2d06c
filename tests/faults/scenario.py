"""What is repeated with one call failing each time: a new file, its edit, and a file that is held and released."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.azurite import Azurite
from shared.domain import LinkState
from tests.kit.campaign import FLOW, Campaign, campaign_in, word
from tests.kit.wire import Fault

READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The world at the end, without ids and times: what must be equal however a run was disturbed."""

    onedrive: Any
    celum: Any
    ledger: tuple[tuple[str, ...], ...]
    errors: tuple[str, ...]
    calls: tuple[str, ...]
    struck: bool

    @property
    def facts(self) -> Any:
        return self.onedrive, self.celum, self.ledger


async def a_new_file(campaign: Campaign) -> None:
    campaign.drop("Brief.docx", word("first"), **READY)


async def an_edit_approved_again(campaign: Campaign) -> None:
    campaign.drop("Brief.docx", word("first"), **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.drop("Brief.docx", word("second"))
    await campaign.world.until_quiet()
    campaign.approve("Brief.docx")


async def held_and_released(campaign: Campaign) -> None:
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", Market="NO", ApprovalStatus="Approved")
    await campaign.world.until_quiet()
    campaign.set("Brochure.pdf", "UsageRights", "print")


async def only_a_field_changes(campaign: Campaign) -> None:
    campaign.drop("Brochure.pdf", b"%PDF-1.7 brochure", **READY)
    await campaign.world.until_quiet()
    await campaign.world.arm()
    campaign.set("Brochure.pdf", "UsageRights", "print only")


SCENARIOS: dict[str, Callable[[Campaign], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (a_new_file, an_edit_approved_again, held_and_released, only_a_field_changes)
}


async def play(
    scenario: str,
    azurite: Azurite,
    folder: Path,
    name: str,
    fault: Fault | None = None,
    *,
    rivals: bool = False,
) -> Outcome:
    """One run in a world of its own. Counting starts after the drive is known, or where the scenario says."""
    async with campaign_in(azurite, folder, name) as campaign:
        world = campaign.world
        world.fault = fault
        world.with_rival = rivals
        world.celum.quirks.handle_single_use = False  # a handle used twice makes two assets …
        world.celum.quirks.index_lag = 20  # … and the search does not show the first one yet
        if scenario not in {"an_edit_approved_again", "only_a_field_changes"}:
            await world.arm()
        await SCENARIOS[scenario](campaign)
        await world.until_quiet()
        wire = world.armed
        return Outcome(
            onedrive=without_ids(world.onedrive.snapshot()),
            celum=without_ids(world.celum.snapshot()),
            ledger=await ledger_facts(campaign),
            errors=tuple(world.errors),
            calls=tuple(wire.calls) if wire else (),
            struck=wire.struck if wire else False,
        )


async def ledger_facts(campaign: Campaign) -> tuple[tuple[str, ...], ...]:
    """Of each link: its state and reasons, what stands in the attention list, and what the journal says happened."""
    ledger, store = campaign.world.ledger()
    facts: list[tuple[str, ...]] = []
    try:
        async for link in ledger.links_of(FLOW, campaign.drive):  # type: ignore[arg-type]  # a plain string here
            journal = {
                without_ids(f"{record.entry['what']} {record.entry.get('signature')} {record.entry.get('reasons')}")
                for record in await ledger.journal(link.key)
                if record.entry["what"] in {"held", "settled", "closed", "failed"}
            }
            evidence = await ledger.evidence(link.settled.asset) if link.settled else ()
            approved = {f"evidence {record.entry['what']} {record.entry['signature']}" for record in evidence}
            facts.append(
                (
                    str(link.path),
                    link.state.value,
                    *(reason.text for reason in link.reasons),
                    str(link.settled and link.settled.signature),
                    "transfer" if link.transfer else "no transfer",
                    *sorted(journal | approved),
                )
            )
            assert link.state is not LinkState.SETTLED or link.transfer is None
    finally:
        await store.close()
    return tuple(sorted(facts))


def without_ids(snapshot: Any) -> Any:
    """Asset ids in columns, item ids in CELUM's key field and times differ from run to run.

    So do the bytes of an Office file, which SharePoint rewrites with ids and times of its own; its signature does not,
    and stands in the ledger's facts.
    """
    if isinstance(snapshot, dict):
        rewritten = str(snapshot.get("filename", "")).endswith(".docx")
        left_out = {"sha256", "size"} if rewritten else set()
        return {
            without_ids(key): without_ids(without_bytes(value) if key.endswith(".docx") else value)
            for key, value in snapshot.items()
            if key not in left_out
        }
    if isinstance(snapshot, list | tuple):
        return [without_ids(value) for value in snapshot]
    if isinstance(snapshot, str):
        return re.sub(r"b![\w-]{20,}\|\w+|b![\w-]{20,}|asset=\d+|\d{4}-\d\d-\d\d \d\d:\d\d", "…", snapshot)
    return snapshot


def without_bytes(file: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in file.items() if key not in {"size", "quickXorHash"}}
