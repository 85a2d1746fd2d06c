"""Whether an asset may be used, said in ways that nobody has documented."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from local.celum_simulator import CelumSimulator
from shared.celum import AssetChange, Celum, differences
from shared.domain.assets import Availability
from tests.contract.celum.acts import created

END = datetime(2027, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "shown",
    [
        {"type": "DATED", "to": "31.03.2027"},
        {"type": "DATED", "to": ["2027-03-31"]},
        {"type": "DATED", "to": "2027-02-30T00:00:00Z"},
        {"type": "DATED", "to": "2027-03-31T24:61:00Z"},
        {"type": "DATED", "to": True},
        {"type": "DATED", "to": ""},
        {"type": "DATED", "from": "soon", "to": "2027-03-31T22:00:00Z"},
        {"type": "DIRECT"},
        {"type": "DIRECT", "available": "yes"},
        {"type": "EMBARGOED", "available": True},
        {"type": ["DIRECT"], "available": True},
        {},
        "UNAVAILABLE",
        7,
        [],
    ],
)
async def test_G124_what_is_not_understood_is_never_read_as_for_ever(
    celum: Celum, sim: CelumSimulator, shown: object, caplog: pytest.LogCaptureFixture
) -> None:
    made = await created(celum)
    sim.quirks.availability_json = json.dumps(shown)

    there = await celum.asset(made.id)

    assert there is not None
    assert there.availability is not None
    assert there.availability.unreadable
    assert there.availability.available is False
    assert "not understood" in caplog.text
    for wanted in (Availability(available=False), Availability(available=True), Availability(until=END)):
        assert differences(there, AssetChange(availability=wanted)).availability == wanted


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ({"type": "DATED", "to": 1806530400000}, Availability(until=END)),
        ({"type": "dated", "to": "2027-04-01T00:00:00+02:00"}, Availability(until=END)),
        ({"type": "DATED"}, Availability()),
        ({"type": "DATED", "from": None, "to": "2027-03-31T22:00:00Z"}, Availability(until=END)),
        ({"type": "DIRECT", "available": False}, Availability(available=False)),
        (None, None),
    ],
)
async def test_G124_the_ways_that_are_understood(
    celum: Celum, sim: CelumSimulator, shown: object, read: Availability | None
) -> None:
    made = await created(celum)
    sim.quirks.availability_json = json.dumps(shown)

    there = await celum.asset(made.id)

    assert there is not None
    assert there.availability == read
