"""What a case of `flows.test.yaml` says is what the run then does: each row is rehearsed, then carried out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from local.celum_simulator.stage import Availability, Given
from shared.domain.decisions import Decision, Outcome, Verb, Wish
from shared.domain.links import LinkState
from shared.engine.rehearsing import rehearse
from shared.flows import Case, differences, load, load_cases
from tests.kit.campaign import APPROVED, CAMPAIGN_FLOWS, Campaign, campaign_in

SPRING, OFFICE = "/Marketing/Campaigns/Spring-26", "/Marketing/Office"
READY = {"UsageRights": "worldwide", "Market": "NO", "ApprovalStatus": "Approved"}
DATA, OTHER = b"%PDF-1.4 the logo", b"%PDF-1.4 another logo"
LABELS = ("Usage rights", "Campaign")


@dataclass(frozen=True, slots=True)
class There:
    """An asset in CELUM, and the same one as a case describes it."""

    same: bool = True
    name: str = "Logo"
    parent: str = SPRING
    fields: Mapping[str, Given] = field(default_factory=lambda: {"Usage rights": "print", "Campaign": "Old"})
    is_available: bool = True
    is_anothers: bool = False  # of another file, that the bridge brought before

    @property
    def told(self) -> str:
        fields = ", ".join(f"{label}: {value}" for label, value in self.fields.items())
        more = "" if self.same else ", version: other"
        more += "" if self.is_available else ", availability: unavailable"
        return f"{{name: '{self.name}', collections: {self.parent}, fields: {{{fields}}}{more}}}"


BY_NAME, BY_FIELD = "identity: [link, name]", "identity: [link, {Usage rules: file.stem}]"
RULES = {"Usage rights": "print", "Campaign": "Old", "Usage rules": "Logo"}
SHUT = "ready: [unchanged_for: 0s, folder: {path: '/Campaigns/{campaign}', column: {ApprovalStatus: Approved}}]"


@pytest.mark.parametrize(
    ("there", "lines"),
    [
        pytest.param(None, (), id="new"),
        pytest.param(None, (SHUT,), id="dormant"),
        pytest.param(There(), (), id="same content, link"),
        pytest.param(There(), ("on_existing: {same_content: update_fields}",), id="same content, update_fields"),
        pytest.param(There(), ("on_existing: {same_content: hold}",), id="same content, hold"),
        pytest.param(There(name="Emblem"), (), id="alias of an asset with another name"),
        pytest.param(There(is_anothers=True), (), id="alias of another file's asset"),
        pytest.param(There(is_available=False), (), id="unavailable"),
        pytest.param(There(is_available=False), ("on_existing: {same_content: hold}",), id="unavailable, hold"),
        pytest.param(There(same=False), (), id="other content, not recognised"),
        pytest.param(There(same=False), (BY_NAME,), id="by name, add_version"),
        pytest.param(There(same=False, name=" Logo "), (BY_NAME,), id="by name, with spaces around it"),
        pytest.param(There(same=False, name="Lunch"), (BY_NAME,), id="by name, another"),
        pytest.param(There(same=False, parent=OFFICE), (BY_NAME,), id="by name, elsewhere"),
        pytest.param(There(same=False), (BY_NAME, "on_existing: {new_content: create}"), id="by name, create"),
        pytest.param(There(same=False), (BY_NAME, "on_existing: {new_content: hold}"), id="by name, hold"),
        pytest.param(
            There(same=False, is_available=False),
            (BY_NAME, "on_existing: {new_content: hold}"),
            id="by name, unavailable, hold",
        ),
        pytest.param(There(), (BY_NAME,), id="by name, same content"),
        pytest.param(There(same=False, fields=RULES, name="Emblem"), (BY_FIELD,), id="by field, add_version"),
        pytest.param(There(same=False), (BY_FIELD,), id="by field, empty there"),
        pytest.param(
            There(fields=RULES), (BY_FIELD, "on_existing: {same_content: update_fields}"), id="by field, update_fields"
        ),
    ],
)
async def test_a_case_says_what_the_run_then_does(tmp_path: Path, there: There | None, lines: tuple[str, ...]) -> None:
    flows = flow_file(lines)
    said = rehearsed(flows, there)
    async with campaign_in(None, tmp_path, f"{there} {lines}", flows=flows) as campaign:
        if there:
            await put_there(campaign, there)
        before = campaign.assets()
        item = campaign.drop("Logo.pdf", DATA, **READY)
        await campaign.world.until_quiet()

        assert campaign.world.errors == []
        link = await campaign.link_or_none(item)
        match said.outcome:
            case Outcome.HOLD:
                assert link is not None
                told = [(one.rule, re.sub(r"asset \d+", "the asset", one.text)) for one in link.reasons]
                assert (link.state, told) == (LinkState.HELD, [(one.rule, one.text) for one in said.reasons])
                assert campaign.assets() == before
            case Outcome.DO:
                assert link is not None
                assert (link.state, said.wish is not None) == (LinkState.SETTLED, True)
                assert said.wish is not None
                assert done(campaign, before, said.wish.collection) == promised(said, said.wish)
            case _:
                assert (link, campaign.assets()) == (None, before)


@pytest.mark.parametrize("rule", ["add_version", "create", "hold"])
async def test_a_case_says_what_new_content_of_a_settled_file_comes_to(tmp_path: Path, rule: str) -> None:
    flows = flow_file((f"on_existing: {{new_content: {rule}}}",))
    said = decided(flows, ", known: {state: settled, content: other}, asset: {fields: {Usage rights: worldwide}}")
    async with campaign_in(None, tmp_path, rule, flows=flows) as campaign:
        item = campaign.drop("Logo.pdf", OTHER, **READY)
        await campaign.world.until_quiet()
        before = campaign.assets()
        campaign.drop("Logo.pdf", DATA)
        campaign.approve("Logo.pdf")
        await campaign.world.until_quiet()

        link = await campaign.link(item)
        if said.outcome is Outcome.HOLD:
            assert (link.state, link.reasons) == (LinkState.HELD, said.reasons)
            assert campaign.assets() == before
        else:
            assert said.wish is not None
            assert done(campaign, before, said.wish.collection) == promised(said, said.wish)


def flow_file(lines: tuple[str, ...]) -> str:
    text = CAMPAIGN_FLOWS
    for line in lines:
        if line.startswith("ready:"):
            start, end = text.index("    ready:\n"), text.index("    # An approval covers")
            text = text[:start] + f"    {line}\n" + text[end:]
        else:
            text = text.replace("    changed_after_ready: hold\n", f"    changed_after_ready: hold\n    {line}\n")
    return text


def rehearsed(flows: str, there: There | None) -> Decision:
    asset = f", asset: {there.told}" if there else ""
    if SHUT in flows:
        asset += ", folder: {/Campaigns/Spring-26: {ApprovalStatus: Draft}}"
    return decided(flows, asset)


def decided(flows: str, more: str) -> Decision:
    """What a case with `more` in it comes to."""
    columns = READY if SHUT not in flows else {name: READY[name] for name in ("UsageRights", "Market")}
    named = ", ".join(f'{name}: "{value}"' for name, value in columns.items())
    given = f"{{path: {APPROVED}/Logo.pdf, column: {{{named}}}{more}}}"
    text = f"tests:\n  - {{name: a case, flow: campaign-masters, given: {given}, expect: {{outcome: do}}}}\n"
    (case,) = load_cases(text, "flows.test.yaml", load(flows, "flows.yaml"))
    said: list[Decision] = []

    def note(case: Case, decision: Decision, before: Wish | None) -> Decision:
        said.append(rehearse(case, decision, before))
        return said[-1]

    differences(case, note)
    return said[-1]


async def put_there(campaign: Campaign, there: There) -> None:
    data = DATA if there.same else OTHER
    if there.is_anothers:
        campaign.drop("first/Logo.pdf", data, **READY | {"UsageRights": "print"})
        await campaign.world.until_quiet()
        campaign.world.celum.change_asset(campaign.asset_id("Logo"), fields={"Campaign": "Old"})
        return
    asset = campaign.world.celum.add_asset(
        "old.pdf", data, parents=[there.parent], name=there.name, type="Campaign asset", fields=there.fields
    )
    if not there.is_available:
        campaign.world.celum.change_asset(asset, availability=Availability(available=False))
        campaign.world.celum.quirks.hide_expired = False


type Result = tuple[Verb, str, dict[str, object]]


def done(campaign: Campaign, before: list[dict[str, Any]], target: str) -> Result:
    """What happened, to which name and fields it led."""
    after = campaign.assets()
    is_new = len(after) > len(before)
    (shown,) = [asset for asset in after if asset["versions"][-1]["sha256"] == sha256(DATA).hexdigest()]
    assert target in shown["parents"]
    verb = Verb.CREATE if is_new else Verb.ADD_VERSION if len(shown["versions"]) > 1 else Verb.UPDATE
    return verb, shown["name"], {label: shown["fields"].get(label, "") for label in LABELS}


def promised(said: Decision, wish: Wish) -> Result:
    assert said.verb is not None
    return said.verb, wish.name, {one.label: one.value for one in wish.fields if one.label in LABELS}
