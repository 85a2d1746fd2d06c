"""`to` of an ingest flow, and the connections that flows name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.flows._field_loading import load_name_rule
from shared.flows._model import CelumConnection, OneDriveConnection, Table, Target
from shared.flows._nodes import Node
from shared.flows._section import Section, did_you_mean
from shared.flows._sources import SourceProblem, Template, Vocabulary

NOWHERE = Template("", ())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the file declares outside its flows."""

    time_zone: ZoneInfo
    connections: Mapping[str, OneDriveConnection | CelumConnection]
    tables: Mapping[str, Table]


def load_to(flow: Section, around: Surroundings, words: Vocabulary) -> tuple[str, Target]:
    section = flow.section("to")
    if section is None:
        return "", Target(NOWHERE, "")
    celum = load_connection(section, "celum", CelumConnection, around)
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
    if not is_collection_path(literal):
        section.wrong(node, f'to.collection: "{text}" must begin with / and have no empty segment, . or "..".')
    refuse_whole_paths(section, node, template, "to.collection")
    return template


def refuse_whole_paths(section: Section, node: Node, template: Template, what: str) -> None:
    if any(str(source) == "path.folder" for source in template.sources):
        section.wrong(node, f"{what}: path.folder holds a whole path, and each value is one segment.")


def _intake(section: Section) -> str | None:
    text = section.text("intake")
    node = section.node("intake")
    if text is None or node is None:
        return None
    if "{" in text:
        section.wrong(node, "to.intake is one collection for all files, so it takes no values.")
    elif not is_collection_path(text):
        section.wrong(node, f'to.intake: "{text}" must begin with / and have no empty segment, . or "..".')
    return text


def is_collection_path(text: str) -> bool:
    return text.startswith("/") and not {"", ".", ".."} & set(text[1:].split("/"))


def load_connection(
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
