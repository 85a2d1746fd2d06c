from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.domain.items import Item
from shared.flows import selects
from shared.flows._paths import PatternProblem, name_pattern, path_pattern
from shared.flows._units import Span, parse_duration, parse_size, parse_span
from tests.unit.flows.covering import shows
from tests.unit.flows.support import flow, item

PATTERN = "/Campaigns/{campaign}/Approved/**"


@shows("from.path")
@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        (PATTERN, "/Campaigns/Spring/Approved/a.jpg", {"campaign": "Spring"}),
        (PATTERN, "/Campaigns/Spring/Approved/deep/er/a.jpg", {"campaign": "Spring"}),
        (PATTERN, "/campaigns/Spring-26/APPROVED/a.jpg", {"campaign": "Spring-26"}),
        (PATTERN, "/Campaigns/Spring/Approved", {"campaign": "Spring"}),  # ** is zero or more
        (PATTERN, "/Campaigns/Spring/Approved2/a.jpg", None),
        (PATTERN, "/Campaigns/Approved/a.jpg", None),
        (PATTERN, "/Campaigns//Approved/a.jpg", None),
        (PATTERN, "/Other/Campaigns/Spring/Approved/a.jpg", None),
        ("/**", "/a.jpg", {}),
        ("/**", "/x/y/a.jpg", {}),
        ("/**/Final/*.pdf", "/x/y/Final/a.PDF", {}),
        ("/**/Final/*.pdf", "/Final/a.pdf", {}),
        ("/**/Final/*.pdf", "/Final/x/a.pdf", None),
        ("/A*/b", "/A/b", {}),
        ("/A*/b", "/A/x/b", None),
        ("/a.b/*", "/aXb/c", None),
        ("/Gr\u00fcn/{x}", "/Gru\u0308n/y", {"x": "y"}),  # composed and decomposed are one name
        ("/{year}/{campaign}/*", "/2026/Spring/a", {"year": "2026", "campaign": "Spring"}),
    ],
)
def test_a_path_pattern_matches_whole_segments(pattern: str, path: str, captures: dict[str, str] | None) -> None:
    assert path_pattern(pattern).match(path) == captures


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        (PATTERN, "/Campaigns"),
        ("/**", "/"),
        ("/A/B/C/*.jpg", "/A/B/C"),
        ("/A/B*/C", "/A"),
        ("/A/file.jpg", "/A"),
        ("/{a}/b", "/"),
    ],
)
def test_the_fixed_prefix_is_the_folder_below_which_everything_lies(pattern: str, prefix: str) -> None:
    assert path_pattern(pattern).fixed_prefix == prefix


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("Campaigns/**", "must begin with /"),
        ("/A//B", "empty segment"),
        ("/A/", "empty segment"),
        ("/A/../B", "or . or .."),
        ("/A/x**", "must be a whole segment"),
        ("/A/x{b}", "a capture must be a whole segment"),
        ("/A/{B c}", "a capture must be a whole segment"),
        ("/{a}/{a}", "captures {a} twice"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, complaint: str) -> None:
    with pytest.raises(PatternProblem, match=complaint.replace("{", "\\{").replace(".", "\\.")):
        path_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "captures"),
    [
        ("*_FINAL.*", "Poster_final.pdf", {}),
        ("*_FINAL.*", "Poster.pdf", None),
        ("~$*", "~$Launch.pptx", {}),
        ("{sku}_{language}_*.{ext}", "4711_de_front.jpg", {"sku": "4711", "language": "de", "ext": "jpg"}),
        ("{sku}_{language}_*.{ext}", "4711_de_front.v2.jpg", {"sku": "4711", "language": "de", "ext": "jpg"}),
        ("{sku}_{language}_*.{ext}", "4711_front.jpg", None),
        ("{sku}.jpg", ".jpg", None),  # a capture is never empty
    ],
)
def test_a_name_pattern_matches_the_whole_name(pattern: str, name: str, captures: dict[str, str] | None) -> None:
    assert name_pattern(pattern).match(name) == captures


@shows("from.types")
@pytest.mark.parametrize(
    ("types", "name", "mime", "taken"),
    [
        ("[image]", "a.JPG", None, True),
        ("[image]", "a.psd", "application/octet-stream", True),
        ("[image]", "a.unknown", "image/x-new", True),
        ("[image]", "a.docx", None, False),
        ("[image, .indd]", "a.indd", None, True),
        (".INDD", "a.indd", None, True),
        ("[document]", "a", None, False),
        ("[image]", ".jpg", None, False),  # a name without a stem has no extension
    ],
)
def test_types_are_categories_or_extensions(types: str, name: str, mime: str | None, taken: bool) -> None:
    chosen = flow(from_=f"{{onedrive: marketing, path: '/Campaigns/{{campaign}}/**', types: {types}}}")
    assert (selects(chosen, item(name, mime_type=mime)) is not None) is taken


@shows("from.ignore")
@pytest.mark.parametrize("name", ["~$Launch.pptx", "x.tmp", ".DS_Store", "desktop.ini", "THUMBS.DB", "a_draft.jpg"])
def test_temporary_files_are_always_ignored_and_others_by_glob(name: str) -> None:
    chosen = flow(from_="{onedrive: marketing, path: '/Campaigns/{campaign}/**', ignore: '*_draft.*'}")
    assert selects(chosen, item(name)) is None
    assert selects(chosen, item("kept.jpg")) == {"campaign": "Spring"}


@pytest.mark.parametrize(
    "gone",
    [item(is_folder=True), item(is_root=True), item(is_package=True), item(deleted=True), item(path=None)],
    ids=["folder", "root", "package", "deleted", "of unknown place"],
)
def test_only_files_that_are_there_are_selected(gone: Item) -> None:
    assert selects(flow(), gone) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta()),
        ("30s", timedelta(seconds=30)),
        ("2m", timedelta(minutes=2)),
        ("1h", timedelta(hours=1)),
        ("1d", timedelta(days=1)),
        ("2", None),
        ("-2m", None),
        ("2 m", None),
        ("1y", None),
        ("", None),
        ("\u0662m", None),  # a digit, but not one of ours
    ],
)
def test_durations(text: str, expected: timedelta | None) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500KB", 500_000), ("2GB", 2 * 10**9), ("1.5 MiB", 1_572_864), ("10", None), ("MB", None), ("1TB", None)],
)
def test_sizes(text: str, expected: int | None) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    ("day", "span", "expected"),
    [
        (date(2026, 11, 24), "7y", date(2033, 11, 24)),
        (date(2028, 2, 29), "1y", date(2029, 2, 28)),
        (date(2028, 2, 29), "4y", date(2032, 2, 29)),
        (date(2026, 8, 31), "6mo", date(2027, 2, 28)),
        (date(2026, 12, 31), "1d", date(2027, 1, 1)),
        (date(2026, 11, 24), "2w", date(2026, 12, 8)),
    ],
)
def test_spans_follow_the_calendar(day: date, span: str, expected: date) -> None:
    parsed = parse_span(span)
    assert isinstance(parsed, Span)
    assert parsed.after(day) == expected
