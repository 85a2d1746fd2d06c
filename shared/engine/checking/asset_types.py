"""The asset types and information fields of CELUM that the flows name."""

from __future__ import annotations

from shared.celum import AssetType, FieldDefinition
from shared.celum.fields import accepted
from shared.celum.values import LOCALIZED, TEXTS
from shared.engine.checking.findings import About, Words, key_of
from shared.engine.checking.live import Live, Resolved, all_of
from shared.errors import NameProblem
from shared.flows import VALUE, FieldMatch, IngestFlow

KEY_CHARACTERS = 104  # a drive's id has up to 66 characters, an item's 34; and what stands between


async def check_asset_types(checking: Live) -> None:
    await all_of(_flow(checking, flow) for flow in checking.file.flows)


async def _flow(checking: Live, flow: IngestFlow) -> None:
    about, words = checking.findings.of_flow(flow), ("to", "asset_type", VALUE)
    try:
        asset_type = await checking.celum.directory.asset_type(flow.to.asset_type)
    except NameProblem as problem:
        about.named(words, "to.asset_type", problem)
        return
    if not asset_type.assignable:
        text = f'the user of the bridge may not give assets the type "{flow.to.asset_type}".'
        about.wrong(words, f"to.asset_type: {text}", "Allow it in CELUM, in the rights of the asset type.")
    found: dict[str, FieldDefinition] = {}
    for label, place, what in _named(flow):
        try:
            found[label] = await checking.celum.directory.field(asset_type, label)
        except NameProblem as problem:
            about.named(place, f'{what}: in the asset type "{flow.to.asset_type}"', problem)
    checking.resolved[flow.id] = Resolved(asset_type, found)
    _writable(about, flow, found)
    _left_out(about, words, asset_type, found)


def _named(flow: IngestFlow) -> list[tuple[str, Words, str]]:
    named: list[tuple[str, Words, str]] = [(r.label, ("fields", r.label), f"fields.{r.label}") for r in flow.fields]
    named += [(flow.to.key, ("to", "key", VALUE), "to.key")] if flow.to.key else []
    matches = [way.label for way in flow.identity if isinstance(way, FieldMatch)]
    return named + [(label, ("identity", label), f"identity.{label}") for label in matches]


def _writable(about: About, flow: IngestFlow, found: dict[str, FieldDefinition]) -> None:
    for rule in flow.fields:
        definition = found.get(rule.label)
        if definition is None:
            continue
        words, what = ("fields", rule.label), f"fields.{rule.label}"
        _editable(about, words, what, definition)
        if rule.locale is not None:
            _speaks(about, (*words, "locale", VALUE), rule.locale, definition)
        if definition.depends_on is not None:
            text = "CELUM counts this field only where another one, a yes-or-no field, is set."
            about.worth(words, f"{what}: {text}")
    key = found.get(flow.to.key or "")
    if key is not None:
        _editable(about, ("to", "key", VALUE), "to.key", key)
        _takes_the_key(about, key)


def _speaks(about: About, words: Words, locale: str, definition: FieldDefinition) -> None:
    known = definition.locales
    if definition.type not in LOCALIZED:
        about.worth(words, f"{key_of(words)} has no effect, because the field is not localised.")
    elif known and locale not in known:
        text = f'the field "{definition.label}" has no language "{locale}".'
        about.wrong(words, f"{key_of(words)}: {text}", f"There are: {', '.join(known)}.")


def _editable(about: About, words: Words, what: str, definition: FieldDefinition) -> None:
    if not definition.editable:
        text = f'the user of the bridge may not edit the field "{definition.label}".'
        about.wrong(words, f"{what}: {text}", "Allow it in CELUM, in the role of that user.")


def _takes_the_key(about: About, key: FieldDefinition) -> None:
    """A plain text, which alone can be searched for exactly, with room for the ids of a drive and an item."""
    longest = key.max_length
    if key.type not in TEXTS or (longest is not None and longest < KEY_CHARACTERS) or key.pattern is not None:
        kind = f"{key.type}: {accepted(key)}" if key.type in TEXTS else str(key.type)
        text = f'the field "{key.label}" does not take the bridge\'s mark ({kind}).'
        about.wrong(("to", "key", VALUE), f"to.key: {text}", f"Name a text field for {KEY_CHARACTERS} characters.")


def _left_out(about: About, words: Words, asset_type: AssetType, found: dict[str, FieldDefinition]) -> None:
    """Fields without which CELUM does not release an asset."""
    written = {definition.id for definition in found.values()}
    wanted = [one for one in asset_type.fields if one.required and one.depends_on is None and one.id not in written]
    if wanted:
        listed = ", ".join(f'"{one.label}"' for one in wanted)
        text = f"CELUM requires {listed} of such assets, and the flow does not fill it in: they are not released."
        about.worth(words, f"to.asset_type: {text}")
