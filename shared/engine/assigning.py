"""An asset that a person gives to a file, with `bridge accept --as link`."""

from __future__ import annotations

from dataclasses import replace

from shared.celum import matches
from shared.domain.assets import Asset
from shared.domain.facts import Facts
from shared.domain.ids import AssetId
from shared.domain.items import Content
from shared.domain.links import Accepted, Link, LinkState, Settled
from shared.engine.context import Context
from shared.engine.linking import barrier_to
from shared.engine.operating import CannotBeDone, NotKnown, flow_named
from shared.engine.sharing import others_of
from shared.errors import NameProblem
from shared.flows import decide, target_of
from shared.ledger.rows import RefKind, asset_ref


async def assigned(context: Context, link: Link, facts: Facts, asset: AssetId | None) -> Link:
    """The asset becomes this file's. Unless it is known to hold the file's bytes, they become its next version.

    The transfer, which reads them, adds none where it finds them the same. An asset that another file owns is only
    shared, by a file of the same content.
    """
    found = await context.celum.asset(asset) if asset is not None else None
    if found is None:
        raise NotKnown(f"CELUM has no asset {asset}, or the bridge may not see it")
    owners = [one for one in await others_of(context, found.id, link.key) if one.settled and not one.settled.alias]
    stranger = next((owner for owner in owners if owner.item != link.item), None)
    is_at_home = any(owner.item == link.item for owner in owners) or (link.settled and link.settled.asset == found.id)
    if not is_at_home:
        await _refuse_wider_rights(context, link, facts, found)
    if stranger is not None:
        settled = _shared(context, link, facts, found, stranger)
    else:
        settled = _owned(context, link, facts, found)
    await context.ledger.add_ref(RefKind.ASSET, asset_ref(found.id), link.key)
    accepted = None if settled.signature else Accepted("version", facts.item.content)
    return replace(link, settled=settled, state=LinkState.SETTLED, accepted=accepted)


def signature_now(context: Context, link: Link, facts: Facts) -> str:
    decision = decide(flow_named(context, link.flow), facts, link)
    signature = facts.signature or decision.signature or context.signature_of(facts.item)
    if signature is None:
        raise CannotBeDone("the file is not ready yet, so its content has not been read")
    return signature


async def _refuse_wider_rights(context: Context, link: Link, facts: Facts, found: Asset) -> None:
    """What linking must not do by itself, it does not do because a person asks for it: CELUM has to say so first."""
    target = target_of(flow_named(context, link.flow), facts, link)
    if target is None:
        raise CannotBeDone(
            "it cannot be said yet in which collection the file is to stand; correct what it is held for"
        )
    try:
        barred = await barrier_to(context, target, found)
    except NameProblem as problem:
        raise CannotBeDone(str(problem)) from problem
    if barred:
        raise CannotBeDone(f"asset {found.id} {barred}: linking would widen rights")


def _shared(context: Context, link: Link, facts: Facts, found: Asset, owner: Link) -> Settled:
    theirs = owner.settled
    is_current = theirs is not None and theirs.version == found.current_version.id
    if theirs is None or not is_current or theirs.signature != signature_now(context, link, facts):
        text = f"asset {found.id} is that of {owner.path or owner.item}, whose content is another"
        raise CannotBeDone(f"{text}: say --as create for an asset of this file's own")
    settled = _with_the_content(context, found, facts.item.content or Content(0, None), theirs.signature)
    return replace(settled, alias=True, sha256=theirs.sha256, verified=theirs.verified)


def _owned(context: Context, link: Link, facts: Facts, found: Asset) -> Settled:
    content = facts.item.content or Content(0, None)
    if _is_known_to_hold(found, link, content):
        return _with_the_content(context, found, content, signature_now(context, link, facts))
    return _with_the_content(context, found, Content(found.current_version.size, None), "")


def _with_the_content(context: Context, found: Asset, content: Content, signature: str) -> Settled:
    return Settled(
        content=content,
        signature=signature,
        facts_hash="",
        asset=found.id,
        version=found.current_version.id,
        at=context.clock.now(),
        since=context.clock.now(),
        taken=context.clock.now(),
        name=found.name,
        added=False,
        checksum=found.current_version.checksum,
    )


def _is_known_to_hold(found: Asset, link: Link, content: Content) -> bool:
    """By what an earlier transfer of this very content has read. Equal size proves nothing."""
    hashed, version = link.hashed, found.current_version
    if hashed is None or content.quick_xor is None or hashed.content.quick_xor != content.quick_xor:
        return False
    return version.size == hashed.content.size and matches(version.checksum, hashed.hashes) is True
