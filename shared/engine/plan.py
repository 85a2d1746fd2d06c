"""What a transfer is to make true, with every name resolved and every value in CELUM's own terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.celum import (
    AssetChange,
    AssetType,
    Collection,
    Directory,
    FieldDefinition,
    FieldOperation,
    Keep,
    Write,
    convert,
    operation,
    raw,
    three_way,
)
from shared.domain.assets import Asset, Availability, FieldContent
from shared.domain.decisions import FieldWish, Reason, Verb, Wish
from shared.domain.ids import AssetId, CollectionId
from shared.domain.items import Item
from shared.domain.links import Link, Settled
from shared.domain.transfers import Transfer
from shared.engine.availability import Use, UseWish, use_of
from shared.engine.run import Held, Run
from shared.errors import NameProblem, System, ValueDoesNotFit


@dataclass(frozen=True, slots=True)
class PlannedField:
    definition: FieldDefinition
    label: str
    content: FieldContent | None  # None: empty
    authority: str


@dataclass(frozen=True, slots=True)
class Plan:
    verb: Verb
    wish: Wish
    item: Item
    target: Collection
    intake: Collection | None
    asset_type: AssetType
    fields: tuple[PlannedField, ...]
    key_field: FieldDefinition | None
    key: str
    run_date: str
    link: Link
    matches: tuple[PlannedField, ...] = ()  # identity by field
    notes: tuple[Reason, ...] = ()  # what remains to be said once all is as wished
    has_dates: bool = False  # the flow says from when and until when the asset may be used
    system: System = field(default=System.CELUM)

    @property
    def base(self) -> Settled | None:
        """What was last settled with the very asset that this transfer is about: nothing, where it makes another."""
        return None if self.verb is Verb.CREATE else self.link.settled

    def others(self, transfer: Transfer) -> frozenset[AssetId]:
        """Assets of this file that hold other content and stay as they are, since the flow wants a new one."""
        former = self.link.settled.asset if self.link.settled and self.verb is Verb.CREATE else None
        return frozenset(transfer.apart) | ({former} if former is not None else set())

    def asset_id(self, transfer: Transfer) -> AssetId:
        known = transfer.asset or (self.base.asset if self.base else None)
        if known is None:
            raise Held(Reason("transfer", "the ledger does not know the asset of this transfer", outside=True))
        return known

    def written(self) -> Mapping[str, FieldContent]:
        """The base of the next three-way update: what the flow wants there, which now stands there."""
        return {planned.label: planned.content for planned in self.fields if planned.content is not None}

    @property
    def window(self) -> Availability | None:
        since, until = self.wish.available_since, self.wish.available_until
        return None if since is None and until is None else Availability(since=since, until=until)

    def use(self, asset: Asset) -> Use:
        """What CELUM says and nobody understands is neither compared nor written over: a person looks at it."""
        use = use_of(self.base, asset.availability, UseWish(self.window, self.has_dates, self.wish.unavailable))
        was_taken = self.base is not None and (self.base.off or self.base.stood is not None)
        matters = self.has_dates or self.wish.unavailable or was_taken
        for said in (asset.availability if matters else None, use.write):
            if said is not None and said.unreadable:
                text = f"asset {asset.id}: its availability in CELUM is not understood: {said.unreadable}"
                raise Held(Reason("availability", f"{text}; set it anew there", outside=True))
        return use

    def leases(self, transfer: Transfer, marks: Iterable[str]) -> tuple[str, ...]:
        content = transfer.content
        names = [f"item {self.link.drive}|{self.link.item}"]
        return (*names, *([f"content {content.quick_xor}+{content.size}"] if content else []), *marks)


async def make_plan(run: Run, wish: Wish, notes: tuple[Reason, ...] = ()) -> Plan:
    """Resolve and convert. All names and values that do not fit are reported together, as one hold."""
    directory = run.context.celum.directory
    try:
        asset_type = await directory.asset_type(wish.asset_type)
        intake = await directory.collection(wish.intake) if wish.intake else None
        target = await _target(run, wish)
        key_field = await directory.field(asset_type, wish.key_field) if wish.key_field else None
    except NameProblem as problem:
        raise Held(Reason(f"to.{problem.kind}", str(problem), outside=True)) from problem
    planned, wrong = await _converted(directory, asset_type, wish.fields, "fields")
    matches, mistaken = await _converted(directory, asset_type, wish.matches, "identity")
    if wrong or mistaken:
        raise Held(*wrong, *mistaken)
    assert run.facts is not None  # noqa: S101  prepare has read them
    return Plan(
        verb=run.transfer.verb,
        wish=wish,
        item=run.facts.item,
        target=target,
        intake=intake,
        asset_type=asset_type,
        fields=planned,
        key_field=key_field,
        key=f"{run.link.drive}|{run.link.item}",
        run_date=run.link.run_date or run.facts.now.astimezone(run.flow.time_zone).date().isoformat(),
        link=run.link,
        matches=matches,
        notes=notes,
        has_dates=run.flow.availability is not None,
    )


async def _converted(
    directory: Directory, asset_type: AssetType, wishes: Iterable[FieldWish], rule: str
) -> tuple[tuple[PlannedField, ...], tuple[Reason, ...]]:
    planned: list[PlannedField] = []
    wrong: list[Reason] = []
    for wanted in wishes:
        try:
            definition = await directory.field(asset_type, wanted.label)
            content = await convert(wanted, definition, directory)
        except (NameProblem, ValueDoesNotFit) as problem:
            wrong.append(Reason(f"{rule}.{wanted.label}", str(problem), outside=True))
        else:
            planned.append(PlannedField(definition, wanted.label, content, wanted.authority))
    return tuple(planned), tuple(wrong)


async def _target(run: Run, wish: Wish) -> Collection:
    directory = run.context.celum.directory
    try:
        return await directory.collection(wish.collection)
    except NameProblem as problem:
        if problem.ambiguous or not wish.create_collections:
            raise
        return await directory.create_collection(wish.collection, root_type=wish.collection_type)


def raw_fields(plan: Plan) -> tuple[Mapping[str, object], ...]:
    """The fields of a new asset, the bridge's own key among them."""
    values: Iterable[tuple[FieldDefinition, FieldContent]] = [
        (planned.definition, planned.content) for planned in plan.fields if planned.content is not None
    ]
    if plan.key_field is not None:
        values = [*values, (plan.key_field, plan.key)]
    return tuple(raw(definition, content) for definition, content in values)


def change_of(
    plan: Plan, asset: Asset, transfer: Transfer, *, leaves: CollectionId | None, inherited: bool = False
) -> tuple[AssetChange, Mapping[str, str]]:
    """The one PATCH that is missing, and the values of other people that it replaces (label → text).

    A linked asset belongs to somebody else: the collection is added, and fields are written only where the flow says
    so; its name and its availability stay. `leaves` is the collection that nobody wants any more. `inherited`: its file
    is gone, and this one is its owner from now on.
    """
    add = () if plan.target.id in asset.parents else (plan.target.id,)
    remove = (leaves,) if leaves is not None and leaves in asset.parents else ()
    if transfer.linked:
        operations, replaced = _field_changes(plan, asset) if transfer.writes else ((), {})
        operations = (*operations, *(_key_handed_on(plan, asset) if inherited else ()))
        return AssetChange(parents_add=add, parents_remove=remove, fields=operations), replaced
    intake = plan.intake
    if intake is not None and intake.id in asset.parents and intake.id != plan.target.id:
        remove = (*remove, intake.id)
    operations, replaced = _field_changes(plan, asset)
    operations = (*operations, *_key_changes(plan, asset))
    use = plan.use(asset)
    if use.replaced:
        replaced = {**replaced, "availability": use.replaced}
    change = AssetChange(
        name=plan.wish.name if _name_is_ours(plan, asset) else None,
        parents_add=add,
        parents_remove=remove,
        availability=use.write,
        fields=operations,
    )
    return change, replaced


def _name_is_ours(plan: Plan, asset: Asset) -> bool:
    """The name is three-way like a field: a person's new name in CELUM stays until the source's changes."""
    base = plan.base.name if plan.base else None
    return plan.wish.name not in {asset.name, base}


def _field_changes(plan: Plan, asset: Asset) -> tuple[tuple[FieldOperation, ...], Mapping[str, str]]:
    base = plan.base.fields if plan.base else {}
    present = asset.fields or {}
    operations: list[FieldOperation] = []
    replaced: dict[str, str] = {}
    for planned in plan.fields:
        current = present.get(planned.definition.id)
        before = base.get(planned.label)
        match three_way(before, planned.content, current, planned.authority):
            case Keep():
                pass
            case Write(content, overwritten):
                change = operation(planned.definition, before, current, content)
                if change is not None:
                    operations.append(change)
                if overwritten is not None:
                    replaced[planned.label] = str(overwritten)
    return tuple(operations), replaced


def _key_handed_on(plan: Plan, asset: Asset) -> tuple[FieldOperation, ...]:
    """The key of the file that is gone would be looked for by nobody; an asset that bears none keeps to that."""
    there = (asset.fields or {}).get(plan.key_field.id) if plan.key_field is not None else None
    if plan.key_field is None or there is None:
        return ()
    change = operation(plan.key_field, there, there, plan.key)
    return (change,) if change is not None else ()


def _key_changes(plan: Plan, asset: Asset) -> tuple[FieldOperation, ...]:
    """The asset may have come from another file, whose place this one took."""
    if plan.key_field is None or plan.base is None or asset.fields is None:
        return ()
    there = asset.fields.get(plan.key_field.id)
    change = operation(plan.key_field, there, there, plan.key)
    return (change,) if change is not None else ()
