"""The columns of a library against what a flow reads, asks for and writes. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shared.engine.checking.findings import About, Words, key_of
from shared.engine.checking.uses import columns_asked, sources_of
from shared.errors import NameProblem, ValueDoesNotFit
from shared.flows import VALUE, FieldRule, IngestFlow, Source, Status, did_you_mean
from shared.onedrive.columns import Column, find, write_body

type Columns = tuple[Column, ...]

CHOICES = frozenset({"choice", "multiChoice"})
BOOLEANS = ("true", "false")  # as a gate sees a yes-or-no column
SHOWN = 8  # choices in a message
# What a source holds for certain, or something of its shape.
WRITTEN = {
    "run.status": tuple(status.value for status in Status),
    "run.date": (date(2026, 1, 1).isoformat(),),
    "run.year": ("2026",),
    "file.size": ("1",),
}
FITTING = {"number": "1", "currency": "1", "boolean": "true", "dateTime": "2026-01-01", "dateOnly": "2026-01-01"}


def check_columns(about: About, flow: IngestFlow, columns: Columns) -> None:
    for words, source in sources_of(flow):
        if source.kind == "column":
            _found(about, words, key_of(words[:2]), source.name, columns)
    for words, name, accepted in columns_asked(flow):
        column = _found(about, words, f"ready.{name}", name, columns)
        if column is not None:
            _accepted(about, words, column, accepted)
    for name, value in flow.reset.items():
        _writable(about, ("changed_after_ready", "reset", name), (value,), columns)
    for name, source in flow.columns.items():
        _writable(about, ("columns", name), _samples(source, name, columns), columns)
    for rule in flow.fields:
        _untranslated(about, rule, columns)


def column_of(source: Source, columns: Columns) -> Column | None:
    """None where there is no one such column, which is told where it is read."""
    try:
        return find(source.name, columns) if source.kind == "column" else None
    except NameProblem:
        return None


def _found(about: About, words: Words, what: str, name: str, columns: Columns) -> Column | None:
    try:
        return find(name, columns)
    except NameProblem as problem:
        about.named(words, what, problem)
        return None


def _accepted(about: About, words: Words, column: Column, accepted: Sequence[str]) -> None:
    """A value that the column can never hold does not open the gate; one of several is not needed for that."""
    known = BOOLEANS if column.type == "boolean" else column.choices if column.type in CHOICES else ()
    for value in accepted if known and not column.free_text else ():
        if value not in known:
            text = f'{words[0]}.{words[-1]}: the column never holds "{value}", so this never opens the gate.'
            about.wrong((*words, value), text, did_you_mean(value, known) or _there_are(known))


def _writable(about: About, words: Words, values: Sequence[str], columns: Columns) -> None:
    """By what a write would say before it is sent."""
    for value in values:
        try:
            write_body({words[-1]: value}, columns)
        except NameProblem as problem:
            about.named(words, key_of(words), problem)
            return
        except ValueDoesNotFit as problem:
            about.unfit((*words, VALUE), key_of(words), problem)


def _samples(source: Source, name: str, columns: Columns) -> Sequence[str]:
    known = WRITTEN.get(str(source))
    column = column_of(Source("column", name), columns)
    if known is not None or column is None:
        return known or ("text",)
    if column.choices and not column.free_text:
        return ("text",) if source.kind in {"run", "asset"} else column.choices[:1]
    return (FITTING.get(column.type, "text"),) if source.kind not in {"run", "asset"} else ("text",)


def _untranslated(about: About, rule: FieldRule, columns: Columns) -> None:
    """Choices that people can make and the table does not know: each is held."""
    for source in rule.sources if rule.table else ():
        column = column_of(source, columns)
        if column is None or rule.table is None or rule.split is not None:
            continue
        unknown = [choice for choice in column.choices if choice.strip() not in rule.table.entries]
        if unknown:
            text = f'choices of the column that are not in the table "{rule.table.name}": {_quoted(unknown)}.'
            words = ("fields", rule.label, "table", VALUE)
            about.worth(words, f"fields.{rule.label}: {text}", "Files that hold them are held.")


def _there_are(known: Sequence[str]) -> str:
    return f"There are: {', '.join(known[:SHOWN])}."


def _quoted(values: Sequence[str]) -> str:
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(f'"{value}"' for value in values[:SHOWN]) + more
