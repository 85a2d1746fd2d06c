"""`accept`, `to` and `fields`: what CELUM shall hold, or why the file is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.documents.embedded import NAMES
from shared.domain.decisions import FieldWish, Outcome
from shared.domain.facts import Kind
from shared.domain.items import Columns, Value
from shared.flows._grammar import EMBEDDED_VALUES
from tests.unit.flows.covering import shows
from tests.unit.flows.support import ANNA, NOW, World, columns, flow, item, link, run

TO = "celum: dam, asset_type: Master"


def wished(rule: str, world: World | None = None, **blocks: str) -> Value | tuple[str, ...]:
    """The value of the one field, or the reasons of the hold."""
    found = run(flow(fields=f"{{Field: {rule}}}", **blocks), world or World(), link())
    if found.decision.wish is None:
        assert found.decision.outcome is Outcome.HOLD
        return ("held", *found.why)
    return found.decision.wish.fields[0].value


@shows(
    "fields.*.from",
    "source path.<capture>",
    "source path.folder",
    "source column.<name>",
    "source office.<property>",
    "source file.name",
    "source file.stem",
    "source file.extension",
    "source file.size",
    "source file.created",
    "source file.modified",
    "source file.created_by",
    "source file.modified_by",
    "source file.web_url",
    "source file.id",
    "source run.date",
    "source run.year",
    "source run.id",
)
@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("path.campaign", "Spring"),
        ("path.folder", "/Campaigns/Spring/Approved"),
        ("column.Title", "Launch 26"),
        ("column.a.b", "dotted"),
        ("office.title", "Deck"),
        ("office.My property", "own"),
        ("office.missing", ""),
        ("file.name", "Launch.pptx"),
        ("file.stem", "Launch"),
        ("file.extension", "pptx"),
        ("file.size", "100"),
        ("file.created", "2026-11-24T12:00:00+00:00"),
        ("file.modified", ""),
        ("file.created_by", "anna@acme.com"),
        ("file.modified_by", ""),
        ("file.web_url", "https://acme.sharepoint.com/x"),
        ("file.id", "item"),
        ("run.date", "2026-11-24"),
        ("run.year", "2026"),
        ("run.id", "8caf7a2460ef57111635a90d33d35a2e"),
    ],
)
def test_each_source(source: str, value: str) -> None:
    world = World(
        item=item(created=NOW, created_by=ANNA, web_url="https://acme.sharepoint.com/x"),
        columns=columns({"a.b": "dotted"}, Title="Launch 26"),
        office={"title": "Deck", "My property": "own"},
    )
    assert wished(f"{{from: '{source}'}}", world) == value


@shows("source name.<capture>", "accept.name")
def test_captures_of_the_name_are_sources_too() -> None:
    world = World(item=item("4711_de_front.jpg"))
    assert wished("{from: name.sku}", world, accept="{name: '{sku}_{language}_*.{ext}'}") == "4711"


@shows("fields.*.from")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"A": "", "B": "b"}, "b"),
        ({"A": "   ", "B": "b"}, "b"),
        ({"A": (), "B": "b"}, "b"),
        ({"A": ("", " "), "B": "b"}, "b"),
        ({"B": "b"}, "b"),
        ({"A": "0", "B": "b"}, "0"),  # false and 0 are values
        ({"A": "false", "B": "b"}, "false"),
        ({"A": ("x", "y"), "B": "b"}, ("x", "y")),
        ({}, ""),
    ],
)
def test_the_first_source_that_is_not_empty_wins(values: dict[str, Value], expected: Value) -> None:
    assert wished("{from: [column.A, column.B]}", World(columns=columns(values))) == expected


def test_document_properties_are_read_only_when_everything_before_them_is_empty() -> None:
    chosen = flow(fields="{Title: {from: [column.Title, office.title]}}")
    assert Kind.OFFICE not in run(chosen, World(columns=columns(Title="x")), link()).kinds
    assert Kind.OFFICE in run(chosen, World(columns=columns()), link()).kinds
    assert Kind.OFFICE not in run(chosen, World(item=item("a.jpg"), columns=columns()), link()).kinds


@shows("tables", "fields.*.split", "fields.*.table", "fields.*.default", "fields.*.required", "incomplete")
@pytest.mark.parametrize(
    ("rule", "market", "expected"),
    [
        ("table: markets", "NO", "Norway"),
        ("table: markets", " NO ", "Norway"),
        ("table: markets", "", ""),
        ("table: markets", ("NO", "CH"), ("Norway", "Switzerland")),
        ("table: markets", "no", ("held", 'Field: "no" is not in the table markets')),
        ("table: markets", ("NO", "XX", "YY"), ("held", 'Field: "XX", "YY" are not in the table markets')),
        ("split: ;", "NO; CH;", ("NO", "CH")),
        ("split: ;, table: markets", "NO; CH", ("Norway", "Switzerland")),
        ("split: ;, table: markets", "NO; CH; NO", ("Norway", "Switzerland")),
        ("split: ;, table: markets", "NO; XX", ("held", 'Field: "XX" is not in the table markets')),
        ("split: ;", "", ""),
        ("default: none", "", "none"),
        ("default: none", "NO", "NO"),
        ("default: none, table: markets", "", "none"),
        ("required: true", "", ("held", "Field is empty (column.Market)")),
        ("required: true", "0", "0"),
        ("required: true, split: ;", " ; ", ("held", "Field is empty (column.Market)")),
    ],
)
def test_values_are_split_mapped_filled_in_and_required(rule: str, market: Value, expected: Value) -> None:
    rule = rule.replace("split: ;", "split: ';'")
    assert wished(f"{{from: column.Market, {rule}}}", World(columns=columns(Market=market))) == expected


@shows("source embedded.<property>", "source embedded.<prefix:name>")
@pytest.mark.parametrize(
    ("name", "source", "value"),
    [
        ("a.jpg", "embedded.creator", ("Anna", "Ben")),
        ("a.PDF", "embedded.usage_terms", "Until May"),
        ("a.tiff", "embedded.dc:rights", "Acme"),
        ("a.png", "embedded.headline", ""),
        ("a.docx", "embedded.creator", ""),  # has office properties instead, and is not read for this
    ],
)
def test_what_pictures_and_pdfs_say_of_themselves_is_a_source(name: str, source: str, value: Value) -> None:
    said: dict[str, Value] = {"creator": ("Anna", "Ben"), "usage_terms": "Until May", "dc:rights": "Acme"}
    found = run(flow(fields=f"{{Field: {{from: '{source}'}}}}"), World(item=item(name), embedded=said), link())
    assert found.decision.wish is not None
    assert found.decision.wish.fields[0].value == value
    assert (Kind.EMBEDDED in found.kinds) is not name.endswith("docx")


def test_the_embedded_names_of_the_language_are_those_that_are_read() -> None:
    assert set(EMBEDDED_VALUES) == set(NAMES)


def test_a_field_may_hold_a_constant() -> None:
    assert wished("{default: Internal only}") == "Internal only"


@shows("fields.*.locale", "fields.*.authority")
def test_locale_and_authority_travel_with_the_wish() -> None:
    chosen = flow(fields="{Summary: {from: column.S, locale: en, authority: celum}}")
    decision = run(chosen, World(columns=columns(S="x")), link()).decision
    assert decision.wish is not None
    assert decision.wish.fields == (FieldWish("Summary", "x", "celum", "en"),)


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (
            replace(columns(), unreadable=frozenset({"Geo"})),
            'the column "Geo" holds a value of a shape that is not understood',
        ),
        (replace(columns(Other="x"), types={"Other": "text"}), 'the library has no column "Geo"'),
    ],
)
def test_a_column_that_cannot_be_read_is_held_and_named(known: Columns, why: str) -> None:
    assert wished("{from: [column.Geo, file.stem]}", World(columns=known)) == ("held", why)


# --- dates --------------------------------------------------------------------------------------------------------


@shows("time_zone", "fields.*.type")
@pytest.mark.parametrize(
    ("column_type", "text", "day"),
    [
        ("dateOnly", "2026-11-23T23:00:00Z", "2026-11-24"),  # midnight in Vienna, winter
        ("dateOnly", "2026-06-23T22:00:00Z", "2026-06-24"),  # summer
        ("dateOnly", "2026-11-24T00:00:00Z", "2026-11-24"),  # a site in London
        ("dateOnly", "2026-11-23T22:00:00Z", "2026-11-24"),  # a site in Helsinki
        ("dateOnly", "2026-11-24T05:00:00Z", "2026-11-24"),  # a site in New York
        ("dateOnly", "2026-03-28T23:00:00Z", "2026-03-29"),  # the day on which the clock changes
        ("dateOnly", "2028-02-28T23:00:00Z", "2028-02-29"),
        ("dateOnly", "2026-12-31T23:00:00Z", "2027-01-01"),
        ("dateTime", "2026-11-24T22:30:00Z", "2026-11-24"),
        ("dateTime", "2026-11-24T23:30:00Z", "2026-11-25"),
        ("", "2026-11-24", "2026-11-24"),
        ("", "2026-11-23T23:00:00Z", "2026-11-24"),
        ("", "1999-12-31", "1999-12-31"),  # the past is no mistake
    ],
)
def test_H68_H69_a_date_of_a_column_is_a_calendar_day_in_the_zone_of_the_flow_file(
    column_type: str, text: str, day: str
) -> None:
    world = World(columns=replace(columns(Until=text), types={"Until": column_type}))
    assert wished("{from: column.Until, type: date}", world) == day
    if column_type:
        assert wished("{from: column.Until}", world) == day


@pytest.mark.parametrize("text", ["soon", "24.12.2026", "2026-02-30", "0001-01-01T00:00:00Z"])
def test_what_is_no_date_is_held_and_named(text: str) -> None:
    world = World(columns=columns(Until=text))
    found = wished("{from: column.Until, type: date}", world)
    if text.startswith("0001"):
        assert found == "0001-01-01"
    else:
        assert found == ("held", f'column.Until: "{text}" is not a date')


@shows("fields.*.add")
def test_a_retention_date_counts_from_the_day_that_was_frozen() -> None:
    chosen = flow(fields="{Retain until: {from: run.date, add: 7y}}")
    first = run(chosen, World(), link()).decision
    frozen = run(chosen, World(), link(run_date="2020-02-29")).decision
    assert first.wish is not None
    assert frozen.wish is not None
    assert (first.wish.fields[0].value, frozen.wish.fields[0].value) == ("2033-11-24", "2027-02-28")


def test_today_is_a_day_in_the_zone_of_the_flow_file() -> None:
    late = World(now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert wished("{from: run.year}", late) == "2027"


@shows("availability.from", "availability.until")
@pytest.mark.parametrize(
    ("column_type", "text", "since", "until"),
    [
        ("dateOnly", "2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"),
        ("dateOnly", "2026-06-23T22:00:00Z", "2026-06-23T22:00:00Z", "2026-06-24T21:59:59Z"),
        ("dateOnly", "2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"),  # a day of 23 hours
        ("dateTime", "2026-11-24T14:00:00Z", "2026-11-24T14:00:00Z", "2026-11-24T14:00:00Z"),  # an instant
        ("", "2026-11-24", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"),
        ("", "2026-11-23T23:00:00Z", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"),  # midnight means the day
        ("", "2026-11-24T14:00:00", "2026-11-24T14:00:00Z", "2026-11-24T14:00:00Z"),
        ("", "", None, None),
        ("", "9999-12-31", "9999-12-30T23:00:00Z", "9999-12-31T22:59:59Z"),  # never
        ("", "9999-12-31T23:30:00Z", "9999-12-30T23:00:00Z", "9999-12-31T22:59:59Z"),  # next year in the zone
        ("dateOnly", "9999-12-31T12:00:00Z", "9999-12-30T23:00:00Z", "9999-12-31T22:59:59Z"),
        ("", "9999-12-31T23:30:00-05:00", "9999-12-30T23:00:00Z", "9999-12-31T22:59:59Z"),
    ],
)
def test_H68_availability_is_from_the_start_of_a_day_to_its_end(
    column_type: str, text: str, since: str | None, until: str | None
) -> None:
    chosen = flow(
        availability="{from: column.Day, until: column.Day}",
        to=f"{{{TO}, collection: /C, intake: /Intake}}",
    )
    world = World(columns=replace(columns(Day=text), types={"Day": column_type}))
    wish = run(chosen, world, link()).decision.wish
    assert wish is not None
    assert wish.available_since == (datetime.fromisoformat(since) if since else None)
    assert wish.available_until == (datetime.fromisoformat(until) if until else None)


def test_an_availability_that_ends_before_it_begins_is_held() -> None:
    chosen = flow(availability="{from: column.A, until: column.B}", to=f"{{{TO}, collection: /C, intake: /Intake}}")
    found = run(chosen, World(columns=columns(A="2026-12-02", B="2026-12-01")), link())
    assert found.why == ("available from 2026-12-02 but only until 2026-12-01",)


# --- collection, name, accept -------------------------------------------------------------------------------------


@shows("to.collection")
@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("/M/{campaign}", {}, "/M/Spring"),
        ("/M/{path.campaign}/{column.Brand}", {"Brand": " Acme "}, "/M/Spring/Acme"),
        ("/M/{column.Brand}-{run.year}", {"Brand": ("Acme",)}, "/M/Acme-2026"),
        ("/M/{column.Brand}", {"Brand": ""}, ("column.Brand is empty, and to.collection needs it",)),
        (
            "/M/{column.Brand}",
            {"Brand": ("A", "B")},
            ('column.Brand has several values ("A; B"), and to.collection takes one',),
        ),
        ("/M/{column.Brand}", {"Brand": "A/B"}, ('column.Brand is "A/B", which cannot be part of a collection path',)),
        ("/M/{column.Brand}", {"Brand": ".."}, ('column.Brand is "..", which cannot be part of a collection path',)),
        (
            "/M/{column.Brand}",
            {"Brand": "a\nb"},
            ('column.Brand is "a\nb", which cannot be part of a collection path',),
        ),
    ],
)
def test_the_collection_is_a_path_of_values(
    template: str, values: dict[str, Value], expected: str | tuple[str, ...]
) -> None:
    found = run(flow(to=f"{{{TO}, collection: '{template}'}}"), World(columns=columns(values)), link())
    assert (found.decision.wish.collection if found.decision.wish else found.why) == expected


@shows("to.name")
@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("file.name", {}, "Launch.pptx"),
        ("[column.Title, file.stem]", {}, "Launch"),
        ("[column.Title, file.stem]", {"Title": "Big"}, "Big"),
        ("'{campaign} {column.No}'", {"No": "7"}, "Spring 7"),
        ("'{campaign} {column.No}'", {}, ("column.No is empty, and to.name needs it",)),
        ("column.Title", {}, ("the name of the asset is empty (column.Title)",)),
    ],
)
def test_the_name_is_a_source_or_a_template(rule: str, values: dict[str, Value], expected: object) -> None:
    found = run(flow(to=f"{{{TO}, collection: /C, name: {rule}}}"), World(columns=columns(values)), link())
    assert (found.decision.wish.name if found.decision.wish else found.why) == expected


@shows("accept.min_pixels")
@pytest.mark.parametrize(
    ("name", "header", "why"),
    [
        ("a.jpg", (3000, 10), ()),
        ("a.TIF", (10, 20), ("10 by 20 pixels: the longer side must have at least 2000",)),
        ("a.png", (0, 0), ("the size in pixels is unknown, and at least 2000 are required",)),
    ],
)
def test_the_header_of_a_picture_is_asked_where_onedrive_does_not_tell_its_pixels(
    name: str, header: tuple[int, int], why: tuple[str, ...]
) -> None:
    chosen, world = flow(accept="{min_pixels: 2000}"), World(item=item(name), pixels=header)
    found = run(chosen, world, link())
    assert (found.why, Kind.PIXELS in found.kinds) == (why, True)
    told = run(chosen, replace(world, item=item(name, pixels=(2000, 1))), link())
    assert (told.decision.outcome, Kind.PIXELS in told.kinds) == (Outcome.DO, False)


@shows("accept.types", "accept.max_size", "accept.name", "accept.min_pixels")
@pytest.mark.parametrize(
    ("accept", "why"),
    [
        ("{types: [image, .pptx]}", None),
        ("{types: [image, .pdf]}", "the type of Launch.pptx is none of image, .pdf"),
        ("{max_size: 100B}", None),
        ("{max_size: 99B}", "100 bytes are more than the 99 allowed"),
        ("{name: '{word}.pptx'}", None),
        ("{name: '{word}_*.pptx'}", 'the name "Launch.pptx" does not follow "{word}_*.pptx"'),
        ("{min_pixels: 2000}", None),
        ("{min_pixels: 2001}", "1000 by 2000 pixels: the longer side must have at least 2001"),
    ],
)
def test_what_is_not_acceptable_is_held(accept: str, why: str | None) -> None:
    found = run(flow(accept=accept), World(item=item(pixels=(1000, 2000))), link())
    assert found.why == ((why,) if why else ())


def test_an_unknown_size_in_pixels_is_held() -> None:
    found = run(flow(accept="{min_pixels: 1}"), World(), link())
    assert found.why == ("the size in pixels is unknown, and at least 1 are required",)


def test_all_reasons_are_told_at_once() -> None:
    chosen = flow(
        accept="{max_size: 1B}",
        to=f"{{{TO}, collection: '/{{column.Brand}}'}}",
        fields="{Market: {from: column.M, table: markets}, Rights: {from: [column.R, office.r], required: true}}",
    )
    found = run(chosen, World(columns=columns(M="XX")), link())
    assert found.decision.outcome is Outcome.HOLD
    assert found.why == (
        "100 bytes are more than the 1 allowed",
        "column.Brand is empty, and to.collection needs it",
        'Market: "XX" is not in the table markets',
        "Rights is empty (column.R, office.r)",
    )
