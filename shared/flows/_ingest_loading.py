"""One ingest flow of a flow file: from … ready … to …"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.domain.ids import FlowId
from shared.flows._categories import CATEGORIES
from shared.flows._field_loading import (
    load_availability,
    load_columns,
    load_fields,
    same_column,
)
from shared.flows._life_loading import load_after, load_changed_after_ready, load_identity, load_on_existing
from shared.flows._model import (
    Accept,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    Start,
)
from shared.flows._nodes import Block
from shared.flows._paths import NamePattern, PathPattern, PatternProblem, name_pattern, path_pattern
from shared.flows._ready_loading import approves_a_content, approving_columns, load_ready, surely_closes, takes_back
from shared.flows._section import Section, did_you_mean
from shared.flows._sources import Vocabulary
from shared.flows._target_loading import Surroundings, load_connection, load_to
from shared.flows._units import COUNT, SIZE
from shared.flows._writing import columns_read

ALWAYS_IGNORED = ("~$*", "*.tmp", ".DS_Store", "desktop.ini", "Thumbs.db")
BROKEN_PATH, BROKEN_NAME = PathPattern("/**", (), "/"), NamePattern("*")  # stand in for patterns with a mistake


@dataclass(frozen=True, slots=True)
class _From:
    onedrive: str = ""
    pattern: PathPattern = BROKEN_PATH
    types: tuple[str, ...] = ()
    ignore: tuple[NamePattern, ...] = ()


def load_ingest(flow: Section, flow_id: str, around: Surroundings, limits: Limits) -> IngestFlow | None:
    """Report in the section's problems; the result counts only where there are none."""
    if _is_another_shape(flow):
        return None
    about = flow.text("about") or ""
    mode = Mode(flow.choice("mode", Mode.ON))
    start = Start(flow.choice("start", Start.NEW))
    origin = _from(flow, around)
    accept = _accept(flow)
    names = accept.name.captures if accept.name else ()
    is_broken = {"path": origin.pattern is BROKEN_PATH, "name": accept.name is BROKEN_NAME}
    words = Vocabulary(
        origin.pattern.captures,
        names,
        unsure=[kind for kind, broken in is_broken.items() if broken],
        unset=flow.problems.unset,
    )
    celum, target = load_to(flow, around, words)
    ready = load_ready(flow, words)
    changed, reset = load_changed_after_ready(flow)
    after, move_to = load_after(flow, words)
    loaded = IngestFlow(
        id=FlowId(flow_id),
        about=about,
        time_zone=around.time_zone,
        onedrive=origin.onedrive,
        celum=celum,
        pattern=origin.pattern,
        to=target,
        mode=mode,
        start=start,
        types=origin.types,
        ignore=origin.ignore,
        ready=ready,
        changed_after_ready=changed,
        reset=reset,
        accept=accept,
        identity=load_identity(flow, target, words),
        on_existing=load_on_existing(flow),
        fields=load_fields(flow, words, around.tables),
        availability=load_availability(flow, words),
        incomplete=flow.choice("incomplete", "hold"),
        columns=load_columns(flow, replace(words, writing=True)),
        after=after,
        move_to=move_to,
        on_ready_lost=flow.choice("on_ready_lost", "keep"),
        on_source_deleted=flow.choice("on_source_deleted", "keep"),
        limits=limits,
    )
    flow.close()
    _refuse_what_has_no_effect(flow, loaded)
    return loaded


def _is_another_shape(flow: Section) -> bool:
    origin, target = flow.node("from"), flow.node("to")
    keys = {key.value for node in (origin, target) if isinstance(node, Block) for key, _ in node.entries}
    from_keys = {key.value for key, _ in origin.entries} if isinstance(origin, Block) else set()
    if "celum" in from_keys:
        shape = "a workspace flow" if keys & {"collections", "folder"} else "a deliver flow"
        flow.wrong(flow.key_node("from"), f"{shape} (from CELUM to OneDrive) is not supported by this version yet.")
        return True
    return False


def _refuse_what_has_no_effect(flow: Section, loaded: IngestFlow) -> None:
    inert = "has no effect, because ready names no value that approves."
    if not loaded.ready.conditions and flow.has("on_ready_lost"):
        flow.wrong(flow.key_node("on_ready_lost"), f"on_ready_lost {inert}")
    if not approves_a_content(loaded.ready) and flow.has("changed_after_ready"):
        because = "has no effect, because SharePoint itself takes back what ready asks for, with every edit."
        why = because if loaded.ready.conditions else inert
        flow.wrong(flow.key_node("changed_after_ready"), f"changed_after_ready {why}")
    if loaded.availability and loaded.to.intake is None:
        flow.wrong(flow.key_node("availability"), "availability needs to.intake: an asset must not be seen before it.")
    for name in ("fields", "on_existing", "limits"):
        node = flow.node(name)
        if isinstance(node, Block) and not node.entries:
            flow.wrong(node, f"{name} has no effect, because it is empty.")
    _refuse_targets_that_collide(flow, loaded)
    _refuse_resets_in_vain(flow, loaded)
    _refuse_what_it_would_read_again(flow, loaded)
    limits = flow.node("limits")
    for word, _ in limits.entries if isinstance(limits, Block) and loaded.start is Start.NEW else ():
        if word.value == "first_run":
            flow.wrong(word, "limits.first_run has no effect, because start is new.")


def _refuse_targets_that_collide(flow: Section, loaded: IngestFlow) -> None:
    target, key = flow.section("to") if isinstance(flow.node("to"), Block) else None, loaded.to.key
    if target is None:
        return
    if key and any(rule.label == key for rule in loaded.fields):
        text = f"to.key keeps the bridge's own key in {key}, and fields.{key} would write another value there."
        target.wrong(target.key_node("key"), text, "Name a field of its own.")
    if loaded.to.intake and loaded.to.intake.casefold() == loaded.to.collection.text.casefold():
        text = "to.intake is to.collection itself: assets would be seen before they are complete."
        target.wrong(target.key_node("intake"), text, "Name a collection that only the bridge sees.")


def _refuse_what_it_would_read_again(flow: Section, loaded: IngestFlow) -> None:
    """A column that the flow reads and writes would change what the flow decides, in a circle."""
    block = flow.node("columns")
    read = {same_column(name): name for name in sorted(columns_read(loaded))}
    for key, _ in block.entries if isinstance(block, Block) else ():
        known = read.get(same_column(key.value))
        if known is not None:
            text = f'columns.{key.value}: the flow also reads "{known}", and would read what it wrote.'
            flow.wrong(key, text, "Write to a column of its own.")


def _refuse_resets_in_vain(flow: Section, loaded: IngestFlow) -> None:
    """With what reset writes the gate must be closed, whatever else holds: else it would be written again and again."""
    conditions, node = loaded.ready.conditions, flow.key_node("changed_after_ready")
    names = {condition.column for condition in approving_columns(conditions)}
    is_wrong = False
    for column, value in loaded.reset.items():
        if not (column in names and takes_back(conditions, column, value)):
            is_wrong = True
            what = f'"{value}" approves' if column in names else "it is none of the approving columns"
            flow.wrong(node, f"changed_after_ready.reset.{column} takes nothing back, because {what}.")
    if loaded.reset and not is_wrong and not surely_closes(conditions, loaded.reset):
        text = "changed_after_ready.reset takes nothing back, because ready may hold all the same."
        flow.wrong(node, text, "Name every column that can approve by itself.")


# --- from, accept -------------------------------------------------------------------------------------------------


def _from(flow: Section, around: Surroundings) -> _From:
    section = flow.section("from")
    if section is None:
        return _From()
    onedrive = load_connection(section, "onedrive", OneDriveConnection, around)
    node = section.node("path")
    pattern = BROKEN_PATH
    if node is not None and (text := section.as_text(node, "path")):
        try:
            pattern = path_pattern(text)
        except PatternProblem as problem:
            section.wrong(node, f'from.path: "{text}" {problem}.')
    types = load_types(section)
    ignore = tuple(dict.fromkeys((*map(name_pattern, ALWAYS_IGNORED), *_globs(section))))
    section.close()
    return _From(onedrive, pattern, types, ignore)


def load_types(section: Section) -> tuple[str, ...]:
    found: list[str] = []
    for text in section.texts("types"):
        if text.value not in CATEGORIES and not (text.value.startswith(".") and len(text.value) > 1):
            section.wrong(
                text,
                f'{section.path}types: "{text.value}" is neither a category nor an extension with its dot.',
                did_you_mean(text.value, CATEGORIES) or f'Did you mean ".{text.value}"?',
            )
        found.append(text.value.lower())
    return tuple(found)


def _globs(section: Section) -> tuple[NamePattern, ...]:
    found: list[NamePattern] = []
    for text in section.texts("ignore"):
        try:
            pattern = name_pattern(text.value)
        except PatternProblem as problem:
            section.wrong(text, f'from.ignore: "{text.value}" {problem}.')
            continue
        if pattern.captures:
            section.wrong(text, f'from.ignore: "{text.value}" takes no captures.')
        if not text.value.strip("*"):
            section.wrong(text, f'from.ignore: "{text.value}" ignores every file.')
        found.append(pattern)
    return tuple(found)


def _accept(flow: Section) -> Accept:
    section = flow.section("accept")
    if section is None:
        return Accept()
    name = None
    node = section.node("name")
    if node is not None and (text := section.as_text(node, "name")):
        try:
            name = name_pattern(text)
        except PatternProblem as problem:
            section.wrong(node, f'accept.name: "{text}" {problem}.')
            name = BROKEN_NAME
    if not section.block.entries:
        section.wrong(section.block, "accept has no effect, because it names no check.")
    accept = Accept(
        types=load_types(section),
        max_size=section.parsed("max_size", SIZE, None),
        name=name,
        min_pixels=section.parsed("min_pixels", COUNT, None),
    )
    section.close()
    if accept.max_size == 0:
        section.wrong(section.key_node("max_size"), "accept.max_size: nothing is that small.")
    return accept
