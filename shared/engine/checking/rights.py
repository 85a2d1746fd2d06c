"""What the bridge's user may do in CELUM: everywhere, and to assets such as the flow makes."""

from __future__ import annotations

from shared.domain.ids import AssetId
from shared.engine.checking.findings import ALLOW, About, Words
from shared.engine.checking.live import Live, all_of
from shared.engine.checking.uses import fixed_beginning, makes_unavailable
from shared.errors import Forbidden, Missing, NameProblem, Refused
from shared.flows import IngestFlow

GLOBAL = ("viewExpiredAssets", "editExpiredAssets")


async def check_rights(checking: Live) -> None:
    lacks = (await checking.celum.identity()).lacks
    for flow in checking.file.flows:
        _everywhere(checking.findings.of_flow(flow), flow, lacks)
    await all_of(_on_an_asset(checking, flow) for flow in checking.file.flows if flow.id in checking.resolved)


def _everywhere(about: About, flow: IngestFlow, lacks: frozenset[str]) -> None:
    """Without these an asset that is out of use looks as if it had been deleted."""
    words = makes_unavailable(flow)
    for right in (name for name in GLOBAL if name in lacks):
        if words:
            text = f"the user of the bridge lacks the right {right}, and could not bring an asset back into use."
            about.wrong(words, f"{words[0]}: {text}", ALLOW)
        else:
            text = f"the user of the bridge lacks the right {right}: an asset that is out of use looks deleted to it."
            about.worth(("to", "celum"), f"to.celum: {text}", ALLOW)


async def _on_an_asset(checking: Live, flow: IngestFlow) -> None:
    """An asset of the same type where the flow puts its own: rights may differ from collection to collection."""
    wanted = _needed(flow)
    try:
        asset = await _example(checking, flow)
        said = await checking.celum.rights(asset, list(wanted)) if asset is not None else {}
    except (Forbidden, Missing, Refused) as problem:
        text = f"the rights on an asset cannot be read ({problem.came_back})."
        checking.findings.of_flow(flow).worth(("to", "collection"), f"to.collection: {text}")
        return
    for right, words in wanted.items():
        if said.get(right) is False:
            text = f"the user of the bridge lacks the right {right} on assets there, such as {asset}."
            checking.findings.of_flow(flow).wrong(words, f"{'.'.join(words)}: {text}", ALLOW)


def _needed(flow: IngestFlow) -> dict[str, Words]:
    needed: dict[str, Words] = {"editName": ("to",), "addToOther": ("to", "collection")}
    if flow.fields or flow.to.key:
        needed["editMetadata"] = ("fields",) if flow.fields else ("to", "key")
    if flow.on_existing.new_content == "add_version":
        needed |= dict.fromkeys(("addVersion", "manageVersions"), ("on_existing",))
    if words := makes_unavailable(flow):
        needed["editAvailability"] = words
    return needed


async def _example(checking: Live, flow: IngestFlow) -> AssetId | None:
    kind = checking.resolved[flow.id].asset_type.id
    for path in filter(None, (fixed_beginning(flow.to.collection)[0], flow.to.intake)):
        try:
            below = await checking.celum.directory.collection(path)
        except NameProblem:
            continue  # told where collections are checked
        asset = await checking.celum.example(below.id, kind)
        if asset is not None:
            return asset
    return None
