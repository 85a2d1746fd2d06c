"""One ingest flow of a flow file: from … ready … to …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from shared.domain import FlowId
from shared.flows._categories import CATEGORIES
from shared.flows._field_loading import load_availability, load_columns, load_fields, load_name_rule
from shared.flows._model import (
    Accept,
    CelumConnection,
    IngestFlow,
    Limits,
    Mode,
    OneDriveConnection,
    OnExisting,
    Start,
    Table,
    Target,
)
from shared.flows._nodes import Block, Items, Text
from shared.flows._paths import NamePattern, PathPattern, PatternProblem, name_pattern, path_pattern
from shared.flows._ready_loading import load_ready
from shared.flows._section import Section, did_you_mean
from shared.flows._sources import SourceProblem, Template, Vocabulary
from shared.flows._units import COUNT_WORDS, SIZE_WORDS, parse_count, parse_size

ALWAYS_IGNORED = ("~$*", "*.tmp", ".DS_Store", "desktop.ini", "Thumbs.db")
IDENTITIES = ("link", "key", "checksum", "name")
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
    mode = Mode(flow.choice("mode", tuple(Mode), Mode.ON))
    start = Start(flow.choice("start", tuple(Start), Start.NEW))
    origin = _from(flow, around)
    accept = _accept(flow)
    names = accept.name.captures if accept.name else ()
    is_sure = origin.pattern is not BROKEN_PATH and accept.name is not BROKEN_NAME
    words = Vocabulary(origin.pattern.captures, names, is_sure=is_sure)
    celum, target = _to(flow, around, words)
    ready = load_ready(flow)
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
        changed_after_ready=flow.choice("changed_after_ready", ("hold", "accept"), "hold", ("reset",)),
        accept=accept,
        identity=_identity(flow, target),
        on_existing=_on_existing(flow),
        fields=load_fields(flow, words, around.tables),
        availability=load_availability(flow, words),
        incomplete=flow.choice("incomplete", ("hold",), "hold"),
        columns=load_columns(flow, replace(words, writing=True)),
        after=flow.choice("after", ("keep",), "keep", ("move_to", "delete")),
        on_ready_lost=flow.choice("on_ready_lost", ("keep",), "keep", ("unavailable", "hold")),
        on_source_deleted=flow.choice("on_source_deleted", ("keep",), "keep", ("unavailable", "hold")),
        limits=limits,
    )
    flow.later("review", "relate", "manifest")
    flow.close()
    _refuse_what_has_no_effect(flow, loaded)
    return loaded


def _is_another_shape(flow: Section) -> bool:
    origin, target = flow.node("from", required=True), flow.node("to", required=True)
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
            if flow.node(key) is not None:
                flow.wrong(flow.key_node(key), f"{key} has no effect, because ready names no value that approves.")
    if loaded.availability and loaded.to.intake is None:
        flow.wrong(flow.key_node("availability"), "availability needs to.intake: an asset must not be seen before it.")
    limits = flow.section("limits") if isinstance(flow.node("limits"), Block) else None
    if limits and limits.node("first_run") is not None and loaded.start is Start.NEW:
        limits.wrong(limits.key_node("first_run"), "limits.first_run has no effect, because start is new.")


# --- from, accept -------------------------------------------------------------------------------------------------


def _from(flow: Section, around: Surroundings) -> _From:
    section = flow.section("from", required=False)
    if section is None:
        return _From()
    onedrive = _connection(section, "onedrive", OneDriveConnection, around)
    node = section.node("path", required=True)
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
    name = section.text(key, required=True)
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
        max_size=section.parsed("max_size", parse_size, SIZE_WORDS, default=None),
        name=name,
        min_pixels=section.parsed("min_pixels", parse_count, COUNT_WORDS, default=None),
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
        asset_type=section.text("asset_type", required=True) or "",
        intake=_intake(section),
        name=load_name_rule(section, words),
        key=section.text("key"),
        create_collections=section.flag("create_collections"),
    )
    section.later("collection_type")
    section.close()
    return celum, target


def _collection(section: Section, words: Vocabulary) -> Template:
    node = section.node("collection", required=True)
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
    if any(str(source) == "path.folder" for source in template.sources):
        section.wrong(node, "to.collection: path.folder holds a whole path, and each value is one segment.")
    return template


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


def _identity(flow: Section, target: Target) -> tuple[str, ...]:
    node = flow.node("identity")
    if node is None:
        return tuple(way for way in ("link", "key", "checksum") if way != "key" or target.key)
    listed = node.items if isinstance(node, Items) else (node,)
    found: list[str] = []
    for item in listed:
        if isinstance(item, Block):
            flow.wrong(item, "identity by a field is not supported by this version yet.")
        elif not isinstance(item, Text) or item.value not in IDENTITIES:
            shown = item.value if isinstance(item, Text) else "a list"
            flow.wrong(
                item, f'identity: "{shown}" is not one of {", ".join(IDENTITIES)}.', did_you_mean(shown, IDENTITIES)
            )
        elif item.value in found:
            flow.wrong(item, f"identity: {item.value} stands twice.")
        elif item.value == "key" and not target.key:
            flow.wrong(item, "identity: key has no effect without to.key.")
        else:
            found.append(item.value)
    return tuple(found)


def _on_existing(flow: Section) -> OnExisting:
    section = flow.section("on_existing")
    if section is None:
        return OnExisting()
    found = OnExisting(
        section.choice("same_content", ("link", "update_fields", "hold"), "link"),
        section.choice("new_content", ("add_version", "create", "hold"), "add_version"),
    )
    section.close()
    return found
