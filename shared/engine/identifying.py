"""Does CELUM have this file already? Asked in the order of the flow's `identity`, with one search for each way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b

from shared.celum import matches, spellings
from shared.celum.names import normal
from shared.celum.values import same
from shared.documents.quickxor import QuickXor
from shared.domain.assets import Asset
from shared.domain.decisions import Reason, Verb
from shared.domain.links import accepted_as
from shared.domain.transfers import Step
from shared.engine.linking import barrier_to
from shared.engine.plan import Plan, PlannedField
from shared.engine.recognised import Course, Hit, Question, Stop, course
from shared.engine.run import ComeBackLater, Held, Run
from shared.engine.sharing import owned_by_another
from shared.engine.verifying import holds_these_bytes
from shared.flows import FieldMatch
from shared.ledger.rows import RefKind, hash_ref

LEASE_RETRY_SECONDS = 5

type Way = str | FieldMatch


async def bytes_known(run: Run, plan: Plan) -> bool:
    """Whether an earlier transfer has read this very content: then CELUM is asked before it is sent once more."""
    hashed = run.link.hashed
    if plan.verb is not Verb.CREATE or run.transfer.hashes or hashed is None or hashed.content.quick_xor is None:
        return False
    if plan.item.content is None or hashed.content.quick_xor != plan.item.content.quick_xor:
        return False  # the hash counts the bytes as well, and OneDrive may be wrong about their number
    await run.checkpoint(step=Step.IDENTIFY, hashes=hashed.hashes, content=hashed.content)
    return True


async def identify(run: Run, plan: Plan) -> None:
    await take_leases(run, plan)
    for way in _ways(run, plan):
        found = await _look(run, plan, way)
        if found is not None and await _is_taken(run, plan, found, way):
            return
    if run.transfer.handle is None:  # known bytes that CELUM does not have: they have to be sent after all
        await run.checkpoint(step=Step.UPLOAD)
        return
    run.step = Step.REGISTER


async def take_leases(run: Run, plan: Plan) -> None:
    """On the file, its bytes and what else identifies it: of two at once the second waits for the first."""
    for name in plan.leases(run.transfer, marks(run, plan)):
        if name in run.leases:
            continue
        if not await run.take_lease(name):
            raise ComeBackLater(LEASE_RETRY_SECONDS)


def _ways(run: Run, plan: Plan) -> tuple[Way, ...]:
    """A file that has an asset, and gets another for its new content, is not looked for by name or field again.

    Where a person wants an asset of its own, only that is looked for which an earlier attempt has made.
    """
    if _accepted(run, plan) == "create":
        return tuple(way for way in run.flow.identity if way == "key")
    if plan.link.settled is None:
        return run.flow.identity
    return tuple(way for way in run.flow.identity if way in {"key", "checksum"})


def _accepted(run: Run, plan: Plan) -> str:
    return accepted_as(run.link, plan.item.content)


# --- looking --------------------------------------------------------------------------------------------------------


async def _look(run: Run, plan: Plan, way: Way) -> Asset | None:
    """The one asset found this way, those of other content that were set apart aside. Several are for a person."""
    celum = run.context.celum
    match way:
        case "key" if plan.key_field is not None:
            found = await celum.find_by_text_field(plan.key_field.id, plan.key)
            return _only(found, plan, run, "carry the key of this file")
        case "checksum":
            return await _by_checksum(run, plan)
        case "name":
            return await _by_name(run, plan)
        case FieldMatch():
            planned = next((one for one in plan.matches if one.label == way.label and one.content is not None), None)
            return await _by_field(run, plan, planned) if planned is not None else None
        case _:
            return None  # link: the ledger was asked before the transfer began


async def _by_checksum(run: Run, plan: Plan) -> Asset | None:
    """From the ledger, which does not lag, then from CELUM's index."""
    content = run.transfer.content
    name = hash_ref(content) if content else None
    known = await _known_as(run, name, lambda asset: _are_these_bytes(run, asset)) if name else None
    if known is not None:
        return known
    found = await run.context.celum.find_by_checksum(checksums(run))
    alike = tuple(asset for asset in found if content is not None and asset.current_version.size == content.size)
    hit = _only(alike, plan, run, "hold the same bytes", and_apart=True)
    fresh = run.asset = await run.context.celum.asset(hit.id) if hit is not None else None  # the step after it reads it
    return hit if fresh is None or _are_these_bytes(run, fresh) else None  # the index tells what it was


def _are_these_bytes(run: Run, asset: Asset) -> bool:
    content, version = run.transfer.content, asset.current_version
    return (
        content is not None
        and version.size == content.size
        and matches(version.checksum, run.transfer.hashes) is not False
    )


def checksums(run: Run) -> tuple[str, ...]:
    """The bytes' hashes in every way in which CELUM may spell its checksum."""
    return spellings({name: digest for name, digest in run.transfer.hashes.items() if name != QuickXor.name})


async def _by_name(run: Run, plan: Plan) -> Asset | None:
    def bears(asset: Asset) -> bool:
        return plan.target.id in asset.parents and normal(asset.name) == normal(plan.wish.name)

    known = await _known_as(run, _name_mark(plan), bears)
    if known is not None:
        return known
    found = await run.context.celum.find_by_name(plan.target.id, plan.wish.name)
    return _only(found, plan, run, f'are named "{plan.wish.name}" in {plan.wish.collection}')


async def _by_field(run: Run, plan: Plan, planned: PlannedField) -> Asset | None:
    number, content = planned.definition.id, planned.content
    if content is None:
        return None
    known = await _known_as(run, _field_mark(planned), lambda asset: same((asset.fields or {}).get(number), content))
    if known is not None:
        return known
    found = await run.context.celum.find_by_field(planned.definition, content)
    return _only(found, plan, run, f'have the value of this file in "{planned.label}"')


async def _known_as(run: Run, mark: str, fits: Callable[[Asset], bool]) -> Asset | None:
    """The asset of another file that settled under the same mark, if it still is what the mark says."""
    for key in await run.context.ledger.refs(RefKind.HASH, mark):
        other = await run.context.ledger.link(key) if key != run.link.key else None
        if other is not None and other.settled is not None:
            asset = await run.context.celum.asset(other.settled.asset)
            if asset is not None and fits(asset):
                return asset
    return None


def _only(found: tuple[Asset, ...], plan: Plan, run: Run, what: str, *, and_apart: bool = False) -> Asset | None:
    apart = frozenset() if and_apart else plan.others(run.transfer)
    left = [asset for asset in found if asset.id not in apart]
    if len(left) > 1:
        ids = ", ".join(str(asset.id) for asset in left)
        text = f"{len(left)} assets {what}: {ids}; say which with `bridge accept`"
        raise Held(Reason("identity", text, outside=True))
    return left[0] if left else None


# --- marks: what the ledger knows before CELUM's index does -----------------------------------------------------------


def marks(run: Run, plan: Plan) -> tuple[str, ...]:
    """Of a file whose flow recognises assets by name or field; kept beside the content's own reference."""
    ways = _ways(run, plan) if plan.verb is Verb.CREATE else ()
    named = [_name_mark(plan)] if "name" in ways else []
    return (*named, *(_field_mark(planned) for planned in plan.matches if planned.content is not None))


def _name_mark(plan: Plan) -> str:
    return f"name|{plan.target.id}|{_digest(normal(plan.wish.name))}"


def _field_mark(planned: PlannedField) -> str:
    return f"field|{planned.definition.id}|{_digest(repr(planned.content))}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


# --- what becomes of what was found ---------------------------------------------------------------------------------


async def _is_taken(run: Run, plan: Plan, asset: Asset, way: Way) -> bool:
    """Whether the transfer goes on with it; otherwise it stays as it is and the next way is asked."""
    is_same = way == "checksum" or await holds_these_bytes(run, asset)
    how = way if isinstance(way, str) else f'the field "{way.label}"'
    hit = Hit(is_own=way == "key", is_same=is_same, how=how)
    while isinstance(said := course(run.flow.on_existing, hit, _accepted(run, plan)), Question):
        hit = await _answered(run, plan, asset, hit, said)
    if isinstance(said, Stop):
        raise Held(said.reason(f"asset {asset.id}"))
    if said is Course.APART:
        await run.checkpoint(apart=(*run.transfer.apart, asset.id))
        return False
    await (_continue if said.moves_bytes else _take_over)(run, asset, said)
    return True


async def _answered(run: Run, plan: Plan, asset: Asset, hit: Hit, question: Question) -> Hit:
    if question is Question.BARRIER:
        return replace(hit, barrier=await barrier_to(run.context, plan.wish.collection, asset))
    return replace(hit, is_anothers=await owned_by_another(run.context, asset.id, run.link))


async def _take_over(run: Run, asset: Asset, how: Course) -> None:
    """An asset of the same content, made by an earlier transfer of this very file, or by somebody else."""
    if not how.is_link:
        await run.checkpoint(step=Step.VERIFY, asset=asset.id, version=asset.current_version.id)
        return
    is_sure = matches(asset.current_version.checksum, run.transfer.hashes) is True
    step = Step.COMPLETE if is_sure else Step.VERIFY
    await run.checkpoint(step=step, asset=asset.id, linked=True, writes=how.writes_fields)


async def _continue(run: Run, asset: Asset, how: Course) -> None:
    """The file's content becomes the next version of an asset that holds other content."""
    if run.transfer.handle is None:  # only now is it known that the bytes have to be sent
        await run.checkpoint(step=Step.UPLOAD)
        return
    base, linked = asset.current_version.id, how.is_link
    await run.checkpoint(step=Step.REGISTER, asset=asset.id, base_version=base, linked=linked, writes=linked)
