"""One ingest flow of a flow file: from … ready … to …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared.domain import FlowId
from shared.flows._categories import CATEGORIES
from shared.flows._field_loading import (
    load_availability,
    load_columns,
    load_fields,
    load_name_rule,
    load_sources,
)
from shared.flows._grammar import SOURCE
from shared.flows._model import (
    Accept,
    CelumConnection,
    FieldMatch,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    OnExisting,
    Start,
    Table,
    Target,
)
from shared.flows._nodes import Block, Items, Node
from shared.flows._paths import NamePattern, PathPattern, PatternProblem, name_pattern, path_pattern
from shared.flows._ready_loading import approving_columns, load_ready
from shared.flows._section import Section, did_you_mean
from shared.flows._shapes import Named
from shared.flows._sources import SourceProblem, Template, Vocabulary
from shared.flows._units import COUNT, SIZE

ALWAYS_IGNORED = ("~$*", "*.tmp", ".DS_Store", "desktop.ini", "Thumbs.db")
NOWHERE = Template("", ())
BROKEN_PATH, BROKEN_NAME = PathPattern("/**", (), "/"), NamePattern("*")  # stand in for patterns with a mistake


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the file declares outside its flows."""

    time_zone: ZoneInfo
    connections: Mapping[str, OneDriveConnection | CelumConnection]
    tables: Mapping[str, Table]


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
    is_sure = origin.pattern is not BROKEN_PATH and accept.name is not BROKEN_NAME
    words = Vocabulary(origin.pattern.captures, names, is_sure=is_sure, pending=flow.problems.pending)
    celum, target = _to(flow, around, words)
    ready = load_ready(flow, words)
    changed, reset = _changed_after_ready(flow)
    after, move_to = _after(flow, words)
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
        identity=_identity(flow, target, words),
        on_existing=_on_existing(flow),
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
    if not loaded.ready.conditions:
        for key in ("changed_after_ready", "on_ready_lost"):
            if flow.has(key):
                flow.wrong(flow.key_node(key), f"{key} has no effect, because ready names no value that approves.")
    if loaded.availability and loaded.to.intake is None:
        flow.wrong(flow.key_node("availability"), "availability needs to.intake: an asset must not be seen before it.")
    columns = approving_columns(loaded.ready.conditions)
    for column, value in loaded.reset.items():
        accepted = [word for condition in columns if condition.column == column for word in condition.accepted]
        what = "it is none of the approving columns" if not accepted else f'"{value}" approves'
        if not accepted or value in accepted:
            node = flow.key_node("changed_after_ready")
            flow.wrong(node, f"changed_after_ready.reset.{column} takes nothing back, because {what}.")
    limits = flow.node("limits")
    for word, _ in limits.entries if isinstance(limits, Block) and loaded.start is Start.NEW else ():
        if word.value == "first_run" and "limits.first_run" not in flow.problems.pending:
            flow.wrong(word, "limits.first_run has no effect, because start is new.")


# --- from, accept -------------------------------------------------------------------------------------------------


def _from(flow: Section, around: Surroundings) -> _From:
    section = flow.section("from")
    if section is None:
        return _From()
    onedrive = _connection(section, "onedrive", OneDriveConnection, around)
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


def _connection(
    section: Section, key: str, kind: type[OneDriveConnection | CelumConnection], around: Surroundings
) -> str:
    name = section.text(key)
    node = section.node(key)
    if name is None or node is None:
        return ""
    fitting = [other for other, found in around.connections.items() if isinstance(found, kind)]
    if name not in around.connections:
        section.wrong(node, f'there is no connection "{name}".', did_you_mean(name, fitting))
    elif name not in fitting and around.connections[name] != OneDriveConnection(name):  # a broken one is reported there
        section.wrong(node, f'the connection "{name}" is none to {"OneDrive" if key == "onedrive" else "CELUM"}.')
    return name


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
    accept = Accept(
        types=load_types(section),
        max_size=section.parsed("max_size", SIZE, None),
        name=name,
        min_pixels=section.parsed("min_pixels", COUNT, None),
    )
    section.close()
    return accept


# --- to, identity -------------------------------------------------------------------------------------------------


def _to(flow: Section, around: Surroundings, words: Vocabulary) -> tuple[str, Target]:
    section = flow.section("to")
    if section is None:
        return "", Target(NOWHERE, "")
    celum = _connection(section, "celum", CelumConnection, around)
    target = Target(
        collection=_collection(section, words),
        asset_type=section.text("asset_type") or "",
        intake=_intake(section),
        name=load_name_rule(section, words),
        key=section.text("key"),
        create_collections=section.flag("create_collections"),
        collection_type=section.text("collection_type"),
    )
    section.close()
    if target.collection_type and not target.create_collections:
        node = section.key_node("collection_type")
        section.wrong(node, "to.collection_type has no effect without to.create_collections: true.")
    return celum, target


def _collection(section: Section, words: Vocabulary) -> Template:
    node = section.node("collection")
    text = section.as_text(node, "collection") if node is not None else None
    if node is None or text is None:
        return NOWHERE
    try:
        template = words.template(text)
    except SourceProblem as problem:
        section.wrong(node, f"to.collection: {problem}", problem.suggestion)
        return NOWHERE
    literal = "".join(part if isinstance(part, str) else "x" for part in template.parts)
    if not _is_collection_path(literal):
        section.wrong(node, f'to.collection: "{text}" must begin with / and have no empty segment, . or "..".')
    _refuse_whole_paths(section, node, template, "to.collection")
    return template


def _refuse_whole_paths(section: Section, node: Node, template: Template, what: str) -> None:
    if any(str(source) == "path.folder" for source in template.sources):
        section.wrong(node, f"{what}: path.folder holds a whole path, and each value is one segment.")


def _intake(section: Section) -> str | None:
    text = section.text("intake")
    node = section.node("intake")
    if text is None or node is None:
        return None
    if "{" in text:
        section.wrong(node, "to.intake is one collection for all files, so it takes no values.")
    elif not _is_collection_path(text):
        section.wrong(node, f'to.intake: "{text}" must begin with / and have no empty segment, . or "..".')
    return text


def _is_collection_path(text: str) -> bool:
    return text.startswith("/") and not {"", ".", ".."} & set(text[1:].split("/"))


def _identity(flow: Section, target: Target, words: Vocabulary) -> tuple[str | FieldMatch, ...]:
    node = flow.node("identity")
    if node is None:
        return tuple(way for way in ("link", "key", "checksum") if way != "key" or target.key)
    found: list[str | FieldMatch] = []
    for item in node.items if isinstance(node, Items) else (node,):
        ways = _by_fields(flow, item, words) if isinstance(item, Block) else _by_word(flow, item, target)
        for way in ways:
            if way in found:
                flow.wrong(item, f"identity: {way if isinstance(way, str) else way.label} stands twice.")
            else:
                found.append(way)
    return tuple(found)


def _by_word(flow: Section, item: Node, target: Target) -> list[str | FieldMatch]:
    way = flow.as_choice(item, "identity", "")
    if way == "key" and not target.key:
        flow.wrong(item, "identity: key has no effect without to.key.")
        return []
    return [way] if way else []


def _by_fields(flow: Section, item: Block, words: Vocabulary) -> list[FieldMatch]:
    """`{SKU: name.sku}`: the asset whose field SKU holds what name.sku says."""
    if "identity.*" in flow.problems.pending:
        flow.wrong(item, "identity by a field is not supported by this version yet.")
        return []
    if not item.entries:
        flow.wrong(item, "identity: an empty block names no field.")
    section = Section(flow.problems, item, Named(SOURCE), who=flow.who, path="identity.")
    return [
        FieldMatch(key.value, source)
        for key, _ in item.entries
        for source in load_sources(section, key.value, words)[:1]
    ]


def _on_existing(flow: Section) -> OnExisting:
    section = flow.section("on_existing")
    if section is None:
        return OnExisting()
    found = OnExisting(
        section.choice("same_content", "link"),
        section.choice("new_content", "add_version"),
    )
    section.close()
    return found


# --- what happens later -------------------------------------------------------------------------------------------


def _changed_after_ready(flow: Section) -> tuple[str, Mapping[str, str]]:
    """The word, and for reset the columns that take the approval back."""
    if not isinstance(flow.node("changed_after_ready"), Block):
        return flow.choice("changed_after_ready", "hold"), {}
    section = flow.section("changed_after_ready")
    columns = section.section("reset") if section else None
    reset = {key.value: (columns.text(key.value) or "") for key, _ in columns.block.entries} if columns else {}
    if section:
        section.close()
        if not section.block.entries or (columns and not reset):
            section.wrong(section.key_node("reset"), "changed_after_ready.reset names no column.")
    return "reset", reset


def _after(flow: Section, words: Vocabulary) -> tuple[str, Template | None]:
    if not isinstance(flow.node("after"), Block):
        return flow.choice("after", "keep"), None
    section = flow.section("after")
    text = section.text("move_to") if section else None
    if section is None or text is None:
        if section:
            section.close()
            if not section.block.entries:
                section.wrong(section.block, "after needs move_to.")
        return "keep", None
    section.close()
    try:
        path = words.template(text)
    except SourceProblem as problem:
        section.wrong(section.key_node("move_to"), f"after.move_to: {problem}", problem.suggestion)
        return "keep", None
    node = section.key_node("move_to")
    _refuse_whole_paths(section, node, path, "after.move_to")
    if not _is_collection_path("".join(part if isinstance(part, str) else "x" for part in path.parts)):
        section.wrong(node, f'after.move_to: "{text}" must begin with / and have no empty segment, . or "..".')
    return "move_to", path
