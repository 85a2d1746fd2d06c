"""What a decision comes to where CELUM has an asset already, for the cases of `flows.test.yaml`: no call is made."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from shared.celum.changes import Keep, three_way
from shared.celum.names import normal
from shared.celum.values import same
from shared.domain.assets import FieldContent
from shared.domain.decisions import Decision, FieldWish, Outcome, Reason, Verb, Wish
from shared.domain.items import Value
from shared.engine.recognised import Course, Hit, Stop, barrier, course
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
            found = _recognised(case, decision, asset, wish, way)
            if found is not None:
                return found
    return decision


def _of_its_own(decision: Decision, asset: GivenAsset, wish: Wish, before: Wish) -> Decision:
    if decision.verb is Verb.ADD_VERSION and not asset.holds_present:
        reason = Reason("versions", "another version is current than the one that the bridge added", outside=True)
        return replace(decision, outcome=Outcome.HOLD, verb=None, wish=None, reasons=(reason,))
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
            is_named = asset.name is not None and normal(asset.name) == normal(wish.name)
            return is_named and wish.collection in _collections(asset, wish)
        case FieldMatch(label):
            there, words = asset.fields.get(label, ""), list[str]()
            wanted = [one.value for one in wish.matches if one.label == label and one.value]
            return any(same(_content(value, words), _content(there, words)) for value in wanted)
        case _:
            return False  # link: the ledger knows no asset of this file


def _recognised(
    case: Case, decision: Decision, asset: GivenAsset, wish: Wish, way: str | FieldMatch
) -> Decision | None:
    """None: another asset is made all the same, unless another way leads to one."""
    how = way if isinstance(way, str) else f'the field "{way.label}"'
    is_same = way == "checksum" or asset.holds_present
    barred = barrier(
        wish.collection, is_released=True, is_available=asset.is_available, is_outside=_is_outside(asset, wish)
    )
    hit = Hit(is_own=way == "key", is_same=is_same, how=how, barrier=barred, is_anothers=False)
    said = course(case.flow.on_existing, hit)
    if isinstance(said, Stop):
        reasons = (said.reason("the asset"),)
        return replace(decision, outcome=Outcome.HOLD, verb=None, wish=None, reasons=reasons)
    assert isinstance(said, Course)  # noqa: S101  the hit answers every question
    if said is Course.APART:
        return None
    verb = Verb.ADD_VERSION if said.moves_bytes else Verb.UPDATE
    return replace(decision, verb=verb, wish=_what_becomes_true(said, asset, wish))


def _what_becomes_true(how: Course, asset: GivenAsset, wish: Wish) -> Wish:
    theirs = tuple(replace(one, value=asset.fields.get(one.label, "")) for one in wish.fields)
    fields = _three_way(asset, wish, None).fields if how.writes_fields else theirs
    if not how.is_link:
        return replace(wish, fields=fields)
    name = wish.name if asset.name is None else asset.name
    return replace(wish, fields=fields, name=name, available_since=None, available_until=None, unavailable=False)


def _is_outside(asset: GivenAsset, wish: Wish) -> bool:
    return wish.collection.split("/")[1] not in {path.split("/")[1] for path in _collections(asset, wish)}


def _collections(asset: GivenAsset, wish: Wish) -> tuple[str, ...]:
    return asset.collections or (wish.collection,)


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
