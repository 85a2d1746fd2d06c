"""A loaded flow file as plain data: every default filled in, nothing implied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.flows._model import (
    AnyOf,
    CelumConnection,
    CheckedIn,
    ColumnIs,
    Condition,
    ContentApprovalIs,
    FieldMatch,
    FieldRule,
    FlowFile,
    Gate,
    GateKind,
    IngestFlow,
    Limits,
    NameIs,
    Not,
    OfficeIs,
    OneDriveConnection,
    Ready,
    Start,
)
from shared.flows._sources import Source, Template
from shared.flows._units import duration_text, size_text
from shared.flows._yaml import Data

VERSION = "1"


def normalised(file: FlowFile, flow: IngestFlow | None = None) -> Mapping[str, Data]:
    """The whole file, or its head with one flow; what has no value and no default is left out."""
    flows = file.flows if flow is None else (flow,)
    return {
        "version": VERSION,
        "name": file.name,
        "time_zone": file.time_zone.key,
        "connections": {name: _connection(one) for name, one in file.connections.items()},
        **_given({"tables": {name: dict(table.entries) for name, table in file.tables.items()}}),
        "limits": _limits(file.limits)
        | {"parallel": str(file.limits.parallel), "keep_journal": f"{file.limits.keep_journal.days}d"},
        "flows": [_flow(one) for one in flows],
    }


def _given(data: Mapping[str, Data | None]) -> dict[str, Data]:
    """Without the keys that say nothing."""
    return {key: value for key, value in data.items() if value is not None and value not in ("", [], {}, ())}


def _connection(connection: OneDriveConnection | CelumConnection) -> Data:
    if isinstance(connection, CelumConnection):
        return {"celum": {}}
    where = {"site": connection.site, "library": connection.library, "drive_id": connection.drive_id}
    return {"onedrive": _given(where)}


def _limits(limits: Limits) -> dict[str, Data]:
    return {
        "deletes_per_hour": str(limits.deletes_per_hour),
        "new_versions_per_hour": str(limits.new_versions_per_hour),
        "first_run": str(limits.first_run),
    }


def _flow(flow: IngestFlow) -> Data:
    approves = bool(flow.ready.conditions)
    return _given(
        {
            "id": flow.id,
            "about": flow.about,
            "mode": flow.mode.value,
            "start": flow.start.value,
            "from": _from(flow),
            "ready": _ready(flow.ready),
            "changed_after_ready": _changed(flow) if approves else None,
            "accept": _accept(flow),
            "to": _to(flow),
            "identity": [{way.label: str(way.source)} if isinstance(way, FieldMatch) else way for way in flow.identity],
            "on_existing": {
                "same_content": flow.on_existing.same_content,
                "new_content": flow.on_existing.new_content,
            },
            "fields": {rule.label: _field(rule) for rule in flow.fields},
            "availability": _availability(flow),
            "incomplete": flow.incomplete,
            "columns": {column: str(source) for column, source in flow.columns.items()},
            "after": {"move_to": flow.move_to.text} if flow.move_to else flow.after,
            "on_ready_lost": flow.on_ready_lost if approves else None,
            "on_source_deleted": flow.on_source_deleted,
            "limits": _flow_limits(flow),
        }
    )


def _from(flow: IngestFlow) -> Data:
    return {
        "onedrive": flow.onedrive,
        "path": flow.pattern.text,
        **_given({"types": list(flow.types)}),
        "ignore": [glob.text for glob in flow.ignore],
    }


def _flow_limits(flow: IngestFlow) -> Data:
    limits = _limits(flow.limits)
    return limits if flow.start is Start.EXISTING else {key: limits[key] for key in limits if key != "first_run"}


def _ready(ready: Ready) -> Data:
    return [
        {"unchanged_for": duration_text(ready.unchanged_for)},
        *map(_gate, ready.gates),
        *map(_condition, ready.conditions),
    ]


def _gate(gate: Gate) -> Data:
    wanted = {name: _one_or_more(accepted) for name, accepted in gate.wanted}
    return {gate.kind.value: {"path": gate.path.text, "column" if gate.kind is GateKind.FOLDER else "field": wanted}}


def _changed(flow: IngestFlow) -> Data:
    return {"reset": dict(flow.reset)} if flow.changed_after_ready == "reset" else flow.changed_after_ready


def _condition(condition: Condition) -> Data:
    match condition:
        case ColumnIs(column, accepted):
            return {"column": {column: _one_or_more(accepted)}}
        case OfficeIs(name, accepted):
            return {"office": {name: _one_or_more(accepted)}}
        case NameIs(pattern):
            return {"name": pattern.text}
        case CheckedIn():
            return {"checked_in": "true"}
        case ContentApprovalIs(accepted):
            return {"content_approval": _one_or_more(accepted)}
        case AnyOf(conditions):
            return {"any": [_condition(inner) for inner in conditions]}
        case Not(inner):
            return {"not": _condition(inner)}


def _accept(flow: IngestFlow) -> Data:
    accept = flow.accept
    return _given(
        {
            "types": list(accept.types),
            "max_size": size_text(accept.max_size) if accept.max_size is not None else None,
            "name": accept.name.text if accept.name else None,
            "min_pixels": str(accept.min_pixels) if accept.min_pixels is not None else None,
        }
    )


def _to(flow: IngestFlow) -> Data:
    to = flow.to
    return _given(
        {
            "celum": flow.celum,
            "intake": to.intake,
            "collection": to.collection.text,
            "create_collections": _flag(to.create_collections),
            "collection_type": to.collection_type,
            "asset_type": to.asset_type,
            "name": to.name.text if isinstance(to.name, Template) else _sources(to.name),
            "key": to.key,
        }
    )


def _field(rule: FieldRule) -> Data:
    return _given(
        {
            "from": _sources(rule.sources) if rule.sources else None,
            "type": "date" if rule.is_date else None,
            "add": str(rule.add) if rule.add else None,
            "split": rule.split,
            "table": rule.table.name if rule.table else None,
            "default": rule.default,
            "required": _flag(rule.required) if rule.default is None else None,
            "locale": rule.locale,
            "authority": rule.authority,
        }
    )


def _availability(flow: IngestFlow) -> Data | None:
    rule = flow.availability
    if rule is None:
        return None
    return _given({"from": _text(rule.since), "until": _text(rule.until)})


def _text(source: Source | None) -> str | None:
    return None if source is None else str(source)


def _sources(sources: Sequence[Source]) -> Data:
    return _one_or_more([str(source) for source in sources])


def _one_or_more(texts: Sequence[str]) -> Data:
    return texts[0] if len(texts) == 1 else list(texts)


def _flag(value: bool) -> str:
    return "true" if value else "false"
