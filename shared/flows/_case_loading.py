"""From the text of `flows.test.yaml` to cases, as strictly as the flow file itself is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from shared.domain.ids import FlowId
from shared.domain.items import Value
from shared.domain.links import LinkState
from shared.errors import FlowFileProblem
from shared.flows._case import ON_CHANGE, OTHER, Case, Expect, Given, GivenAsset, Known
from shared.flows._days import end_of, moment_of, start_of
from shared.flows._gates import traced_by_versions
from shared.flows._grammar import CASE, CASES, GIVEN
from shared.flows._model import FieldMatch, FlowFile, IngestFlow
from shared.flows._nodes import Block, Items, Node, Text, read_nodes
from shared.flows._section import Problems, Section, did_you_mean
from shared.flows._shapes import Unit, keys_of
from shared.flows._units import DURATION, SIZE, duration_text, parse_count, parse_duration
from shared.flows._writing import columns_read, properties_read

NO_FLOW = FlowId("")  # stands in for one that is not there, so that the other mistakes of the case are told too
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)  # any fixed time: a case decides the same on every day
DATE_WORDS, DATE_PATTERN = "a date such as 2026-11-24 or 2026-11-24T12:00", r"^\d{4}-\d{2}-\d{2}"


def load_cases(text: str, file: str, flows: FlowFile) -> tuple[Case, ...]:
    """Raise FlowFileProblem with everything that is wrong with the file of cases."""
    problems = Problems(file)
    root = read_nodes(text, file, problems.found)
    if isinstance(root, Block):
        cases = _cases(Section(problems, root, CASES), flows)
    else:
        problems.add(root, "A file of cases is a block with the key tests.")
        cases = ()
    if problems.found:
        raise FlowFileProblem(problems.in_order())
    return cases


def _cases(top: Section, flows: FlowFile) -> tuple[Case, ...]:
    node = top.node("tests")
    top.close()
    if node is None:
        return ()
    if not isinstance(node, Items) or not node.items:
        top.wrong(node, "tests must be a list of cases, each beginning with - name: …")
        return ()
    seen: dict[str, int] = {}
    loaded = [_case(top, item, flows, seen) for item in node.items]
    return tuple(case for case in loaded if case is not None)


def _case(top: Section, node: Node, flows: FlowFile, seen: dict[str, int]) -> Case | None:
    if not isinstance(node, Block):
        top.wrong(node, "A case is a block of keys: name, flow, given, expect.")
        return None
    section = Section(top.problems, node, CASE)
    name = section.text("name") or ""
    section.who = f'case "{name}": '
    if name and name in seen:
        section.wrong(section.key_node("name"), f"another case in line {seen[name]} has the same name.")
    seen.setdefault(name, node.at.line)
    flow = _flow(section, flows)
    given, expect = section.section("given"), section.section("expect")
    section.close()
    read_as = flow or replace(flows.flows[0], id=NO_FLOW)
    described = _described(given, read_as) if given is not None else None
    expected = _expect(expect, read_as) if expect is not None else None
    if flow is None or described is None or expected is None:
        return None
    file, known = described
    return Case(name, node.at, flow, file, known, expected)


def _flow(section: Section, flows: FlowFile) -> IngestFlow | None:
    name = section.text("flow")
    node = section.node("flow")
    if name is None or node is None:
        return None
    found = flows.flow(name)
    if found is None:
        section.wrong(node, f'there is no flow "{name}".', did_you_mean(name, [flow.id for flow in flows.flows]))
    return found


def _known_names(flow: IngestFlow, names: Collection[str]) -> Collection[str] | None:
    """None where the case names no flow that there is: then any name may be right."""
    return None if flow.id == NO_FLOW else names


# --- given --------------------------------------------------------------------------------------------------------


def _described(given: Section, flow: IngestFlow) -> tuple[Given, Known | None]:
    file = _given(given, Given("", _now(given, flow)), flow)
    known = _known(given, file, flow)
    file = replace(file, asset=_asset(given, flow))
    given.close()
    return file, known


def _now(section: Section, flow: IngestFlow) -> datetime:
    return section.parsed("now", Unit(partial(_instant, zone=flow.time_zone), DATE_WORDS, DATE_PATTERN), NOON)


def _given(section: Section, base: Given, flow: IngestFlow) -> Given:
    """What the block says over `base`; columns and properties one by one."""
    path = section.text("path")
    if path is not None and not path.startswith("/"):
        section.wrong(
            section.key_node("path"), f'{section.path}path: "{path}" must begin with / (the library\'s root).'
        )
    return replace(
        base,
        path=path if path is not None else base.path,
        size=section.parsed("size", SIZE, base.size),
        pixels=section.parsed("pixels", PIXELS, base.pixels),
        unchanged_for=section.parsed("unchanged_for", DURATION, base.unchanged_for),
        column={**base.column, **_values(section, "column", _known_names(flow, columns_read(flow)))},
        office={**base.office, **_texts(section, "office", _known_names(flow, properties_read(flow, "office")))},
        embedded={
            **base.embedded,
            **_values(section, "embedded", _known_names(flow, properties_read(flow, "embedded"))),
        },
        checked_in=section.flag("checked_in", default=base.checked_in),
        content_approval=section.text("content_approval") or base.content_approval,
        folder={**base.folder, **_elsewhere(section, "folder")},
        collection={**base.collection, **_elsewhere(section, "collection")},
        created_by=section.text("created_by") or base.created_by,
        modified_by=section.text("modified_by") or base.modified_by,
        deleted=section.flag("deleted"),
        malware=section.flag("malware"),
        approved_content=_approved_content(section, base, flow),
    )


def _approved_content(section: Section, base: Given, flow: IngestFlow) -> str:
    """Only versions of the list item say which content was approved; of other gates the ledger does, by `known`."""
    node = section.node("approved_content")
    if node is not None and flow.id != NO_FLOW and not traced_by_versions(flow):
        why = "because no column of ready approves a content in this flow"
        section.wrong(node, f"{section.path}approved_content has no effect, {why}.")
    return section.choice("approved_content", base.approved_content)


def _known(given: Section, file: Given, flow: IngestFlow) -> Known | None:
    """`known: settled`, or a block that says what was different then."""
    node = given.node("known")
    if node is None:
        return None
    if not isinstance(node, Block):
        return Known(LinkState(given.choice("known", LinkState.SETTLED)), replace(file, deleted=False))
    section = Section(given.problems, node, keys_of(GIVEN)["known"].shape, who=given.who, path=f"{given.path}known.")
    state = LinkState(section.choice("state", LinkState.SETTLED))
    content, finished = section.choice("content", "present"), section.text("finished")
    then = _given(section, file, flow)
    section.close()
    return Known(state, replace(then, content=OTHER) if content == "other" else then, finished)


def _asset(given: Section, flow: IngestFlow) -> GivenAsset | None:
    section = given.section("asset")
    if section is None:
        return None
    labels = [rule.label for rule in flow.fields]
    labels += [way.label for way in flow.identity if isinstance(way, FieldMatch)]
    collections = tuple(text.value for text in section.texts("collections"))
    for path in collections:
        if not path.startswith("/"):
            what = f'{section.path}collections: "{path}" must begin with /.'
            section.wrong(section.key_node("collections"), what)
    asset = GivenAsset(
        holds_present=section.choice("version", "present") == "present",
        name=section.text("name"),
        collections=collections or None,
        fields=_values(section, "fields", _known_names(flow, labels)),
        is_available=section.choice("availability", "available") == "available",
        has_key=section.flag("key"),
    )
    section.close()
    return asset


def _elsewhere(section: Section, key: str) -> Mapping[str, Mapping[str, Value]]:
    """Folders or collections by their path."""
    inner = section.section(key)
    found: dict[str, Mapping[str, Value]] = {}
    for name, _ in inner.block.entries if inner else ():
        values = inner.section(name.value) if inner else None
        found[name.value] = {k.value: _value(values, k.value, n) for k, n in values.block.entries} if values else {}
    return found


def _values(section: Section, key: str, read: Collection[str] | None) -> Mapping[str, Value]:
    """Only names that the flow reads: any other would have no effect on the case."""
    inner = section.section(key)
    found: dict[str, Value] = {}
    for name, node in inner.block.entries if inner else ():
        if inner and read is not None and name.value not in read:
            what = f"{inner.path}{name.value} has no effect, because the flow does not name it."
            inner.wrong(name, what, did_you_mean(name.value, read))
        if inner:
            found[name.value] = _value(inner, name.value, node)
    return found


def _texts(section: Section, key: str, read: Collection[str] | None) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in _values(section, key, read).items():
        if isinstance(value, str):
            found[name] = value
        else:
            section.wrong(section.key_node(key), f"{section.path}{key}.{name} must be one value.")
    return found


def _value(section: Section, key: str, node: Node) -> Value:
    """Empty is a value here."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items) and all(isinstance(item, Text) for item in node.items):
        return tuple(item.value for item in node.items if isinstance(item, Text))
    section.wrong(node, f"{section.path}{key} must be one value or a list of values.")
    return ""


def _pixels(text: str) -> tuple[int, int] | None:
    width, _, height = text.partition("x")
    found = parse_count(width), parse_count(height)
    return (found[0], found[1]) if found[0] and found[1] else None


PIXELS = Unit(_pixels, "width and height such as 4000x3000", r"^[1-9]\d*x[1-9]\d*$")


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    """A time without a zone is one on the clocks of the flow file's zone; a day begins at midnight there."""
    try:
        moment = moment_of(text, "dateTime", zone)
        if moment is None:
            return None
        if not isinstance(moment, datetime):
            return start_of(moment, zone)
        written = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        return None
    return written if written.tzinfo else written.replace(tzinfo=zone)


# --- expect -------------------------------------------------------------------------------------------------------


def _expect(section: Section, flow: IngestFlow) -> Expect:
    if not section.block.entries:
        section.wrong(section.block, "expect is empty, so the case would show nothing.")
    zone = flow.time_zone
    expect = Expect(
        outcome=section.choice("outcome", "") or None,
        verb=section.choice("verb", "") or None,
        why=tuple(text.value for text in section.texts("why")),
        look_again=section.parsed("look_again", LOOK_AGAIN, None),
        collection=section.text("collection"),
        name=section.text("name"),
        fields=_values(section, "fields", _known_names(flow, [rule.label for rule in flow.fields])),
        available_from=section.parsed(
            "available_from", Unit(partial(_instant, zone=zone), DATE_WORDS, DATE_PATTERN), None
        ),
        available_until=section.parsed(
            "available_until", Unit(partial(_last, zone=zone), DATE_WORDS, DATE_PATTERN), None
        ),
        unavailable=section.flag("unavailable") if section.has("unavailable") else None,
        columns=_texts(section, "columns", _known_names(flow, flow.reset)),
        move_to=section.text("move_to"),
    )
    section.close()
    return expect


def _look_again(text: str) -> str | None:
    if text == ON_CHANGE:
        return text
    duration = parse_duration(text)
    return duration_text(duration) if duration is not None else None


LOOK_AGAIN = Unit(_look_again, f"{DURATION.words}, or {ON_CHANGE}", "")


def _last(text: str, zone: ZoneInfo) -> datetime | None:
    """A day is meant to its end."""
    moment = moment_of(text, "dateTime", zone)
    if moment is None or isinstance(moment, datetime):
        return _instant(text, zone)
    return end_of(moment, zone)
