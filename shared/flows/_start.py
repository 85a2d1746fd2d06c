"""`start: new`: what was there before the flow stays alone until it changes."""

from __future__ import annotations

from shared.domain.facts import Kind, Need
from shared.domain.items import Content, ItemVersion
from shared.domain.links import Link, LinkState
from shared.flows._reading import Lacks, Reading, Unfit, internal_name
from shared.flows._writing import columns_read


def was_there_before(reading: Reading, link: Link) -> bool:
    """Whether the baseline still holds: same content, same path, and the same values in the columns the flow reads.

    The baseline stores content, path, time (`seen_at`) and eTag (`receipt`). While the eTag stands nothing is read;
    when it moved, the list item's version of that time tells whether a column that counts changed.
    """
    item = reading.facts.item
    if link.state is not LinkState.BEFORE or _differs(link.content, item.content):
        return False
    if link.path is not None and link.path != item.path:
        return False
    if item.etag is not None and item.etag == link.receipt:
        return True
    return not columns_read(reading.flow) or _columns_stood(reading, link)


def _differs(baseline: Content | None, present: Content | None) -> bool:
    """OneDrive names no hash at times, then or now; the size has to do until it names both."""
    if baseline is None or present is None:
        return False
    if baseline.quick_xor is None or present.quick_xor is None:
        return baseline.size != present.size
    return baseline != present


def _columns_stood(reading: Reading, link: Link) -> bool:
    facts = reading.facts
    missing = {Need(Kind.COLUMNS)} if facts.columns is None else set[Need]()
    if facts.versions is None and not facts.versions_unreadable:
        missing.add(Need(Kind.VERSIONS))
    if missing:
        raise Lacks(*missing)
    versions = facts.versions or ()
    if not versions or link.seen_at is None:
        return False  # the eTag moved and nobody can say why: it counts as a change
    then = next((version for version in versions if version.modified <= link.seen_at), versions[-1])
    return _values(reading, then) == _values(reading, versions[0])


def _values(reading: Reading, version: ItemVersion) -> list[object]:
    found: list[object] = []
    for name in sorted(columns_read(reading.flow)):
        try:
            value = version.values.get(internal_name(reading.columns(), name), "")
            found.append(reading.as_people_see_it(name, value))
        except Unfit:
            continue  # a wrong name in the flow is no change of the file
    return found
