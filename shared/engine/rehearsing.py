"""What a decision comes to where CELUM has an asset already, for the cases of `flows.test.yaml`: no call is made."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from shared.celum.changes import Keep, three_way
from shared.domain import Decision, FieldContent, FieldWish, Outcome, Reason, Value, Verb, Wish
from shared.flows import Case, FieldMatch, GivenAsset


def rehearse(case: Case, decision: Decision, before: Wish | None) -> Decision:
    """`before` is what the flow wanted when the file settled; the asset then is its own."""
    asset, wish = case.given.asset, decision.wish
    if asset is None or wish is None or decision.outcome not in {Outcome.DO, Outcome.NOTHING}:
        return decision
    if before is not None:
        return _of_its_own(decision, asset, wish, before)
    for way in case.flow.identity:
        if _is_hit(way, asset, wish):
            found = _recognised(case, decision, asset, wish, is_own=way == "key")
            if found is not None:
                return found
    return decision


def _of_its_own(decision: Decision, asset: GivenAsset, wish: Wish, before: Wish) -> Decision:
    if decision.verb is Verb.ADD_VERSION and not asset.holds_present:
        return _held(decision, "versions", "another version is current than the one that the bridge added")
    if decision.verb is Verb.CREATE:
        return decision
    name = asset.name if asset.name is not None and wish.name == before.name else wish.name
    return replace(decision, wish=replace(_three_way(asset, wish, before), name=name))


def _is_hit(way: str | FieldMatch, asset: GivenAsset, wish: Wish) -> bool:
    match way:
        case "key":
            return asset.has_key
        case "checksum":
            return asset.holds_present
        case "name":
            return asset.name == wish.name and wish.collection in _collections(asset, wish)
        case FieldMatch(label):
            return any(one.label == label and one.value == asset.fields.get(label) for one in wish.matches)
        case _:
            return False  # link: the ledger knows no asset of this file


def _recognised(case: Case, decision: Decision, asset: GivenAsset, wish: Wish, *, is_own: bool) -> Decision | None:
    """None: another asset is made all the same, unless another way leads to one."""
    existing = case.flow.on_existing
    if not asset.holds_present and existing.new_content == "create":
        return None
    if not is_own and (why := _not_to_be_linked(asset, wish)):
        return _held(decision, "identity", f"the asset is this file's, but {why}: linking would widen rights")
    if not asset.holds_present:
        if existing.new_content == "hold":
            return _held(decision, "on_existing.new_content", "the asset was found and holds other content")
        return replace(decision, verb=Verb.ADD_VERSION, wish=_three_way(asset, wish, None))
    if not is_own and existing.same_content == "hold":
        return _held(decision, "on_existing.same_content", "the asset has the content of this file already")
    if is_own or existing.same_content == "update_fields":
        return replace(decision, verb=Verb.UPDATE, wish=_three_way(asset, wish, None))
    theirs = tuple(replace(one, value=asset.fields.get(one.label, "")) for one in wish.fields)
    linked = replace(wish, fields=theirs, name=wish.name if asset.name is None else asset.name)
    return replace(decision, verb=Verb.UPDATE, wish=linked)


def _not_to_be_linked(asset: GivenAsset, wish: Wish) -> str:
    if not asset.is_available:
        return "is not available now"
    roots = {path.split("/")[1] for path in _collections(asset, wish)}
    return "" if wish.collection.split("/")[1] in roots else f"lies wholly outside the root of {wish.collection}"


def _collections(asset: GivenAsset, wish: Wish) -> tuple[str, ...]:
    return asset.collections or (wish.collection,)


def _held(decision: Decision, rule: str, text: str) -> Decision:
    return replace(decision, outcome=Outcome.HOLD, verb=None, wish=None, reasons=(Reason(rule, text, outside=True),))


# --- who wins -----------------------------------------------------------------------------------------------------


def _three_way(asset: GivenAsset, wish: Wish, before: Wish | None) -> Wish:
    """The wish with what its fields will hold. A field that the case does not name holds what the bridge wrote."""
    base = {one.label: one.value for one in before.fields} if before else {}
    return replace(wish, fields=tuple(_outcome(one, base.get(one.label, ""), asset) for one in wish.fields))


def _outcome(wanted: FieldWish, base: Value, asset: GivenAsset) -> FieldWish:
    current = asset.fields.get(wanted.label, base)
    words: list[str] = []
    written, desired, there = (_content(value, words) for value in (base, wanted.value, current))
    made = three_way(written, desired, there, wanted.authority)
    return replace(wanted, value=current if isinstance(made, Keep) else wanted.value)


def _content(value: Value, words: list[str]) -> FieldContent | None:
    """Several values are references: each word stands for one."""
    if isinstance(value, str):
        return value or None
    words += [word for word in value if word not in words]
    return cast("FieldContent", tuple(sorted(words.index(word) for word in value))) or None
