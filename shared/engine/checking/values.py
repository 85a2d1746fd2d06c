"""The values that a flow is known to write, against what the information fields of CELUM take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.celum import FieldDefinition, convert
from shared.celum.values import REFERENCES
from shared.domain.assets import FieldType
from shared.domain.decisions import FieldWish
from shared.engine.checking.columns import FITTING, column_of
from shared.engine.checking.findings import Words
from shared.engine.checking.live import Live
from shared.errors import Forbidden, Missing, NameProblem, Refused, ValueDoesNotFit
from shared.flows import VALUE, FieldRule, IngestFlow, Source
from shared.onedrive.columns import Column

LOOK_UPS = 60  # of collections and tags by name; each is a search
DAY, MOMENT = "2026-01-01", "2026-01-01T12:00:00Z"
NUMBERS = frozenset({FieldType.NUMBER, FieldType.DOUBLE})  # their limits are another matter than their kind
SHAPED = NUMBERS | {FieldType.BOOLEAN, FieldType.DATE}
# What a source of the file or the run always looks like; the others hold any text.
SHAPES = {"file.size": "1", "file.created": MOMENT, "file.modified": MOMENT, "run.date": DAY, "run.year": "2026"}


@dataclass(frozen=True, slots=True)
class Known:
    """A value, where it stands in the file, and whether every file brings it or only some."""

    value: str
    words: Words
    what: str
    of_file: bool = False  # its place is outside the flow
    is_sure: bool = True


@dataclass(slots=True)
class _Budget:
    left: int = LOOK_UPS
    left_out: int = 0

    def takes(self, definition: FieldDefinition) -> bool:
        if definition.type not in REFERENCES:
            return True
        self.left_out += self.left <= 0
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class _Field:
    flow: IngestFlow
    rule: FieldRule
    definition: FieldDefinition
    columns: tuple[Column, ...]


async def check_values(checking: Live) -> None:
    budget = _Budget()
    for one in _fields(checking):
        for known in _known(one):
            if budget.takes(one.definition):
                await _fits(checking, one, known)
    if budget.left_out:
        text = f"{budget.left_out} values of collection and tag fields were not looked up: that would take too long."
        checking.findings.of_file().worth(("tables",), f"tables: {text}")


def _fields(checking: Live) -> Iterator[_Field]:
    for flow in checking.file.flows:
        resolved = checking.resolved.get(flow.id)
        for rule in flow.fields if resolved is not None else ():
            if resolved is not None and rule.label in resolved.fields:
                columns = checking.columns.get(flow.onedrive, ())
                yield _Field(flow, rule, resolved.fields[rule.label], columns)


async def _fits(checking: Live, one: _Field, known: Known) -> None:
    about = checking.findings.of_file() if known.of_file else checking.findings.of_flow(one.flow)
    what = f"{known.what} (flow {one.flow.id})" if known.of_file else known.what
    wish = FieldWish(one.rule.label, known.value, locale=one.rule.locale)
    try:
        await convert(wish, one.definition, checking.celum.directory)
    except ValueDoesNotFit as problem:
        if known.is_sure:
            options = one.definition.options.values()
            about.unfit(known.words, what, problem, [option.label for listed in options for option in listed])
        else:
            text = f'"{problem.value}" does not fit "{problem.field}"; accepted: {problem.accepted}.'
            about.worth(known.words, f"{what}: {text}", "Files that hold it are held.")
    except (NameProblem, Forbidden, Missing, Refused) as problem:
        about.worth(known.words, f"{what}: it could not be looked up ({problem}).")


def _known(one: _Field) -> Iterator[Known]:
    rule, what, words = one.rule, f"fields.{one.rule.label}", ("fields", one.rule.label)
    if rule.default is not None:
        yield Known(rule.default, (*words, "default", VALUE), f"{what}.default")
    if rule.table is not None:
        for key, value in rule.table.entries.items():
            place = ("tables", rule.table.name, key, VALUE)
            yield Known(value, place, f"tables.{rule.table.name}.{key}", of_file=True)
    elif rule.is_date:
        if one.definition.type in SHAPED:
            yield Known(DAY, words, what)
    else:
        for source in rule.sources:
            yield from _of_source(one, source, (*words, str(source)), f"{what} from {source}")


def _of_source(one: _Field, source: Source, words: Words, what: str) -> Iterator[Known]:
    column, kind = column_of(source, one.columns), one.definition.type
    for choice in column.choices if column is not None else ():
        for part in choice.split(one.rule.split) if one.rule.split else (choice,):
            yield Known(part, words, what, is_sure=False)
    shape = FITTING.get(column.type) if column is not None else SHAPES.get(str(source))
    if shape is not None and kind in SHAPED and not (shape.isdecimal() and kind in NUMBERS):
        yield Known(shape, words, what)
