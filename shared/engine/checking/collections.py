"""The collections of CELUM that the flows name, as far as no value of a file is in their path."""

from __future__ import annotations

from shared.celum import Collection
from shared.celum.collections import segments
from shared.celum.names import bears
from shared.engine.checking.findings import ALLOW, About, Words, hint, key_of
from shared.engine.checking.live import Live, all_of
from shared.engine.checking.uses import fixed_beginning
from shared.errors import Forbidden, Missing, NameProblem, Refused
from shared.flows import VALUE, Gate, GateKind, IngestFlow

TARGET: Words = ("to", "collection", VALUE)
INTAKE: Words = ("to", "intake", VALUE)


async def check_collections(checking: Live) -> None:
    await all_of(_flow(checking, flow) for flow in checking.file.flows)


async def _flow(checking: Live, flow: IngestFlow) -> None:
    about = checking.findings.of_flow(flow)
    if flow.to.intake is not None:
        await _intake(checking, about, flow.to.intake)
    if flow.to.collection_type is not None:
        await _type(checking, about, flow.to.collection_type)
    await _target(checking, about, flow)
    for gate in flow.ready.gates:
        if gate.kind is GateKind.COLLECTION:
            await _gate(checking, about, gate)


async def _intake(checking: Live, about: About, path: str) -> None:
    found, problem = await _way_down(checking, path)
    if problem is not None:
        about.named(INTAKE, "to.intake", problem)
    elif found is not None:
        await _takes_assets(checking, about, INTAKE, found)


async def _type(checking: Live, about: About, name: str) -> None:
    try:
        await checking.celum.directory.collection_type(name)
    except NameProblem as problem:
        about.named(("to", "collection_type", VALUE), "to.collection_type", problem)


async def _target(checking: Live, about: About, flow: IngestFlow) -> None:
    path, is_whole = fixed_beginning(flow.to.collection)
    found, problem = await _way_down(checking, path)
    if problem is not None and (problem.ambiguous or not flow.to.create_collections):
        about.named(TARGET, "to.collection", problem)
    elif problem is not None and found is None and flow.to.collection_type is None:
        text = f"{NameProblem(problem.kind, problem.name)}, and a root is made only with to.collection_type."
        about.wrong(TARGET, f"to.collection: {text}")
    elif problem is None and is_whole and found is not None:
        await _takes_assets(checking, about, TARGET, found)
    if flow.to.create_collections and found is not None and not (is_whole and problem is None):
        await _has_right(checking, about, TARGET, found, "addCollection")


async def _takes_assets(checking: Live, about: About, words: Words, found: Collection) -> None:
    """Also of the target behind an intake: there the asset has to be released."""
    if found.permission_defining is False:
        text = f'assets cannot be put directly into "{_name(found)}", whose collection type defines no permissions.'
        about.wrong(words, f"{key_of(words)}: {text}", "Name a collection of a permission-defining type.")
    await _has_right(checking, about, words, found, "upload")


async def _has_right(checking: Live, about: About, words: Words, found: Collection, right: str) -> None:
    try:
        said = await checking.celum.collections.rights(found.id, [right])
    except (Forbidden, Missing, Refused) as problem:
        about.worth(words, f'{key_of(words)}: the rights on "{_name(found)}" cannot be read ({problem.came_back}).')
        return
    if said[right] is False:
        about.wrong(
            words, f'{key_of(words)}: the user of the bridge lacks the right {right} on "{_name(found)}".', ALLOW
        )


async def _gate(checking: Live, about: About, gate: Gate) -> None:
    """A collection behind a capture may be made later; one that is named in full is there, or the gate never opens."""
    words, what = ("ready", "collection", "path", VALUE), "ready.collection.path"
    path, is_whole = fixed_beginning(gate.path)
    _, problem = await _way_down(checking, path)
    if problem is not None:
        about.named(words, what, problem)
        return
    said = await checking.celum.directory.collection_values(path) if is_whole else None
    for label, _ in gate.wanted if said is not None else ():
        if said is not None and not bears(label, said[1]):
            text = f'the collection "{path}" shows no information field "{label}", so this gate never opens.'
            words = ("ready", "collection", "field", label)
            about.wrong(words, f"ready.collection.field: {text}", hint(label, tuple(said[1])))


async def _way_down(checking: Live, path: str) -> tuple[Collection | None, NameProblem | None]:
    """The last collection on the path that is there, and what is wrong with the next one."""
    found: Collection | None = None
    steps = segments(path)
    for end in range(1, len(steps) + 1):
        try:
            found = await checking.celum.directory.collection("/".join(steps[:end]))
        except NameProblem as problem:
            return found, problem
    return found, None


def _name(collection: Collection) -> str:
    return next(iter(collection.names.values()), str(collection.id))
