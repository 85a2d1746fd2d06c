"""The blocks of an ingest flow that say which value goes where: fields, availability, columns, to.name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from shared.flows._model import AvailabilityRule, FieldRule, Table
from shared.flows._nodes import Text
from shared.flows._section import Section, did_you_mean
from shared.flows._sources import Source, SourceProblem, Template, Vocabulary
from shared.flows._units import SPAN


def load_fields(flow: Section, words: Vocabulary, tables: Mapping[str, Table]) -> tuple[FieldRule, ...]:
    section = flow.section("fields")
    if section is None:
        return ()
    found: list[FieldRule] = []
    for key, _ in section.block.entries:
        rule = section.section(key.value)
        if rule is not None:
            found.append(_field(key.value, rule, words, tables))
    return tuple(found)


def load_availability(flow: Section, words: Vocabulary) -> AvailabilityRule | None:
    section = flow.section("availability")
    if section is None:
        return None
    since, until = load_sources(section, "from", words), load_sources(section, "until", words)
    section.close()
    if not section.has("from") and not section.has("until"):
        section.wrong(section.block, "availability needs from, until, or both.")
    for key, sources in (("from", since), ("until", until)):
        if len(sources) > 1:
            section.wrong(section.key_node(key), f"availability.{key} takes one source.")
    return AvailabilityRule(since[0] if since else None, until[0] if until else None)


def load_columns(flow: Section, words: Vocabulary) -> dict[str, Source]:
    section = flow.section("columns")
    if section is None:
        return {}
    found: dict[str, Source] = {}
    names: dict[str, str] = {}
    if not section.block.entries:
        section.wrong(section.block, "columns has no effect, because it names no column.")
    for key, _ in section.block.entries:
        if (known := names.setdefault(same_column(key.value), key.value)) != key.value:
            section.wrong(key, f'columns.{key.value} is the column that "{known}" names as well: it cannot hold both.')
        sources = load_sources(section, key.value, words)
        if len(sources) > 1:
            section.wrong(section.key_node(key.value), f"columns.{key.value} takes one source.")
        if sources:
            found[key.value] = sources[0]
    return found


def same_column(name: str) -> str:
    """Display and internal name of a column mostly differ in spaces, case, and SharePoint's way of writing a space."""
    return name.casefold().replace("_x0020_", "").replace(" ", "")


def load_name_rule(section: Section, words: Vocabulary) -> tuple[Source, ...] | Template:
    """One source, a list of sources, or a template with braces."""
    node = section.node("name")
    if isinstance(node, Text) and "{" in node.value:
        try:
            return words.template(node.value)
        except SourceProblem as problem:
            section.wrong(node, f"to.name: {problem}", problem.suggestion)
    elif node is not None:
        return load_sources(section, "name", words) or (Source("file", "stem"),)
    return (Source("file", "stem"),)


def _field(label: str, rule: Section, words: Vocabulary, tables: Mapping[str, Table]) -> FieldRule:
    is_date = rule.choice("type", "") == "date"
    add = rule.parsed("add", SPAN, None)
    found = FieldRule(
        label=label,
        sources=load_sources(rule, "from", words),
        table=_table(rule, tables),
        split=rule.text("split"),
        default=rule.text("default"),
        required=rule.flag("required"),
        locale=rule.text("locale"),
        authority=rule.choice("authority", "onedrive"),
        is_date=is_date or add is not None,
        add=add,
    )
    rule.close()
    _refuse_what_has_no_effect(rule, found)
    return found


def _refuse_what_has_no_effect(rule: Section, found: FieldRule) -> None:
    if not rule.has("from"):
        if found.default is None:
            rule.wrong(rule.block, f"{rule.path[:-1]} needs from, default, or both.")
        for key in ("table", "split", "type", "add"):
            if rule.has(key):
                rule.wrong(rule.key_node(key), f"{rule.path}{key} has no effect without {rule.path}from.")
    if found.required and found.default is not None:
        rule.wrong(rule.key_node("required"), f"{rule.path}required has no effect, because there is a default.")
    if found.is_date:
        for key in ("table", "split", "locale"):
            if rule.has(key):
                rule.wrong(rule.key_node(key), f"{rule.path}{key} has no effect on a date.")
        default = rule.node("default")
        if default is not None and found.default is not None and not _is_day(found.default):
            rule.wrong(default, f'{rule.path}default: "{found.default}" is not a date such as 2026-11-24.')


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _table(rule: Section, tables: Mapping[str, Table]) -> Table | None:
    name = rule.text("table")
    node = rule.node("table")
    if name is None or node is None:
        return None
    if name not in tables:
        rule.wrong(node, f'there is no table "{name}".', did_you_mean(name, tables))
    return tables.get(name)


def load_sources(section: Section, key: str, words: Vocabulary) -> tuple[Source, ...]:
    found: list[Source] = []
    for text in section.texts(key):
        try:
            source = words.source(text.value)
        except SourceProblem as problem:
            section.wrong(text, str(problem), problem.suggestion)
            continue
        if source in found:
            section.wrong(text, f'{section.path}{key}: "{source}" stands twice.')
        found.append(source)
    return tuple(found)
