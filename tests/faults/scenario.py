"""What is repeated with one call failing each time: the life of a file, one piece a scenario."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.azurite import Azurite
from shared.domain.items import MARKER_NAME
from shared.domain.links import LinkState
from tests.faults import lives, whole_flows
from tests.kit.campaign import FLOW, JANE, Campaign, campaign_in, word
from tests.kit.wire import Fault

DIFFERENT = (".docx", MARKER_NAME)  # files whose bytes hold ids and times of the run
TOLD = {  # once each, however often it was tried; "repeated" itself is what a disturbed run tells beside
    *("held", "settled", "closed", "failed", "replaced"),
    *("former asset stays", "approval taken back", "moved by after", "deleted by after"),
}
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


async def held_for_a_collection_that_is_made(campaign: Campaign) -> None:
    """Held by the transfer itself, and cured by the hourly look at what lies outside the file."""
    world = campaign.world
    path = "/Campaigns/Autumn-26/Approved/Brochure.pdf"
    world.onedrive.put_file(campaign.drive, path, b"%PDF-1.7 brochure", by=JANE)
    for column, value in READY.items():
        world.clock.jump(1)
        world.onedrive.set_column(campaign.drive, path, column, value, by=JANE)
    await world.until_quiet()
    world.celum.add_collection("/Marketing/Campaigns/Autumn-26")
    world.clock.jump(3600)


SCENARIOS: dict[str, Callable[[Campaign], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (
        a_new_file,
        an_edit_approved_again,
        held_and_released,
        only_a_field_changes,
        held_for_a_collection_that_is_made,
        *lives.SCENARIOS,
        *whole_flows.SCENARIOS,
    )
}
ARM_THEMSELVES = {
    scenario.__name__
    for scenario in (an_edit_approved_again, only_a_field_changes, *lives.ARMING, *whole_flows.SCENARIOS)
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
    flows = {**whole_flows.FLOW_FILES, **lives.FLOW_FILES}.get(scenario)
    is_known = scenario not in whole_flows.ON_A_NEW_DRIVE
    is_whole = fault is None  # an exchange that was cut says nothing about the contracts
    async with campaign_in(azurite, folder, name, flows=flows, is_known=is_known, with_contracts=is_whole) as campaign:
        world = campaign.world
        world.fault = fault
        world.with_rival = rivals
        world.celum.quirks.handle_single_use = False  # a handle used twice makes two assets …
        world.celum.quirks.index_lag = 20  # … and the search does not show the first one yet
        if scenario not in ARM_THEMSELVES:
            await world.arm()
        await SCENARIOS[scenario](campaign)
        await world.until_quiet()
        wire = world.armed
        return Outcome(
            onedrive=without_ids(world.onedrive.snapshot()),
            celum=without_ids(by_name(world.celum.snapshot())),
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
            journal = [
                without_ids(f"{record.entry['what']} {record.entry.get('signature')} {record.entry.get('reasons')}")
                for record in await ledger.journal(link.key)
                if record.entry["what"] in TOLD
            ]
            evidence = await ledger.evidence(link.settled.asset) if link.settled else ()
            approved = [f"evidence {record.entry['what']} {record.entry['signature']}" for record in evidence]
            facts.append(
                (
                    str(link.path),
                    link.state.value,
                    *(reason.text for reason in link.reasons),
                    str(link.settled and link.settled.signature),
                    f"finished {link.finished}",
                    "transfer" if link.transfer else "no transfer",
                    *sorted(journal + approved),
                )
            )
            assert link.state is not LinkState.SETTLED or link.transfer is None
    finally:
        await store.close()
    return tuple(sorted(facts))


def by_name(snapshot: Any) -> Any:
    """Which of several files comes first is nobody's promise."""
    return snapshot | {"assets": sorted(snapshot["assets"], key=lambda asset: str(asset["name"]))}


def without_ids(snapshot: Any) -> Any:
    """Asset ids in columns, item ids in CELUM's key field and times differ from run to run.

    So do the bytes of the marker file, and of an Office file, which SharePoint rewrites with ids and times of its own;
    its signature does not, and stands in the ledger's facts.
    """
    if isinstance(snapshot, dict):
        rewritten = str(snapshot.get("filename", "")).endswith(".docx")
        left_out = {"sha256", "size"} if rewritten else set()
        return {
            without_ids(key): without_ids(without_bytes(value) if key.endswith(DIFFERENT) else value)
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
