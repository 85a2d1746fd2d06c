"""From the text of a flow file to a FlowFile, or to every problem in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import FlowFileProblem
from shared.flows._grammar import FILE, FLOW
from shared.flows._ingest_loading import load_ingest
from shared.flows._model import CelumConnection, FlowFile, IngestFlow, Limits, OneDriveConnection, Table
from shared.flows._nodes import Block, Items, Node, Text, read_nodes
from shared.flows._overlap import refuse_what_is_done_twice
from shared.flows._places import Places
from shared.flows._section import Problems, Section, did_you_mean
from shared.flows._target_loading import Surroundings
from shared.flows._units import COUNT, DAYS

ID_WORDS = "lower-case letters, digits and hyphens"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # stands in table keys and queue messages
_SITE = re.compile(r"[^/:\s]+\.[^/:\s]+(:/[^/\s].*)?")  # "acme.sharepoint.com:/sites/marketing"
_LOCATION = ("site", "library", "drive_id")

SETTINGS = {"asset.url": "CELUM_ASSET_URL"}  # source → the app setting that it comes from

type Overrides = Mapping[str, Mapping[str, str]]  # connection → site, library or drive_id


def load(
    text: str,
    file: str,
    *,
    overrides: Overrides | None = None,
    settings: Mapping[str, str] | None = None,
) -> FlowFile:
    """Raise FlowFileProblem with everything that is wrong. `overrides` replace where a OneDrive connection points.

    `settings` are the app settings, where they are known: a source that comes from one that is not set is a mistake.
    """
    unset = {source: name for source, name in SETTINGS.items() if settings is not None and not settings.get(name)}
    problems = Problems(file, unset)
    root = read_nodes(text, file, problems.found)
    if not isinstance(root, Block):
        problems.add(root, "A flow file is a block of keys: version, name, time_zone, connections, flows.")
        raise FlowFileProblem(problems.in_order())
    loaded = _load_file(Section(problems, root, FILE), overrides or {})
    if problems.found or loaded is None:
        raise FlowFileProblem(problems.in_order())
    return loaded


def _load_file(top: Section, overrides: Overrides) -> FlowFile | None:
    top.choice("version", "1")
    name = top.text("name")
    zone = _time_zone(top)
    connections = _connections(top, overrides)
    tables = _tables(top)
    limits = _limits(top, Limits(), top_level=True)
    around = Surroundings(zone or ZoneInfo("UTC"), connections, tables)
    flows = _flows(top, around, limits)
    top.close()
    places = Places(top.problems.file, top.block)
    return FlowFile(name, around.time_zone, connections, tables, limits, flows, places) if name else None


def _time_zone(top: Section) -> ZoneInfo | None:
    text = top.text("time_zone")
    node = top.node("time_zone")
    if text is None or node is None:
        return None
    if text in available_timezones():
        return ZoneInfo(text)
    top.wrong(node, f'time_zone: "{text}" is not a time zone.', did_you_mean(text, available_timezones()))
    return None


# --- connections, tables, limits ----------------------------------------------------------------------------------


def _connections(top: Section, overrides: Overrides) -> dict[str, OneDriveConnection | CelumConnection]:
    block = top.section("connections")
    found: dict[str, OneDriveConnection | CelumConnection] = {}
    for key, _ in block.block.entries if block else ():
        section = block.section(key.value) if block else None
        # A connection with mistakes is declared all the same, so that its flows are not reported too.
        found[key.value] = _connection(key.value, section, overrides) if section else OneDriveConnection(key.value)
    for name in overrides:
        if not isinstance(found.get(name), OneDriveConnection):
            top.wrong(
                top.key_node("connections"),
                f'The app settings override the OneDrive connection "{name}", which is not declared.',
                did_you_mean(name, found),
            )
    return found


def _connection(name: str, section: Section, overrides: Overrides) -> OneDriveConnection | CelumConnection:
    onedrive, celum = section.section("onedrive"), section.section("celum")
    section.close()
    if not section.block.entries:
        section.wrong(section.block, f"connections.{name} needs onedrive or celum.")
    elif onedrive and celum:
        section.wrong(section.block, f"connections.{name} has both onedrive and celum; it must have one.")
    if celum is not None:
        celum.close()
        return CelumConnection(name)
    if onedrive is None:
        return OneDriveConnection(name)
    location = {key: onedrive.text(key) for key in _LOCATION}
    onedrive.close()
    if name in overrides:
        location = {key: overrides[name].get(key) for key in _LOCATION}
    _check_location(onedrive, location)
    return OneDriveConnection(name, location["site"], location["library"], location["drive_id"])


def _check_location(section: Section, location: Mapping[str, str | None]) -> None:
    where = section.path[:-1]
    site, library, drive_id = (location[key] for key in _LOCATION)
    if drive_id and (site or library):
        section.wrong(section.block, f"{where}: drive_id already names the library; remove site and library.")
    elif not drive_id and not (site and library):
        section.wrong(section.block, f"{where} needs site and library, or drive_id.")
    elif site and not _SITE.fullmatch(site):
        section.wrong(section.block, f'{where}.site: "{site}" is not like "acme.sharepoint.com:/sites/marketing".')


def _tables(top: Section) -> dict[str, Table]:
    block = top.section("tables")
    found: dict[str, Table] = {}
    for key, _ in block.block.entries if block else ():
        section = block.section(key.value) if block else None
        entries: dict[str, str] = {}
        for entry, _ in section.block.entries if section else ():
            value = section.text(entry.value) if section else None
            entries[entry.value.strip()] = value.strip() if value else ""
        if section and not entries:
            section.wrong(section.block, f"tables.{key.value} is empty.")
        found[key.value] = Table(key.value, entries)
    return found


def _limits(owner: Section, inherited: Limits, *, top_level: bool) -> Limits:
    section = owner.section("limits")
    if section is None:
        return inherited

    found = Limits(
        parallel=section.parsed("parallel", COUNT, inherited.parallel),
        deletes_per_hour=section.parsed("deletes_per_hour", COUNT, inherited.deletes_per_hour),
        new_versions_per_hour=section.parsed("new_versions_per_hour", COUNT, inherited.new_versions_per_hour),
        first_run=section.parsed("first_run", COUNT, inherited.first_run),
        keep_journal=section.parsed("keep_journal", DAYS, inherited.keep_journal),
    )
    for key in () if top_level else ("parallel", "keep_journal"):
        if section.has(key):
            section.wrong(section.key_node(key), f"limits.{key} can be set at the top only.")
    section.close()
    return found


# --- flows --------------------------------------------------------------------------------------------------------


def _flows(top: Section, around: Surroundings, limits: Limits) -> tuple[IngestFlow, ...]:
    node = top.node("flows")
    if node is None:
        return ()
    if not isinstance(node, Items) or not node.items:
        top.wrong(node, "flows must be a list of flows, each beginning with - id: …")
        return ()
    seen: dict[str, int] = {}
    tried = [_flow(top, item, around, limits, seen) for item in node.items]
    loaded = [flow for flow in tried if flow is not None]
    refuse_what_is_done_twice(loaded, around.connections)
    return tuple(flow for _, flow in loaded)


def _flow(
    top: Section, node: Node, around: Surroundings, limits: Limits, seen: dict[str, int]
) -> tuple[Section, IngestFlow] | None:
    if not isinstance(node, Block):
        top.wrong(node, "A flow is a block of keys: id, from, to, fields …")
        return None
    section = Section(top.problems, node, FLOW)
    flow_id = section.text("id") or ""
    at = section.node("id") or node
    section.who = f"flow {flow_id or '?'}: "
    if isinstance(at, Text) and flow_id and not _ID.fullmatch(flow_id):
        section.wrong(at, f'the id "{flow_id}" must be made of {ID_WORDS}.')
    if flow_id and flow_id in seen:
        section.wrong(at, f"another flow in line {seen[flow_id]} has the same id.")
    seen.setdefault(flow_id, at.at.line)
    loaded = load_ingest(section, flow_id, around, _limits(section, limits, top_level=False))
    return None if loaded is None else (section, loaded)
