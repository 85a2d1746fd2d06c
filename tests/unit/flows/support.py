"""A file, what could be read about it, and flows in one line, for the tests of the flow language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.decisions import Approval, Decision
from shared.domain.facts import Facts, Kind, Need
from shared.domain.ids import AssetId, DriveId, FlowId, ItemId, VersionId, link_key
from shared.domain.items import Columns, Content, Item, ItemVersion, Person, Value
from shared.domain.links import Link, LinkState, Settled
from shared.flows import IngestFlow, decide, load, needs
from shared.flows._nodes import Block, Items, Node, Text
from shared.flows._yaml import Data

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ANNA = Person(id="anna-id", name="Anna", email="anna@acme.com")
A, B = Content(100, "hash of A"), Content(100, "hash of B")

HEADER = """\
version: "1"
name: Acme
time_zone: Europe/Vienna
connections:
  marketing: {onedrive: {site: "acme.sharepoint.com:/sites/marketing", library: Documents}}
  dam: {celum: {}}
tables:
  markets: {NO: Norway, DE: Germany, CH: Switzerland}
flows:
  - id: masters
"""
DEFAULTS = {
    "from": "{onedrive: marketing, path: '/Campaigns/{campaign}/Approved/**'}",
    "to": "{celum: dam, collection: '/Campaigns/{campaign}', asset_type: Master}",
}
APPROVED = "[unchanged_for: 2m, column: {ApprovalStatus: Approved}]"
TO = "celum: dam, collection: /C, asset_type: Master"


def flow_text(**blocks: str) -> str:
    """`from_` stands for from; every block is one line of YAML."""
    named = DEFAULTS | {key.rstrip("_"): value for key, value in blocks.items()}
    return HEADER + "".join(f"    {key}: {value}\n" for key, value in named.items())


def flow(**blocks: str) -> IngestFlow:
    return load(flow_text(**blocks), "flows.yaml").flows[0]


def plain(node: Node) -> Data:
    """What a file says, without its places."""
    match node:
        case Text(value=value):
            return value
        case Items(items=items):
            return [plain(item) for item in items]
        case Block(entries=entries):
            return {key.value: plain(value) for key, value in entries}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def item(name: str = "Launch.pptx", **members: Any) -> Item:
    plain = Item(
        drive=DriveId("drive"),
        id=ItemId("item"),
        name=name,
        parent=ItemId("folder"),
        etag="etag",
        content=A,
        path=f"/Campaigns/Spring/Approved/{name}",
    )
    return replace(plain, **members)


def columns(values: Mapping[str, Value] | None = None, **named: Value) -> Columns:
    return Columns({**(values or {}), **named})


def version(number: int, at: datetime, by: Person | None = ANNA, **values: Value) -> ItemVersion:
    return ItemVersion(f"{number}.0", at, by, values)


@dataclass(frozen=True)
class World:
    """Everything that could be gathered about one file; None for versions that cannot be read."""

    item: Item = field(default_factory=item)
    columns: Columns = field(default_factory=lambda: columns(ApprovalStatus="Approved"))
    signature: str = "signature of A"
    versions: tuple[ItemVersion, ...] | None = ()
    version_signatures: Mapping[str, str] = field(default_factory=dict)
    office: Mapping[str, str] = field(default_factory=dict)
    embedded: Mapping[str, Value] = field(default_factory=dict)
    pixels: tuple[int, int] = (0, 0)
    checked_in: bool = True
    content_approval: str = ""
    folders: Mapping[str, Columns] = field(default_factory=dict)
    collections: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    now: datetime = NOW
    time_scale: float = 1

    def page(self) -> Facts:
        """What a page of the delta tells."""
        return Facts(self.now, self.item, time_scale=self.time_scale)

    def gather(self, facts: Facts, asked: frozenset[Need]) -> Facts:
        for need in asked:
            facts = self._gather_elsewhere(self._gather(facts, need), need)
        return facts

    def _gather(self, facts: Facts, need: Need) -> Facts:
        match need.kind:
            case Kind.COLUMNS:
                return replace(facts, columns=self.columns)
            case Kind.SIGNATURE:
                return replace(facts, signature=self.signature)
            case Kind.VERSIONS:
                return replace(facts, versions=self.versions, versions_unreadable=self.versions is None)
            case Kind.VERSION_SIGNATURE:
                known = {**facts.version_signatures, need.of: self.version_signatures.get(need.of, "")}
                return replace(facts, version_signatures=known)
            case Kind.OFFICE:
                return replace(facts, office=self.office)
            case _:
                return facts

    def _gather_elsewhere(self, facts: Facts, need: Need) -> Facts:
        match need.kind:
            case Kind.EMBEDDED:
                return replace(facts, embedded=self.embedded)
            case Kind.PIXELS:
                return replace(facts, pixels=self.pixels)
            case Kind.CHECKED_IN:
                return replace(facts, checked_in=self.checked_in)
            case Kind.CONTENT_APPROVAL:
                return replace(facts, content_approval=self.content_approval)
            case Kind.FOLDER:
                return replace(facts, folders={**facts.folders, need.of: self.folders.get(need.of)})
            case Kind.COLLECTION:
                found = self.collections.get(need.of)
                return replace(facts, collections={**facts.collections, need.of: found})
            case _:
                return facts


@dataclass(frozen=True)
class Run:
    decision: Decision
    asked: tuple[frozenset[Need], ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What was asked for, round by round."""
        return tuple(need.kind for asked in self.asked for need in sorted(asked, key=lambda need: need.kind))

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(reason.text for reason in self.decision.reasons)


def run(flow: IngestFlow, world: World, link: Link | None = None) -> Run:
    """The loop of the engine."""
    facts, asked = world.page(), []
    while missing := needs(flow, facts, link):
        asked.append(missing)
        assert len(asked) <= len(Kind), f"needs does not end: {asked}"
        facts = world.gather(facts, missing)
    return Run(decide(flow, facts, link), tuple(asked))


def link(state: LinkState = LinkState.SEEN, *, minutes_ago: float = 60, **members: Any) -> Link:
    plain = Link(
        key=link_key(FlowId("masters"), DriveId("drive"), ItemId("item")),
        flow=FlowId("masters"),
        drive=DriveId("drive"),
        item=ItemId("item"),
        state=state,
        content=A,
        seen_at=NOW - minutes(minutes_ago),
    )
    return replace(plain, **members)


def settled(content: Content = A, signature: str = "signature of A", facts_hash: str = "") -> Settled:
    return Settled(content, signature, facts_hash, AssetId(4711), VersionId(1), NOW - minutes(30))


def settled_link(flow: IngestFlow, world: World) -> Link:
    """A link that settled in exactly this world."""
    first = run(flow, world, link(content=world.item.content)).decision
    assert first.wish is not None, first.reasons
    base = settled(world.item.content or A, first.signature or "", first.facts_hash)
    return link(LinkState.SETTLED, content=world.item.content, approval=first.approval, settled=base)


def approval(signature: str = "signature of A", version_id: str = "1.0") -> Approval:
    return Approval(signature, version_id, NOW - minutes(40), "anna-id")
