from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from shared.celum import algorithm_of, matches, wire, wire_definitions
from shared.celum.checksums import spelled, spellings
from shared.celum.values import instant, iso
from shared.domain.assets import Availability

MINUTE = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T09:15:00Z", MINUTE),
        ("2026-03-02T09:15:00.000Z", MINUTE),
        ("2026-03-02T09:15:00.123456789Z", MINUTE.replace(microsecond=123456)),
        ("2026-03-02T10:15:00+01:00", MINUTE),
        ("2026-03-02T10:15:00+0100", MINUTE),
        ("2026-03-02T10:15+01:00[Europe/Berlin]", MINUTE),
        ("2026-03-02T09:15:00", MINUTE),
        ("2026-03-02", MINUTE.replace(hour=0, minute=0)),
        (1772442900000, MINUTE),
        ("1772442900000", MINUTE),
        (1772442900000.0, MINUTE),
        ("", None),
        ("soon", None),
        (None, None),
        (True, None),
        ({}, None),
        (10**30, None),
    ],
)
def test_G124_dates_are_read_in_every_form(written: object, meant: datetime | None) -> None:
    assert instant(written) == meant


def test_dates_are_written_in_one_form() -> None:
    assert iso(MINUTE) == "2026-03-02T09:15:00Z"
    assert iso(MINUTE.replace(microsecond=5000)) == "2026-03-02T09:15:00.005Z"


def asset(**members: object) -> wire.AssetModel:
    given = {"id": 1, "name": "Hero", "currentVersion": {"id": 1}} | members
    return wire.understood(wire.AssetModel, given, "read")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"type": "DATED", "from": "2026-03-02T09:15:01Z", "to": "2026-03-02T09:15:00Z"}, (None, 1, 0)),
        ({"type": "DATED"}, (None, None, None)),
        ({"type": "DIRECT", "available": False, "from": "2026-03-02T09:15:00Z"}, (False, None, None)),
    ],
)
def test_G125_contradictory_or_missing_dates_are_read_as_they_stand(
    given: dict[str, object], meant: tuple[bool | None, int | None, int | None]
) -> None:
    available, since, until = meant
    starts, ends = (None if second is None else MINUTE.replace(second=second) for second in (since, until))
    assert asset(availability=given).domain().availability == Availability(available, starts, ends)


def test_availability_comes_in_two_forms_and_may_come_in_a_third() -> None:
    assert asset(availability={"type": "DIRECT", "available": False}).domain().availability == Availability(False)
    dated = asset(availability={"type": "DATED", "from": "2026-03-02T09:15:00Z", "to": 1772442900000}).domain()
    assert dated.availability == Availability(since=MINUTE, until=MINUTE)
    third = asset(availability={"type": "LATER"}).domain().availability
    assert third is not None
    assert "LATER" in third.unreadable
    assert asset(availability=None).domain().availability is None


def test_a_lock_counts_also_when_nobody_is_named() -> None:
    assert asset(lock={"temporary": True}).domain().locked_by == wire.UNKNOWN_USER
    assert asset(lock={"comment": "x", "creation": {"userId": 35}}).domain().locked_by == 35
    assert asset().domain().locked_by is None


def test_parents_are_taken_from_the_paths_where_the_ids_are_left_out() -> None:
    paths = [{"pathSegments": [{"collectionId": 100}, {"collectionId": 123}]}, {"pathSegments": []}]

    assert asset(parentPaths=paths).domain().parents == (123,)
    assert asset(parentPaths=paths, parentIds=[]).domain().parents == ()


def test_G87_fields_that_were_left_out_are_not_empty() -> None:
    assert asset().domain().fields is None
    assert asset(informationFieldValueSets=None).domain().fields is None
    assert asset(informationFieldValueSets=[]).domain().fields == {}


def test_G13_a_value_that_is_not_understood_is_said_and_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    values = [
        {"field": {"id": 1}, "type": "NUMBER", "value": "12"},
        {"field": {"id": 2}, "type": "NUMBER", "value": {"odd": 1}},
        {"field": {"id": 3}, "type": "HOLOGRAM", "value": "x"},
        {"field": {"id": 4, "type": "BOOLEAN"}, "value": "false"},
        {"field": {"id": 5}, "type": "DATE"},
    ]

    there = asset(informationFieldValueSets=[{"informationFieldValues": values}, {}]).domain()

    assert there.fields == {1: 12, 4: False}
    assert "HOLOGRAM" in caplog.text
    assert "NUMBER" in caplog.text


def test_an_asset_type_carries_the_limits_of_its_fields() -> None:
    field = {
        "id": 643,
        "name": "licence",
        "type": "DROPDOWN",
        "required": True,
        "labels": {"en": "Licence", "de": None},
        "permissions": {"edit": False},
        "options": {"en": [{"index": "1", "label": "Royalty free"}], "de": None},
    }
    odd = {"id": 1, "name": "x", "type": "HOLOGRAM"}
    sets = [{"dependsOnFieldId": 640, "informationFields": [field, odd]}, {"informationFields": None}]

    read = wire.understood(wire_definitions.AssetTypeModel, {"id": 12, "informationFieldSets": sets}, "read").domain()

    (licence,) = read.fields
    assert (licence.id, licence.required, licence.editable, licence.depends_on) == (643, True, False, 640)
    assert licence.options["en"][0].index == 1
    assert licence.label == "Licence"


DIGEST = {name: hashlib.new(name, b"a hero").hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}


@pytest.mark.parametrize("name", list(DIGEST))
def test_G36_a_checksum_is_recognised_by_its_length_in_hex_and_base64(name: str) -> None:
    in_base64 = base64.b64encode(bytes.fromhex(DIGEST[name])).decode()
    for written in (DIGEST[name], DIGEST[name].upper(), in_base64):
        assert algorithm_of(written) == name
        assert matches(written, DIGEST) is True
        assert matches(written, {name: "0" * len(DIGEST[name])}) is False
        assert spelled(written) == (DIGEST[name], DIGEST[name].upper(), in_base64)
        assert written in spellings(DIGEST)


@pytest.mark.parametrize("checksum", [None, "", "?", "abc", "v1:0f3c"])
def test_G36_an_unknown_or_absent_checksum_says_nothing(checksum: str | None) -> None:
    assert algorithm_of(checksum) is None
    assert matches(checksum, DIGEST) is None
    assert checksum is None or spelled(checksum) == (checksum,)
