"""Gathering what `needs` asks for, and only that."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from shared.documents import NoOfficeFile
from shared.documents.embedded import embedded_properties, refuse_protected
from shared.documents.kinds import may_be_office, may_be_pdf, may_have_embedded
from shared.documents.pixels import pixels_in
from shared.documents.properties import office_properties
from shared.documents.quickxor import QuickXor
from shared.documents.signature import content_signature
from shared.domain.facts import Facts, Kind, Need
from shared.domain.ids import DriveId, ItemId
from shared.domain.items import Content, Item, Value
from shared.domain.links import Link, Settled
from shared.engine.context import Context
from shared.engine.gates import ask, with_answer
from shared.engine.paths import Paths
from shared.errors import Forbidden, Missing
from shared.flows import IngestFlow, needs
from shared.onedrive import DriveContent


async def read_item(context: Context, drive: DriveId, item: ItemId) -> Facts:
    """A fresh look at the item and its columns, in one call. An item that is gone comes back as deleted."""
    now, scale = context.clock.now(), context.clock.time_scale
    try:
        found, columns = await context.onedrive.item(drive, item)
    except Missing:
        gone = Item(drive=drive, id=item, name="", parent=None, etag=None, deleted=True)
        return Facts(now=now, item=gone, time_scale=scale)
    placed = await Paths(context, drive).of(found)
    return Facts(now=now, item=placed, columns=columns, time_scale=scale)


async def complete(context: Context, flow: IngestFlow, facts: Facts, link: Link | None) -> Facts:
    """Gather, stage by stage, until nothing more is needed to decide."""
    while wanted := needs(flow, facts, link):
        for need in sorted(wanted, key=lambda need: (need.kind, need.of)):
            facts = await _gather(context, facts, need, link)
    return facts


async def _gather(context: Context, facts: Facts, need: Need, link: Link | None) -> Facts:
    item = facts.item
    match need.kind:
        case Kind.COLUMNS:
            _, columns = await context.onedrive.item(item.drive, item.id)
            return dataclasses.replace(facts, columns=columns)
        case Kind.SIGNATURE:
            return dataclasses.replace(facts, signature=await _signature(context, item, link))
        case Kind.VERSIONS:
            return await _versions(context, facts)
        case Kind.VERSION_SIGNATURE:
            signature = await _signature_of_version(context, item, need.of)
            return dataclasses.replace(facts, version_signatures={**facts.version_signatures, need.of: signature})
        case Kind.OFFICE:
            reader = context.onedrive.content(item.drive, item.id)
            properties: Mapping[str, str] = await office_properties(reader) if is_package(item) else {}
            if not properties and is_package(item) and await content_signature(reader) is None:
                raise NoOfficeFile(item.name)
            return dataclasses.replace(facts, office=properties)
        case Kind.EMBEDDED:
            reader = context.onedrive.content(item.drive, item.id)
            found: Mapping[str, Value] = await embedded_properties(reader) if may_have_embedded(item.name) else {}
            return dataclasses.replace(facts, embedded=found)
        case Kind.PIXELS:
            reader = context.onedrive.content(item.drive, item.id)
            return dataclasses.replace(facts, pixels=await pixels_in(reader) or (0, 0))
        case _:
            return await _gather_state(context, facts, need)


async def _gather_state(context: Context, facts: Facts, need: Need) -> Facts:
    """What the library says about the file, and what stands elsewhere."""
    item = facts.item
    match need.kind:
        case Kind.CHECKED_IN:
            return dataclasses.replace(facts, checked_in=await context.onedrive.checked_in(item.drive, item.id))
        case Kind.CONTENT_APPROVAL:
            status = await context.onedrive.content_approval(item.drive, item.id)
            return dataclasses.replace(facts, content_approval=status)
        case _:
            return with_answer(facts, need, await ask(context, item.drive, need))


async def _versions(context: Context, facts: Facts) -> Facts:
    try:
        versions = await context.onedrive.versions(facts.item.drive, facts.item.id)
    except Forbidden:
        return dataclasses.replace(facts, versions=(), versions_unreadable=True)
    return dataclasses.replace(facts, versions=versions)


async def _signature(context: Context, item: Item, link: Link | None) -> str:
    known = context.signature_of(item)
    if known is None:
        reader = context.onedrive.content(item.drive, item.id)
        if may_be_pdf(item.name):
            await refuse_protected(reader)
        known = (await content_signature(reader) if is_package(item) else None) or await _plain(reader, item, link)
        context.remember_signature(item, known)
    return known


async def _signature_of_version(context: Context, item: Item, version: str) -> str:
    """Read once in this process, and no byte of it where its size says already that it is not the present content.

    The size of an Office package says nothing: SharePoint rewrites what stands around its text.
    """
    known = context.signature_of(item, version)
    if known is not None:
        return known
    reader = context.onedrive.content(item.drive, item.id, version=version)
    try:
        if is_package(item):
            known = await content_signature(reader)
        elif item.content is not None and (size := await reader.size()) != item.content.size:
            if size != await _true_size(context, item):
                return f"size:{size}"
            known = await _hash_of(reader, item.content.size)
        known = known or await _hash_of(reader)
    except (Missing, Forbidden):
        return ""  # pruned, or not to be read: then nothing is known to be covered by it
    context.remember_signature(item, known, version)
    return known


async def _true_size(context: Context, item: Item) -> int:
    """Of the present content. OneDrive may announce another; who hands out the first byte knows."""
    reader = context.onedrive.content(item.drive, item.id)
    await reader.read(0, 1)
    return await reader.size()


def is_package(item: Item) -> bool:
    return may_be_office(item.name)


async def _plain(reader: DriveContent, item: Item, link: Link | None) -> str:
    """While OneDrive has no hash of the file, its bytes are read for one, unless they surely are those that settled."""
    settled = link.settled if link else None
    if item.content is None or item.content.quick_xor is not None:
        return plain_signature(item.content or Content(0, None))
    if settled is not None and _is_untouched(item, settled):
        return settled.signature
    return await _hash_of(reader, item.content.size)


def _is_untouched(item: Item, settled: Settled) -> bool:
    known, size = settled.ctag is not None and settled.ctag == item.ctag, item.content and item.content.size
    return known and size == settled.content.size


def plain_signature(content: Content) -> str:
    """Of a file that is no Office package: its hash and size."""
    return f"xor:{content.quick_xor}:{content.size}"


def hash_in(signature: str) -> str | None:
    """The quickXorHash that a plain signature names."""
    kind, _, rest = signature.partition(":")
    return rest.partition(":")[0] if kind == "xor" else None


async def _hash_of(content: DriveContent, announced: int | None = None) -> str:
    """The plain signature of what has no hash and so has to be read: an old version, or a file just saved."""
    hasher, size = QuickXor(), 0
    async for chunk in content.stream():
        hasher.update(chunk)
        size += len(chunk)
    return plain_signature(Content(size if announced is None else announced, hasher.digest()))
