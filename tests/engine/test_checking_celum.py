"""`bridge check --live`: what is wrong in CELUM with what the flow file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.celum_simulator.model import FULL, GLOBAL
from local.celum_simulator.seeds import SERVICE
from shared.errors import Problem
from tests.kit.campaign import Campaign
from tests.kit.checking import live_check

FIELD = "Rights until: {from: column.RightsUntil, type: date}"
TARGET = "collection: /Marketing/Campaigns/{campaign}"
GATE = "column: {ApprovalStatus: Approved}"
UNTIL = "    availability: {until: column.RightsUntil}\n    # What people see"

type Change = tuple[str, str]

# What is changed → what is said, what was probably meant, and what stands in the file where it is said.
WRONG: dict[str, tuple[Change, str, str | None, str]] = {
    "an asset type": (
        ("asset_type: Campaign asset", "asset_type: Campain asset"),
        'to.asset_type: there is no asset type "Campain asset".',
        'Did you mean "Campaign asset"?',
        "Campain asset",
    ),
    "a field": (
        ("Usage rights: {", "Usage right: {"),
        'fields.Usage right: in the asset type "Campaign asset": there is no information field "Usage right".',
        'Did you mean "Usage rights"?',
        "Usage right: {",
    ),
    "the field of the key": (
        ("key: Bridge key", "key: Bridge keys"),
        'to.key: in the asset type "Campaign asset": there is no information field "Bridge keys".',
        'Did you mean "Bridge key"?',
        "Bridge keys",
    ),
    "a key that is no text": (
        ("key: Bridge key", "key: Rating"),
        'to.key: the field "Rating" does not take the bridge\'s mark (NUMBER).',
        "Name a text field for 104 characters.",
        "Rating",
    ),
    "the intake": (
        ("intake: /Bridge/Intake", "intake: /Bridge/Intak"),
        'to.intake: there is no collection "Bridge/Intak".',
        'Did you mean "Intake"?',
        "/Bridge/Intak",
    ),
    "an intake that takes no assets": (
        ("intake: /Bridge/Intake", "intake: /Product lines/Tunnel paint"),
        'to.intake: assets cannot be put directly into "Tunnel paint", whose collection type defines no permissions.',
        "Name a collection of a permission-defining type.",
        "/Product lines/Tunnel paint",
    ),
    "the fixed beginning of the target": (
        (TARGET, "collection: /Marketing/Campains/{campaign}"),
        'to.collection: there is no collection "Marketing/Campains".',
        'Did you mean "Campaigns"?',
        "/Marketing/Campains/{campaign}",
    ),
    "a root that nothing makes": (
        (TARGET, "create_collections: true\n      collection: /Sales/{campaign}"),
        'to.collection: there is no collection "Sales", and a root is made only with to.collection_type.',
        None,
        "/Sales/{campaign}",
    ),
    "a collection type": (
        (TARGET, "create_collections: true\n      collection_type: Foldr\n      collection: /Sales/{campaign}"),
        'to.collection_type: there is no collection type "Foldr".',
        'Did you mean "Folder"?',
        "Foldr",
    ),
    "a value of a table": (
        ("NO: Norway}", "NO: Norwy}"),
        'tables.markets.NO (flow campaign-masters): "Norwy" does not fit "Market"; accepted: one of Norway,',
        'Did you mean "Norway"?',
        "Norwy}",
    ),
    "a tag by its name": (
        (FIELD, f"{FIELD}\n      Languages: {{default: Englisch}}"),
        'fields.Languages.default: "Englisch" does not fit "Languages"; accepted: the name or path of a tag',
        None,
        "Englisch}",
    ),
    "a source of another kind than the field": (
        (FIELD, f"{FIELD}\n      Retain until: {{from: column.Rating}}"),
        'fields.Retain until from column.Rating: "1" does not fit "Retain until"; accepted: a day such as 2026-02-14.',
        None,
        "column.Rating}",
    ),
    "a language": (
        ("locale: en}", "locale: tlh}"),
        'fields.Title.locale: the field "Title" has no language "tlh".',
        "There are: en, de.",
        "tlh}",
    ),
    "a gate's collection": (
        (f"- {GATE}", f"- {GATE}\n      - collection: {{path: /Marketing/Campaign, field: {{Status: Closed}}}}"),
        'ready.collection.path: there is no collection "Marketing/Campaign".',
        'Did you mean "Campaigns"?',
        "/Marketing/Campaign,",
    ),
    "a gate's field": (
        (f"- {GATE}", f"- {GATE}\n      - collection: {{path: /Marketing/Campaigns, field: {{Status: Closed}}}}"),
        'the collection "/Marketing/Campaigns" shows no information field "Status", so this gate never opens.',
        None,
        "Status: Closed",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_name_is_told_at_its_place_with_what_was_meant(tmp_path: Path, name: str) -> None:
    change, text, hint, place = WRONG[name]
    async with live_check(tmp_path, change) as live:
        found = await live.run()
        problems = [problem for problem in found.errors if text in problem.text]
        assert len(problems) == 1, found.errors
        assert live.at(problems[0]).startswith(place)
    assert hint in {problems[0].suggestion, None}
    assert len(found.errors) == 1


RIGHT: dict[str, Change] = {
    "a tag by its name": (FIELD, f"{FIELD}\n      Languages: {{default: English}}"),
    "a number as a number": (FIELD, f"{FIELD}\n      Rating: {{from: column.Rating}}"),
    "a moment as a day": (FIELD, f"{FIELD}\n      Retain until: {{from: file.created}}"),
    "a label in another language": ("Title: {", "Titel: {"),
    "a root that is made": (
        TARGET,
        "create_collections: true\n      collection_type: Folder\n      collection: /Sales/{campaign}",
    ),
    "dates of use": ("    # What people see", UNTIL),
}


@pytest.mark.parametrize("name", RIGHT)
async def test_what_fits_is_not_spoken_of(tmp_path: Path, name: str) -> None:
    async with live_check(tmp_path, RIGHT[name]) as live:
        found = await live.run()
    assert (found.errors, found.warnings, found.away) == ((), (), {})


# --- rights ---------------------------------------------------------------------------------------------------------


def user(**members: object) -> Callable[[Campaign], None]:
    return lambda campaign: campaign.world.celum.change_user(SERVICE, **members)


def grants(**at: frozenset[str]) -> Callable[[Campaign], None]:
    def give(campaign: Campaign) -> None:
        celum = campaign.world.celum
        by_id = {celum.collection(f"/{path}").id: names for path, names in at.items()}
        celum.change_user(SERVICE, grants=by_id)

    return give


def no_edit(campaign: Campaign) -> None:
    number = campaign.world.celum.field("Usage rights").id
    campaign.world.celum.change_user(SERVICE, uneditable_fields=frozenset({number}))


MAKE = (TARGET, f"create_collections: true\n      {TARGET}")
DATES = ("    # What people see", UNTIL)

LACKS: dict[str, tuple[Change, Callable[[Campaign], None], str, str]] = {
    "to edit a field": (
        ("", ""),
        no_edit,
        'fields.Usage rights: the user of the bridge may not edit the field "Usage rights".',
        "Usage rights: {",
    ),
    "to upload into the intake": (
        ("", ""),
        grants(Marketing=FULL, Bridge=FULL - {"upload"}),
        'to.intake: the user of the bridge lacks the right upload on "Intake".',
        "/Bridge/Intake",
    ),
    "to make collections": (
        MAKE,
        grants(Marketing=FULL - {"addCollection"}, Bridge=FULL),
        'to.collection: the user of the bridge lacks the right addCollection on "Campaigns".',
        "/Marketing/Campaigns/{campaign}",
    ),
    "to see what is out of use": (
        DATES,
        user(may=GLOBAL - {"viewExpiredAssets"}),
        "availability: the user of the bridge lacks the right viewExpiredAssets, and could not bring an asset back",
        "availability:",
    ),
}


@pytest.mark.parametrize("name", LACKS)
async def test_a_missing_right_is_told_where_it_is_needed(tmp_path: Path, name: str) -> None:
    change, take, text, place = LACKS[name]
    async with live_check(tmp_path, change, prepare=take) as live:
        found = await live.run()
        (problem,) = found.errors
        assert text in problem.text
        assert live.at(problem).startswith(place)


async def test_rights_on_assets_are_asked_of_one_that_is_there(tmp_path: Path) -> None:
    async with live_check(tmp_path, DATES) as live:
        live.campaign.drop("Photo.pdf", b"%PDF photo", UsageRights="all", Market="NO", ApprovalStatus="Approved")
        await live.campaign.world.until_quiet()
        celum = live.campaign.world.celum
        few = FULL - {"editAvailability", "addVersion"}
        celum.change_user(SERVICE, grants={None: few})
        told = [problem.text for problem in (await live.run()).errors]
    number = live.campaign.asset_id("Photo")
    assert told == [
        f"flow campaign-masters: {key}: the user of the bridge lacks the right {right} on assets there, "
        f"such as {number}."
        for key, right in (("on_existing", "addVersion"), ("availability", "editAvailability"))
    ]


async def test_a_flow_without_dates_is_told_that_assets_out_of_use_look_deleted(tmp_path: Path) -> None:
    async with live_check(tmp_path, prepare=user(may=GLOBAL - {"viewExpiredAssets"})) as live:
        found = await live.run()
    assert found.errors == ()
    assert [w.text.rpartition(": ")[2] for w in found.warnings] == ["an asset that is out of use looks deleted to it."]


# --- what CELUM wants or ignores ------------------------------------------------------------------------------------

WORTH: dict[str, tuple[Change, str]] = {
    "a required field that nobody fills in": (
        ("      Usage rights: {from: column.UsageRights, required: true} #", "      #"),
        'CELUM requires "Usage rights" of such assets, and the flow does not fill it in: they are not released.',
    ),
    "a language of a field that has none": (
        ("Campaign: {from: path.campaign}", "Campaign: {from: path.campaign, locale: en}"),
        "fields.Campaign.locale has no effect, because the field is not localised.",
    ),
    "a choice that is no option": (
        ("Market: {from: column.Market, table: markets}", "Market: {from: column.Market}"),
        'fields.Market from column.Market: "NO" does not fit "Market"; accepted: one of Norway, Germany',
    ),
}


@pytest.mark.parametrize("name", WORTH)
async def test_what_works_otherwise_than_people_may_think_is_worth_a_look(tmp_path: Path, name: str) -> None:
    change, text = WORTH[name]
    async with live_check(tmp_path, change) as live:
        found = await live.run()
    assert found.errors == ()
    assert [warning for warning in found.warnings if text in warning.text], found.warnings


async def test_an_ambiguous_collection_lists_its_candidates(tmp_path: Path) -> None:
    def twin(campaign: Campaign) -> None:
        campaign.world.celum.add_collection("/Bridge/Intake")

    async with live_check(tmp_path, prepare=twin) as live:
        problems: list[Problem] = list((await live.run()).errors)
    (problem,) = problems
    assert problem.text.endswith('to.intake: the collection "Bridge/Intake" is ambiguous.')
    assert problem.suggestion is not None
    assert problem.suggestion.startswith("There are Intake (")
