"""What a fresh look at the drive and FLOWS §3 demand of CELUM and the ledger, for the flow `campaign-masters`.

Written from FLOWS alone: it reads the drive's own version history and knows nothing of how the engine comes to its end.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from docx import Document

from local.celum_simulator.model import Asset, Blob
from local.celum_simulator.snapshot import described
from local.onedrive_simulator.estate.drive import Drive
from local.onedrive_simulator.estate.model import Item, Version
from shared.domain.links import Link, LinkState
from shared.ledger.rows import AttentionKind
from tests.kit.campaign import FLOW, Campaign

PASSING = ("Unavailable:", "Throttled:")  # a function that fails by one of these is called again
MARKETS = {"NO": "Norway", "DE": "Germany"}


class Verdict(StrEnum):
    """What is to be with a file that the flow speaks of."""

    WAITS = "not approved now"
    HELD = "a person has to mend something"
    DONE = "in CELUM"


@dataclass(slots=True)
class File:
    item: Item
    path: str
    verdict: Verdict
    why: str
    content: str
    approved: frozenset[str]  # every content that was approved at some time
    link: Link | None = None

    @property
    def target(self) -> str:
        return f"/Marketing/Campaigns/{self.path.split('/')[2]}"

    def __str__(self) -> str:
        return f"{self.path} ({self.verdict}{': ' if self.why else ''}{self.why}; holds {self.content!r})"


# --- the drive ----------------------------------------------------------------------------------------------------


def content_of(name: str, data: bytes) -> str:
    """What a file says, whatever SharePoint made of its package."""
    if name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            data = package.read("word/document.xml")
    found = re.search(rb"content (\d+);", data)
    assert found is not None, "a content that no step has written"
    return f"{found[1].decode()}.{name.rpartition('.')[2]}"


def is_meant(path: str) -> bool:
    """/Campaigns/{campaign}/Approved/**, without drafts."""
    parts = path.casefold().split("/")[1:]
    return len(parts) > 3 and parts[0] == "campaigns" and parts[2] == "approved" and "_draft." not in parts[-1]


def approvals(item: Item) -> Iterator[Version]:
    """The versions in which the approving value was set."""
    before = None
    for version in item.versions:
        status = version.fields.get("ApprovalStatus")
        if status == "Approved" != before:
            yield version
        before = status


def said(item: Item, version: Version) -> str:
    return content_of(item.name, version.content.path.read_bytes()) if version.content else ""


def judged(item: Item, path: str, collections: Iterable[str]) -> File:
    given = list(approvals(item))
    file = File(item, path, Verdict.DONE, "", said(item, item.current), frozenset(said(item, v) for v in given))
    if item.fields.get("ApprovalStatus") != "Approved":
        file.verdict = Verdict.WAITS
    elif said(item, given[-1]) != file.content:
        file.verdict, file.why = Verdict.HELD, "changed after approval"
    elif not item.fields.get("UsageRights"):
        file.verdict, file.why = Verdict.HELD, "usage rights are missing"
    elif file.target not in collections:
        file.verdict, file.why = Verdict.HELD, "there is no such collection"
    return file


def fields_of(file: File, drive: str) -> dict[str, object]:
    stem = file.item.name.rpartition(".")[0]
    columns = file.item.fields
    wanted: dict[str, object] = {
        "Bridge key": f"{drive}|{file.item.id}",
        "Campaign": file.path.split("/")[2],
        "Title": {"en": columns.get("Title") or office_title(file.item) or stem},
        "Usage rights": columns.get("UsageRights"),
    }
    if (market := columns.get("Market")) is not None:
        wanted["Market"] = MARKETS[str(market)]
    return wanted


def office_title(item: Item) -> str:
    if not item.name.endswith(".docx") or item.content is None:
        return ""
    return str(Document(str(item.content.path)).core_properties.title)


# --- both sides -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Look:
    campaign: Campaign
    drive: Drive
    files: list[File]
    links: dict[str, Link]
    assets: dict[int, Asset]
    descriptions: dict[int, dict[str, object]]
    wrong: list[str] = field(default_factory=list)

    def demand(self, is_so: object, what: str) -> None:
        if not is_so:
            self.wrong.append(what)

    def contents(self, asset: Asset) -> list[str]:
        return [self.content(asset, version.id) for version in asset.versions]

    def content(self, asset: Asset, version: int) -> str:
        found = next(v for v in asset.versions if v.id == version)
        return content_of(found.filename, found.blob.path.read_bytes()) if found.blob else ""

    def key(self, asset: Asset) -> str:
        fields = self.descriptions[asset.id]["fields"]
        return str(fields["Bridge key"]) if isinstance(fields, dict) and "Bridge key" in fields else ""


async def check(campaign: Campaign) -> None:
    """AssertionError that lists everything which is not as it should be."""
    look = await look_at(campaign)
    for file in look.files:
        _check_file(look, file)
    for asset in look.assets.values():
        _check_asset(look, asset)
    _check_once(look)
    _check_gone(look)
    await _check_rest(look)
    assert not look.wrong, "\n".join(look.wrong)


async def look_at(campaign: Campaign) -> Look:
    world = campaign.world
    drive = world.onedrive.drive(campaign.drive)
    ledger, _ = world.ledger()
    links = {str(link.item): link async for link in ledger.links_of(FLOW, drive.id)}  # type: ignore[arg-type]
    collections = world.celum.snapshot()["collections"]
    files = [
        judged(item, drive.path(item), collections)
        for item in drive.items.values()
        if not item.is_folder and is_meant(drive.path(item))
    ]
    for file in files:
        file.link = links.get(file.item.id)
    assets = {asset.id: asset for asset in world.celum.assets()}
    descriptions = {asset.id: described(world.celum.tenant, asset) for asset in assets.values()}
    return Look(campaign, drive, files, links, assets, descriptions)


def _check_file(look: Look, file: File) -> None:
    link = file.link
    match file.verdict:
        case Verdict.WAITS:
            if not file.approved:
                look.demand(link is None or link.settled is None, f"{file}: in CELUM without ever being approved")
        case Verdict.HELD:
            look.demand(link is not None and link.state is LinkState.HELD, f"{file}: is {link and link.state}")
            _check_column(look, file, "Held")
        case Verdict.DONE:
            look.demand(
                link is not None and link.state is LinkState.SETTLED,
                f"{file}: is {link and link.state}, {[str(r.text) for r in link.reasons] if link else ''}",
            )
            _check_column(look, file, "In CELUM")
            if link is not None and link.settled is not None:
                _check_carried(look, file, link)


def _check_column(look: Look, file: File, status: str) -> None:
    found = file.item.fields.get("SyncStatus")
    look.demand(file.item.locked or found == status, f"{file}: its column says {found!r}, not {status!r}")


def _check_carried(look: Look, file: File, link: Link) -> None:
    assert link.settled is not None
    asset = look.assets.get(int(link.settled.asset))
    if asset is None:
        look.wrong.append(f"{file}: its asset {link.settled.asset} is not there")
        return
    as_described = look.descriptions[asset.id]
    parents = as_described["parents"]
    assert isinstance(parents, list)
    look.demand(file.target in parents, f"{file}: its asset stands in {parents}, not in {file.target}")
    now = look.content(asset, asset.current)
    look.demand(now == file.content, f"{file}: its asset {asset.id} holds {now!r}, of {look.contents(asset)}")
    key = f"{look.drive.id}|{file.item.id}"
    if look.key(asset) != key:
        owner = next((f for f in look.files if look.key(asset) == f"{look.drive.id}|{f.item.id}"), None)
        came_later = not link.settled.alias and owner is None
        look.demand(owner or came_later, f"{file}: its asset {asset.id} belongs to no file: {look.key(asset)}")
        return
    if _came_later(look, file, link):
        return
    wanted = fields_of(file, look.drive.id)
    look.demand(as_described["fields"] == wanted, f"{file}: fields {as_described['fields']}, not {wanted}")
    stem = file.item.name.rpartition(".")[0]
    look.demand(asset.name == stem, f"{file}: its asset is named {asset.name!r}")
    url = str(file.item.fields.get("CelumAsset"))
    look.demand(file.item.locked or url.endswith(f"={asset.id}"), f"{file}: the column shows {url}, not {asset.id}")


def _came_later(look: Look, file: File, link: Link) -> bool:
    """One of another place, whose owner was gone, takes the asset as it stands until its own facts change."""
    assert link.settled is not None
    return any(
        other.settled is not None and other.settled.asset == link.settled.asset and not other.settled.alias
        for other in look.links.values()
        if other.state is LinkState.CLOSED and other.path != file.path
    )


def _check_asset(look: Look, asset: Asset) -> None:
    """Approved contents only, none of them twice in a row, out of intake, and known to the ledger."""
    contents = look.contents(asset)
    everything = [*look.drive.items.values(), *(stone.item for stone in look.drive.gone.values())]
    approved = {said(item, version) for item in everything if not item.is_folder for version in approvals(item)}
    for content in contents:
        look.demand(content in approved, f"asset {asset.id}: {content!r} was never approved")
    twice = [one for one, two in itertools.pairwise(contents) if one == two]
    look.demand(not twice, f"asset {asset.id}: versions {contents}")
    parents = look.descriptions[asset.id]["parents"]
    known = [link for link in look.links.values() if link.settled and int(link.settled.asset) == asset.id]
    look.demand(known, f"asset {asset.id} ({asset.name}, {contents}): no link knows it")
    look.demand(parents != ["/Bridge/Intake"], f"asset {asset.id} ({asset.name}): was left in intake")
    if len(known) == 1 and known[0].leaving is None and known[0].item in {f.item.id for f in look.files}:
        file = next(f for f in look.files if f.item.id == known[0].item)
        if file.verdict is Verdict.DONE:
            look.demand(parents == [file.target], f"{file}: its asset stands in {parents}")


def _check_once(look: Look) -> None:
    """When an asset was made, no other held the same bytes; no two carry the same key.

    Bytes, not content: SharePoint gives every copy of an Office file an id of its own.
    """
    keys = [look.key(asset) for asset in look.assets.values()]
    look.demand(len(keys) == len(set(keys)), f"two assets of one file: {keys}")
    for asset in look.assets.values():
        born, first = asset.creation.date, asset.versions[0].blob
        for other in look.assets.values():
            before = [v for v in other.versions if v.creation.date < born]
            if other.id < asset.id and before and same_bytes(before[-1].blob, first):
                look.wrong.append(f"asset {asset.id} was made though asset {other.id} held the same")


def same_bytes(one: Blob | None, other: Blob | None) -> bool:
    return one is not None and other is not None and one.path.read_bytes() == other.path.read_bytes()


def _check_gone(look: Look) -> None:
    """Of files that are deleted or outside of the pattern."""
    there = {file.item.id for file in look.files}
    for item, link in look.links.items():
        if item not in there:
            look.demand(link.state is LinkState.CLOSED or link.settled is None, f"{link.path}: gone, but {link.state}")


async def _check_rest(look: Look) -> None:
    world = look.campaign.world
    ledger, _ = world.ledger()
    for link in look.links.values():
        look.demand(link.transfer is None, f"{link.path}: a transfer is left, {link.transfer}")
    held = {row.link for row in await ledger.attention(AttentionKind.HELD)}
    for link in look.links.values():
        look.demand(
            (link.key in held) == (link.state is LinkState.HELD), f"{link.path}: attention, but state {link.state}"
        )
    look.demand(not world.poison, f"poison: {world.poison}")
    errors = [error for error in world.errors if not error.startswith(PASSING)]
    look.demand(not errors, f"errors: {errors[-3:]}")
    look.demand(not world.celum.impatient, "CELUM was asked before its time")
