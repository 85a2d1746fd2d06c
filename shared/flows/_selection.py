"""The first gate: does this flow speak of this file at all?"""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain import Item
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
