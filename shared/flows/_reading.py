"""Reading the values of one file, and noting which were read."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from hashlib import blake2b

from shared.domain.decisions import Reason
from shared.domain.facts import Facts, Kind, Need
from shared.domain.ids import link_key
from shared.domain.items import Columns, Item, Value
from shared.domain.links import Link, Touch
from shared.flows._categories import EMBEDDED_EXTENSIONS, OFFICE_EXTENSIONS, PICTURE_EXTENSIONS, extension_of
from shared.flows._days import Moment, day_of, moment_of
from shared.flows._model import IngestFlow
from shared.flows._sources import Source

DATE_TYPES = ("dateTime", "dateOnly")


class Lacks(Exception):
    """A fact is needed that was not gathered yet."""

    def __init__(self, *needs: Need) -> None:
        self.needs = frozenset(needs)
        super().__init__(", ".join(sorted(need.kind for need in needs)))


class Unfit(Exception):
    """A value cannot be had or used: the file is held for the reason."""

    def __init__(self, rule: str, text: str, *, outside: bool = False) -> None:
        self.reason = Reason(rule, text, outside)
        super().__init__(text)


class Reading:
    """One file under one flow at one time; `used` grows with every value that is read."""

    def __init__(self, flow: IngestFlow, facts: Facts, link: Link | None, captures: Mapping[str, str]) -> None:
        self.flow = flow
        self.facts = facts
        self.link = link
        self.used: dict[str, str] = {}
        self.captures = captures
        self._name_captures = (flow.accept.name.match(facts.item.name) if flow.accept.name else None) or {}

    def value(self, source: Source) -> Value:
        """The value as text; a date of a column is its calendar day in the flow's zone."""
        value = self._value(source)
        self.used[str(source)] = as_text(value)
        return value

    def moment(self, source: Source) -> Moment | None:
        """The day or the very instant that a value names; None where it is empty."""
        value = self.column(source.name) if source.kind == "column" else self._value(source)
        text = as_text(value)
        self.used[str(source)] = text
        if not text.strip():
            return None
        moment = moment_of(text, self._column_type(source.name) if source.kind == "column" else "", self.flow.time_zone)
        if moment is None:
            raise Unfit(str(source), f'{source}: "{text}" is not a date')
        return moment

    def office(self, name: str) -> str:
        if extension_of(self.facts.item.name) not in OFFICE_EXTENSIONS:
            return ""
        if self.facts.office is None:
            raise Lacks(Need(Kind.OFFICE))
        return self.facts.office.get(name, "")

    def embedded(self, name: str) -> Value:
        if extension_of(self.facts.item.name) not in EMBEDDED_EXTENSIONS:
            return ""
        if self.facts.embedded is None:
            raise Lacks(Need(Kind.EMBEDDED))
        return self.facts.embedded.get(name, "")

    def pixels(self) -> tuple[int, int] | None:
        """Width and height: OneDrive's word, else the file's own. None where neither tells."""
        item, found = self.facts.item, self.facts.pixels
        if item.pixels is not None or extension_of(item.name) not in PICTURE_EXTENSIONS:
            return item.pixels
        if found is None:
            raise Lacks(Need(Kind.PIXELS))
        return found if min(found) > 0 else None

    def checked_in(self) -> bool:
        if self.facts.checked_in is None:
            raise Lacks(Need(Kind.CHECKED_IN))
        return self.facts.checked_in

    def content_approval(self) -> str:
        if self.facts.content_approval is None:
            raise Lacks(Need(Kind.CONTENT_APPROVAL))
        return self.facts.content_approval

    def columns(self) -> Columns:
        if self.facts.columns is None:
            raise Lacks(Need(Kind.COLUMNS))
        return self.facts.columns

    def column(self, name: str) -> Value:
        """As the library holds it: a date is still an instant."""
        columns = self.columns()
        internal = internal_name(columns, name)
        if internal in columns.unreadable:
            raise Unfit(f"column.{name}", f'the column "{name}" holds a value of a shape that is not understood')
        return columns.values.get(internal, "")

    def as_people_see_it(self, name: str, value: Value) -> Value:
        """A value of the column, present or of a version: a date is a calendar day in the flow's zone."""
        return as_day(value, self._column_type(name), self.flow)

    def _value(self, source: Source) -> Value:
        match source.kind:
            case "path" if source.name == "folder":
                return (self.facts.item.path or "").rpartition("/")[0] or "/"
            case "path":
                return self.captures.get(source.name, "")
            case "name":
                return self._name_captures.get(source.name, "")
            case "column":
                return self.as_people_see_it(source.name, self.column(source.name))
            case "office":
                return self.office(source.name)
            case "embedded":
                return self.embedded(source.name)
            case "file":
                return file_value(self.facts.item, source.name, self.link)
            case _:
                return self._run_value(source.name)

    def _column_type(self, name: str) -> str:
        columns = self.columns()
        return columns.types.get(internal_name(columns, name), "")

    def _run_value(self, name: str) -> str:
        day = (self.link.run_date if self.link else None) or _day_text(self.facts.now, self.flow)
        match name:
            case "date":
                return day
            case "year":
                return day[:4]
            case _:
                return run_id(self.flow, self.facts.item, self.link)


def run_id(flow: IngestFlow, item: Item, link: Link | None) -> str:
    """One for each file under a flow, known before anything is stored, and the same should the ledger be lost.

    A link that took over the one of a deleted file keeps its run.
    """
    stored = link.run_id if link else None
    return stored or blake2b(link_key(flow.id, item.drive, item.id).encode(), digest_size=16).hexdigest()


def internal_name(columns: Columns, name: str) -> str:
    """The internal name wins over display names; a name that the library does not know is a hold."""
    known = {*columns.values, *columns.types, *columns.unreadable}
    if name in known:
        return name
    meant = columns.display.get(name, ())
    if len(meant) > 1:
        raise Unfit(
            f"column.{name}",
            f'two columns are called "{name}": write the internal name, {" or ".join(sorted(meant))}',
            outside=True,
        )
    if meant:
        return meant[0]
    if name in {internal for listed in columns.display.values() for internal in listed}:
        return name
    if not columns.types and not columns.display:
        return name  # the library's columns were not read, and an empty column is left out of an item's answer
    near = get_close_matches(name, {*known, *columns.display}, n=3, cutoff=0.5)
    hint = f": the nearest are {', '.join(near)}" if near else ""
    raise Unfit(f"column.{name}", f'the library has no column "{name}"{hint}', outside=True)


TOUCH = frozenset({"modified", "modified_by"})


def touch_of(item: Item, link: Link | None) -> Touch:
    """Where an application changed no content, ours has written columns, or one like it: that does not count.

    Under a flow that has only now begun to ask, nobody knows what was before.
    """
    by_program = item.modified_by is not None and item.modified_by.is_application
    if by_program and link is not None and link.touched is not None and link.content == item.content:
        return link.touched
    return Touch(item.modified, (item.modified_by.email or item.modified_by.name) if item.modified_by else "")


def file_value(item: Item, name: str, link: Link | None = None) -> str:
    stem, _, _ = item.name.rpartition(".")
    extension = extension_of(item.name)
    match name:
        case "name":
            return item.name
        case "stem":
            return stem if extension else item.name
        case "extension":
            return extension
        case "size":
            return str(item.content.size) if item.content else ""
        case "created":
            return item.created.isoformat() if item.created else ""
        case "modified":
            modified = touch_of(item, link).modified
            return modified.isoformat() if modified else ""
        case "created_by":
            return item.created_by.email or item.created_by.name if item.created_by else ""
        case "modified_by":
            return touch_of(item, link).by
        case "web_url":
            return item.web_url or ""
        case _:
            return item.id


def is_empty(value: Value) -> bool:
    """`false` and 0 are values."""
    return not value.strip() if isinstance(value, str) else not any(part.strip() for part in value)


def as_text(value: Value) -> str:
    return value if isinstance(value, str) else "; ".join(value)


def as_day(value: Value, column_type: str, flow: IngestFlow) -> Value:
    """What a column of the type shows to people; only dates are held otherwise than shown."""
    if column_type not in DATE_TYPES or not isinstance(value, str):
        return value
    moment = moment_of(value, column_type, flow.time_zone)
    return value if moment is None else _day_text(moment, flow)


def _day_text(moment: Moment, flow: IngestFlow) -> str:
    return day_of(moment, flow.time_zone).isoformat()
