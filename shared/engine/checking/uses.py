"""Which words of a flow name what in the live systems. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from shared.engine.checking.findings import Words
from shared.flows import VALUE, ColumnIs, FieldMatch, GateKind, IngestFlow, Source, Template, leaves_of

UNAVAILABLE = "unavailable"


def sources_of(flow: IngestFlow) -> Iterator[tuple[Words, Source]]:
    """Everything that the flow reads from a file."""
    for source in flow.to.collection.sources:
        yield ("to", "collection", VALUE), source
    for source in flow.to.name.sources if isinstance(flow.to.name, Template) else flow.to.name:
        yield ("to", "name", VALUE, str(source)), source
    for rule in flow.fields:
        for source in rule.sources:
            yield ("fields", rule.label, str(source)), source
    for source in filter(None, (flow.availability.since, flow.availability.until) if flow.availability else ()):
        yield ("availability", str(source)), source
    for way in flow.identity:
        if isinstance(way, FieldMatch):
            yield ("identity", way.label, VALUE), way.source
    for source in flow.move_to.sources if flow.move_to else ():
        yield ("after", "move_to", VALUE), source


def columns_asked(flow: IngestFlow) -> Iterator[tuple[Words, str, tuple[str, ...]]]:
    """The columns of a file or a folder that have to hold one of some values."""
    for leaf in leaves_of(flow.ready.conditions):
        if isinstance(leaf, ColumnIs):
            yield ("ready", leaf.column), leaf.column, leaf.accepted
    for gate in flow.ready.gates:
        for name, accepted in gate.wanted if gate.kind is GateKind.FOLDER else ():
            yield ("ready", "folder", name), name, accepted


def makes_unavailable(flow: IngestFlow) -> Words:
    """The key that has the bridge take assets out of use; none if nothing does."""
    if flow.availability is not None:
        return ("availability",)
    if flow.on_ready_lost == UNAVAILABLE:
        return ("on_ready_lost",)
    return ("on_source_deleted",) if flow.on_source_deleted == UNAVAILABLE else ()


def fixed_beginning(template: Template) -> tuple[str, bool]:
    """The folders or collections that do not depend on a value, and whether that is the whole path."""
    text = template.parts[0] if template.parts and isinstance(template.parts[0], str) else ""
    return (text, True) if not template.sources else (text.rpartition("/")[0], False)
