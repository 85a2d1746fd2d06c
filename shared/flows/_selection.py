"""The first gate: does this flow speak of this file at all?"""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.decisions import Reason
from shared.domain.items import Item
from shared.flows._categories import is_of_types
from shared.flows._model import IngestFlow


def selects(flow: IngestFlow, item: Item) -> Mapping[str, str] | None:
    """The captures of the path, or None where the flow leaves the item alone. Costs nothing beyond the page's facts."""
    if item.deleted or item.is_folder or item.is_root or item.is_package or item.is_marker or item.path is None:
        return None
    captures = flow.pattern.match(item.path)
    if captures is None or not is_of_types(item.name, item.mime_type, flow.types):
        return None
    if any(glob.match(item.name) is not None for glob in flow.ignore):
        return None
    return captures


def not_selected_because(flow: IngestFlow, item: Item) -> tuple[Reason, ...]:
    """Each part of `from` that leaves the item alone, for people; none where the flow takes it."""
    if kind := _no_file(item):
        return (Reason("from", kind),)
    reasons: list[Reason] = []
    if item.path is None or flow.pattern.match(item.path) is None:
        where = item.path or "a file whose path is not known"
        reasons.append(Reason("from.path", f"{where} does not fit {flow.pattern.text}"))
    if not is_of_types(item.name, item.mime_type, flow.types):
        reasons.append(Reason("from.types", f"the type of {item.name} is none of {', '.join(flow.types)}"))
    fits = [glob.text for glob in flow.ignore if glob.match(item.name) is not None]
    if fits:
        text = f'the name {item.name} fits "{fits[0]}", which the flow leaves alone'
        reasons.append(Reason("from.ignore", text))
    return tuple(reasons)


def _no_file(item: Item) -> str:
    if item.deleted:
        return "the file is gone"
    if item.is_marker:
        return "this is the bridge's own file, which says whose the library is"
    if item.is_package:
        return "this is a notebook, which is no file"
    return "this is a folder; a flow speaks of the files in it" if item.is_folder or item.is_root else ""
